package suite_test

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/replay"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/suite"
	"github.com/dnispool/dnispool/conformance/target"
)

const head = "scenario: v1\nsummary: s\nrequirement: A number is given to one client.\nsource: x\n"

// The scenarios of these tests. What a target cannot do it need not have.
var files = map[string]string{
	"a/first.yaml":  head + "level: must\nlabels: [smoke]\nsteps:\n  - {reserve: {attributes: {}}, expect: {status: 200}}\n",
	"a/second.yaml": head + "level: should\nsteps:\n  - {reserve: {attributes: {}}, expect: {status: 200}}\n",
	"b/third.yaml":  head + "level: must\nfeatures: [wings]\nsteps:\n  - {reserve: {attributes: {}}, expect: {status: 200}}\n",
	"b/wrong.yaml":  head + "level: must\nlabels: [broken]\nsteps:\n  - {reserve: {attributes: {}}, expect: {status: 404}}\n",
}

func load(t *testing.T, on target.Target, filter scenario.Filter) suite.Loaded {
	t.Helper()
	fs := make(fstest.MapFS)
	for name, text := range files {
		fs[name] = &fstest.MapFile{Data: []byte(text)}
	}
	l, err := suite.Load(suite.Plan{Tool: "dnispool", Version: "v0", Files: fs, Dir: "mine dir", Filter: filter, Target: on, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// wingless is the reference without the features that a scenario names.
type wingless struct{ target.Reference }

func (wingless) Lacks(features []string) []string { return features }

// ear notes what it hears.
type ear struct {
	heard   []string
	started func(id string)
}

func (e *ear) Started(id string) {
	e.heard = append(e.heard, "started "+id)
	if e.started != nil {
		e.started(id)
	}
}

func (e *ear) Finished(r finding.Result) {
	e.heard = append(e.heard, "finished "+r.ID+" "+string(r.Status))
}

func statuses(run finding.Run) []string {
	var out []string
	for _, r := range run.Results {
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
			[]string{"started a/first", "finished a/first passed", "started a/second", "finished a/second passed", "started b/third", "finished b/third unsupported", "started b/wrong", "finished b/wrong failed"}, "", 1},
		{"some", scenario.Filter{Patterns: []string{"b/third", "a/*"}, Label: "not should"}, []string{"a/first passed", "a/second filtered", "b/third unsupported", "b/wrong filtered"},
			[]string{"started a/first", "finished a/first passed", "started b/third", "finished b/third unsupported"}, "b/third a/* label not should", 0},
		{"nothing that can be played", scenario.Filter{Patterns: []string{"b/third"}}, []string{"a/first filtered", "a/second filtered", "b/third unsupported", "b/wrong filtered"},
			[]string{"started b/third", "finished b/third unsupported"}, "b/third", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := &ear{}
			run, err := load(t, wingless{}, c.filter).Play(t.Context(), e)
			if err != nil {
				t.Fatal(err)
			}
			if got := statuses(run); !slices.Equal(got, c.want) {
				t.Errorf("results: want %q, got %q", c.want, got)
			}
			if !slices.Equal(e.heard, c.heard) {
				t.Errorf("listener: want %q, got %q", c.heard, e.heard)
			}
			if run.Filter != c.words || run.ExitCode() != c.code || run.Interrupted || run.Seed != 7 || run.Target != "reference" || run.Started.IsZero() || run.Duration <= 0 {
				t.Errorf("run: want filter %q and code %d, got %+v", c.words, c.code, run)
			}
			for _, r := range run.Results {
				if r.Status == finding.Filtered && r.Reason != "not selected by "+c.words {
					t.Errorf("%s: want a reason, got %q", r.ID, r.Reason)
				}
			}
		})
	}
}

// TestFilteringChangesNoSeed plays one scenario alone and among others.
func TestFilteringChangesNoSeed(t *testing.T) {
	all, err := load(t, wingless{}, scenario.Filter{}).Play(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := load(t, wingless{}, scenario.Filter{Patterns: []string{"b/wrong"}}).Play(t.Context(), nil)
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
	l := load(t, wingless{}, scenario.Filter{Patterns: []string{"b/wrong"}})
	l.Strict = true
	run, err := l.Play(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := run.Results[3].Failures[0].Again, "dnispool check b/wrong --scenarios 'mine dir' --strict --seed 7"; got != want {
		t.Errorf("again: want %s, got %s", want, got)
	}
}

// TestInterrupted ends the context while the second of four scenarios is played.
func TestInterrupted(t *testing.T) {
	for _, c := range []struct {
		name string
		stop func(cancel func()) (suite.Listener, target.Target)
		want []string
	}{
		{"before it is opened", func(cancel func()) (suite.Listener, target.Target) {
			return &ear{started: func(id string) {
				if id == "a/second" {
					cancel()
				}
			}}, wingless{}
		}, []string{"a/first passed", "a/second error"}},
		{"while it waits for a reply", func(cancel func()) (suite.Listener, target.Target) {
			return nil, mute{file: "a/second.yaml", hung: cancel}
		}, []string{"a/first passed", "a/second error"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			listen, on := c.stop(cancel)
			started := time.Now()
			run, err := load(t, on, scenario.Filter{}).Play(ctx, listen)
			if took := time.Since(started); err != nil || took > 3*time.Second {
				t.Errorf("want a prompt end, got %v after %s", err, took)
			}
			if got := statuses(run); !slices.Equal(got, c.want) || !run.Interrupted || run.ExitCode() != finding.ExitInterrupted {
				t.Errorf("want %q and an interrupted run, got %q and %d", c.want, got, run.ExitCode())
			}
			if r := run.Results[len(run.Results)-1]; r.Reason != "interrupted" {
				t.Errorf("want it to say so, got %q", r.Reason)
			}
		})
	}
}

// mute never answers the requests of one scenario.
type mute struct {
	wingless
	file string
	hung func()
}

func (m mute) Open(ctx context.Context, w target.World) (target.Stage, error) {
	stage, err := m.wingless.Open(ctx, w)
	if err == nil && strings.HasSuffix(w.File, m.file) {
		stage = silent{stage, m.hung}
	}
	return stage, err
}

type silent struct {
	target.Stage
	hung func()
}

func (s silent) Do(r *http.Request) (*http.Response, error) {
	s.hung()
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// TestRunOfNothing is not the place to refuse an empty selection.
func TestRunOfNothing(t *testing.T) {
	results, err := suite.Run(t.Context(), suite.Suite{Target: wingless{}})
	if err != nil || len(results) != 0 {
		t.Errorf("want no result and no error, got %v and %v", results, err)
	}
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
			_, err := suite.Load(suite.Plan{
				Files: fstest.MapFS{"a.yaml": {Data: []byte(c.text)}}, Dir: "mine", Target: target.Reference{}, Filter: c.filter,
			})
			if err == nil || err.Error() != c.err {
				t.Errorf("want %s, got %v", c.err, err)
			}
		})
	}
}

// child runs a test of this binary by itself, as `go test` and the ginkgo command do.
func child(t *testing.T, env string, args ...string) (out string, ok bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self, args...)
	c.Env = append(os.Environ(), env)
	raw, err := c.CombinedOutput()
	return string(raw), err == nil
}

