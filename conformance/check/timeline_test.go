package check

import (
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
)

// timeline is the timeline of the one violation that a check finds.
func timeline(t *testing.T, name string, f Facts, all ...op) string {
	t.Helper()
	check, _ := Named(name)
	out := check.Judge(f, ops(all...))
	if len(out.Violations) != 1 {
		t.Fatalf("want one violation, got %+v", out)
	}
	return "\n" + strings.Join(Timeline(f, ops(all...), out.Violations[0]), "\n") + "\n"
}

func TestTimeline(t *testing.T) {
	got := timeline(t, "no-double-lease", roh,
		reserved(0, .5, "a").nonce("x").client("client 1"), dialled(1, 4, "a").nonce("x").client("client 1").id("c1").over(8),
		reserved(5, 6, "a").nonce("y").client("client 2"), reserved(0, 1, "b").client("client 3"), heard(9, "c1", "x", "a"),
		turnedAway(6.5, 7, "a", 486, "platform").client("client 2"), dialled(7, 7.5, "a").client("probe"))
	const want = `
                          0s                    4s                    8.4s
a
* #1 reserve client 1       ??======================================    0s–500ms, held until 8s or later, nonce x
* #2 call client 1               ...............####################    1s–4s, over at 8s by the platform, nonce x, was given x
* #3 reserve client 2                                ?????==----------  5s–6s, held until 6.5s or later, nonce y
  #6 call client 2                                          ...         6.5s–7s, refused 486
  #7 call probe                                                ..#####  7s–7.5s, still up
? may have been made  = was held  - may have been held   . on its way  # in a call   * proves it
`
	if got != want {
		t.Errorf("got%s\nwant%s", got, want)
	}
	if rows := Timeline(roh, nil, finding.Violation{}); rows != nil {
		t.Errorf("want nothing where there is no number, got %q", rows)
	}
}

// A refusal has no number: the numbers that were given before it are drawn.
func TestTimelineOfARefusal(t *testing.T) {
	got := timeline(t, "exhaustion-justified", roh,
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
func TestTimelineIsSmall(t *testing.T) {
	var all []op
	for i := range 200 {
		all = append(all, reserved(float64(i)*100, float64(i)*100+.1, "a"))
	}
	if got := timeline(t, "no-double-lease", roa, append(all, reserved(5000.2, 5000.3, "a"))...); strings.Count(got, "\n") != 6 {
		t.Errorf("want two reservations, got%s", got)
	}
	all = []op{reserved(0, .1, "a"), reserved(5, 5.1, "a")}
	for i := range 30 {
		id := number(i)
		all = append(all, dialled(1, 2, "a").id(id).over(3), heard(6, id, "", "a")) // none of them took it
	}
	if got := timeline(t, "no-double-lease", roa, all...); !strings.Contains(got, "\n  and 20 more\n") {
		t.Errorf("want a dozen rows, got%s", got)
	}
}
