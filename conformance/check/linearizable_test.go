package check

import (
	"slices"
	"testing"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// The two ways of judging need each other.
func TestWhatOnlyOneOfTheTwoSees(t *testing.T) {
	const n = "+442079460001"
	for _, c := range []struct {
		name  string
		ops   []history.Op
		rules []string // the checks that compare two operations at a time and find something
		order bool     // no order is legal
	}{
		{"a chain of three, no two of which contradict each other", ops(reserved(0, .1, n), reserved(9, 12, n), reserved(19, 19.5, n)), nil, true},
		{"a refusal, which is about all numbers", ops(reserved(0, .1, n), refused(1, 1.1)), []string{"exhaustion-justified"}, false},
	} {
		var got []string
		for _, r := range judgeAll(map[string]reading.Facts{"": roa}, c.ops) {
			if len(r.Violations) > 0 {
				got = append(got, r.Name)
			}
		}
		if !slices.Equal(got, c.rules) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.rules)
		}
		if out := outcome(t, "linearizable", roa, c.ops); (len(out.Violations) > 0) != c.order || out.GaveUp != "" || (out.Picture != nil) != c.order {
			t.Errorf("%s: got %+v, want an illegal number and its picture: %v", c.name, out, c.order)
		}
	}
}

// A search that has no time left is no pass.
func TestSearchThatGivesUp(t *testing.T) {
	h := reading.Of(map[string]reading.Facts{"": roa}, ops(reserved(0, .1, "a"), reserved(1, 1.1, "a")))
	checks, err := Named("linearizable")
	if err != nil {
		t.Fatal(err)
	}
	j := Judge(t.Context(), h, checks, 0)
	if c := j.Conclusion(false); j.Results[0].GaveUp == "" || !c.Inconclusive || c.Violated {
		t.Errorf("got %+v, want it inconclusive", j.Results[0])
	}
}
