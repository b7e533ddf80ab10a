package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/specs"
)

func TestExitCodes(t *testing.T) {
	dir := write(t, mine)
	for _, c := range []struct {
		name string
		args string
		code int
		last string // the end of the output
		err  string // all of the errors
	}{
		{"passed", "check --scenarios mine --seed 7 pool/fine", 0, "5 scenarios: 1 passed, 4 filtered (not selected by pool/fine). TIME, seed 7.\n", ""},
		{"flags in any order", "check pool/fine --seed 7 -q mine/pool/fine.yaml:3 --scenarios mine", 0, "5 scenarios: 1 passed, 4 filtered (not selected by pool/fine mine/pool/fine.yaml:3). TIME, seed 7.\n", ""},
		{"failed", "check --scenarios mine --seed 7 pool/wrong pool/fine", 1, "5 scenarios: 1 passed, 1 failed, 3 filtered (not selected by pool/wrong pool/fine). TIME, seed 7.\n", ""},
		{"tolerated", "check --scenarios mine --seed 7 pool/lenient", 0, "5 scenarios: 1 failed (tolerated: should or may without --strict), 4 filtered (not selected by pool/lenient). TIME, seed 7.\n", ""},
		{"tolerated no more", "check --scenarios mine --seed 7 pool/lenient --strict", 1, "5 scenarios: 1 failed, 4 filtered (not selected by pool/lenient). TIME, seed 7.\n", ""},
		{"inconclusive", "check --scenarios mine --seed 7 wire/doubt", 3, "5 scenarios: 1 inconclusive, 4 filtered (not selected by wire/doubt). TIME, seed 7. Inconclusive: neither conformant nor not.\n", ""},
		{"label", "check --scenarios mine --seed 7 --label smoke", 0, "5 scenarios: 1 passed, 4 filtered (not selected by label smoke). TIME, seed 7.\n", ""},
		{"mistyped label", "check --scenarios mine --label smoek", 2, "", "label: want a label, area or level, got \"smoek\" (did you mean \"smoke\"?)\n"},
		{"label that fits none", "check --scenarios mine --label smoke wire/doubt", 2, "", "label: want at least one scenario, got none of 1 for \"smoke\"\n"},
		{"unknown id", "check --scenarios mine pool/fien", 2, "", "scenario: want an id, a glob or file:line, got \"pool/fien\" (did you mean \"pool/fine\"?)\n"},
		{"unknown line", "check --scenarios mine mine/pool/fine.yaml:99", 2, "", "scenario: want a line of mine/pool/fine.yaml (1 to 8), got 99\n"},
		{"no such directory", "check --scenarios nosuch", 2, "", "nosuch:1:1: file: no such file or directory\n"},
		{"one file for two reports", "check --scenarios mine --json r.out --junit ./r.out pool/fine", 2, "", "report ./r.out: want a file for each of --junit and --json, got one for both\n"},
		{"standard output for two reports", "check --scenarios mine --json - --junit - pool/fine", 2, "</testsuites>\n", "report -: want a file for each of --junit and --json, got one for both\n"},
		{"unwritable report", "check --scenarios mine --json no/such/report.json --junit no/such/report.xml pool/fine", 2, "",
			"report no/such/report.xml: no such file or directory\nreport no/such/report.json: no such file or directory\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := dnispool(t, dir, strings.Fields(c.args)...)
			if r.code != c.code || !strings.HasSuffix(steady(r.out), c.last) || c.last == "" && r.out != "" || r.err != c.err {
				t.Errorf("want %d, %q and %q, got %+v", c.code, c.last, c.err, r)
			}
		})
	}
}

