package check

import (
	"testing"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

func orderRows() map[string][]row {
	lru := with(roa, func(f *reading.Facts) { f.Selection = "lru" })
	listed := with(lru, func(f *reading.Facts) { f.Numbers = []string{"a", "b"} })
	robin := with(roa, func(f *reading.Facts) { f.Selection, f.Numbers = "round-robin", []string{"a", "b", "c"} })
	// used is a reservation of a number whose call comes at once: it is free again after two seconds at the latest.
	used := func(at float64, number string) []op {
		return []op{reserved(at, at+.1, number), dialled(at+.2, at+2, number).over(at + 3)}
	}
	all := func(parts ...[]op) (out []op) {
		for _, p := range parts {
			out = append(out, p...)
		}
		return out
	}
	one := func(o op) []op { return []op{o} }
	return map[string][]row{"linearizable": {
		{name: "a legal order", facts: roa, ops: []op{reserved(0, .1, "a"), reserved(9.8, 10.05, "a")}},
		{name: "no legal order", facts: roa, ops: []op{reserved(0, .1, "a"), reserved(9.8, 9.9, "a")},
			want: "a: no order of its 2 operations is legal; the longest legal one has 1 and no place for #2 reserve a at 9.8s–9.9s: ok"},
		{name: "no window", facts: with(roa, func(f *reading.Facts) { f.WindowMin = 0 }), ops: []op{reserved(0, .1, "a")}, want: "not judged: the window or the release rule of the pool is not known"},
	}, "rotation": {
		{name: "in turn", facts: lru, ops: all(used(0, "a"), used(10, "b"), used(20, "a"))},
		{name: "out of turn", facts: lru, ops: all(used(0, "a"), used(10, "b"), used(20, "b")),
			want: "b was given again at 20.1s, free since 10.2s at the soonest, although a had been free since 2s"},
		{name: "an overlap leaves the order open", facts: lru, undecided: 1, ops: all(used(0, "a"), used(1, "b"), used(20, "b"))},
		{name: "another request at the same time may have been first", want: "not judged: no two reservations have an order that is certain", facts: lru, ops: all(used(0, "a"), used(10, "b"), one(reserved(20, 20.3, "a")), used(20.1, "b"))},
		{name: "a lost reply may hold the other", facts: lru, undecided: 1, ops: all(used(0, "a"), used(10, "b"), one(timedOut(15, 15.5)), used(20, "b"))},
		{name: "not one from before", facts: lru, ops: all(one(timedOut(0, 1)), used(5, "a"), used(15, "b"), used(25, "b")),
			want: "b was given again at 25.1s, free since 15.2s at the soonest, although a had been free since 7s"},
		{name: "never used", facts: listed, ops: all(used(0, "a"), used(10, "a")), want: "a was given again at 10.1s, free since 200ms at the soonest, although b had been free from the start"},
		{name: "never used, as far as is known", facts: lru, ops: all(used(0, "a"), used(10, "a"))},
		{name: "a restart may forget the order", want: "not judged: no two reservations have an order that is certain", facts: listed, ops: all(used(0, "a"), one(restarted(5, 6, history.OK)), used(10, "a"))},
		{name: "a drain counts", facts: lru, ops: all(used(0, "a"), used(10, "b"), drained(reserved(20, 20.1, "b"))),
			want: "b was given again at 20.1s, free since 10.2s at the soonest, although a had been free since 2s"},
		{name: "the cool-down shifts both", facts: with(lru, func(f *reading.Facts) { f.CoolDown = new(sec(3)) }), ops: all(used(0, "a"), used(10, "b"), used(20, "b")),
			want: "b was given again at 20.1s, free since 13.2s at the soonest, although a had been free since 5s"},
		{name: "the next in the list", facts: robin, ops: all(used(0, "a"), used(10, "b"), used(20, "c"), used(30, "a"))},
		{name: "one left out", facts: robin, ops: all(used(0, "a"), used(10, "c")), want: "c was given at 10.1s after a, although b, which comes in between, was free"},
		{name: "one that was in use", facts: robin, ops: all(one(reserved(0, .1, "b")), used(.5, "c"), used(3, "a"), used(6, "c"))},
		{name: "what was given last is not known", want: "not judged: no two reservations have an order that is certain", facts: robin, ops: all(one(reserved(0, .3, "b")), one(reserved(.1, .2, "a")), used(15, "c"))},
		{name: "the same number again", facts: robin, ops: all(used(0, "a"), used(10, "a")), want: "a was given at 10.1s after a, although b, which comes in between, was free"},
		{name: "a lost reply may have moved on", want: "not judged: no two reservations have an order that is certain", facts: robin, ops: all(used(0, "a"), one(timedOut(5, 5.1)), used(10, "c"))},
		{name: "a slow request may have been served after a quick one", facts: lru,
			ops: all(one(reserved(0, 5, "a")), used(.1, "a"), used(3, "b"), one(dialled(5.2, 7, "a").over(8)), used(20, "b"))},
		{name: "a slow request may still hold its number", facts: robin, ops: all(one(reserved(0, 5, "b")), used(.1, "b"), used(6, "a"), used(12, "c"))},
		{name: "random", facts: with(roa, func(f *reading.Facts) { f.Selection = "random" }), want: "not judged: the pool gives numbers by random, which has no order to hold them against"},
		{name: "unknown", facts: roa, want: "not judged: the order in which the pool gives numbers is not known"},
		{name: "no list", facts: with(roa, func(f *reading.Facts) { f.Selection = "round-robin" }), want: "not judged: the pool's list of numbers is not known"},
	}}
}

func TestOrder(t *testing.T) { runRows(t, orderRows()) }
