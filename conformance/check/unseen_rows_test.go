package check

import (
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
)

// What a history does not show may have happened: a call or a reservation that nobody recorded is neither impossible nor
// certain.
func TestUnseenOperations(t *testing.T) {
	unseen := func(f *reading.Facts) { f.Strays = nil }
	shared := func(f *reading.Facts) { f.Exclusive = false }
	before := func(f *reading.Facts) { f.UsedBefore = true }
	kept := with(roa, func(f *reading.Facts) {
		f.Handoffs, f.Retention, f.Duplicate, f.Abandoned, f.NoHandoff = true, sec(1000), "last", "keep", reading.AsState
	})
	conflict := with(kept, func(f *reading.Facts) { f.Duplicate = "conflict" })
	many := with(roh, func(f *reading.Facts) { f.Bindings = "many" })
	x := []op{reserved(0, .1, "a").nonce("x").shared("s"), dialled(1, 2, "a").nonce("x").shared("s").id("c1").over(5)}
	of := func(first []op, then ...op) []op { return append(first[:len(first):len(first)], then...) }
	y := []op{reserved(0, .1, "b").nonce("y").shared("s"), dialled(1, 2, "b").nonce("y").shared("s").id("c2").over(15)}
	const earlier = `shared_id "s" found the call that ended at 5s; want the last one, which ended at 15s`
	const shown = "q was shown the handoff state of a call to a, a number of p"
	const gone = `the state of shared_id "s" was there at 6s and gone at 20s, after the call had ended at 5s`
	const twice = "two calls were given the attributes of one reservation (nonce x)"
	const foreign = "call to a, placed without a reservation, was given the attributes of another caller"
	for check, rows := range map[string][]row{
		"no-double-lease": {
			{name: "the state of a call that nobody saw is not that of one known by its id", facts: with(roh, unseen), ops: []op{
				reserved(0, .1, "a").nonce("x").shared("s"), dialled(1, 2, "a").nonce("x").shared("s").id("c1").over(30), found(25, "s", "c9", says("x", "a")),
				reserved(26, 26.1, "a").nonce("y"), heard(31, "c1", "", "a"),
			}},
		},
		"handoff-visible": {
			{name: "alone under its shared_id", facts: conflict, ops: of(x, found(6, "s", "c1", says("x", "a")), missing(20, "s")), want: gone},
			{name: "others may have sent the same shared_id", facts: with(conflict, shared), certainty: finding.ModuloUnseen,
				ops: of(x, found(6, "s", "c1", says("x", "a")), missing(20, "s")), want: gone},
			{name: "a reservation of which nobody knows the shared_id", facts: conflict, certainty: finding.ModuloUnseen,
				ops: of(x, reserved(7, 7.1, "b"), dialled(8, 9, "b").over(9), found(6, "s", "c1", says("x", "a")), missing(20, "s")), want: gone},
			{name: "the state of a call that nobody saw, which was given the same attributes, was there in its place", certainty: finding.ModuloUnseen,
				facts: with(kept, func(f *reading.Facts) { f.Strays, f.Duplicate, f.Retention = nil, "first", sec(10) }),
				ops:   []op{x[0], dialled(1, 2, "a").nonce("x").shared("s").id("c1").over(30), found(3, "s", "", says("x", "a")), missing(31, "s")},
				want:  `there was no state of shared_id "s" at 31s, 1s after the call had ended; want one after 0s`},
			{name: "the same where it is known that nobody else calls",
				facts: with(kept, func(f *reading.Facts) { f.Duplicate, f.Retention = "first", sec(10) }),
				ops:   []op{x[0], dialled(1, 2, "a").nonce("x").shared("s").id("c1").over(30), found(3, "s", "", says("x", "a")), missing(31, "s")},
				want:  `there was no state of shared_id "s" at 31s, 1s after the call had ended; want one after 0s`},
			{name: "gone, by a state that may be of a call that nobody saw", certainty: finding.ModuloUnseen, facts: with(kept, unseen),
				ops: of(x, found(6, "s", "", says("x", "a")), missing(20, "s")), want: gone},
			{name: "others do not matter where the last one is found", facts: with(kept, shared), ops: of(x, found(6, "s", "c1", says("x", "a")), missing(20, "s")), want: gone},
		},
		"isolation": {
			{name: "another tenant is shown a state that may be of a call that nobody saw", facts: with(kept, unseen), certainty: finding.ModuloUnseen,
				ops: []op{x[0].project("p"), x[1].project("p"), found(6, "s", "p1", says("x", "a")).project("q")}, want: shown},
			{name: "the state of a call of the first", facts: with(kept, unseen),
				ops: []op{x[0].project("p"), x[1].project("p"), found(6, "s", "c1", says("x", "a")).project("q")}, want: shown},
		},
		"no-fail-open-drop": {
			{name: "a later call may have taken its place", facts: kept, hazards: 1, ops: of(x, found(6, "s", "c1", says("x", "a")),
				reserved(7, 7.1, "b").nonce("y").shared("s"), dialled(8, 9, "b").nonce("y").shared("s").id("c2").over(10),
				reserved(11, 11.1, "c").nonce("z").shared("s"), dialled(12, 13, "c").nonce("z").shared("s").id("c3").over(14), found(15, "s", "c3", says("z", "c")))},
			{name: "a reservation of which nobody knows the shared_id", facts: conflict, ops: of(x, reserved(7, 7.1, "b"), missing(20, "s")), hazards: 1, undecided: 1},
		},
		"handoff-matches-call": {
			{name: "the state of a call that nobody saw, which was given the same attributes, is found in place of the last", facts: with(kept, unseen), certainty: finding.ModuloUnseen,
				ops: of(x, y[0], y[1], found(20, "s", "p2", says("y", "b")), found(21, "s", "p1", says("x", "a"))), want: earlier},
			{name: "the same where it is known that nobody else calls", facts: kept,
				ops: of(x, y[0], y[1], found(20, "s", "p2", says("y", "b")), found(21, "s", "p1", says("x", "a"))), want: earlier},
			{name: "before any call, of a reservation of which nobody knows the shared_id", facts: kept, ops: []op{x[0], reserved(0, .1, "b"), dialled(.2, .3, "b"), found(.5, "s", "CA9", says("", "b"))}},
		},
		"no-cross-talk": {
			{name: "given twice", facts: roa, ops: of(x, heard(6, "c1", "x", "a"), dialled(7, 8, "a").id("c2").over(9), heard(9, "c2", "x", "a")), want: twice},
			{name: "a reservation from before may have had the nonce", facts: with(roa, before), certainty: finding.ModuloUnseen,
				ops: of(x, heard(6, "c1", "x", "a"), dialled(7, 8, "a").id("c2").over(9), heard(9, "c2", "x", "a")), want: twice},
			{name: "two states of one reservation, whichever calls they are of", facts: roa, ops: of(x, found(6, "s", "CA1", says("x", "a")), found(7, "s", "CA2", says("x", "a"))),
				want: `the states of 2 calls show the attributes of one reservation (nonce x): ids ["CA1" "CA2"]`},
			{name: "two states of two reservations with one nonce", facts: roa, ops: of(x, reserved(5, 5.1, "b").nonce("x").shared("s"), dialled(6, 7, "b").nonce("x").shared("s").over(8), found(9, "s", "CA1", says("x", "a")), found(10, "s", "CA2", says("x", "b")))},
			{name: "another number was dialled, whichever call it is", facts: with(roa, unseen), ops: of(x, reserved(0, .1, "b").nonce("y").shared("s2"), found(6, "s", "CA1", says("x", "b"))),
				want: "the agent of a call to b was given the attributes of nonce x, which were reserved with a"},
			{name: "or a lost reply had it", facts: with(roa, unseen), ops: of(x, timedOut(0, .1).nonce("x").shared("s"), reserved(20, 20.1, "b").nonce("y").shared("s2"), found(6, "s", "CA1", says("x", "b"))),
				want: "not judged: no call is known of which an agent said what it was given"},
			{name: "no call has come in time", facts: roa, ops: []op{x[0], found(40, "s", "CA1", says("x", "a"))},
				want: "the state of shared_id \"s\" shows the attributes of nonce x, and no call can have come to a while that reservation was alive"},
			{name: "one that nobody saw may have", facts: with(roa, unseen), certainty: finding.ModuloUnseen, ops: []op{x[0], dialled(30, 31, "a").id("c1").over(35), found(40, "s", "CA1", says("x", "a"))},
				want: "the state of shared_id \"s\" shows the attributes of nonce x, and no call can have come to a while that reservation was alive"},
			{name: "its own, long over", facts: roa, ops: []op{x[0], dialled(30, 31, "a").nonce("x").shared("s").id("c1").over(35), found(40, "s", "c1", says("x", "a"))},
				want: "call to a was given the attributes of its own reservation (nonce x), which was over"},
			{name: "its own, in time for all that is known of the window", facts: with(roa, func(f *reading.Facts) { f.WindowMax = 0 }),
				ops: []op{x[0], dialled(30, 31, "a").nonce("x").shared("s").id("c1").over(35), found(40, "s", "c1", says("x", "a"))}},
			{name: "long over", facts: many, ops: of(x, dialled(30, 31, "a").id("c2").over(35), heard(40, "c1", "x", "a"), heard(40, "c2", "x", "a")), want: foreign},
			{name: "a call that nobody saw may have kept it alive", facts: with(many, unseen), certainty: finding.ModuloUnseen,
				ops: of(x, dialled(30, 31, "a").id("c2").over(35), heard(40, "c1", "x", "a"), heard(40, "c2", "x", "a")), want: foreign},
		},
	} {
		for _, r := range rows {
			r.run(t, check)
		}
	}
}

