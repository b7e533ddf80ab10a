package judge

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/report"
)

// factsTable is what must be said of the histories in testdata/facts. Of what cannot be told apart it says why.
var factsTable = []struct {
	file string
	exit int
	says []string
	not  []string
}{
	{"early-on-every-number", 1, []string{
		"PATTERN   window_min of orders", "9 of 12 cases of no-double-lease", "the stated window (documented, 3m0s) is wrong; 50s or less would fit", "and 8 more",
		"rests on  window_min 3m0s (documented), exclusive true (documented)"}, nil},
	{"early-on-every-number-measured", 1, []string{"the stated window (measured, 3m0s) is wrong"}, nil},
	{"early-on-every-number-assumed", 3, []string{"9 of 12 cases rest on window_min, which is assumed", "50s or less would fit"}, []string{"VIOLATED", "PATTERN"}},
	// A race of two clients is no window of half a second: nobody would have stated three minutes.
	{"twice-on-one-number", 1, []string{"VIOLATED  no-double-lease of orders"}, []string{"PATTERN", "the stated window"}},
	// Numbers that are dead and numbers that never were look the same: both are said.
	{"full-before-its-size", 1, []string{"PATTERN   size of orders", "3 of 3 cases of exhaustion-justified: either the platform", "the stated size (documented, 6) is wrong; 4 would fit"}, nil},
	{"full-before-its-size-assumed", 3, []string{"3 of 3 cases rest on size, which is assumed"}, []string{"VIOLATED"}},
	{"more-than-its-size", 1, []string{"4 different numbers were given, the pool has 2", "the stated size (documented, 2) is wrong; 4 or more would fit"}, nil},
	{"held-until-the-hang-up", 1, []string{"VIOLATED  exhaustion-justified", "release (documented, arrival) is wrong;"}, nil},
	// As long as a number may rest for ever, both refusals may be right: that is said, and what would decide them.
	{"held-until-the-hang-up-cool-down-unknown", 0, []string{"exhaustion-justified of orders: 2 of 2 cases have two readings", "state cool_down (2 cases of exhaustion-justified"}, []string{"VIOLATED"}},
	{"let-go-at-the-arrival", 1, []string{"VIOLATED  no-double-lease", "release (documented, hangup) is wrong; arrival"}, nil},
	{"rests-for-how-long", 0, []string{"to decide more state cool_down (3 cases of exhaustion-justified)"}, []string{"VIOLATED"}},
	{"never-free-again", 1, []string{"VIOLATED  exhaustion-justified"}, []string{"state cool_down"}},
	{"every-state-is-late", 1, []string{"PATTERN   visible of orders", "the stated visible (documented, 2s) is wrong; 5s or more would fit"}, nil},
	{"who-hung-up-is-not-recorded", 0, []string{"record ended_by of calls (1 case of no-fail-open-drop)"}, []string{"VIOLATED"}},
	{"no-end-is-recorded", 0, []string{"record ended of calls (2 cases of exhaustion-justified)"}, []string{"VIOLATED"}},
}

func TestFactsTable(t *testing.T) {
	var listed []string
	for _, c := range factsTable {
		listed = append(listed, c.file)
		t.Run(c.file, func(t *testing.T) {
			r, err := judge(t, Plan{Files: []string{"testdata/facts/" + c.file + ".jsonl"}})
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := report.WriteHistory(&b, r, "again", report.Options{}); err != nil {
				t.Fatal(err)
			}
			flat := strings.Join(strings.Fields(b.String()), " ")
			if got := r.Conclusion().ExitCode(); got != c.exit {
				t.Errorf("exit code %d, want %d", got, c.exit)
			}
			for _, s := range c.says {
				if !strings.Contains(flat, strings.Join(strings.Fields(s), " ")) {
					t.Errorf("want it to say %q", s)
				}
			}
			for _, s := range c.not {
				if strings.Contains(flat, s) {
					t.Errorf("want it not to say %q", s)
				}
			}
			if t.Failed() {
				t.Log("\n" + b.String())
			}
			var machine bytes.Buffer
			if err := report.HistoryJSON(&machine, r); err != nil {
				t.Fatal(err)
			}
			if has := strings.Contains(machine.String(), `"patterns"`); has != (len(r.Patterns) > 0) {
				t.Errorf("want the patterns in the report for machines too")
			}
			if has := strings.Contains(machine.String(), `"to_decide_more"`); has != (len(r.Wants()) > 0) {
				t.Errorf("want what would decide more in the report for machines too")
			}
		})
	}
	files, err := filepath.Glob("testdata/facts/*.jsonl")
	if err != nil || len(files) != len(listed) {
		t.Fatalf("want each of %d files in the table once, which has %d (%v)", len(files), len(listed), err)
	}
	for _, f := range files {
		if !slices.Contains(listed, strings.TrimSuffix(filepath.Base(f), ".jsonl")) {
			t.Errorf("%s: want it in the table", f)
		}
	}
}
