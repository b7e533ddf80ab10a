package check

import (
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// lease is what a client's times allow a reservation to have been. The commit lies in [from, ret].
//
//	must = [ret, earliest): the number was certainly held
//	may  = [from, latest):  the number was possibly held
type lease struct {
	op        *history.Op
	line      *line
	from, ret time.Duration
	earliest  time.Duration // the soonest moment at which the platform may have let go of the number
	latest    time.Duration // the moment at which the number must have been free again, cool-down included
	waited    time.Duration // it cannot have waited for its call any longer: a stray can have taken it until then
	until     time.Duration // the same, as far as it follows from the window and the next reservation alone
	by        *call         // the call that took it, by its agent's own word
	sure      *call         // when this call had arrived, it or another one had taken it; nil when that is not certain
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
func (v *view) took(c *call, l *lease) took {
	e := c.echo
	switch {
	case e == nil:
		return maybe
	case e.Nonce == "" && e.Bound: // attributes without a nonce
		return maybe
	case e.Nonce == "" || e.Nonce != l.op.Nonce:
		return no
	case v.alone(c, l):
		return yes
	}
	return maybe
}

// alone tells that no other reservation with the same nonce can have been on the number when c arrived: a client that
// hears no answer asks again with the same attributes.
func (v *view) alone(c *call, l *lease) bool {
	for a := v.byNonce[l.op.Nonce]; a != nil; a = a.next {
		switch {
		case a.lease == l:
		case a.lease != nil && a.lease.op.Number == l.op.Number:
			return false
		case a.lease == nil && c.latest >= add(l.from, v.WindowMin): // it may have followed this one
			return false
		}
	}
	return true
}

// settle works out the intervals of one of a number's reservations. It looks at every own call to the number, not only
// at the one meant for this reservation: a late call of an earlier holder may, legally if regrettably, end this one.
func (v *view) settle(n *line, l *lease) {
	// Whoever was given the number next, having asked after this one's reply, was given it when this one was over.
	next := Forever
	if b := n.after(l.ret); b != nil {
		next = b.ret
	}
	closes := add(l.from, v.WindowMin)
	l.until = min(add(l.ret, v.windowMax()), next)
	l.waited = l.until
	calls := v.candidates(n, l, max(l.until, closes))
	switch {
	case calls.by != nil:
		l.earliest, l.latest = calls.first, calls.last
	case calls.sure != nil: // the window did not close on it: some call took it
		l.earliest, l.latest = calls.first, v.freedBy(n, l, calls.sure.latest)
	default: // it may have been bound at the last moment
		l.earliest, l.latest = min(closes, calls.first), max(l.until, calls.last)
	}
	l.by, l.sure = calls.by, calls.sure
	for _, c := range []*call{l.by, l.sure} {
		if c != nil {
			l.waited = min(l.waited, c.latest)
		}
	}
	if !v.once() && v.Release != arrival {
		v.extend(n, l)
	}
	l.latest = min(add(l.latest, v.coolMax()), next)
	l.earliest = min(l.earliest, v.lostAt(l.from, l.earliest))
}

// candidates is what the calls say that may have taken a reservation.
type candidates struct {
	by          *call         // the first that did, by its agent's own word; then the others do not count
	first, last time.Duration // when the number can have been let go by the first, and by the last of them
	sure        *call         // when it had arrived, one of them had taken the reservation; nil when that is not certain
}

func (v *view) candidates(n *line, l *lease, to time.Duration) candidates {
	k := candidates{first: Forever}
	for c := range n.between(l.from, &to) {
		t := v.took(c, l)
		if t == no {
			continue
		}
		if (k.sure == nil || c.latest < k.sure.latest) && c.answered() && v.due(l, c) {
			k.sure = c
		}
		if t == maybe && k.by != nil {
			continue
		}
		if t == yes && k.by == nil {
			k = candidates{by: c, first: Forever, sure: k.sure}
		}
		k.first = min(k.first, max(c.freesFrom, l.from))
		if c.soonest <= l.until || t == yes {
			k.last = max(k.last, c.freesBy)
		}
	}
	return k
}

// due tells that reservation l was certainly waiting when call c arrived, unless another call had taken it.
func (v *view) due(l *lease, c *call) bool {
	switch {
	case c.soonest < l.ret, c.soonest == l.ret && !follows(c.op, l.op):
		return false
	case v.WindowMin == 0 || !v.byNumber():
		return false
	case c.echo != nil && c.echo.DNIS != "" && !SameNumber(c.echo.DNIS, l.op.Number): // it arrived elsewhere
		return false
	}
	return c.latest < add(l.from, v.WindowMin) && v.lostAt(l.from, c.latest) == Forever
}

// follows tells that b came after a, though they have one time: it is the same client's, and was begun later.
func follows(b, a *history.Op) bool {
	return b.Client == a.Client && b.Generator == a.Generator && b.ID > a.ID
}

// tooLate tells that c arrived when another call had taken l, or when l was over.
func (l *lease) tooLate(c *call) bool {
	if c.soonest > l.waited {
		return true
	}
	for _, o := range []*call{l.by, l.sure} {
		if o != nil && o != c && c.soonest == o.latest && follows(c.op, o.op) {
			return true
		}
	}
	return false
}

// freedBy is when the number must have been let go by whichever call took it by the time by.
func (v *view) freedBy(n *line, l *lease, by time.Duration) (latest time.Duration) {
	for c := range n.between(l.from, &by) {
		if v.took(c, l) != no {
			latest = max(latest, c.freesBy)
		}
	}
	return latest
}

// extend follows the further calls that a reservation may serve: each holds the number as long as it is up.
func (v *view) extend(n *line, l *lease) {
	to := l.latest
	for c := range n.between(l.from, &to) {
		if v.took(c, l) != no {
			to = max(to, c.freesBy)
		}
	}
	l.latest = to
}

// possiblyTaken tells that an own call other than c may have taken l before c arrived.
func (v *view) possiblyTaken(l *lease, c *call) bool {
	to := c.latest
	for o := range l.line.between(l.from, &to) {
		if o != c && v.took(o, l) != no {
			return true
		}
	}
	return false
}

// alsoBound tells that an own call other than c may have been bound to l as well, where one reservation serves several.
func (v *view) alsoBound(l *lease, c *call) bool {
	for o := range l.line.between(l.from, &l.latest) {
		if o != c && v.took(o, l) != no {
			return true
		}
	}
	return false
}
