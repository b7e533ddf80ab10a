package recordtest

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/fakes/independent"
)

// What a judge is to be tried on: go test ./conformance/record/recordtest -run Histories -keep /tmp/h -journeys 300 -every 1
var (
	keep     = flag.String("keep", "", "directory to keep the histories in")
	journeys = flag.Int("journeys", 24, "of each run")
	linked   = flag.Bool("linked", false, "platforms with defects tell their own ids")
	every    = flag.Int("every", 7, "of how many runs one is made")
)

// TestHistories makes the histories of correct platforms and of those with defects.
func TestHistories(t *testing.T) {
	runs := Correct(*journeys)
	for _, d := range independent.Defects() {
		r := Defective(d.Code, *journeys)
		r.Linked = *linked
		runs = append(runs, r)
	}
	for i, r := range runs {
		if i%*every != 0 {
			continue
		}
		t.Run(r.Name, func(t *testing.T) {
			dir := t.TempDir()
			if *keep != "" {
				dir = filepath.Join(*keep, r.Name)
				if err := os.MkdirAll(dir, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			res, err := r.Play(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%+v", res)
			got := 0
			for _, op := range read(t, res.Files) {
				if op.Outcome != history.Indefinite || op.Status != 0 {
					got++
				}
			}
			if got == 0 || res.Operations == 0 {
				t.Errorf("want operations, got %d of %d", got, res.Operations)
			}
		})
	}
}

func read(t *testing.T, names []string) (ops []history.Op) {
	t.Helper()
	var files []history.File
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		h, err := history.Read(name, f)
		if err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
		files = append(files, h)
	}
	all, err := history.Merge(0, files...)
	if err != nil {
		t.Fatal(err)
	}
	return all.Ops
}

// TestWhatIsWritten: with traffic that nothing disturbs, both ways of writing show each reservation, its call and its
// state, which belong together.
func TestWhatIsWritten(t *testing.T) {
	for _, through := range []bool{false, true} {
		for _, linked := range []bool{false, true} {
			r := Run{
				Platform: independent.Options{Projects: independent.DefaultProjects(2, 8), Window: time.Minute}, Clients: 4, Journeys: 20, Clocks: 3, Skew: time.Second,
				Through: through, Linked: linked,
			}
			res, err := r.Play(t.Context(), t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if res.Numbers != 20 || res.Calls != 20 || res.States != 20 || res.Lost != 0 || res.Operations < 60 || len(res.Files) != 3 {
				t.Errorf("got %+v", res)
			}
			ops := read(t, res.Files)
			if len(ops) != res.Operations {
				t.Errorf("want %d operations, got %d", res.Operations, len(ops))
			}
			joined(t, ops, linked)
		}
	}
}

// joined holds calls and states against their reservations.
func joined(t *testing.T, ops []history.Op, linked bool) {
	t.Helper()
	reserved, called, found := map[string]history.Op{}, map[string]history.Op{}, 0
	for _, op := range ops {
		switch {
		case op.Kind == history.Reserve:
			reserved[op.Nonce] = op
		case op.Kind == history.Call:
			called[op.Nonce] = op
		}
	}
	for _, op := range ops {
		if op.Outcome != history.OK || op.Kind != history.Handoff {
			continue
		}
		found++
		var data struct {
			Nonce string `json:"echo_nonce"`
			DNIS  string `json:"echo_dnis"`
		}
		if err := json.Unmarshal(op.Data, &data); err != nil {
			t.Fatal(err)
		}
		r, c := reserved[data.Nonce], called[data.Nonce]
		if r.Number != data.DNIS || c.Number != r.Number || r.SharedID != op.GotSharedID || c.SharedID != r.SharedID || r.Project != op.Project || c.Project != r.Project ||
			r.Generator != op.Generator || c.Generator != r.Generator || r.Client != op.Client || c.Client != r.Client || r.Client == "" || r.Generator == "" {
			t.Errorf("want one journey, got\n%+v\n%+v\n%+v", r, c, op)
		}
		if r.End > c.Start || !c.Ended || c.Outcome != history.OK || c.EndedBy != "platform" || c.End > c.Bye || c.Bye > op.End {
			t.Errorf("want one after the other, got\n%+v\n%+v\n%+v", r, c, op)
		}
		if linked != (c.CallID == op.GotID) || c.CallID == "" {
			t.Errorf("ids are linked: want %t, got %q and %q", linked, c.CallID, op.GotID)
		}
	}
	if found != 20 {
		t.Errorf("want 20 states, got %d", found)
	}
}