// TestLintProblems are all told at once, and nothing is played.
func TestLintProblems(t *testing.T) {
	dir := write(t, map[string]string{
		"mine/pool/fine.yaml":  mine["mine/pool/fine.yaml"],
		"mine/pool/bad.yaml":   head + "level: must\nsteps:\n  - {resrve: {attributes: {}}, expect: {status: 200}}\n  - {handoff: {id: \"${lease.body.dni}\"}, expect: {status: 200}}\n",
		"mine/pool/worse.yaml": "scenario: v1\n---\n",
	})
	for _, args := range [][]string{
		{"check", "--scenarios", "mine", "pool/fine"}, {"check", "--list", "--scenarios", "mine"}, {"check", "--dry-run", "--scenarios", "mine"},
		{"scenarios", "lint", "--scenarios", "mine"}, {"scenarios", "list", "--scenarios", "mine"}, {"scenarios", "show", "--scenarios", "mine"},
	} {
		r := dnispool(t, dir, args...)
		if r.code != 2 || r.out != "" {
			t.Errorf("%q: want 2 and problems only, got %+v", args, r)
		}
		golden(t, "lint.txt", r.err)
	}
}

// TestOutput is what a user sees: nothing but our own words.
func TestOutput(t *testing.T) {
	dir := write(t, mine)
	for _, c := range []struct {
		golden string
		code   int
		args   string
	}{
		{"passed.txt", 0, "pool/fine"},
		{"quiet.txt", 0, "-q pool/fine"},
		{"verbose.txt", 0, "-v pool/fine"},
		{"failed.txt", 1, "pool/fine pool/wrong"},
		{"doubt.txt", 3, "wire/doubt"},
		{"list.txt", 0, "--list --label must"},
		{"dry-run.txt", 0, "--dry-run --label must"},
	} {
		t.Run(c.golden, func(t *testing.T) {
			t.Parallel()
			r := dnispool(t, dir, append([]string{"check", "--scenarios", "mine", "--seed", "7"}, strings.Fields(c.args)...)...)
			if r.code != c.code || r.err != "" {
				t.Errorf("want %d and no error, got %d and %q", c.code, r.code, r.err)
			}
			golden(t, c.golden, steady(r.out))
		})
	}
}

func TestColour(t *testing.T) {
	dir := write(t, mine)
	args := []string{"check", "--scenarios", "mine", "--seed", "7", "-q", "pool/fine"}
	if r := dnispool(t, dir, args...); strings.Contains(r.out, "\x1b") {
		t.Errorf("want no colour, got %q", r.out)
	}
	if r := dnispool(t, dir, append(args, "--color")...); !strings.Contains(r.out, "\n\x1b[32m5 scenarios: 1 passed") {
		t.Errorf("want a green verdict, got %q", r.out)
	}
	t.Setenv("NO_COLOR", "1")
	if r := dnispool(t, dir, append(args, "--color")...); strings.Contains(r.out, "\x1b") {
		t.Errorf("NO_COLOR: want no colour, got %q", r.out)
	}
}

func TestSeedIsDrawn(t *testing.T) {
	dir := write(t, mine)
	seeds := make(map[string]bool)
	for range 3 {
		_, seed, found := strings.Cut(strings.TrimSpace(dnispool(t, dir, "check", "--scenarios", "mine", "-q", "pool/fine").out), "seed ")
		if !found {
			t.Fatal("seed: want it in the last line, got none")
		}
		seeds[seed] = true
	}
	if len(seeds) < 2 {
		t.Errorf("seed: want one of its own for each run, got %v", seeds)
	}
}