const inChild = "SUITE_TEST_CHILD"

// TestRunPrintsNothing plays twice in a process of its own, whose output is all of it.
func TestRunPrintsNothing(t *testing.T) {
	if os.Getenv(inChild) != "" {
		for range 2 {
			run, err := load(t, wingless{}, scenario.Filter{}).Play(t.Context(), nil)
			if err != nil || len(run.Results) != len(files) {
				t.Errorf("want %d results, got %d (%v)", len(files), len(run.Results), err)
			}
		}
		return
	}
	// The flags are those of whoever registers; Run must not follow them.
	out, ok := child(t, inChild+"=1", "-test.run=^TestRunPrintsNothing$", "-ginkgo.label-filter=nothing", "-ginkgo.v")
	if !ok || out != "PASS\n" {
		t.Errorf("want PASS alone, got %s", out)
	}
}

// TestGoTest runs TestConformance as people do, with Ginkgo's own filters.
func TestGoTest(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mine")
	for name, text := range files {
		if strings.Contains(text, "wings") {
			continue // the reference has them
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		args []string
		ok   bool
		says []string // regular expressions
	}{
		{"all", []string{"-ginkgo.v"}, false, []string{`Ran 3 of 3 Specs`, `2 Passed.* 1 Failed`, `a/first[^\n]*must`}},
		{"our text", nil, false, []string{
			`FAIL  b/wrong   must   seed \d+`, `/mine/b/wrong\.yaml:8  step 1 of 1 "reserve"\n`, `\^\^\^ got 200\n`,
			`requires  A number is given to one client\.\n`, `again     dnispool check b/wrong --scenarios \S+/mine --seed \d+\n`,
		}},
		{"label", []string{"-ginkgo.label-filter=smoke"}, true, []string{`Ran 1 of 3 Specs`}},
		{"area", []string{"-ginkgo.label-filter=a && !should"}, true, []string{`Ran 1 of 3 Specs`}},
		{"level", []string{"-ginkgo.label-filter=should"}, true, []string{`Ran 1 of 3 Specs`}},
		{"file", []string{`-ginkgo.focus-file=a/.*\.yaml`}, true, []string{`Ran 2 of 3 Specs`}},
		{"file and line", []string{`-ginkgo.focus-file=a/second\.yaml:1`}, true, []string{`Ran 1 of 3 Specs`}},
		{"focus", []string{"-ginkgo.focus=a/first"}, true, []string{`Ran 1 of 3 Specs`}},
		{"mistyped label", []string{"-ginkgo.label-filter=smoek"}, false, []string{`Ran 0 of 3 Specs`}},
		{"seed", []string{"-ginkgo.seed=4711"}, false, []string{`again     dnispool check b/wrong --scenarios \S+ --seed 4711\n`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out, ok := child(t, "DNISPOOL_SCENARIOS="+dir, append([]string{"-test.run=^TestConformance$", "-ginkgo.no-color"}, c.args...)...)
			if ok != c.ok {
				t.Errorf("success: want %t, got %t", c.ok, ok)
			}
			for _, pattern := range c.says {
				if !regexp.MustCompile(pattern).MatchString(out) {
					t.Errorf("want %s, got %s", pattern, out)
				}
			}
			if strings.Contains(out, "demo-dni-key") {
				t.Error("want no key in the output")
			}
		})
	}
}
