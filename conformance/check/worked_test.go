package check

import (
	"testing"

	"github.com/dnispool/dnispool/conformance/reading"
)

// The worked histories of the specification: a pool of two numbers that arrival releases, a window of 10 to 11 seconds,
// no cool-down, one clock.
func TestWorkedHistories(t *testing.T) {
	const twice = "a was given twice: the first reservation could not end before "
	late := []op{
		reserved(0, .1, "a").nonce("x").shared("s1"), reserved(11, 11.1, "a").nonce("y").shared("s2"),
		dialled(11.5, 12, "a").nonce("x").shared("s1").id("c1").over(20), dialled(12.5, 13, "a").nonce("y").shared("s2").id("c2").over(20),
		heard(21, "c1", "y", "a"), heard(21, "c2", "", "a"),
	}
	swap := []op{
		reserved(0, .1, "a").nonce("x"), reserved(0, .1, "b").nonce("y"),
		dialled(.2, 1, "a").nonce("x").id("c1").over(5), dialled(.2, 1, "b").nonce("y").id("c2").over(5),
		heard(6, "c1", "y", "a"), heard(6, "c2", "x", "b"),
	}
	polls := []op{
		reserved(0, .1, "a").nonce("x").shared("s1"), dialled(.2, 1, "a").nonce("x").shared("s1").id("c1").over(5),
		missing(5.1, "s1"), found(5.6, "s1", "c1", says("x", "a")), missing(7, "s1"),
	}
	visible := with(roa, func(f *reading.Facts) {
		f.Handoffs, f.Visible, f.Retention, f.Duplicate = true, sec(5), sec(1000), "last"
	})
	h4 := []op{reserved(0, .1, "a"), dialled(.2, 2, "a").over(30), reserved(.3, .4, "a")}
	for _, c := range []struct {
		check string
		row
	}{
		{"no-double-lease", row{name: "h1", facts: roa, ops: []op{reserved(0, .1, "a"), reserved(.05, .15, "a")}, want: twice + "10s, and the second was answered at 150ms"}},
		{"no-double-lease", row{name: "h2", facts: roa, ops: []op{reserved(0, .1, "a"), reserved(9.8, 9.9, "a")}, want: twice + "10s, and the second was answered at 9.9s"}},
		{"no-double-lease", row{name: "h3", facts: roa, ops: []op{reserved(0, .1, "a"), reserved(9.8, 10.05, "a")}, undecided: 1}},
		{"no-double-lease", row{name: "h4 arrival", facts: roa, ops: h4, undecided: 1}},
		{"no-double-lease", row{name: "h4 hang-up", facts: roh, ops: h4, want: twice + "30s, and the second was answered at 400ms"}},
		{"no-double-lease", row{name: "h4 a slow carrier", facts: with(roa, func(f *reading.Facts) { f.ArrivalMin = sec(.3) }), ops: h4, want: twice + "500ms, and the second was answered at 400ms"}},
		{"exhaustion-justified", row{name: "h5", facts: roa, ops: []op{reserved(0, .2, "a"), reserved(0, .2, "b"), refused(1, 1.1)}}},
		{"exhaustion-justified", row{name: "h6", facts: roa, ops: []op{reserved(0, .1, "a"), refused(1, 1.1)}, want: "refused at 1.1s although at most 1 of 2 numbers can have been held"}},
		{"exhaustion-justified", row{name: "h7", facts: roa, ops: []op{reserved(0, .1, "a"), timedOut(0, 2), refused(3, 3.1)}, undecided: 1}},
		{"exhaustion-justified", row{name: "h8", facts: with(roa, func(f *reading.Facts) { f.ServerMax = new(sec(2)) }), ops: []op{reserved(10, 10.1, "a"), timedOut(0, 2), refused(20, 20.1)},
			want: "refused at 20.1s although at most 1 of 2 numbers can have been held"}},
		{"exhaustion-justified", row{name: "h9", facts: roa, ops: []op{reserved(0, .1, "a"), reserved(5, 5.1, "b"), refused(10.5, 10.6)}, undecided: 1}},
		{"no-cross-talk", row{name: "h10", facts: roa, ops: swap, want: "calls to a and b were given each other's attributes"}},
		{"no-double-lease", row{name: "h11 is no double allocation", facts: roa, ops: late, undecided: 1}},
		{"no-cross-talk", row{name: "h11 is one late arrival", facts: roa, ops: late, hazards: 1}},
		{"attributes-delivered", row{name: "h11 has one victim", facts: roa, ops: late, hazards: 1, undecided: 1}},
		{"handoff-visible", row{name: "h12", facts: visible, ops: polls, want: `the state of shared_id "s1" was there at 5.6s and gone at 7s, after the call had ended at 5s`}},
	} {
		c.run(t, c.check)
	}
}
