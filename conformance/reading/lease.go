package reading

import (
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// Lease is what a client's times allow a reservation to have been. The commit lies in [From, Replied].
//
//	must = [Replied, Earliest): the number was certainly held
//	may  = [From, Latest):  the number was possibly held
type Lease struct {
	Op            *history.Op
	line          *Line
	From, Replied time.Duration // Replied is when its reply came, or when the first call that is known to have taken it had come
	Earliest      time.Duration // the soonest moment at which the platform may have let go of the number
	Released      time.Duration // the same without the cool-down; Forever when that is not known
	Latest        time.Duration // the moment at which the number must have been free again, cool-down included
	Waited        time.Duration // it cannot have waited for its call any longer: a stray can have taken it until then
	Until         time.Duration // the same, as far as it follows from the window and the next reservation alone
	TakenBy       *Call         // the call that took it, by its agent's own word
	sure          *Call         // when this call had arrived, it or another one had taken it; nil when that is not certain
}

// took says whether a call took a reservation.
type took int

const (
	maybe took = iota
	yes
	no
)

// took looks at what the call's agent said. What an agent says that was given another reservation's attributes, or
// none, shows that the call did not take this one.
func (v *Reading) took(c *Call, l *Lease) took {
	e := c.Echo
	switch {
	case e == nil:
		return maybe
	case e.Nonce == "" && e.Bound, c.Mixed: // attributes without a nonce, or of a reservation of another number
		return maybe
	case nameless(l.Op) && (e.Silent || e.Nonce != "" && v.ByNonce[e.Nonce] == nil):
		return maybe
	case e.Nonce == "" || e.Nonce != l.Op.Nonce:
		return no
	case c.Sure && v.alone(c, l):
		return yes
	}
	return maybe
}

// alone reports whether no other reservation with the same nonce can have been on the number when c arrived: a client that
// hears no answer asks again with the same attributes.
func (v *Reading) alone(c *Call, l *Lease) bool {
	for a := v.ByNonce[l.Op.Nonce]; a != nil; a = a.Next {
		switch {
		case a.Lease == l:
		case a.Lease != nil && a.Lease.Op.Number == l.Op.Number:
			return false
		case a.Lease == nil && c.Latest >= Plus(l.From, v.WindowMin): // it may have followed this one
			return false
		}
	}
	return true
}

// settle works out the intervals of one of a number's reservations. It looks at every own call to the number, not only
// at the one meant for this reservation: a late call of an earlier holder may, legally if regrettably, end this one.
func (v *Reading) settle(n *Line, l *Lease) {
	l.Replied = min(l.Replied, max(l.From, v.takenBy(n, l))) // clocks that are wrong may say that it was taken before
	// Whoever was given the number next, having asked after this one's reply, was given it when this one was over.
	next := Forever
	if b := n.after(l.Replied); b != nil {
		next = b.Replied
	}
	closes := Plus(l.From, v.WindowMin)
	l.Until = min(Plus(l.Replied, v.windowMax()), next)
	l.Waited = l.Until
	calls := v.candidates(n, l, max(l.Until, closes))
	if calls.by == nil { // whatever the window, a call that took it shows that it was there
		calls = v.takenLater(calls, n, l, l.From, Forever)
	}
	switch {
	case calls.by != nil:
		l.Earliest, l.Latest = calls.first, calls.last
	case calls.sure != nil: // the window did not close on it: some call took it
		l.Earliest, l.Latest = calls.first, v.freedBy(n, l, calls.sure.Latest)
	default: // it may have been bound at the last moment
		l.Earliest, l.Latest = min(closes, calls.first), max(l.Until, calls.last)
	}
	l.TakenBy, l.sure = calls.by, calls.sure
	for _, c := range []*Call{l.TakenBy, l.sure} {
		if c != nil {
			l.Waited = min(l.Waited, c.Latest)
		}
	}
	if !v.Once() && v.Release != OnArrival {
		v.extend(n, l, next)
	}
	l.Released = min(l.Latest, next)
	l.Latest = min(Plus(l.Latest, v.LongestRest()), next)
	l.Earliest = min(l.Earliest, v.LostAt(l.From, l.Earliest))
}

// candidates is what the calls say that may have taken a reservation.
type candidates struct {
	by          *Call         // the first that did, by its agent's own word; then the others do not count
	first, last time.Duration // when the number can have been let go by the first, and by the last of them
	sure        *Call         // when it had arrived, one of them had taken the reservation; nil when that is not certain
}

func (v *Reading) candidates(n *Line, l *Lease, to time.Duration) candidates {
	k, seen := candidates{first: Forever}, 0
	for c := range n.Between(l.From, &to) {
		if c.Soonest > l.Until && c.Soonest >= k.first { // such a call counts only if it is known to have taken it
			return v.takenLater(k, n, l, c.Soonest, to)
		}
		if seen++; seen > looked {
			return candidates{first: l.From, last: Forever}
		}
		t := v.took(c, l)
		if t == no {
			continue
		}
		if (k.sure == nil || c.Latest < k.sure.Latest) && c.Answered() && !c.Mixed && v.Due(l, c) {
			k.sure = c
		}
		if t == maybe && k.by != nil {
			continue
		}
		if t == yes && k.by == nil {
			k = candidates{by: c, first: Forever, sure: k.sure}
		}
		k.first = min(k.first, max(c.FreesFrom, l.From))
		if c.Soonest <= l.Until || t == yes {
			k.last = max(k.last, c.FreesBy)
		}
	}
	return k
}

// looked is how many calls to one number, in the life of one reservation, are looked at. Where there are more, nothing
// is said of what became of it, for the cost must not grow with the square of the calls.
const looked = 1024

// takenLater adds to k what those calls from from until to say that are known to have been given the nonce of l.
func (v *Reading) takenLater(k candidates, n *Line, l *Lease, from, to time.Duration) candidates {
	a := v.ByNonce[l.Op.Nonce]
	if a == nil {
		return k
	}
	for c := a.given; c != nil; c = c.given {
		if c.Soonest < from || c.Soonest > to || c.Latest < l.From || !v.cameTo(c, n) || v.took(c, l) != yes {
			continue
		}
		if k.by == nil {
			k = candidates{by: c, first: Forever, sure: k.sure}
		}
		k.first, k.last = min(k.first, max(c.FreesFrom, l.From)), max(k.last, c.FreesBy)
	}
	return k
}

// takenBy is when l had been made, as the calls show that are known to have been given its nonce; Forever when none does.
func (v *Reading) takenBy(n *Line, l *Lease) time.Duration {
	by := Forever
	if a := v.ByNonce[l.Op.Nonce]; a != nil {
		for c := a.given; c != nil; c = c.given {
			if c.Latest < by && v.cameTo(c, n) && v.took(c, l) == yes {
				by = c.Latest
			}
		}
	}
	return by
}

// cameTo reports whether c may have arrived at n's number.
func (v *Reading) cameTo(c *Call, n *Line) bool {
	return c.Reached && (c.Op.Number == n.Number || c.Echo != nil && c.Echo.At == n.Number)
}

// Unknown names the facts and fields that would say when a number was free again after l, and by when it would have been
// at the soonest that they can say.
func (v *Reading) Unknown(l *Lease) (needs []string, soonest time.Duration) {
	soonest = l.Released
	if soonest == Forever {
		soonest = l.Earliest
		if v.WindowMax == 0 && l.TakenBy == nil && l.sure == nil {
			needs = append(needs, "window_max")
		} else {
			needs = append(needs, "ended of calls")
		}
	}
	if v.LongestRest() == Forever {
		needs = append(needs, "cool_down")
	}
	return needs, Plus(soonest, v.ShortestRest())
}

// Due reports whether reservation l was certainly waiting when call c arrived, unless another call had taken it.
func (v *Reading) Due(l *Lease, c *Call) bool {
	switch {
	case c.Soonest < l.Replied, c.Soonest == l.Replied && !Follows(c.Op, l.Op):
		return false
	case v.WindowMin == 0 || !v.ByNumber():
		return false
	case c.Echo != nil && c.Echo.DNIS != "" && !SameNumber(c.Echo.DNIS, l.Op.Number): // it arrived elsewhere
		return false
	}
	return c.Latest < Plus(l.From, v.WindowMin) && v.LostAt(l.From, c.Latest) == Forever
}

// Follows reports whether b came after a, though they have one time: it is the same client's, and was begun later.
func Follows(b, a *history.Op) bool {
	return b.Client == a.Client && b.Generator == a.Generator && b.ID > a.ID
}

// TooLate reports whether c arrived when another call had taken l, or when l was over.
func (l *Lease) TooLate(c *Call) bool {
	if c.Soonest > l.Waited {
		return true
	}
	for _, o := range []*Call{l.TakenBy, l.sure} {
		if o != nil && o != c && c.Soonest == o.Latest && Follows(c.Op, o.Op) {
			return true
		}
	}
	return false
}

// freedBy is when the number must have been let go by whichever call took it by the time by.
func (v *Reading) freedBy(n *Line, l *Lease, by time.Duration) (latest time.Duration) {
	for c := range n.Between(l.From, &by) {
		if v.took(c, l) != no {
			latest = max(latest, c.FreesBy)
		}
	}
	return latest
}

// extend follows the further calls that a reservation may serve, up to the next one: each holds the number as long as it is up.
func (v *Reading) extend(n *Line, l *Lease, next time.Duration) {
	to := min(l.Latest, next)
	for c := range n.Between(l.From, &to) {
		if v.took(c, l) != no {
			to = max(to, min(c.FreesBy, next))
		}
		if to == next {
			break
		}
	}
	l.Latest = to
}

// PossiblyTaken reports whether an own call other than c may have taken l before c arrived.
func (v *Reading) PossiblyTaken(l *Lease, c *Call) bool {
	to := c.Latest
	for o := range l.line.Between(l.From, &to) {
		if o != c && v.took(o, l) != no {
			return true
		}
	}
	return false
}

// TakenByAny reports whether any call may have taken l, or have been bound to it besides others.
func (v *Reading) TakenByAny(l *Lease) bool {
	to := l.Until
	if !v.Once() {
		to = max(to, l.Latest)
	}
	for c := range l.line.Between(l.From, &to) {
		if v.took(c, l) != no {
			return true
		}
	}
	return false
}

// Called reports whether a call may have come to l's number by the time by, since l was asked for.
func (v *Reading) Called(l *Lease, by time.Duration) bool {
	for range l.line.Between(l.From, &by) {
		return true
	}
	return false
}

// AlsoBound reports whether an own call other than c may have been bound to l as well, where one reservation serves several.
func (v *Reading) AlsoBound(l *Lease, c *Call) bool {
	for o := range l.line.Between(l.From, &l.Latest) {
		if o != c && v.took(o, l) != no {
			return true
		}
	}
	return false
}
