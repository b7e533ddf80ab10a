package run_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/replay"
	"github.com/dnispool/dnispool/conformance/run"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/reference"
)

const head = "scenario: v1\nsummary: s\nrequirement: A number is given to one client.\nsource: x\n"

// The scenarios of these tests. What a target cannot do it need not have.
var files = map[string]string{
	"a/first.yaml":  head + "level: must\nlabels: [smoke]\nsteps:\n  - {reserve: {attributes: {}}, expect: {status: 200}}\n",
	"a/second.yaml": head + "level: should\nsteps:\n  - {reserve: {attributes: {}}, expect: {status: 200}}\n",
	"b/third.yaml":  head + "level: must\nsteps:\n  - {restart: {leases: keep}}\n  - {reserve: {attributes: {}}, expect: {status: 200}}\n",
	"b/wrong.yaml":  head + "level: must\nlabels: [broken]\nsteps:\n  - {reserve: {attributes: {}}, expect: {status: 404}}\n",
}

func load(t *testing.T, on targets.Target, filter scenario.Filter) run.Loaded {
	t.Helper()
	fs := make(fstest.MapFS)
	for name, text := range files {
		fs[name] = &fstest.MapFile{Data: []byte(text)}
	}
	l, err := run.Load(run.Plan{Tool: "dnispool", Version: "v0", Files: fs, Dir: "mine dir", Filter: filter, Target: on, Seed: 7, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// steady is the reference, but for restarts.
type steady struct{ reference.Target }

func (steady) Refuses(s *scenario.Scenario) (finding.Status, string) {
	if slices.Contains(s.Needs(), scenario.NeedRestart) {
		return finding.Unsupported, "the target cannot " + string(scenario.NeedRestart)
	}
	return "", ""
}

// ear notes what it hears.
type ear struct {
	begun   atomic.Int32
	heard   []string
	started func(id string)
}

func (e *ear) Started(id string) {
	e.begun.Add(1)
	if e.started != nil {
		e.started(id)
	}
}

func (e *ear) Finished(r finding.Result) {
	e.heard = append(e.heard, "finished "+r.ID+" "+string(r.Status))
}

func statuses(played finding.Run) []string {
	var out []string
	for _, r := range played.Results {
		out = append(out, r.ID+" "+string(r.Status))
	}
	return out
}

func TestPlay(t *testing.T) {
	for _, c := range []struct {
		name   string
		filter scenario.Filter
		want   []string
		heard  []string
		words  string
		code   int
	}{
		{"all", scenario.Filter{}, []string{"a/first passed", "a/second passed", "b/third unsupported", "b/wrong failed"},
			[]string{"finished a/first passed", "finished a/second passed", "finished b/third unsupported", "finished b/wrong failed"}, "", 1},
		{"some", scenario.Filter{Patterns: []string{"b/third", "a/*"}, Label: "not should"}, []string{"a/first passed", "a/second filtered", "b/third unsupported", "b/wrong filtered"},
			[]string{"finished a/first passed", "finished b/third unsupported"}, "b/third a/* label not should", 0},
		{"nothing that can be played", scenario.Filter{Patterns: []string{"b/third"}}, []string{"a/first filtered", "a/second filtered", "b/third unsupported", "b/wrong filtered"},
			[]string{"finished b/third unsupported"}, "b/third", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := &ear{}
			played, err := load(t, steady{}, c.filter).Play(t.Context(), e)
			if err != nil {
				t.Fatal(err)
			}
			if got := statuses(played); !slices.Equal(got, c.want) {
				t.Errorf("results: want %q, got %q", c.want, got)
			}
			if !slices.Equal(e.heard, c.heard) || int(e.begun.Load()) != len(c.heard) {
				t.Errorf("listener: want all begun, and %q in the order of the files, got %d begun and %q", c.heard, e.begun.Load(), e.heard)
			}
			if played.Filter != c.words || played.Conclusion().ExitCode() != c.code || played.Interrupted || played.Seed != 7 || played.Target != "reference" || played.Started.IsZero() || played.Duration <= 0 {
				t.Errorf("run: want filter %q and code %d, got %+v", c.words, c.code, played)
			}
			for _, r := range played.Results {
				if r.Status == finding.Filtered && r.Reason != "not selected by "+c.words {
					t.Errorf("%s: want a reason, got %q", r.ID, r.Reason)
				}
			}
		})
	}
}

// TestFilteringChangesNoSeed plays one scenario alone and among others.
func TestFilteringChangesNoSeed(t *testing.T) {
	all, err := load(t, steady{}, scenario.Filter{}).Play(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := load(t, steady{}, scenario.Filter{Patterns: []string{"b/wrong"}}).Play(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := all.Results[3], alone.Results[3]; a.Seed != b.Seed || a.Seed != replay.Seed(7, "b/wrong") {
		t.Errorf("seed: want the same, got %d and %d", a.Seed, b.Seed)
	}
	if a, b := all.Results[0].Seed, all.Results[1].Seed; a == b {
		t.Errorf("seed: want one for each scenario, got %d twice", a)
	}
}

// TestAgain gives a command that a shell takes as it is meant.
func TestAgain(t *testing.T) {
	l := load(t, steady{}, scenario.Filter{Patterns: []string{"b/wrong"}})
	l.Strict = true
	played, err := l.Play(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := played.Results[3].Failures[0].Again, "dnispool check b/wrong --scenarios 'mine dir' --strict --seed 7"; got != want {
		t.Errorf("again: want %s, got %s", want, got)
	}
}

// TestInterrupted ends the context while the second of four scenarios is played.
func TestInterrupted(t *testing.T) {
	for _, c := range []struct {
		name string
		stop func(cancel func()) (run.Listener, targets.Target)
		want []string
	}{
		{"before it is opened", func(cancel func()) (run.Listener, targets.Target) {
			return &ear{started: func(id string) {
				if id == "a/second" {
					cancel()
				}
			}}, steady{}
		}, []string{"a/first passed"}},
		{"while it waits for a reply", func(cancel func()) (run.Listener, targets.Target) {
			return nil, mute{file: "a/second.yaml", hung: cancel}
		}, []string{"a/first passed"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			listen, on := c.stop(cancel)
			started := time.Now()
			played, err := load(t, on, scenario.Filter{}).Play(ctx, listen)
			if took := time.Since(started); err != nil || took > 3*time.Second {
				t.Errorf("want a prompt end, got %v after %s", err, took)
			}
			if got := statuses(played); !slices.Equal(got, c.want) || !played.Interrupted || played.Conclusion().ExitCode() != finding.ExitInterrupted {
				t.Errorf("want %q and an interrupted run, got %q and %d", c.want, got, played.Conclusion().ExitCode())
			}
			if want := []string{"a/second", "b/third", "b/wrong"}; !slices.Equal(played.NotPlayed, want) {
				t.Errorf("want %q not played to the end, got %q", want, played.NotPlayed)
			}
		})
	}
}

// mute never answers the requests of one scenario.
type mute struct {
	steady
	file string
	hung func()
}

func (m mute) Open(ctx context.Context, w targets.World) (targets.Stage, error) {
	stage, err := m.steady.Open(ctx, w)
	if err == nil && strings.HasSuffix(w.File, m.file) {
		stage = silent{stage, m.hung}
	}
	return stage, err
}

type silent struct {
	targets.Stage
	hung func()
}

func (s silent) Do(r *http.Request) (*http.Response, error) {
	s.hung()
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestLoadFails(t *testing.T) {
	for _, c := range []struct {
		name, text, err string
		filter          scenario.Filter
	}{
		{name: "typo", text: head + "level: must\nsteps:\n  - {resrve: {}, expect: {status: 200}}\n", err: `mine/a.yaml:7:6: unknown key "resrve" in step (did you mean "reserve"?)`},
		{name: "world", text: head + "level: must\ngiven: {pool: {windo: 1s}}\nsteps:\n  - {handoff: {}, expect: {status: 200}}\n", err: `mine/a.yaml:6:16: unknown key "windo" in pool (did you mean "window"?)`},
		{name: "fault", text: head + "level: must\nsteps:\n  - {fault: {http: {latensy: 1s}}}\n  - {handoff: {}, expect: {status: 200}}\n", err: `mine/a.yaml:7:21: unknown key "latensy" (did you mean "latency"?)`},
		{name: "check", text: head + "level: must\nsteps:\n  - {handoff: {}}\ncheck: [no-double-leese]\n", err: `mine/a.yaml:8:9: unknown check "no-double-leese" (did you mean "no-double-lease"?)`},
		{name: "id", text: files["a/first.yaml"], filter: scenario.Filter{Patterns: []string{"b"}}, err: `scenario: want an id, a glob or file:line, got "b" (did you mean "a"?)`},
		{name: "label", text: files["a/first.yaml"], filter: scenario.Filter{Label: "smoek"}, err: `label: want a label, area or level, got "smoek" (did you mean "smoke"?)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := run.Load(run.Plan{
				Files: fstest.MapFS{"a.yaml": {Data: []byte(c.text)}}, Dir: "mine", Target: reference.Target{}, Filter: c.filter,
			})
			if err == nil || err.Error() != c.err {
				t.Errorf("want %s, got %v", c.err, err)
			}
		})
	}
}