// By one reading of the contract a call without a handoff is answered as if it had no state: then only what must have a
// handoff is missed.
func TestNoHandoff(t *testing.T) {
	facts := with(roa, func(f *reading.Facts) {
		f.Handoffs, f.Visible, f.Retention, f.Duplicate, f.Abandoned = true, sec(1), sec(1000), "last", "keep"
	})
	notFound := with(facts, func(f *reading.Facts) { f.NoHandoff = reading.NotFound })
	x := []op{reserved(0, .1, "a").nonce("x").shared("s"), dialled(1, 2, "a").nonce("x").shared("s").id("c1").over(3)}
	asks := []op{x[0].attributes(`{"nonce":"x","shared_id":"s","want_handoff_to":"billing"}`), x[1]}
	y := []op{reserved(0, .1, "b").nonce("y").shared("s2"), dialled(1, 2, "b").nonce("y").shared("s2").id("c2").over(3)}
	of := func(first []op, then ...op) []op { return append(first[:len(first):len(first)], then...) }
	const handed, none = `{"echo_nonce":"y","echo_dnis":"b","handoff_to":"billing"}`, `{"echo_nonce":"y","echo_dnis":"b","handoff_to":null}`
	const gone = `the state of shared_id "s2" was there at 5s and gone at 9s, after the call had ended at 3s`
	const dropped = `fail-open drop: the call to a was answered, yet there is no handoff state under shared_id "s"; ` +
		"a client that follows the documented rule takes the call as complete and drops a caller who may need a human"
	for check, rows := range map[string][]row{
		"handoff-visible": {
			{name: "gone with its handoff", facts: notFound, ops: of(y, found(5, "s2", "c2", handed), missing(9, "s2")), want: gone},
			{name: "gone without a handoff, that a platform answers otherwise", facts: notFound, ops: of(y, found(5, "s2", "c2", none), missing(9, "s2")), undecided: 1},
			{name: "gone without a handoff, as it was found", facts: facts, ops: of(y, found(5, "s2", "c2", none), missing(9, "s2")), want: gone},
		},
		"no-fail-open-drop": {
			{name: "whether there was a handoff is not known", facts: facts, ops: of(x, missing(9, "s")), hazards: 1, undecided: 1},
			{name: "it asked for one, of nobody knows which agent", facts: facts, ops: of(asks, missing(9, "s")), hazards: 1, undecided: 1},
			{name: "it asked an agent that echoes for one", facts: notFound, ops: of(append(asks, y...), heard(9, "c2", "y", "b"), missing(9, "s")), want: dropped},
			{name: "other calls without a handoff had a state", facts: facts, ops: of(append(x, y...), found(5, "s2", "c2", none), missing(9, "s")), want: dropped},
			{name: "other calls with a handoff had one", facts: facts, ops: of(append(x, y...), found(5, "s2", "c2", handed), missing(9, "s")), hazards: 1, undecided: 1},
		},
	} {
		for _, r := range rows {
			r.run(t, check)
		}
	}
}
