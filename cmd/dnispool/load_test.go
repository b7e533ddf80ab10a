package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
)

func TestLoadUsage(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"bad.yaml": "load: v1\narrivals: 5/s\njorney: {}\n", "day.yaml": "load: v1\narrivals: {day: day.csv}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"offce-hours"}, `did you mean "office-hours"?`},
		{[]string{"none.yaml"}, "none.yaml: no such file or directory"},
		{[]string{"day.yaml"}, "day.csv: no such file or directory"},
		{[]string{"bad.yaml"}, `bad.yaml:3:1: unknown key "jorney" (did you mean "journey"?)`},
		{[]string{"--rate", "5"}, "rate: want calls and a unit like 5/s"},
		{[]string{"--threshold", "blokked < 1%"}, `no metric "blokked" (did you mean "blocked"?)`},
		{[]string{"--set", "pool.nubers=3"}, `unknown key "nubers" in pool (did you mean "numbers"?)`},
		{[]string{"--set", "pool"}, "want path=value"},
		{[]string{"--for", "-1s"}, "--for: want more than 0"},
		{[]string{"--fr", "1s"}, "no flag --fr (did you mean --for?)"},
		{[]string{"--for", "5"}, `invalid value "5" for flag --for: want a time like 30s, 5m or 1h30m`},
		{[]string{"--for", "0s"}, "--for: want more than 0, got 0s"},
		{[]string{"--warm-up", "-5s"}, "--warm-up: want 0 or more, got -5s"},
		{[]string{"--rate", "0/s"}, "--rate: want more than 0, got 0/h"},
		{[]string{"--rate", "1e9/s"}, "arrivals: want at most 1000000 callers a second, got 1000000000/s"},
		{[]string{"--metrics", "9464", "--out", ""}, `metrics: want an address like 127.0.0.1:9464, got "9464"`},
		{[]string{"--target", "localhost:8081"}, "target localhost:8081: want a file, or the URL of a simulator's control API like http://localhost:8081"},
		{[]string{"init", "soak", "office-hours"}, `load init: want one profile, got ["soak" "office-hours"]`},
		{[]string{"a", "b"}, "want one profile"},
		{[]string{"--json", "no/such/dir.json"}, "no/such/dir.json: no such file or directory"},
		{[]string{"--set", "pool.numbers=3", "--target", "http://127.0.0.1:1"}, "--set: want it for the reference"},
	} {
		got := dnispool(t, dir, append([]string{"load"}, test.args...)...)
		if got.code != finding.ExitNotJudged || !strings.Contains(got.err, test.want) {
			t.Errorf("%v: want %d and %q, got %d and %q", test.args, finding.ExitNotJudged, test.want, got.code, got.err)
		}
	}
}

func TestLoadInit(t *testing.T) {
	dir := t.TempDir()
	if got := dnispool(t, dir, "load", "init", "soak"); got.code != 0 || !strings.Contains(got.out, "written soak.yaml") {
		t.Errorf("want a profile written, got %+v", got)
	}
	if got := dnispool(t, dir, "load", "init", "soak"); got.code != finding.ExitNotJudged || !strings.Contains(got.err, "soak.yaml is there already") {
		t.Errorf("want the file left as it is, got %+v", got)
	}
}

// TestLoadReports: one run in all its forms.
func TestLoadReports(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := dnispool(t, dir, "load", "--warm-up", "0s", "--rate", "40/s", "--for", "1s", "--set", "pool.numbers=60", "--set", "pool.window=1s", "--no-calls",
		"--threshold", "blocked < 50%", "--seed", "7", "--html", "r.html", "--json", "r.json", "--csv", "r.csv", "--samples", "s.jsonl")
	want := 0
	switch {
	case strings.Contains(got.out, "the rate of 40/s was not reached"): // on a machine that is busy with something else, which every report must say
		want = finding.ExitInconclusive
	case !strings.Contains(got.out, "conformant: "), !strings.Contains(got.out, ", no calls; what was demanded holds."):
		t.Errorf("want the verdict, got %s", got.out)
	}
	if got.code != want {
		t.Fatalf("want %d, got %d\n%s%s", want, got.code, got.out, got.err)
	}
	read := func(name string) string {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	var report struct {
		Format     string `json:"format"`
		ExitCode   int    `json:"exit_code"`
		Violations *int   `json:"violations"`
		Again      string `json:"again"`
		Measured   struct {
			Counts struct{ Scheduled, Begun, Reserved int }
			Ledger []struct{ Residual int }
		} `json:"measured"`
	}
	if err := json.Unmarshal([]byte(read("r.json")), &report); err != nil {
		t.Fatal(err)
	}
	counts := report.Measured.Counts
	if report.Format != "dnispool.load/v1" || report.ExitCode != want || report.Violations == nil || *report.Violations != 0 || counts.Scheduled < 20 || counts.Begun != counts.Scheduled {
		t.Errorf("JSON: got %+v", report)
	}
	for _, row := range report.Measured.Ledger {
		if row.Residual != 0 {
			t.Errorf("ledger: want it to balance, got %+v", report.Measured.Ledger)
		}
	}
	for name, want := range map[string]string{
		"r.html": "<h2 id=\"ledger\">", "r.csv": "at_s,width_s,offered,", "s.jsonl": `{"at_ns":`, "out/load/office-hours-7.jsonl": `{"format":"dnispool.history/v1"`,
	} {
		if !strings.Contains(read(name), want) {
			t.Errorf("%s: want %s in it, got none", name, want)
		}
	}
	if judged := dnispool(t, dir, "judge", "out/load/office-hours-7.jsonl"); judged.code != 0 || !strings.Contains(judged.out, "0 violations") {
		t.Errorf("judged again: got %d\n%s", judged.code, judged.out)
	}
}

func TestLoadThatMissesAThreshold(t *testing.T) {
	t.Parallel()
	got := dnispool(t, t.TempDir(), "load", "--warm-up", "0s", "--rate", "60/s", "--for", "1s", "--set", "pool.numbers=1", "--no-calls", "--out", "")
	if got.code != finding.ExitNotConformant || !strings.Contains(got.out, "blocked < 2% failed") || !strings.Contains(got.out, "nothing was recorded") {
		t.Errorf("want 1 and the threshold, got %d\n%s%s", got.code, got.out, got.err)
	}
}
