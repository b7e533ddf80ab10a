package check

import (
	"testing"

	"github.com/dnispool/dnispool/conformance/reading"
)

// What the agents say of two calls shows two reservations that waited at one time, though no window is known.
func TestDoubleLeaseByEchoAlone(t *testing.T) {
	nothing := with(roa, func(f *reading.Facts) { f.WindowMin, f.WindowMax, f.Release, f.Size = 0, 0, "", 0 })
	hangup := with(nothing, func(f *reading.Facts) { f.Release = "hangup" })
	called := func(at, over float64, nonce, id string) []op {
		return []op{dialled(at, at+.5, "a").nonce(nonce).id(id).over(over), heard(900, id, nonce, "a")}
	}
	of := func(parts ...[]op) (all []op) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	const unknown = "not judged: the window or the release rule of the pool is not known"
	rows := []row{
		{name: "the second is called first", facts: nothing, want: "a was given twice: the first reservation could not end before 20s, and the second was answered at 10.1s",
			ops: of([]op{reserved(0, .1, "a").nonce("x"), reserved(10, 10.1, "a").nonce("y")}, called(15, 16, "y", "c2"), called(20, 21, "x", "c1"))},
		{name: "given on in a call that holds it", facts: hangup, want: "a was given twice: the first reservation could not end before 1m0s, and the second was answered at 20.1s",
			ops: of([]op{reserved(0, .1, "a").nonce("x")}, called(5, 60, "x", "c1"), []op{reserved(20, 20.1, "a").nonce("y")}, called(70, 80, "y", "c2"))},
		{name: "a request that took until then", facts: nothing, want: "a was given twice: the first reservation could not end before 30s, and the second was answered at 25s",
			ops: of([]op{reserved(0, 28, "a").nonce("x"), reserved(1, 25, "a").nonce("y")}, called(30, 31, "x", "c1"), called(32, 33, "y", "c2"))},
		{name: "one after the other", facts: nothing, want: unknown,
			ops: of([]op{reserved(0, .1, "a").nonce("x")}, called(5, 60, "x", "c1"), []op{reserved(20, 20.1, "a").nonce("y")}, called(70, 80, "y", "c2"))},
		{name: "one of them is never called", facts: nothing, want: unknown, ops: of([]op{reserved(0, .1, "a").nonce("x"), reserved(10, 10.1, "a").nonce("y")}, called(15, 16, "y", "c2"))},
		{name: "whose state it is, is not known", facts: with(nothing, func(f *reading.Facts) { f.Strays = nil }), want: unknown,
			ops: []op{reserved(0, .1, "a").nonce("x").shared("s"), reserved(10, 10.1, "a").nonce("y").shared("t"), dialled(15, 15.5, "a").id("c2").over(16), dialled(20, 20.5, "a").id("c1").over(21),
				found(900, "t", "CA2", says("y", "a")), found(900, "s", "CA1", says("x", "a"))}},
		{name: "callers may be told apart by their own numbers", facts: with(nothing, func(f *reading.Facts) { f.Match = "dni+ani" }), want: unknown,
			ops: of([]op{reserved(0, .1, "a").nonce("x"), reserved(10, 10.1, "a").nonce("y")}, called(15, 16, "y", "c2"), called(20, 21, "x", "c1"))},
	}
	for _, r := range rows {
		r.run(t, "no-double-lease")
		out := outcome(t, "linearizable", r.facts, ops(r.ops...))
		if found, want := len(out.Violations) > 0, len(r.want) > 0 && r.want != unknown; found != want {
			t.Errorf("%s: linearizable: want a violation: %v, got %+v", r.name, want, out)
		}
	}
}
