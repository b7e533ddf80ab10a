package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
)

// noDoubleLease is rule A. It is certain only when neither order of two reservations of one number is possible: for the
// second to be legal the first must have been able to end, and to rest, before the second's reply came.
//
// The first can end, at the soonest, when its window counted from the soonest commit is over, or when any own call that
// may have arrived after that commit lets go of the number. So a late call of an earlier holder excuses. A call of which
// the agent said that it took the reservation leaves no choice: until then, and by hang-up until its BYE, it was held.
func noDoubleLease() Check {
	return Check{Name: "no-double-lease", Invariant: "I1, I3", PerProject: true, clocks: true,
		Says: "A number has at most one live reservation, and rests for the cool-down between two.",
		judge: func(v *view) (out finding.Outcome) {
			if !v.timed() {
				return finding.NotJudged("the window or the release rule of the pool is not known")
			}
			strays := 0
			for _, number := range slices.Sorted(maps.Keys(v.lines)) {
				v.judgeLine(&out, &strays, v.lines[number])
			}
			return v.weigh(out, strays)
		}}
}

// judgeLine holds each reservation of a number against those before it that may still have lived.
func (v *view) judgeLine(out *finding.Outcome, strays *int, n *line) {
	out.Cases += len(n.leases)
	var open []*lease
	for i, b := range n.leases {
		open = slices.DeleteFunc(open, func(a *lease) bool { return b.from >= add(a.earliest, v.CoolDown) })
		at := slices.IndexFunc(open, func(a *lease) bool { return !v.precedes(a, b) && !v.precedes(b, a) })
		switch {
		case at >= 0:
			x := v.clash(n, open[at], b)
			if x.Certainty == finding.ModuloStrays {
				*strays++
			}
			out.Add(x)
			open = slices.Delete(open, at, at+1) // lost by this one: what else it clashes with has the same root
		case i > 0 && b.from < n.leases[i-1].latest:
			out.Undecided++
		}
		if open = append(open, b); len(open) > maxOpen { // a number that everybody is given: one of them is enough
			i := slices.Index(open, slices.MinFunc(open, func(a, b *lease) int { return cmp.Compare(a.earliest, b.earliest) }))
			open = slices.Delete(open, i, i+1)
		}
	}
}

// maxOpen is how many live reservations of one number are remembered.
const maxOpen = 16

// precedes tells that a may have been over, and its number rested, when b was given.
func (v *view) precedes(a, b *lease) bool { return b.ret >= add(a.earliest, v.CoolDown) }

func (v *view) clash(n *line, a, b *lease) finding.Violation {
	// A stray may take a reservation that waits, the moment after it was made.
	stray := a.by == nil && b.ret >= add(a.from, v.CoolDown) || b.by == nil && a.ret >= add(b.from, v.CoolDown)
	ends := fmt.Sprintf("could not end before %s", round(a.earliest))
	if a.earliest == Forever {
		ends = "was still in a call when the history ends"
	}
	return finding.Violation{
		Text:      fmt.Sprintf("%s was given twice: the first reservation %s, and the second was answered at %s", n.number, ends, round(b.op.End)),
		Rule:      "rule A: whichever of the two was first, it would have had to end, and its number to rest, before the other was answered; neither can have",
		Cause:     "F01 check-then-act, F04 leases lost in a restart, F06 a repair loop, F07 a late release of somebody else's lease",
		Certainty: v.unless(stray), Ops: append(copies(a.op, b.op), n.callsBetween(a.from, b.ret)...),
	}
}

// callsBetween returns the calls that may have arrived meanwhile, a few of them.
func (l *line) callsBetween(from, to time.Duration) (out []history.Op) {
	for c := range l.between(from, &to) {
		if out = append(out, *c.op); len(out) == 20 {
			break
		}
	}
	return out
}
