package reading

import (
	"cmp"
	"encoding/json"
	"iter"
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// Call is what a client's times allow a call to have been. It arrived in [Soonest, Latest], if it did.
type Call struct {
	Op              *history.Op
	Echo            *Echo // what its agent said of it; nil when nobody asked
	Soonest, Latest time.Duration
	// A number that is bound to the call is let go in [FreesFrom, FreesBy].
	FreesFrom, FreesBy time.Duration
	Sure               bool   // Echo is certainly that of this call, and not of one that nobody has seen
	Reached            bool   // it may have reached the platform
	Index              int    // its place among the calls
	Nth                int    // of the calls that were given the same nonce, from 0
	Meant              *Lease // the reservation for which it was placed: the last one of its nonce on the number dialled
	// Mixed says that it was given the attributes of a reservation of another number. Which reservation it took is not
	// known then: that of the number, the one whose attributes it was given, or both.
	Mixed bool

	given *Call           // the next that was given the same nonce
	data  json.RawMessage // the state that was read last, and what it says
	said  *Echo
}

// call widens o. A call whose end is not recorded may have ended at any time: it was up until its Bye, if it has one.
func (v *Reading) call(o *history.Op) Call {
	c := Call{Op: o, Latest: o.End + v.Apart(o), Reached: MayArrive(o)}
	if o.Outcome == history.Indefinite || o.Outcome == history.Refused && (o.Status == 0 || o.Status == 408) {
		c.Latest = Plus(c.Latest, v.ActsWithin()) // its caller gave up; its INVITE may still be on its way
	}
	c.Soonest = min(o.Start+v.ArrivalMin-v.Apart(o), c.Latest)
	c.FreesFrom = c.Soonest
	if v.Release == OnHangup && o.Outcome == history.OK && o.Bye >= o.Start {
		end := o.Bye
		if !o.Ended { // it was up in that very moment
			end++
		}
		c.FreesFrom = max(c.Soonest, end-v.Apart(o)-v.EndsApart())
	}
	switch {
	case v.Release == OnArrival:
		c.FreesBy = c.Latest
	case c.Ended(): // answer: the answer came before the end
		c.FreesBy = max(c.Latest, o.Bye+v.Apart(o)+v.EndsApart())
	case o.Outcome == history.Refused:
		c.FreesBy = c.Latest + v.EndsApart()
	default:
		c.FreesBy = Forever
	}
	if lost := v.LostAt(c.Soonest, c.FreesFrom); lost < c.FreesFrom {
		c.FreesFrom = lost
	}
	return c
}

// MayArrive reports whether a call may have reached the platform. What the carrier refuses never did; a carrier that heard
// no answer has tried.
func MayArrive(o *history.Op) bool {
	switch o.Outcome {
	case history.Rejected:
		return false
	case history.Refused:
		return o.EndedBy != "carrier" || o.Status == 0 || o.Status == 408 || o.Status == 487
	}
	return true
}

// Ended reports whether it is known when the call was over. One that was over before it began says nothing.
func (c *Call) Ended() bool { return c.Op.Ended && c.Op.Bye >= c.Op.Start }

// Nonce is that of the reservation for which the call was placed, "" when it is not known.
func (c *Call) Nonce() string {
	if c.Op.Nonce == "" && c.Meant != nil {
		return c.Meant.Op.Nonce
	}
	return c.Op.Nonce
}

// SharedID is that of the reservation for which the call was placed, "" when it is not known.
func (c *Call) SharedID() string {
	if c.Op.SharedID == "" && c.Meant != nil {
		return c.Meant.Op.SharedID
	}
	return c.Op.SharedID
}

// Answered reports whether the platform answered.
func (c *Call) Answered() bool { return c.Op.Outcome == history.OK }

// Over is when the call has certainly ended at the platform; Forever when that is not known.
func (v *Reading) Over(c *Call) time.Duration {
	if !c.Ended() {
		return Forever
	}
	if c.Op.EndedBy == "platform" { // its BYE is sent when it is heard
		return c.Op.Bye + v.Apart(c.Op)
	}
	return c.Op.Bye + v.Apart(c.Op) + v.EndsApart()
}

// Line is one number: its reservations and the calls that may have arrived there.
type Line struct {
	Number string
	Leases []*Lease // by start
	Calls  []*Call  // by arrival
	reach  reach    // of the calls' arrivals, once they are arranged
}

func (l *Line) place(c *Call) { l.Calls = append(l.Calls, c) }

// arrange lets Between find the calls. Until another is placed, it writes nothing the next time.
func (l *Line) arrange() {
	if l.reach.n != len(l.Calls) {
		l.reach = newReach(len(l.Calls), func(i int) time.Duration { return l.Calls[i].Latest })
	}
}

// Between yields the calls that may have arrived in [from, *to], which may grow meanwhile.
func (l *Line) Between(from time.Duration, to *time.Duration) iter.Seq[*Call] {
	return func(yield func(*Call) bool) {
		l.arrange()
		for i := l.reach.next(0, from); i < len(l.Calls); i = l.reach.next(i+1, from) {
			if c := l.Calls[i]; c.Soonest > *to || !yield(c) {
				return
			}
		}
	}
}

// after returns the first reservation that was asked for after t.
func (l *Line) after(t time.Duration) *Lease {
	if i := l.index(t); i < len(l.Leases) {
		return l.Leases[i]
	}
	return nil
}

// index is the place of the first reservation that was asked for after t.
func (l *Line) index(t time.Duration) int {
	i, _ := slices.BinarySearchFunc(l.Leases, t+1, func(a *Lease, t time.Duration) int { return cmp.Compare(a.From, t) })
	return i
}
