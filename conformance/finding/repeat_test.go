package finding

import (
	"fmt"
	"testing"
)

func TestRepeated(t *testing.T) {
	t.Parallel()
	play := func(a, b Status) Run {
		return Run{Results: []Result{{ID: "x/a", Status: a, Requirement: "a"}, {ID: "x/b", Status: b, Requirement: "b"}, {ID: "x/c", Status: Filtered, Requirement: "c"}}}
	}
	earlier := Run{Results: []Result{{ID: "x/a", Status: Failed}, {ID: "x/b", Status: Inconclusive}, {ID: "x/c", Status: Passed}, {ID: "x/d", Status: Waived}, {ID: "x/e", Status: Error}}}
	if got := fmt.Sprint(earlier.ToRepeat()); got != "[x/a x/b x/e]" {
		t.Errorf("want what did not pass, got %s", got)
	}
	for _, c := range []struct {
		name  string
		plays []Run
		want  string
		code  int
	}{
		{"all fixed", []Run{play(Passed, Passed)}, "fixed (failed), fixed (inconclusive)", 0},
		{"one failed", []Run{play(Failed, Passed), play(Failed, Passed)}, "failed (failed), fixed (inconclusive)", 1},
		{"one is flaky", []Run{play(Passed, Passed), play(Failed, Passed), play(Passed, Passed)}, "flaky 1 of 3 (failed), fixed (inconclusive)", 1},
		{"one cannot be played", []Run{play(Passed, Error), play(Passed, Passed)}, "fixed (failed), flaky 1 of 2 (inconclusive)", 2},
		{"a failure counts more than a doubt", []Run{play(Inconclusive, Passed), play(Failed, Passed)}, "failed (failed), fixed (inconclusive)", 1},
	} {
		r := Repeated(earlier, c.plays)
		var got string
		for i, res := range r.Results {
			if res.Repeat != nil {
				if i > 0 {
					got += ", "
				}
				got += fmt.Sprintf("%s (%s)", res.Repeat, res.Repeat.Was)
			}
		}
		if got != c.want || r.Conclusion().ExitCode() != c.code || len(r.Results) != 3 {
			t.Errorf("%s: want %s and %d, got %s and %d", c.name, c.want, c.code, got, r.Conclusion().ExitCode())
		}
	}
}
