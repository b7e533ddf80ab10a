package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with testdata/name. Trailing spaces and secrets are wrong in every report.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		line, w, g := firstDifference(string(want), got)
		t.Errorf("%s:%d (go test -update writes it anew):\nwant %q\ngot  %q", path, line, w, g)
	}
	for _, s := range []string{dniKey, handoffKey} {
		if strings.Contains(got, s) {
			t.Errorf("%s: want no secret, got %q", path, s)
		}
	}
	for i, l := range strings.Split(got, "\n") {
		if strings.TrimRight(l, " ") != l {
			t.Errorf("%s:%d: want no trailing space, got %q", path, i+1, l)
		}
	}
}

func firstDifference(want, got string) (line int, w, g string) {
	ws, gs := strings.Split(want, "\n"), strings.Split(got, "\n")
	for line < min(len(ws), len(gs))-1 && ws[line] == gs[line] {
		line++
	}
	return line + 1, ws[line], gs[line]
}

func interrupted(run finding.Run) finding.Run {
	run.Interrupted = true
	return run
}

func everything() finding.Run {
	run := runOf(
		passed("core/happy-path"), expectationFailure(), passed("core/second"), errorResult(), inconclusiveResult(), shouldFailure(),
		skipped("agent/dial-only", finding.Unsupported, "dial"),
		skipped("pool/one", finding.NotApplicable, "pool.size is 50, the scenario needs 1"),
		skipped("pool/shared", finding.Waived, "shared pool (ends 2027-01-31)"),
		skipped("pool/other", finding.Filtered, "label smoke"),
	)
	run.Filter = "label smoke"
	run.Results[0].Warnings = []string{"nothing was dialled"}
	run.Results[2].Warnings = []string{"nothing was dialled"}
	run.Warnings = []string{"9 of 10 replies were 401: is the key right?"}
	return run
}

func TestText(t *testing.T) {
	strict := runOf(passed("core/happy-path"), shouldFailure())
	strict.Strict = true
	longReasons := runOf(passed("core/a"),
		skipped("core/b", finding.NotApplicable, "pool.size is 50, the scenario needs 1"),
		skipped("core/c", finding.NotApplicable, "no virtual clock"),
		skipped("core/d", finding.NotApplicable, "no virtual clock"),
		skipped("core/e", finding.NotApplicable, "the pool is shared with others, and the scenario can only judge a pool that nobody else reserves numbers from while it runs"),
		skipped("core/f", finding.NotApplicable, ""),
	)
	verbose := runOf(timeoutFailure(), func() finding.Result {
		r := expectationFailure()
		r.Status, r.Failures, r.Notes = finding.Passed, nil, []string{"the third is refused"}
		return r
	}(), skipped("pool/other", finding.Filtered, "label smoke"))

	for _, c := range []struct {
		name string
		run  finding.Run
		opts Options
	}{
		{"passed", runOf(passed("core/happy-path"), passed("pool/exhausted")), Options{}},
		{"expectation", runOf(passed("core/happy-path"), expectationFailure(), passed("core/next")), Options{}},
		{"two-mismatches", runOf(twoMismatches()), Options{}},
		{"contract", runOf(contractFailure()), Options{}},
		{"check", runOf(checkFailure()), Options{}},
		{"timeout", runOf(timeoutFailure()), Options{}},
		{"error", runOf(passed("core/happy-path"), errorResult()), Options{}},
		{"inconclusive", runOf(passed("core/happy-path"), inconclusiveResult()), Options{}},
		{"should", runOf(passed("core/happy-path"), shouldFailure()), Options{}},
		{"should-strict", strict, Options{}},
		{"everything", everything(), Options{}},
		{"everything-quiet", everything(), Options{Quiet: true}},
		{"passed-quiet", runOf(passed("core/happy-path")), Options{Quiet: true}},
		{"verbose", verbose, Options{Verbose: true}},
		{"long-reasons", longReasons, Options{}},
		{"all-skipped", runOf(skipped("core/a", finding.Unsupported, "dial"), skipped("core/b", finding.Waived, "")), Options{}},
		{"interrupted", interrupted(runOf(passed("core/happy-path"), expectationFailure())), Options{}},
		{"empty", runOf(), Options{}},
		{"nasty", runOf(nastyFailure()), Options{}},
		{"first-whole", runOf(passed("core/a"), expectationFailure(), late(), errorResult(), inconclusiveResult()), Options{FirstWhole: true}},
		{"narrow", runOf(timeoutFailure()), Options{Columns: func() int { return 72 }}},
		{"colour", runOf(passed("core/happy-path"), contractFailure(), skipped("core/a", finding.Unsupported, "dial")), Options{Color: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.opts.Redactor = secret
			var b bytes.Buffer
			if err := writeText(&b, c.run, c.opts); err != nil {
				t.Fatal(err)
			}
			golden(t, c.name+".txt", b.String())
			if c.opts.Color {
				return
			}
			drawn := make(map[string]bool)
			for _, r := range c.run.Results {
				for _, f := range r.Failures {
					for _, l := range Chart(f.Chart) {
						drawn["  "+l] = true
					}
				}
			}
			lines := strings.Split(strings.TrimSpace(b.String()), "\n")
			for i, l := range lines[:len(lines)-1] { // neither a drawing nor the last one is wrapped
				if n := columns(l); n > c.opts.width() && !drawn[l] {
					t.Errorf("line %d: want at most %d columns, got %d: %s", i+1, c.opts.width(), n, l)
				}
			}
		})
	}
}
