package check

import (
	"testing"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

func echoRows() map[string][]row {
	many := with(roh, func(f *reading.Facts) { f.Bindings = "many" })
	shared := with(roa, func(f *reading.Facts) { f.Exclusive = false })
	own := []op{reserved(0, .1, "a").nonce("x"), dialled(1, 2, "a").nonce("x").id("c1").over(5)}
	also := func(more ...op) []op { return append(append([]op(nil), own...), more...) }
	const echoless = "not judged: " + noEcho
	return map[string][]row{
		"no-cross-talk": {
			{name: "its own", facts: roa, ops: also(heard(6, "c1", "x", "a"))},
			{name: "none is not another's", facts: roa, ops: also(heard(6, "c1", "", "a"))},
			{name: "of another number", facts: roa, ops: also(reserved(0, .1, "b").nonce("y"), heard(6, "c1", "y", "a")),
				want: "call to a was given the attributes of another reservation: want nonce x, got y"},
			{name: "of another number that a carrier put in its place", facts: roa, hazards: 1, ops: also(reserved(0, .1, "b").nonce("y"), heard(6, "c1", "y", "b"))},
			{name: "each other's, whatever they say was dialled", facts: roa, want: "calls to a and b were given each other's attributes",
				ops: also(reserved(0, .1, "b").nonce("y"), dialled(1, 2, "b").nonce("y").id("c2").over(5), heard(6, "c1", "y", "b"), heard(6, "c2", "x", "a"))},
			{name: "of a reservation that was over", facts: roa, want: "call to a, placed without a reservation, was given the attributes of another caller",
				ops: []op{reserved(0, .1, "a").nonce("x"), dialled(20, 21, "a").id("c1"), heard(30, "c1", "x", "a")}},
			{name: "of one that was waiting", facts: roa, hazards: 1, ops: []op{reserved(0, .1, "a").nonce("x"), dialled(9, 21, "a").id("c1"), heard(30, "c1", "x", "a")}},
			{name: "of one that had been given on", facts: with(roa, func(f *reading.Facts) { f.WindowMax = 0 }), want: "call to a, placed without a reservation, was given the attributes of another caller",
				ops: []op{reserved(0, .1, "a").nonce("x"), reserved(15, 15.1, "a").nonce("y"), dialled(20, 21, "a").id("c1"), heard(30, "c1", "x", "a")}},
			{name: "of one that nobody knows to be over", facts: with(roa, func(f *reading.Facts) { f.WindowMax = 0 }), hazards: 1,
				ops: []op{reserved(0, .1, "a").nonce("x"), dialled(20, 21, "a").id("c1"), heard(30, "c1", "x", "a")}},
			{name: "its own was waiting, and it got another's", facts: roa, want: "call to a was given the attributes of another reservation: want nonce x, got y",
				ops: also(reserved(.2, .3, "a").nonce("y"), heard(6, "c1", "y", "a"))},
			{name: "a late call takes the next caller's", facts: roa, hazards: 1,
				ops: []op{reserved(0, .1, "a").nonce("x"), reserved(11, 11.1, "a").nonce("y"), dialled(9, 12, "a").nonce("x").id("c1"), heard(20, "c1", "y", "a")}},
			{name: "a second copy takes the next caller's", facts: roa, hazards: 1, // arrival releases, so the number was given on in between
				ops: also(reserved(2, 2.1, "a").nonce("y"), dialled(2.2, 2.3, "a").nonce("x").id("c2"), heard(6, "c1", "x", "a"), heard(6, "c2", "y", "a"))},
			{name: "of a lost reply", facts: roa, hazards: 1, ops: []op{timedOut(0, 1).nonce("y"), dialled(2, 3, "b").id("c1"), heard(6, "c1", "y", "b")}},
			{name: "of a request that was refused", facts: roa, want: "call to b was given attributes that nobody sent (nonce y)",
				ops: []op{refused(0, 1).nonce("y"), dialled(2, 3, "b").id("c1"), heard(6, "c1", "y", "b")}},
			{name: "fabricated", facts: roa, ops: also(heard(6, "c1", "z", "a")), want: "call to a was given attributes that nobody sent (nonce z)"},
			{name: "somebody else's", facts: shared, ops: also(heard(6, "c1", "z", "a")), hazards: 1, undecided: 1},
			{name: "taken twice", facts: roa, want: "two calls were given the attributes of one reservation (nonce x)",
				ops: also(dialled(3, 4, "a").nonce("x").id("c2"), heard(6, "c1", "x", "a"), heard(6, "c2", "x", "a"))},
			{name: "as often as it may", facts: many, ops: also(dialled(3, 4, "a").nonce("x").id("c2"), heard(6, "c1", "x", "a"), heard(6, "c2", "x", "a"))},
			{name: "whether it may is not known", facts: with(roa, func(f *reading.Facts) { f.Bindings = "" }), undecided: 1,
				ops: also(dialled(3, 4, "a").nonce("x").id("c2"), heard(6, "c1", "x", "a"), heard(6, "c2", "x", "a"))},
			{name: "two reservations by a retry", facts: roa, ops: append([]op{timedOut(-2, -1).nonce("x")},
				also(dialled(3, 4, "b").nonce("x").id("c2"), heard(6, "c1", "x", "a"), heard(6, "c2", "x", "b"))...)},
			{name: "three calls of two", facts: roa, want: "two calls were given the attributes of one reservation (nonce x)",
				ops: append([]op{timedOut(-2, -1).nonce("x")}, also(dialled(3, 4, "b").nonce("x").id("c2"), dialled(5, 5, "b").nonce("x").id("c3"),
					heard(6, "c1", "x", "a"), heard(6, "c2", "x", "b"), heard(6, "c3", "x", "b"))...)},
			{name: "a nonce that is a number", facts: roa, ops: []op{reserved(0, .1, "a").nonce("12345678901234567890"), dialled(1, 2, "a").nonce("12345678901234567890").id("c1"),
				found(6, "", "c1", `{"echo_nonce":12345678901234567890,"echo_dnis":"a"}`).askedID("c1")}},
			{name: "an agent that has not started", facts: roa, ops: also(found(1.5, "", "c1", `{"echo_nonce":null,"echo_dnis":null}`).askedID("c1")), want: echoless},
			{name: "no echo", facts: roa, ops: also(found(6, "", "c1", `{"handoff_to":null}`)), want: echoless},
		},
		"attributes-intact": {
			{name: "the same, spelled in another way", facts: roa, ops: []op{reserved(0, .1, "a").nonce("x").attributes(`{"nonce":"x","n":1.50e2,"l":[1,null]}`), own[1],
				found(6, "", "c1", `{"echo_nonce":"x","echo_dnis":"a","echo_attributes":{"l":[1,null],"n":150,"nonce":"\u0078"}}`)}},
			{name: "a rounded integer", facts: roa, ops: []op{reserved(0, .1, "a").nonce("x").attributes(`{"nonce":"x","n":9007199254740993}`), own[1],
				found(6, "", "c1", `{"echo_nonce":"x","echo_dnis":"a","echo_attributes":{"nonce":"x","n":9007199254740992}}`)}, want: "attributes of nonce x differ at /n"},
			{name: "a lost null", facts: roa, ops: []op{reserved(0, .1, "a").nonce("x").attributes(`{"nonce":"x","n":null}`), own[1],
				found(6, "", "c1", `{"echo_nonce":"x","echo_dnis":"a","echo_attributes":{"nonce":"x"}}`)}, want: "attributes of nonce x differ at /n"},
			{name: "an added key", facts: roa, ops: []op{reserved(0, .1, "a").nonce("x").attributes(`{"nonce":"x"}`), own[1],
				found(6, "", "c1", `{"echo_nonce":"x","echo_dnis":"a","echo_attributes":{"nonce":"x","m":1}}`)}, want: "attributes of nonce x differ at /m"},
			{name: "a shorter list", facts: roa, ops: []op{reserved(0, .1, "a").nonce("x").attributes(`{"nonce":"x","l":[1,2]}`), own[1],
				found(6, "", "c1", `{"echo_nonce":"x","echo_dnis":"a","echo_attributes":{"nonce":"x","l":[1]}}`)}, want: "attributes of nonce x differ at /l"},
			{name: "text for a number", facts: roa, ops: []op{reserved(0, .1, "a").nonce("x").attributes(`{"nonce":"x","l":[1,2]}`), own[1],
				found(6, "", "c1", `{"echo_nonce":"x","echo_dnis":"a","echo_attributes":{"nonce":"x","l":[1,"2"]}}`)}, want: "attributes of nonce x differ at /l/1"},
			{name: "one of two with the same nonce", facts: roa, ops: []op{timedOut(0, 1).nonce("x").attributes(`{"try":1}`), reserved(1, 1.1, "a").nonce("x").attributes(`{"try":2}`),
				dialled(2, 3, "a").nonce("x").id("c1"), found(6, "", "c1", `{"echo_nonce":"x","echo_dnis":"a","echo_attributes":{"try":1}}`)}},
			{name: "what was sent is not known", facts: roa, ops: also(heard(6, "c1", "x", "a")), want: "not judged: no call's echo_attributes can be compared with what was sent"},
		},
		"attributes-delivered": {
			{name: "delivered", facts: roa, ops: also(heard(6, "c1", "x", "a"))},
			{name: "not delivered", facts: roa, ops: also(heard(6, "c1", "", "a")), want: "the call to a arrived 2s after its reservation, within the window of 10s, and was given no attributes"},
			{name: "too late to say", facts: roa, hazards: 1, undecided: 1, ops: []op{own[0], dialled(9.5, 10, "a").nonce("x").id("c1"), heard(20, "c1", "", "a")}},
			{name: "just in time", facts: roa, ops: []op{own[0], dialled(9.5, 9.99, "a").nonce("x").id("c1"), heard(20, "c1", "", "a")},
				want: "the call to a arrived 9.99s after its reservation, within the window of 10s, and was given no attributes"},
			{name: "certainly too late", facts: roa, hazards: 1, ops: []op{own[0], dialled(11.2, 12, "a").nonce("x").id("c1"), heard(20, "c1", "", "a")}},
			{name: "counted from when the request was out", facts: roa, ops: []op{reserved(-5, .1, "a").nonce("x").sent(0), dialled(9.5, 9.99, "a").nonce("x").id("c1"), heard(20, "c1", "", "a")},
				want: "the call to a arrived 9.99s after its reservation, within the window of 10s, and was given no attributes"},
			{name: "a stranger may have been faster", facts: roa, hazards: 1, undecided: 1, ops: also(dialled(.5, 1.5, "a"), heard(6, "c1", "", "a"))},
			{name: "a stranger who got nothing was not", facts: roa, ops: also(dialled(.5, 1.5, "a").id("c2"), heard(6, "c1", "", "a"), heard(6, "c2", "", "a")),
				want: "the call to a arrived 2s after its reservation, within the window of 10s, and was given no attributes"},
			{name: "a stranger whom the carrier refused was not", facts: roa, ops: also(turnedAway(.5, 1.5, "a", 503, "carrier"), heard(6, "c1", "", "a")),
				want: "the call to a arrived 2s after its reservation, within the window of 10s, and was given no attributes"},
			{name: "a caller who gave up may have been", facts: roa, hazards: 1, undecided: 1, ops: also(turnedAway(.5, 1.5, "a", 487, "caller"), heard(6, "c1", "", "a"))},
			{name: "two generators count alike", facts: roa, hazards: 1, undecided: 1, // the same id in two generators is not the same call
				ops: func() []op {
					o := also(dialled(.5, 1.5, "a").on("g2"), heard(6, "c1", "", "a"))
					return o
				}()},
			{name: "restarted in between", facts: roa, hazards: 1, undecided: 1, ops: also(restarted(.5, .6, history.Indefinite), heard(6, "c1", "", "a"))},
			{name: "restarted with its leases", facts: roa, ops: also(restarted(.5, .6, history.OK), heard(6, "c1", "", "a")),
				want: "the call to a arrived 2s after its reservation, within the window of 10s, and was given no attributes"},
			{name: "it arrived at another number", facts: roa, hazards: 1, ops: also(heard(6, "c1", "", "+442079460009"))},
			{name: "written in another way", facts: roa, ops: []op{reserved(0, .1, "+442079460000").nonce("x"), dialled(1, 2, "+442079460000").nonce("x").id("c1"), heard(6, "c1", "", "02079460000")},
				want: "the call to +442079460000 arrived 2s after its reservation, within the window of 10s, and was given no attributes, its number having arrived as 02079460000"},
			{name: "attributes without their nonce", facts: roa, ops: also(found(6, "", "c1", `{"echo_nonce":null,"echo_dnis":"a","echo_attributes":{}}`)),
				want: "the call to a arrived 2s after its reservation, within the window of 10s, and was given attributes without its nonce"},
			{name: "callers are matched by their numbers", facts: with(roa, func(f *reading.Facts) { f.Match = "dni+ani" }), ops: also(heard(6, "c1", "", "a")),
				want: "not judged: the pool matches callers by their number, which carriers change"},
		},
		"isolation": {
			{name: "a number of two", ops: []op{reserved(0, 0, "a").project("p"), reserved(20, 20, "a").project("q")}, want: "a was given to p and to q"},
			{name: "numbers of their own", ops: []op{reserved(0, 0, "a").project("p"), reserved(20, 20, "b").project("q")}},
			{name: "an agent of two", want: "a, a number of p, and b, one of q, were answered by the same agent, of project agents",
				ops: []op{reserved(0, 0, "a").project("p"), reserved(0, 0, "b").project("q"), dialled(1, 1, "a").id("c1"), dialled(1, 1, "b").id("c2"),
					found(5, "", "c1", `{"echo_nonce":null,"echo_dnis":"a","echo_project":"agents"}`).project("p"), found(5, "", "c2", `{"echo_nonce":null,"echo_dnis":"b","echo_project":"agents"}`).project("q")}},
			{name: "an agent each", ops: []op{reserved(0, 0, "a").project("p"), reserved(0, 0, "b").project("q"), dialled(1, 1, "a").id("c1"), dialled(1, 1, "b").id("c2"),
				found(5, "", "c1", `{"echo_nonce":null,"echo_dnis":"a","echo_project":"one"}`).project("p"), found(5, "", "c2", `{"echo_nonce":null,"echo_dnis":"b","echo_project":"two"}`).project("q")}},
			{name: "another tenant's state", ops: []op{reserved(0, 0, "a").project("p"), dialled(1, 1, "a").id("c1"), heard(5, "c1", "", "a").project("q")},
				want: "q was shown the handoff state of a call to a, a number of p"},
		},
		"conservation": {
			{name: "one each", facts: roa, ops: also(heard(6, "c1", "x", "a"))},
			{name: "attributes out of nowhere", facts: roa, ops: also(dialled(3, 4, "a").id("c2"), heard(6, "c1", "x", "a"), found(6, "", "c2", `{"echo_nonce":null,"echo_dnis":"a","echo_attributes":{}}`)),
				want: "2 calls to a were given attributes, of 1 reservations that it can have had"},
			{name: "a lost reply may have left some", facts: roa, ops: append([]op{timedOut(0, 1)}, also(dialled(3, 4, "a").id("c2"), heard(6, "c1", "x", "a"),
				found(6, "", "c2", `{"echo_nonce":null,"echo_dnis":"a","echo_attributes":{}}`))...)},
			{name: "one lost reply does not leave two", facts: roa, want: "3 calls were given attributes, of 2 reservations that can have been made",
				ops: append([]op{timedOut(0, 1)}, also(dialled(3, 4, "a").id("c2"), dialled(3, 4, "b").id("c3"), heard(6, "c1", "x", "a"),
					found(6, "", "c2", `{"echo_nonce":null,"echo_dnis":"a","echo_attributes":{}}`), found(6, "", "c3", `{"echo_nonce":null,"echo_dnis":"b","echo_attributes":{}}`))...)},
			{name: "as often as it may", facts: many, ops: also(heard(6, "c1", "x", "a")), want: "not judged: a reservation may serve several calls"},
			{name: "no echo", facts: roa, ops: own, want: echoless},
		},
	}
}

func TestEcho(t *testing.T) { runRows(t, echoRows()) }
