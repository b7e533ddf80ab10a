package suite_test

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/dnispool/dnispool/conformance/aim"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/run"
	"github.com/dnispool/dnispool/conformance/suite"
	"github.com/dnispool/dnispool/conformance/targets/reference"
	"github.com/dnispool/dnispool/scenarios"
)

// What to play on, as with `dnispool check`: a target file or the URL of a simulator's control API, and whether to begin on a
// deployment.
var (
	target = flag.String("target", os.Getenv("DNISPOOL_TARGET"), "`file` or URL of what to play on instead of the reference")
	yes    = flag.Bool("yes", os.Getenv("DNISPOOL_YES") != "", "begin on a deployment; without it the suite says what that would take")
)

// suiteConfig is what the flags of `go test` and the ginkgo command say.
var suiteConfig, reporterConfig = ginkgo.GinkgoConfiguration()

func TestMain(m *testing.M) {
	flag.Parse()
	suiteConfig, reporterConfig = ginkgo.GinkgoConfiguration()
	os.Exit(m.Run())
}

// plan is that of the bundled scenarios, or of those in the directory DNISPOOL_SCENARIOS.
func plan() run.Plan {
	p := run.Plan{Tool: "dnispool", Files: scenarios.Files, Dir: "scenarios", Target: reference.Target{}, Seed: uint64(suiteConfig.RandomSeed)}
	if dir := os.Getenv("DNISPOOL_SCENARIOS"); dir != "" {
		p.Files, p.Dir, p.Others = os.DirFS(dir), dir, p.Files
	}
	return p
}

