package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/report"
	"github.com/dnispool/dnispool/sim"
)

// TestARefusedRunLeavesNoGreenReport: what an earlier run has written is gone, and each file says why nothing was tested.
func TestARefusedRunLeavesNoGreenReport(t *testing.T) {
	t.Parallel()
	files := map[string]string{"bad/x.yaml": "scenario: v1\nsteps: 5\n", "is-a-dir/x": ""}
	for name, text := range mine {
		files[name] = text
	}
	dir := write(t, files)
	reports := []string{"--json", "r.json", "--junit", "r.xml", "--html", "r.html"}
	for args, want := range map[string]string{
		"--scenarios mine pool/fien":                   `want an id, a glob or file:line, got "pool/fien"`,
		"--scenarios bad":                              "bad/x.yaml:2:8",
		"--scenarios nosuch":                           "nosuch:1:1: file: no such file or directory",
		"--scenarios mine --label nosuch":              `got "nosuch"`,
		"--bogus":                                      "no flag --bogus",
		"--seed many":                                  `invalid value "many"`,
		"--target nosuch.yaml":                         "target nosuch.yaml: no such file or directory",
		"--scenarios mine --out mine/pool/fine.yaml/x": "--out mine/pool/fine.yaml/x",
	} {
		if r := dnispool(t, dir, append([]string{"check", "--scenarios", "mine", "pool/fine"}, reports...)...); r.code != 0 {
			t.Fatalf("want green reports, got %+v", r)
		}
		r := dnispool(t, dir, append(append([]string{"check"}, strings.Fields(args)...), reports...)...)
		if r.code != 2 || !strings.Contains(r.err, want) || r.out != "" {
			t.Errorf("%s: want 2 and %s, got %+v", args, want, r)
		}
		run, err := report.Read(bytes.NewReader([]byte(read(t, dir, "r.json"))))
		if err != nil || run.Conclusion().ExitCode() != finding.ExitNotJudged || !strings.Contains(run.GaveUp, want) {
			t.Errorf("%s: want JSON that says %s, got %q (%v)", args, want, run.GaveUp, err)
		}
		var suites struct {
			Tests  int `xml:"tests,attr"`
			Errors int `xml:"errors,attr"`
		}
		if err := xml.Unmarshal([]byte(read(t, dir, "r.xml")), &suites); err != nil || suites.Tests != 1 || suites.Errors != 1 {
			t.Errorf("%s: want JUnit with one error, got %+v (%v)", args, suites, err)
		}
		if !strings.Contains(read(t, dir, "r.html"), "Not judged: the run did not begin") {
			t.Errorf("%s: want a page that says that nothing was judged, got another", args)
		}
	}
	if r := dnispool(t, dir, "check", "--scenarios", "mine", "pool/fine", "--json", "is-a-dir", "--html", "r.html"); r.code != 2 || !strings.Contains(read(t, dir, "r.html"), "is a directory") {
		t.Errorf("one report that cannot be written: want the other to say so, got %+v", r)
	}
}

// TestFullDisk: one message for several reports that there is no room for, and one end for a run whose histories there is
// no room for.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("/dev/full is a file of Linux")
	}
	dir := write(t, mine)
	link := func(name string) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("/dev/full", filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	link("full.json")
	link("full.html")
	r := dnispool(t, dir, "check", "--scenarios", "mine", "pool/fine", "--json", "full.json", "--html", "full.html", "--junit", "r.xml")
	if want := "report full.json, full.html: no space left on device, so what is there is not whole\n"; r.code != 2 || r.err != want {
		t.Errorf("want 2 and %q, got %d and %q", want, r.code, r.err)
	}
	if !strings.Contains(read(t, dir, "r.xml"), `name="pool/fine"`) {
		t.Error("want the report that there is room for, got another")
	}

	link("out/pool/fine.jsonl")
	r = dnispool(t, dir, "check", "--scenarios", "mine", "--workers", "1", "pool/*", "--json", "r.json")
	const given = "Given up:\n  history: write out/pool/fine.jsonl: no space left on device; make room, or keep nothing with --out\n  ''\n\nNot played to the end:\n  'pool/*'\n"
	if r.code != 2 || !strings.Contains(r.out, given) || r.err != "" {
		t.Errorf("want 2 and %q, got %+v", given, r)
	}
	var d finding.Document
	if err := json.Unmarshal([]byte(read(t, dir, "r.json")), &d); err != nil || d.Verdict != "not-judged" || len(d.NotPlayed) != 3 {
		t.Errorf("want what was not played in JSON, got %+v (%v)", d.NotPlayed, err)
	}
}

// TestJudgeLeavesNoOldReport when it comes to nothing, and never removes what it reads.
func TestJudgeLeavesNoOldReport(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"old.json": "{}", "kept.json": "{}", "h.jsonl": "nothing\n"})
	for _, args := range []string{"nosuch.jsonl --json old.json", "--bogus h.jsonl --json old.json", "h.jsonl --json old.json"} {
		if err := os.WriteFile(filepath.Join(dir, "old.json"), []byte("{}"), 0o644); err != nil {
			t.Fatal(err)
		}
		r := dnispool(t, dir, append([]string{"judge"}, strings.Fields(args)...)...)
		if _, err := os.Stat(filepath.Join(dir, "old.json")); r.code != 2 || err == nil {
			t.Errorf("judge %s: want 2 and no report, got %d and one", args, r.code)
		}
	}
	for _, args := range []string{"--json kept.json kept.json", "--bogus --json kept.json kept.json", "--help --json kept.json"} {
		dnispool(t, dir, append([]string{"judge"}, strings.Fields(args)...)...)
		if got := read(t, dir, "kept.json"); got != "{}" {
			t.Errorf("judge %s: want the file as it was, got %q", args, got)
		}
	}
}

// TestTheConfigurationInAReportStartsTheSameSimulator that the scenarios were played on.
func TestTheConfigurationInAReportStartsTheSameSimulator(t *testing.T) {
	t.Parallel()
	dir := write(t, mine)
	if r := dnispool(t, dir, "check", "--scenarios", "mine", "pool/fine", "--json", "r.json"); r.code != 0 {
		t.Fatalf("want a report, got %+v", r)
	}
	var first struct{ Config json.RawMessage }
	if err := json.Unmarshal([]byte(read(t, dir, "r.json")), &first); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "sim.json"), first.Config, 0o644); err != nil {
		t.Fatal(err)
	}
	p := serve(t, dir, "-q", "--config", "sim.json")
	p.number(t)
	p.stop(t, syscall.SIGTERM)
	c, problems := sim.Parse("sim.json", first.Config)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	raw, err := c.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var want, got bytes.Buffer
	if err := errors.Join(json.Compact(&want, first.Config), json.Compact(&got, raw)); err != nil || want.String() != got.String() {
		t.Errorf("want the configuration of the report, got another (%v)\n%s\n%s", err, &want, &got)
	}
}
