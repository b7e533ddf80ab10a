package replay_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/replay"
	"github.com/dnispool/dnispool/conformance/targets/reference"
	"github.com/dnispool/dnispool/sim"
	poolsim "github.com/dnispool/dnispool/sim/pool"
)

// oneCall reserves the only number again after its call.
const oneCall = `
given: {pool: {numbers: 1, window: 60s}, agent: {echo: {talk: 10s}}}
steps:
  - {reserve: {attributes: {nonce: n-1}}, as: lease}
  - {dial: {to: "${lease.body.dni}"}, as: call}
  - {advance: 1s}
  - {reserve: {attributes: {nonce: n-2}}}
  - {await: {call: call}}
check: [%s]
`

// hasty frees the number when its call arrives.
var hasty = reference.Target{Break: func(c *sim.Config) { c.Projects[0].Pool.Release = poolsim.ReleaseArrival }}

func out(dir string) func(*replay.Options) { return func(o *replay.Options) { o.Out = dir } }

// kept is the history of the scenario that was played.
func kept(t *testing.T, dir string) history.File {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "test/x.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h, err := history.Read("x.jsonl", f)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// files are those under dir.
func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestAFailureKeepsHistoryAndPicture(t *testing.T) {
	for _, name := range []string{"no-double-lease", "linearizable"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			r := play(t, hasty, strings.Replace(oneCall, "%s", name, 1), out(dir))
			if r.Status != finding.Failed || len(r.Failures) != 1 || r.Failures[0].Path != name {
				t.Fatalf("want %s violated, got %s", name, tell(r))
			}
			for _, line := range r.Failures[0].Operations {
				if !strings.HasPrefix(line.String(), filepath.Join(dir, "test/x.jsonl:")) {
					t.Errorf("want the history's line, got %s", line)
				}
			}
			want := []string{filepath.Join(dir, "test/x.jsonl"), filepath.Join(dir, "test/x.html")}
			if !slices.Equal(r.Kept, want) {
				t.Fatalf("want %v, got %v", want, r.Kept)
			}
			text, err := os.ReadFile(want[1])
			if err != nil || !strings.Contains(string(text), "<html") || !strings.Contains(string(text), "reserve +442079460000 with nonce n-2") {
				t.Errorf("want a picture of what no order explains, got %d bytes, %v", len(text), err)
			}
			h := kept(t, dir)
			if len(h.Ops) != 3 || h.Ops[0].Nonce != "n-1" || !h.Ops[1].Ended || h.Ops[2].Outcome != history.OK || h.Source != "test/x seed 7" || !strings.Contains(string(h.Facts), `"acme"`) {
				t.Errorf("want the whole history and what is known of the pool, got %+v", h)
			}
		})
	}
}

func TestLinearizablePasses(t *testing.T) {
	wantPassed(t, play(t, reference.Target{}, strings.Replace(oneCall, "%s", "linearizable", 1)))
	r := play(t, &fake{do: replies(noNumber)}, "steps:\n  - {reserve: {attributes: {}}, expect: {status: 404}}\ncheck: [linearizable]\n")
	if want := "linearizable was not judged: no number was reserved"; r.Status != finding.Passed || len(r.Notes) != 1 || r.Notes[0] != want {
		t.Errorf("want a note %q, got %s and %q", want, tell(r), r.Notes)
	}
}

func TestWhatIsKept(t *testing.T) {
	const reserve = "steps:\n  - {reserve: {attributes: {}}, expect: {status: %s}}\n"
	dir := t.TempDir()
	in := func(status string, change ...func(*replay.Options)) finding.Result {
		t.Helper()
		return play(t, reference.Target{}, strings.Replace(reserve, "%s", status, 1), append(change, out(dir))...)
	}
	wantPassed(t, in("200"))
	if got := files(t, dir); len(got) > 0 {
		t.Errorf("want nothing of what passed, got %v", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "test")); err == nil {
		t.Error("want the empty directory gone, got it left")
	}
	if r := in("404"); r.Status != finding.Failed || len(r.Kept) != 1 || !slices.Equal(files(t, dir), []string{"test/x.jsonl"}) {
		t.Errorf("want the history of a scenario that failed before its checks, got %v and %s", files(t, dir), tell(r))
	}
	if err := os.WriteFile(filepath.Join(dir, "test/x.html"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	wantPassed(t, in("200"))
	if got := files(t, dir); len(got) > 0 {
		t.Errorf("want nothing left of the run before, got %v", got)
	}
	r := in("200", func(o *replay.Options) { o.KeepAll = true })
	wantPassed(t, r)
	if got := files(t, dir); !slices.Equal(got, []string{"test/x.jsonl"}) || len(r.Kept) != 1 {
		t.Errorf("want the history of what passed, as was asked for, got %v", got)
	}
}

func TestAHistoryThatCannotBeWritten(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	r := play(t, reference.Target{}, "steps:\n  - {reserve: {attributes: {}}, expect: {status: 200}}\n", out(name))
	if r.Status != finding.Error || !strings.HasPrefix(r.Reason, "history: ") || !strings.Contains(r.Reason, name) {
		t.Errorf("want an error that names the place, got %s", tell(r))
	}
}