// TestConformance is for those who live in `go test` and the ginkgo command:
//
//	go test ./conformance/suite -ginkgo.label-filter=pool
//	go test ./conformance/suite -ginkgo.focus-file='core/nine-steps.yaml'
//	go test ./conformance/suite -target staging.yaml -yes
//	DNISPOOL_TARGET=http://127.0.0.1:8081 go test ./conformance/suite
//	ginkgo -p ./conformance/suite
//
// Played whole on the reference, its list is that of `dnispool check`, and so are its verdicts.
func TestConformance(t *testing.T) {
	got := make(map[string]finding.Status)
	p := plan()
	aimed, err := aim.At(t.Context(), *target, os.Getenv, &p)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := aimed.Leave(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	if *target != "" && suiteConfig.ParallelTotal > 1 {
		t.Fatalf("%s: want one process, got %d: scenarios are played there one after the other", *target, suiteConfig.ParallelTotal)
	}
	if err := suite.Register(p, func(r finding.Result) { got[r.ID] = r.Verdict() }); err != nil {
		t.Fatal(err)
	}
	if d := aimed.Deployment; d != nil && !*yes {
		t.Fatalf("want -yes to begin on a deployment\n%s", d)
	}
	suiteConfig.FailOnEmpty = true // a filter that fits nothing is a mistake
	passed := ginkgo.RunSpecs(t, "scenarios", suiteConfig, reporterConfig)
	if d := aimed.Deployment; d != nil {
		var r finding.Run
		d.Conclude(&r)
		t.Log(r.Warnings)
	}
	if filtered(suiteConfig) || !passed || *target != "" {
		return
	}
	// The lists are compared whole; the verdicts in the areas with the most verbs, for those scenarios are played twice.
	again := plan()
	again.Filter.Patterns = []string{"core/*", "pool/*", "handoff/*"}
	loaded, err := run.Load(again)
	if err != nil {
		t.Fatal(err)
	}
	played, err := loaded.Play(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(played.Results) {
		t.Errorf("want the %d scenarios of dnispool check, got %d specs", len(played.Results), len(got))
	}
	for _, r := range played.Results {
		if r.Status != finding.Filtered && got[r.ID] != r.Verdict() {
			t.Errorf("%s: dnispool check says %s, the suite %q", r.ID, r.Verdict(), got[r.ID])
		}
	}
}

// filtered reports whether only some of the specs run in this process.
func filtered(c types.SuiteConfig) bool {
	return c.LabelFilter != "" || len(c.FocusFiles)+len(c.FocusStrings)+len(c.SkipFiles)+len(c.SkipStrings) > 0 || c.ParallelTotal > 1
}

const head = "scenario: v1\nsummary: s\nrequirement: A number is given to one client.\nsource: x\n"

// The scenarios of these tests. What a target cannot do it need not have.
var files = map[string]string{
	"a/first.yaml":  head + "level: must\nlabels: [smoke]\nsteps:\n  - {reserve: {attributes: {}}, expect: {status: 200}}\n",
	"a/second.yaml": head + "level: should\nsteps:\n  - {reserve: {attributes: {}}, expect: {status: 200}}\n",
	"b/third.yaml":  head + "level: must\nsteps:\n  - {restart: {leases: keep}}\n  - {reserve: {attributes: {}}, expect: {status: 200}}\n",
	"b/wrong.yaml":  head + "level: must\nlabels: [broken]\nsteps:\n  - {reserve: {attributes: {}}, expect: {status: 404}}\n",
}

// child runs a test of this binary by itself, as `go test` and the ginkgo command do.
func child(t *testing.T, env []string, args ...string) (out string, ok bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Error(err)
		return "", false
	}
	c := exec.CommandContext(t.Context(), self, args...)
	c.Env = append(os.Environ(), env...)
	raw, err := c.CombinedOutput()
	return string(raw), err == nil
}

// TestGoTest runs TestConformance as people do, with Ginkgo's own filters.
func TestGoTest(t *testing.T) {
	once(t)
	dir := filepath.Join(t.TempDir(), "mine")
	for name, text := range files {
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
		{"all", []string{"-ginkgo.v"}, false, []string{`Ran 4 of 4 Specs`, `3 Passed.* 1 Failed`, `a/first[^\n]*must`}},
		{"our text", nil, false, []string{
			`FAIL  b/wrong   must   seed \d+`, `/mine/b/wrong\.yaml:8  step 1 of 1 "reserve"\n`, `\^\^\^ got 200\n`,
			`requires  A number is given to one client\.\n`, `again     dnispool check b/wrong --scenarios \S+/mine --seed \d+\n`,
		}},
		{"label", []string{"-ginkgo.label-filter=smoke"}, true, []string{`Ran 1 of 4 Specs`}},
		{"area", []string{"-ginkgo.label-filter=a && !should"}, true, []string{`Ran 1 of 4 Specs`}},
		{"level", []string{"-ginkgo.label-filter=should"}, true, []string{`Ran 1 of 4 Specs`}},
		{"file", []string{`-ginkgo.focus-file=a/.*\.yaml`}, true, []string{`Ran 2 of 4 Specs`}},
		{"file and line", []string{`-ginkgo.focus-file=a/second\.yaml:1`}, true, []string{`Ran 1 of 4 Specs`}},
		{"focus", []string{"-ginkgo.focus=a/first"}, true, []string{`Ran 1 of 4 Specs`}},
		{"mistyped label", []string{"-ginkgo.label-filter=smoek"}, false, []string{`Ran 0 of 4 Specs`}},
		{"seed", []string{"-ginkgo.seed=4711"}, false, []string{`again     dnispool check b/wrong --scenarios \S+ --seed 4711\n`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out, ok := child(t, []string{"DNISPOOL_SCENARIOS=" + dir}, append([]string{"-test.run=^TestConformance$", "-ginkgo.no-color"}, c.args...)...)
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

// TestPrintedCommands runs what a page says about the suite.
func TestPrintedCommands(t *testing.T) {
	once(t)
	page, err := os.ReadFile("../../specs/checking.md")
	if err != nil {
		t.Fatal(err)
	}
	printed := regexp.MustCompile(`(?m)^go test ./conformance/suite -ginkgo\.([a-z-]+)='(.*)'$`).FindAllStringSubmatch(string(page), -1)
	if len(printed) != 2 {
		t.Fatalf("want two commands, got %q", printed)
	}
	for _, m := range printed {
		if out, ok := child(t, []string{"DNISPOOL_SCENARIOS="}, "-test.run=^TestConformance$", "-ginkgo.dry-run", "-ginkgo."+m[1]+"="+m[2]); !ok {
			t.Errorf("%s: want it to select some, got %s", m[0], out)
		}
	}
}

// inParallel marks the processes that TestParallelProcesses starts: the ginkgo command runs all tests of a package.
const inParallel = "SUITE_TEST_PARALLEL"

// once skips in all processes but the first.
func once(t *testing.T) {
	t.Helper()
	if os.Getenv(inParallel) != "" {
		t.Skip("this is one of the processes")
	}
}

// TestParallelProcesses runs the suite in two processes, as `ginkgo -p` does.
func TestParallelProcesses(t *testing.T) {
	once(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "go", "tool", "ginkgo", "--procs=2", "--label-filter=core", "--no-color", self, "--", "-test.run=^TestConformance$")
	c.Env = append(os.Environ(), inParallel+"=1")
	c.WaitDelay = time.Second
	out, err := c.CombinedOutput()
	if err != nil || !regexp.MustCompile(`Ran [1-9][0-9]* of [1-9][0-9]* Specs`).Match(out) {
		t.Errorf("want it passed, got %v\n%s", err, out)
	}
}
