package check

import (
	"testing"

	"github.com/dnispool/dnispool/conformance/reading"
)

func handoffRows() map[string][]row {
	kept := with(roa, func(f *reading.Facts) {
		f.Handoffs, f.Visible, f.Retention, f.Duplicate = true, sec(1), sec(100), "last"
		f.NoHandoff = reading.AsState
	})
	first := with(kept, func(f *reading.Facts) { f.Duplicate = "first" })
	conflict := with(kept, func(f *reading.Facts) { f.Duplicate = "conflict" })
	x := []op{reserved(0, .1, "a").nonce("x").shared("s1"), dialled(1, 2, "a").nonce("x").shared("s1").id("c1").over(5)}
	y := []op{reserved(0, .1, "b").nonce("y").shared("s1"), dialled(1, 2, "b").nonce("y").shared("s1").id("c2").over(15)}
	of := func(parts ...any) (out []op) {
		for _, p := range parts {
			switch p := p.(type) {
			case []op:
				out = append(out, p...)
			case op:
				out = append(out, p)
			}
		}
		return out
	}
	const dropped = `fail-open drop: the call to a was answered, yet there is no handoff state under shared_id "s1"; ` +
		"a client that follows the documented rule takes the call as complete and drops a caller who may need a human"
	return map[string][]row{
		"handoff-matches-call": {
			{name: "agrees", facts: roa, ops: of(x, found(6, "s1", "c1", says("x", "a")))},
			{name: "of another shared_id", facts: roa, ops: []op{found(2, "s1", "c1", `{}`).got("s2")}, want: `asked for shared_id "s1", got the state of shared_id "s2"`},
			{name: "without a shared_id", facts: roa, ops: []op{found(2, "s1", "c1", `{}`).got("")}},
			{name: "of another id", facts: roa, ops: []op{found(2, "", "c2", `{}`).askedID("c1")}, want: `asked for id "c1", got the state of id "c2"`},
			{name: "shared_id wins", facts: roa, ops: []op{func() op { o := found(2, "s1", "c2", `{}`); o.AskedID = "c1"; return o }()}},
			{name: "another number was dialled", facts: roa, ops: of(x, found(6, "s1", "c1", says("x", "b"))), want: "the state of the call to a says that b was dialled"},
			{name: "a carrier may have changed it", facts: roa, hazards: 1, ops: of(x, found(6, "s1", "c1", says("", "b")))},
			{name: "the same number in another form", facts: roa, ops: []op{dialled(1, 2, "+442079460000").id("c1"), found(6, "s1", "c1", says("x", "00442079460000"))}},
			{name: "under another's shared_id", facts: roa, ops: of(x, reserved(0, .1, "b").nonce("y").shared("s2"), found(6, "s2", "c1", says("x", "a"))),
				want: `the call reserved with shared_id "s1" is returned under shared_id "s2", which is another's`},
			{name: "under a name of the agent's choice", facts: roa, ops: of(x, found(6, "crm-7", "c1", says("x", "a")))},
			{name: "the last of two", facts: kept, ops: of(x, y, found(6, "s1", "c1", says("x", "a")), found(20, "s1", "c2", says("y", "b")))},
			{name: "not the last of two", facts: kept, ops: of(x, y, found(6, "s1", "c1", says("x", "a")), found(20, "s1", "c2", says("y", "b")), found(21, "s1", "c1", says("x", "a"))),
				want: `shared_id "s1" found the call that ended at 5s; want the last one, which ended at 15s`},
			{name: "the second is not readable yet", facts: kept, ops: of(x, y, found(16, "s1", "c1", says("x", "a")), found(20, "s1", "c2", says("y", "b")))},
			{name: "the first of two", facts: first, ops: of(x, y, found(6, "s1", "c1", says("x", "a")), found(20, "s1", "c2", says("y", "b"))),
				want: `shared_id "s1" found the call that ended at 15s; want the first one, which ended at 5s`},
			{name: "the first is no longer kept", facts: first, ops: of(x, y, found(6, "s1", "c1", says("x", "a")), found(106, "s1", "c2", says("y", "b")))},
			{name: "nothing read", facts: roa, want: "not judged: no handoff state was read"},
		},
		"handoff-visible": {
			{name: "there", facts: kept, ops: of(x, missing(5.5, "s1"), found(6.5, "s1", "c1", says("x", "a")))},
			{name: "late", facts: kept, ops: of(x, found(8, "s1", "c1", says("x", "a")), missing(7, "s1")),
				want: `there was no state of shared_id "s1" at 7s, 2s after the call had ended; want one after 1s`},
			{name: "in time", facts: kept, ops: of(x, found(8, "s1", "c1", says("x", "a")), missing(6, "s1"))},
			{name: "never, by id", facts: kept, ops: of(x, y, heard(20, "c2", "y", "b"), missing(20, "").askedID("c1")),
				want: `there was no state of id "c1" at 20s, 15s after the call had ended; want one after 1s`},
			{name: "by an id that the platform may not know", facts: kept, ops: of(x, y, found(20, "s1", "another-id", says("y", "b")), missing(20, "").askedID("c1"))},
			{name: "gone", facts: kept, ops: of(x, found(5.2, "s1", "c1", says("x", "a")), missing(5.8, "s1")),
				want: `the state of shared_id "s1" was there at 5.2s and gone at 5.8s, after the call had ended at 5s`},
			{name: "only during the call", facts: kept, ops: of(x, found(4, "s1", "c1", says("x", "a")), missing(5.8, "s1"))},
			{name: "after the retention", facts: kept, ops: of(x, found(6, "s1", "c1", says("x", "a")), missing(105, "s1"))},
			{name: "the caller hung up, which may leave nothing", facts: kept,
				ops: of(x[0], x[1].overBy("caller", 5), found(4, "s1", "c1", says("x", "a")), missing(20, "s1")), undecided: 1},
			{name: "the caller hung up, and the state is kept", facts: with(kept, func(f *reading.Facts) { f.Abandoned = "keep" }),
				ops:  of(x[0], x[1].overBy("caller", 5), found(4, "s1", "c1", says("x", "a")), missing(20, "s1")),
				want: `there was no state of shared_id "s1" at 20s, 15s after the call had ended; want one after 1s`},
			{name: "two calls in conflict", want: "not judged: of no question for a handoff state it is known which call it is about", facts: conflict, ops: of(x, y, found(6, "s1", "c1", says("x", "a")), missing(20, "s1"))},
			{name: "two calls, the last counts", facts: kept, ops: of(x, y, found(6, "s1", "c1", says("x", "a")), missing(20, "s1")),
				want: `the state of shared_id "s1" was there at 6s and gone at 20s, after the call had ended at 5s`},
			{name: "asked by another project", facts: kept, ops: of(x, found(6, "s1", "c1", says("x", "a")), missing(20, "s1").project("q"))},
			{name: "restarted", facts: kept, ops: of(x, found(6, "s1", "c1", says("x", "a")), restarted(7, 8, "indefinite"), missing(20, "s1")), undecided: 1},
			{name: "how soon is not known", facts: roa, want: "not judged: how soon a handoff state is readable, and for how long, is not known"},
		},
		"no-fail-open-drop": {
			{name: "found", facts: kept, ops: of(x, missing(5.5, "s1"), found(8, "s1", "c1", `{}`))},
			{name: "never found", facts: kept, ops: of(x, missing(8, "s1")), want: dropped},
			{name: "found, then gone", facts: kept, ops: of(x, found(8, "s1", "c1", `{}`), missing(9, "s1"))},
			{name: "given up too early", facts: kept, hazards: 1, undecided: 1, ops: of(x, missing(5.5, "s1"))},
			{name: "how soon is not known, though its client has given up", facts: roa, hazards: 1, undecided: 1, ops: of(x, missing(5.5, "s1"))},
			{name: "a late call", facts: kept, hazards: 1, ops: of(x[0], dialled(12, 13, "a").nonce("x").shared("s1").id("c1").over(15), missing(20, "s1"))},
			{name: "a number that was never reserved", facts: kept, hazards: 1, undecided: 1, ops: of(dialled(1, 2, "a").shared("s1").id("c1").over(5), missing(20, "s1"))},
			{name: "the caller hung up", facts: kept, ops: of(x[0], x[1].overBy("caller", 5), missing(20, "s1")), want: "not judged: no answered call's shared_id was asked for"},
			{name: "two calls in conflict", facts: conflict, hazards: 2, undecided: 2, ops: of(x, y, missing(20, "s1"))},
			{name: "the caller was refused", facts: kept, ops: of(x[0], turnedAway(1, 2, "a", 480, "platform").nonce("x").shared("s1"), missing(20, "s1")),
				want: "not judged: no answered call's shared_id was asked for"},
			{name: "asked during the call only", facts: kept, ops: of(x, missing(4, "s1")), want: "not judged: no answered call's shared_id was asked for"},
		},
	}
}

func TestHandoff(t *testing.T) { runRows(t, handoffRows()) }
