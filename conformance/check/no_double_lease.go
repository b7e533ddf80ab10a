package check

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// noDoubleLease is rule A. It is certain only when neither order of two reservations of one number is possible: for the
// second to be legal the first must have been able to end, and to rest, before the second's reply came.
//
// The first can end, at the soonest, when its window counted from the soonest commit is over, or when any own call that
// may have arrived after that commit lets go of the number. So a late call of an earlier holder excuses. A call of which
// the agent said that it took the reservation leaves no choice: until then, and by hang-up until its BYE, it was held. That
// needs no window: where none is known, two reservations that were both waiting for such calls are all that is found.
func noDoubleLease() Check {
	return Check{Rule: finding.Rule{Name: "no-double-lease", Invariant: "I1, I3", Says: "A number has at most one live reservation, and rests for the cool-down between two."},
		empty:      "no reservation succeeded",
		PerProject: true, clocks: true,
		needs: []string{"window_min", "release"},
		judge: func(_ context.Context, v *view) (out finding.Outcome) {
			strays := 0
			for _, number := range slices.Sorted(maps.Keys(v.Lines)) {
				v.judgeLine(&out, &strays, v.Lines[number])
			}
			out = v.weigh(out, strays)
			switch {
			case v.Timed():
			case len(out.Violations) == 0 || !v.ByNumber():
				return finding.NotJudged("the window or the release rule of the pool is not known")
			default: // of the others nothing is known
				out.Cases, out.Undecided, out.Needs = len(out.Violations)+out.Omitted, 0, nil
			}
			return out
		}}
}

// judgeLine holds each reservation of a number against those before it that may still have lived.
func (v *view) judgeLine(out *finding.Outcome, strays *int, n *reading.Line) {
	out.Cases += len(n.Leases)
	var open []*reading.Lease
	for i, b := range n.Leases {
		open = slices.DeleteFunc(open, func(a *reading.Lease) bool { return b.From >= reading.Plus(a.Earliest, v.ShortestRest()) })
		at := slices.IndexFunc(open, func(a *reading.Lease) bool { return !v.precedes(a, b) && !v.precedes(b, a) })
		switch {
		case at >= 0:
			x := v.clash(n, open[at], b)
			if x.Certainty == finding.ModuloStrays {
				*strays++
			}
			out.Add(x)
			open = slices.Delete(open, at, at+1) // lost by this one: what else it clashes with has the same root
		case i > 0 && b.From < n.Leases[i-1].Latest:
			needs, soonest := v.Unknown(n.Leases[i-1])
			if b.From < soonest { // whatever they say
				needs = nil
			}
			out.Doubt(needs...)
		}
		if open = append(open, b); len(open) > maxOpen { // a number that everybody is given: one of them is enough
			i := slices.Index(open, slices.MinFunc(open, func(a, b *reading.Lease) int { return cmp.Compare(a.Earliest, b.Earliest) }))
			open = slices.Delete(open, i, i+1)
		}
	}
}

// maxOpen is how many live reservations of one number are remembered.
const maxOpen = 16

// precedes reports whether a may have been over, and its number rested, when b was given.
func (v *view) precedes(a, b *reading.Lease) bool {
	return b.Replied >= reading.Plus(a.Earliest, v.ShortestRest())
}

func (v *view) clash(n *reading.Line, a, b *reading.Lease) finding.Violation {
	// A stray may take a reservation that waits, the moment after it was made.
	// Where it may serve several calls, the one that is known to have taken it need not be the first.
	unseen := func(l *reading.Lease) bool { return l.TakenBy == nil || !v.Once() }
	stray := unseen(a) && b.Replied >= reading.Plus(a.From, v.ShortestRest()) || unseen(b) && a.Replied >= reading.Plus(b.From, v.ShortestRest())
	ends := fmt.Sprintf("could not end before %s", round(a.Earliest))
	if a.Earliest == reading.Forever {
		ends = "was still in a call when the history ends"
	}
	return finding.Violation{
		Text:      fmt.Sprintf("%s was given twice: the first reservation %s, and the second was answered at %s", n.Number, ends, round(b.Op.End)),
		Rule:      "rule A: whichever of the two was first, it would have had to end, and its number to rest, before the other was answered; neither can have",
		Cause:     "F01 check-then-act, F03 an offer that is not reserved, F04 leases lost in a restart, F06 a repair loop, F07 a late release of somebody else's lease, F08 no cool-down, F15 an overflow number",
		Certainty: v.unless(stray), Ops: append(reading.Copies(a.Op, b.Op), callsBetween(n, a.From, b.Replied)...),
	}
}

// callsBetween returns the calls that may have arrived meanwhile, a few of them.
func callsBetween(l *reading.Line, from, to time.Duration) (out []history.Op) {
	for c := range l.Between(from, &to) {
		if out = append(out, *c.Op); len(out) == 20 {
			break
		}
	}
	return out
}
