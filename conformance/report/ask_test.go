package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
)

// TestQuestionsStandInReports: whoever reads why a scenario was not played reads what to ask as well, once for each reason.
func TestQuestionsStandInReports(t *testing.T) {
	t.Parallel()
	const question = "How many numbers does the pool have, and which?"
	run := runOf(passed("core/a"))
	for _, id := range []string{"pool/a", "pool/b"} {
		r := skipped(id, finding.Unsupported, "needs to know the pool's size: state size")
		r.Ask = question
		run.Results = append(run.Results, r)
	}
	text := func(o Options) string {
		var b bytes.Buffer
		if err := writeText(&b, run, o); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	var machine bytes.Buffer
	if err := JSON(&machine, run, nil); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]struct {
		text string
		want int
	}{
		"text": {text(Options{}), 0}, "verbose text": {text(Options{Verbose: true}), 1}, "HTML": {htmlOf(t, run), 1}, "JSON": {machine.String(), 2},
	} {
		whole := strings.ReplaceAll(strings.Join(strings.Fields(got.text), " "), "&#39;", "'")
		if n := strings.Count(whole, question); n != got.want {
			t.Errorf("%s: want the question %d times, got %d in %s", name, got.want, n, whole)
		}
	}
}
