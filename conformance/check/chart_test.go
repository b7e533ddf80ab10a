package check

import (
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/check/simulated"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/report"
)

// chart is the chart of the one violation that a check finds.
func chart(t *testing.T, name string, f reading.Facts, all ...op) string {
	t.Helper()
	out := outcome(t, name, f, ops(all...))
	if len(out.Violations) != 1 {
		t.Fatalf("want one violation, got %+v", out)
	}
	return "\n" + strings.Join(report.Chart(reading.Of(map[string]reading.Facts{"": f}, ops(all...)).Chart("", out.Violations[0])), "\n") + "\n"
}

func TestChart(t *testing.T) {
	got := chart(t, "no-double-lease", roh,
		reserved(0, .5, "a").nonce("x").client("client 1"), dialled(1, 4, "a").nonce("x").client("client 1").id("c1").over(8),
		reserved(5, 6, "a").nonce("y").client("client 2"), reserved(0, 1, "b").client("client 3"), heard(9, "c1", "x", "a"),
		turnedAway(6.5, 7, "a", 486, "platform").client("client 2"), dialled(7, 7.5, "a").client("probe"))
	const want = `
                          0s                    4s                    8.4s
a
* #1 reserve client 1       ??======================================    0s–500ms, held until 8s or later, nonce x
* #3 call client 1               ...............####################    1s–4s, over at 8s by the platform, nonce x, was given x
* #4 reserve client 2                                ?????==----------  5s–6s, held until 6.5s or later, nonce y
  #5 call client 2                                          ...         6.5s–7s, refused 486
  #6 call probe                                                ..#####  7s–7.5s, still up
? may have been made  = was held  - may have been held   . on its way  # in a call   * proves it
`
	if got != want {
		t.Errorf("got%s\nwant%s", got, want)
	}
	if c := reading.Of(map[string]reading.Facts{"": roh}, nil).Chart("", finding.Violation{}); c != nil {
		t.Errorf("want nothing where there is no number, got %+v", c)
	}
}

// A refusal has no number: the numbers that were given before it are drawn.
func TestChartOfARefusal(t *testing.T) {
	got := chart(t, "exhaustion-justified", roh,
		reserved(0, .1, "a").nonce("x"), dialled(.2, .3, "a").nonce("x").over(5), reserved(8, 8.1, "b").nonce("y"), refused(9, 9.1).client("client 3"))
	const want = `
                          0s                    4.55s                 9.555s
* #4 reserve client 3                                              !    9s–9.1s, refused
a
  #1 reserve                ?====================-                      0s–100ms, held until 5s or later, nonce x
  #2 call                   .####################                       200ms–300ms, over at 5s by the platform, nonce x
b
  #3 reserve                                                   ?======  8s–8.1s, held until 18s or later, nonce y
? may have been made  = was held  - may have been held   . on its way  # in a call   * proves it
`
	if got != want {
		t.Errorf("got%s\nwant%s", got, want)
	}
}

// A number with a long life is drawn around the violation only.
func TestChartIsSmall(t *testing.T) {
	var all []op
	for i := range 200 {
		all = append(all, reserved(float64(i)*100, float64(i)*100+.1, "a"))
	}
	if got := chart(t, "no-double-lease", roa, append(all, reserved(5000.2, 5000.3, "a"))...); strings.Count(got, "\n") != 6 {
		t.Errorf("want two reservations, got%s", got)
	}
	all = []op{reserved(0, .1, "a"), reserved(5, 5.1, "a")}
	for i := range 30 {
		id := simulated.Number(i)
		all = append(all, dialled(1, 2, "a").id(id).over(3), heard(6, id, "", "a")) // none of them took it
	}
	if got := chart(t, "no-double-lease", roa, all...); !strings.Contains(got, "\n  and 20 more\n") {
		t.Errorf("want a dozen rows, got%s", got)
	}
}