// TestReports holds the JUnit and the JSON report against the schema and against each other.
func TestReports(t *testing.T) {
	dir := write(t, mine)
	r := dnispool(t, dir, "check", "--scenarios", "mine", "--seed", "7", "--label", "not (smoke or may)", "pool/*", "wire/doubt", "--json", "r.json", "--junit", "r.xml")
	if r.code != 1 || r.err != "" {
		t.Fatalf("want 1, got %+v", r)
	}
	raw := read(t, dir, "r.json")
	text, err := specs.Schema("report")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("report.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(document); err != nil {
		t.Error(err)
	}
	var d finding.Document
	if err := json.Unmarshal([]byte(raw), &d); err != nil {
		t.Fatal(err)
	}
	if d.ExitCode != r.code || d.Verdict != "not-conformant" || d.Seed != 7 || d.Target != "reference" || d.Filter != "pool/* wire/doubt label not (smoke or may)" || d.Interrupted {
		t.Errorf("json: want what the run was, got %d %s %d %s %q", d.ExitCode, d.Verdict, d.Seed, d.Target, d.Filter)
	}
	var statuses []string
	for _, res := range d.Results {
		statuses = append(statuses, res.ID+" "+string(res.Status))
	}
	want := []string{"pool/fine filtered", "pool/lenient failed", "pool/wrong failed", "wire/doubt inconclusive", "wire/slow filtered"}
	if !slices.Equal(statuses, want) {
		t.Errorf("json: want %q, got %q", want, statuses)
	}

	var junit struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Skipped  int `xml:"skipped,attr"`
		Errors   int `xml:"errors,attr"`
		Suites   []struct {
			Cases []struct {
				Name    string `xml:"name,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
					Text    string `xml:",chardata"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(read(t, dir, "r.xml")), &junit); err != nil {
		t.Fatal(err)
	}
	counts := d.Counts
	cases, failure := 0, ""
	for _, s := range junit.Suites {
		cases += len(s.Cases)
		for _, c := range s.Cases {
			if c.Name == "pool/wrong" || c.Name == "wrong" {
				failure = c.Failure.Text
			}
		}
	}
	if junit.Tests != counts.Total || cases != counts.Total || junit.Failures != counts.Failed-counts.Tolerated {
		t.Errorf("junit: want %d tests and %d failures, got %d (%d cases) and %d", counts.Total, counts.Failed-counts.Tolerated, junit.Tests, cases, junit.Failures)
	}
	if !strings.Contains(failure, "^^^ got 200") || !strings.Contains(failure, "again     dnispool check pool/wrong --scenarios mine --seed 7") {
		t.Errorf("junit: want the text of the failure, got %q", failure)
	}
	for _, s := range []string{raw, read(t, dir, "r.xml"), r.out} {
		for _, secret := range []string{"demo-dni-key", "demo-handoff-key"} {
			if strings.Contains(s, secret) {
				t.Errorf("want no key in a report, got %s", secret)
			}
		}
	}
}

// TestReportOnStandardOutput pipes a report: nothing else is on standard output, and no file is left.
func TestReportOnStandardOutput(t *testing.T) {
	dir := write(t, mine)
	args := []string{"check", "--scenarios", "mine", "--seed", "7", "pool/fine", "pool/wrong"}
	r := dnispool(t, dir, append(args, "--json", "-", "--junit", "r.xml")...)
	var d finding.Document
	if err := json.Unmarshal([]byte(r.out), &d); err != nil || d.ExitCode != 1 || r.code != 1 {
		t.Errorf("json: want the verdict and 1, got %d: %s (%v)", r.code, r.out, err)
	}
	if !strings.Contains(r.err, "FAIL  pool/wrong") || !strings.HasSuffix(steady(r.err), "5 scenarios: 1 passed, 1 failed, 3 filtered (not selected by pool/fine pool/wrong). TIME, seed 7.\n") {
		t.Errorf("want the text on standard error, got %q", r.err)
	}
	r = dnispool(t, dir, append(args, "--junit", "-")...)
	var suites struct {
		Tests int `xml:"tests,attr"`
	}
	if err := xml.Unmarshal([]byte(r.out), &suites); err != nil || suites.Tests != 5 || r.code != 1 {
		t.Errorf("junit: want five tests and 1, got %d: %s (%v)", r.code, r.out, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "-")); !os.IsNotExist(err) {
		t.Errorf("want no file named -, got %v", err)
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestAgain plays what a failure says to play.
func TestAgain(t *testing.T) {
	dir := write(t, mine)
	r := dnispool(t, dir, "check", "--scenarios", "mine", "pool/wrong", "pool/lenient", "--strict")
	_, again, found := strings.Cut(r.out, "again     dnispool ")
	again, _, _ = strings.Cut(again, "\n")
	if !found || !strings.Contains(again, "--strict") {
		t.Fatalf("want a command with --strict, got %q", again)
	}
	if r := dnispool(t, dir, strings.Fields(again)...); r.code != 1 {
		t.Errorf("%s: want 1, got %+v", again, r)
	}
}

// TestInterrupt stops a run while a scenario hangs.
func TestInterrupt(t *testing.T) {
	for _, c := range []struct {
		name    string
		signals []os.Signal
	}{
		{"once", []os.Signal{syscall.SIGINT}},
		{"twice", []os.Signal{syscall.SIGINT, syscall.SIGINT}},
		{"SIGTERM", []os.Signal{syscall.SIGTERM}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := write(t, mine)
			p := start(t, dir, "check", "--scenarios", "mine", "--seed", "7", "pool/fine", "wire/slow", "--json", "r.json")
			p.line(t, "ok    pool/fine")
			started := time.Now()
			for _, s := range c.signals {
				if err := p.Process.Signal(s); err != nil {
					t.Fatal(err)
				}
			}
			rest, code := p.end(t)
			if took := time.Since(started); code != 130 || took > 5*time.Second {
				t.Errorf("want 130 at once, got %d after %s", code, took)
			}
			if !strings.Contains(rest, "Interrupted: the rest is unknown.") {
				t.Errorf("want the last line to say so, got %q", rest)
			}
			var d finding.Document
			if err := json.Unmarshal([]byte(read(t, dir, "r.json")), &d); err != nil || !d.Interrupted || d.ExitCode != 130 {
				t.Errorf("json: want an interrupted run, got %+v (%v)", d.Verdict, err)
			}
		})
	}
}

// TestKilled leaves no process behind, and of files only what had been seen by then, in whole lines.
func TestKilled(t *testing.T) {
	dir := write(t, mine)
	p := start(t, dir, "check", "--scenarios", "mine", "pool/fine", "wire/slow")
	p.line(t, "ok    pool/fine")
	history := filepath.Join(dir, "out/wire/slow.jsonl")
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if info, err := os.Stat(history); err == nil && info.Size() > 0 {
			break
		}
	}
	group := p.Process.Pid
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, code := p.end(t); code != -1 {
		t.Errorf("want it killed, got exit code %d", code)
	}
	if err := inGroup(group); err != nil {
		t.Errorf("process group: want it empty, got %v", err)
	}
	for _, d := range []string{dir, p.temp} {
		entries, err := os.ReadDir(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.Name() != "mine" && e.Name() != "out" {
				t.Errorf("%s: want nothing left behind, got %s", d, e.Name())
			}
		}
	}
	if got := read(t, dir, "out/wire/slow.jsonl"); !strings.HasPrefix(got, `{"format":"dnispool.history/v1"`) || !strings.HasSuffix(got, "\n") {
		t.Errorf("want the history up to then, got %q", got)
	}
}

// TestBundled plays every bundled scenario, as make run does.
func TestBundled(t *testing.T) {
	t.Parallel()
	r := dnispool(t, t.TempDir(), "check", "--seed", "1")
	if r.code != 0 {
		t.Errorf("want 0, got %d\n%s%s", r.code, r.out, r.err)
	}
}

// process is the tool at work.
type process struct {
	*exec.Cmd
	out  *bufio.Reader
	seen strings.Builder
	temp string
}

func start(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	c := command(t, dir, args...)
	ownGroup(c)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = c.Stdout
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	temp, _ := strings.CutPrefix(c.Env[len(c.Env)-1], "TMPDIR=")
	return &process{Cmd: c, out: bufio.NewReader(out), temp: temp}
}

// line reads the output up to a line that begins so, and returns it.
func (p *process) line(t *testing.T, begin string) string {
	t.Helper()
	for {
		l, err := p.out.ReadString('\n')
		p.seen.WriteString(l)
		if strings.HasPrefix(l, begin) {
			return strings.TrimSuffix(l, "\n")
		}
		if err != nil {
			t.Fatalf("want a line %q, got %s(%v)", begin, p.seen.String(), err)
		}
	}
}

// end reads the rest of the output, and waits.
func (p *process) end(t *testing.T) (rest string, code int) {
	t.Helper()
	var b strings.Builder
	if _, err := p.out.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	_ = p.Wait() // an exit code is no error here
	return b.String(), p.ProcessState.ExitCode()
}
