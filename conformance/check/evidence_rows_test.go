package check

import (
	"testing"

	"github.com/dnispool/dnispool/conformance/reading"
)

// What is known of another call is no evidence of this one, and an id is not the only evidence.
func TestEvidence(t *testing.T) {
	kept := with(roa, func(f *reading.Facts) {
		f.Handoffs, f.Visible, f.Retention, f.Duplicate, f.Abandoned = true, sec(1), sec(1000), "last", "keep"
	})
	first := []op{reserved(0, .1, "a").nonce("x").shared("s"), dialled(1, 2, "a").nonce("x").shared("s").id("c1").over(3)}
	second := []op{reserved(5, 5.1, "b").nonce("y").shared("s"), dialled(6, 7, "b").nonce("y").shared("s").id("c2").over(8)}
	other := []op{reserved(0, .1, "b").nonce("y").shared("s2"), dialled(1, 2, "b").nonce("y").shared("s2").id("c2").over(3)}
	of := func(parts ...[]op) (all []op) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	state := func(at float64, id, nonce, number string) []op { return []op{found(at, "s", id, says(nonce, number))} }
	const lost = `fail-open drop: the call to b was answered, yet shared_id "s" finds the state of another call; what its client does with the caller is what that one needed`
	for check, rows := range map[string][]row{
		"no-fail-open-drop": {
			{name: "the first call's state excuses no second one", facts: kept, ops: of(first, second, state(20, "c1", "x", "a")), want: lost},
			{name: "unless it was found before", facts: kept, ops: of(first, second, state(10, "c2", "y", "b"), state(20, "c1", "x", "a"))},
			{name: "or the first may be what is asked for", facts: with(kept, func(f *reading.Facts) { f.Duplicate = "" }), hazards: 1, undecided: 1, ops: of(first, second, state(20, "c1", "x", "a"))},
		},
		"handoff-visible": {
			{name: "gone, by nonce alone", facts: kept, ops: of(first, state(5, "", "x", "a"), []op{missing(6, "s")}), want: `the state of shared_id "s" was there at 5s and gone at 6s, after the call had ended at 3s`},
			{name: "changed", facts: kept, ops: of(first, state(5, "CA1", "x", "a"), []op{found(6, "s", "CA1", `{"echo_nonce":"x"}`)}), want: `the state of shared_id "s" changed at /echo_attributes between 5s and 6s, after the call had ended at 3s`},
			{name: "not before it is readable", facts: kept, ops: of(first, state(3.5, "CA1", "x", "a"), []op{found(6, "s", "CA1", `{"echo_nonce":"x"}`)})},
		},
		"handoff-matches-call": {
			{name: "a state before any call", facts: kept, ops: of(first[:1], state(.5, "CA9", "", "b")), want: `there was a state of shared_id "s" at 500ms, before any call can have come to a number that was reserved with it`},
			{name: "a call may have come", facts: kept, ops: of(first[:1], []op{dialled(.2, .4, "a")}, state(.5, "CA9", "", "b"))},
		},
		"no-cross-talk": {
			{name: "another's attributes under a shared_id", facts: kept, ops: of(first, other, state(9, "CA1", "y", "b")), want: `the state of shared_id "s" shows the attributes of another reservation: those with nonce y were sent with shared_id "s2"`},
			{name: "nobody's attributes under a shared_id", facts: kept, ops: of(first, other, state(9, "CA1", "q", "c")), want: `the state of shared_id "s" shows attributes that nobody sent (nonce q)`},
			{name: "both have the shared_id", facts: kept, ops: of(first, second, state(9, "CA1", "x", "a"))},
		},
		"attributes-delivered": {
			{name: "the caller's own, though it does not say so", facts: roa, ops: []op{reserved(0, .1, "a").nonce("x").client("alice"), dialled(1, 2, "a").client("alice").id("c1").over(3), heard(9, "c1", "", "a")},
				want: "the call to a arrived 2s after its reservation, within the window of 10s, and was given no attributes"},
			{name: "an agent that says its nonce alone", facts: roa, ops: of(first, []op{found(9, "s", "c1", `{"echo_nonce":null}`)}), want: "the call to a arrived 2s after its reservation, within the window of 10s, and was given no attributes"},
			{name: "or has not started yet", facts: roa, ops: of(first, []op{found(2.5, "s", "c1", `{"echo_nonce":null}`)}), want: "not judged: no answered call for a reservation is known of which an agent said what it was given"},
			{name: "a nonce of nobody knows whom", facts: roa, undecided: 1, ops: []op{reserved(0, .1, "a").client("alice"), dialled(1, 2, "a").client("alice").id("c1").over(3), heard(9, "c1", "q", "a")}},
		},
	} {
		for _, r := range rows {
			r.run(t, check)
		}
	}
}
