package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
)

// TestWarningsAreToldOnce, at whichever steps they stand; where one stands alone, its step is told too.
func TestWarningsAreToldOnce(t *testing.T) {
	t.Parallel()
	warned := func(id string, warnings ...string) finding.Result {
		r := passed(id)
		r.Warnings = warnings
		return r
	}
	run := runOf(
		warned("a/one", `step 1 of 4 "lease": strict contract: x`, `step 3 of 4 "handoff": strict contract: x`, `step 2 of 4 "call": strict contract: y`),
		warned("a/two", `step 1 of each client "lease": strict contract: x`, "something else"),
	)
	run.Warnings = []string{"of the run"}
	var got []string
	for _, w := range allWarnings(run) {
		got = append(got, fmt.Sprint(w.Text, w.IDs))
	}
	if want := `of the run[] | strict contract: x[a/one a/two] | step 2 of 4 "call": strict contract: y[a/one] | something else[a/two]`; strings.Join(got, " | ") != want {
		t.Errorf("want %s\ngot  %s", want, strings.Join(got, " | "))
	}
}

// TestHTMLFoldsWhatIsLong: many reasons are one line until they are opened, and what was not selected is not in the way.
func TestHTMLFoldsWhatIsLong(t *testing.T) {
	t.Parallel()
	results := []finding.Result{passed("a/one"), skipped("a/two", finding.Filtered, "not selected by x")}
	for i := range 4 {
		results = append(results, skipped(fmt.Sprint("b/", i), finding.Unsupported, fmt.Sprint("needs thing ", i)))
	}
	page := htmlOf(t, runOf(results...))
	for _, want := range []string{
		`<summary>4 reasons</summary>`, `<summary>1: needs thing 3</summary>`, `<summary>1: not selected by x</summary>`,
		`value="filtered"> filtered`, `value="passed" checked> passed`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("want %s in the page, got none", want)
		}
	}
}
