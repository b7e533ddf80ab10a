package check

import (
	"cmp"
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// lease is what a client's times allow a reservation to have been. The commit lies in [start, end] of the request.
//
//	must = [returned, earliest end): the number was certainly held
//	may  = [requested, latest end):  the number was possibly held
type lease struct {
	op       history.Op
	earliest time.Duration // the soonest moment at which the platform may have let go of it
	latest   time.Duration // the moment at which the platform must have let go of it, cool-down included
}

// leases derives the intervals of all successful reservations, in order of their start.
func leases(f Facts, ops []history.Op) []lease {
	calls := make(map[string][]history.Op)
	for _, c := range filter(ops, history.Call) {
		calls[c.Number] = append(calls[c.Number], c)
	}
	var out []lease
	for _, r := range filter(ops, history.Reserve, succeeded) {
		out = append(out, newLease(f, r, calls[r.Number]))
	}
	slices.SortStableFunc(out, func(a, b lease) int { return cmp.Compare(a.op.Start, b.op.Start) })
	return out
}

func succeeded(o history.Op) bool { return o.Outcome == history.OK }

// newLease looks at every own call to the number, not only at the one meant for this lease: a late call of an earlier
// holder may, legally if regrettably, end this one.
func newLease(f Facts, r history.Op, calls []history.Op) lease {
	l := lease{op: r, earliest: add(r.Start, f.WindowMin), latest: add(add(r.End, f.WindowMax), f.CoolDown)}
	surelyBound := false
	var lastEnd time.Duration
	for _, c := range calls {
		if c.End < r.Start || c.Start >= l.latest {
			continue // over before the reservation, or after its life
		}
		l.earliest = min(l.earliest, releasedNotBefore(f, r, c))
		if c.Start >= r.End && c.End <= r.Start+f.WindowMin {
			surelyBound = true
		}
		lastEnd = max(lastEnd, releasedNotAfter(f, c))
	}
	switch {
	case surelyBound:
		l.latest = add(lastEnd, f.CoolDown)
	case lastEnd > 0: // it may have been bound at the last moment
		l.latest = max(l.latest, add(lastEnd, f.CoolDown))
	}
	return l
}

// releasedNotBefore is the soonest moment at which call c can have freed the number reserved by r.
func releasedNotBefore(f Facts, r, c history.Op) time.Duration {
	switch f.Release {
	case "arrival", "answer":
		return max(c.Start, r.Start)
	}
	if !c.Ended {
		return Forever
	}
	return max(c.Bye, r.Start)
}

// releasedNotAfter is the moment at which call c, if it was bound, must have freed its number.
func releasedNotAfter(f Facts, c history.Op) time.Duration {
	switch f.Release {
	case "arrival", "answer":
		return c.End
	}
	if !c.Ended {
		return Forever
	}
	return c.Bye
}

// add saturates at Forever.
func add(a, b time.Duration) time.Duration {
	if a > Forever-b {
		return Forever
	}
	return a + b
}
