package pool

import "time"

// Stats is a pool at one instant, and its totals since it was made.
//
// Free+Pending+InCall+Cooling = Size+Draining at any time, and Reserved =
// Bound+Expired+Pending, Bound = Released+InCall.
type Stats struct {
	Size     int // numbers in the list
	Free     int
	Pending  int // reserved, no call yet
	InCall   int // reserved and held by a call
	Cooling  int
	Draining int // no longer in the list, but pending, in call or cooling

	Reserved uint64 // reservations made
	Refused  uint64 // reservations refused because no number was free
	Bound    uint64 // reservations that got a call
	Expired  uint64 // reservations that got none
	Released uint64 // bound reservations that ended

	Calls   uint64 // calls that were bound; more than Bound with bindings: many
	Unbound uint64 // calls to a number of the pool that got no attributes
	Unknown uint64 // calls to other numbers
}

// Kind is what happened.
type Kind string

// The kinds of events.
const (
	Reserved Kind = "reserved" // a number was leased
	Refused  Kind = "refused"  // no number was free
	Bound    Kind = "bound"    // a call got the attributes of a lease
	Unbound  Kind = "unbound"  // a call got none; the cause says why
	Released Kind = "released" // a bound lease ended
	Expired  Kind = "expired"  // a lease ended without a call
	Freed    Kind = "freed"    // a number can be issued again
	Added    Kind = "added"    // a number joined the pool
	Draining Kind = "draining" // a number left the list but is still held
	Removed  Kind = "removed"  // a number is no longer known to the pool
)

// Cause is why something happened, or why a call was not bound.
type Cause string

// The causes of events. Those of Released are the values of Release.
const (
	CauseArrival Cause = "arrival" // released: the call arrived
	CauseAnswer  Cause = "answer"  // released: the call was answered
	CauseHangup  Cause = "hangup"  // released: the call ended

	CauseWindow Cause = "window" // expired: the window had passed
	CauseLag    Cause = "lag"    // expired: window and reaper lag had passed
	CauseSweep  Cause = "sweep"  // expired: the window had passed, and a Reserve found nothing free

	CauseCoolDown Cause = "cool-down" // freed or removed: the cool-down ended
	CauseRelease  Cause = "release"   // freed or removed: a lease was released, and there is no cool-down
	CauseExpiry   Cause = "expiry"    // freed or removed: a lease expired, and there is no cool-down
	CauseResize   Cause = "resize"    // added, draining, removed: Resize

	CauseUnknown    Cause = "unknown number" // unbound: the pool has no such number
	CauseUnreserved Cause = "not reserved"   // unbound: the number is free
	CauseCooling    Cause = "cooling"        // unbound: the number is between two leases
	CauseConsumed   Cause = "consumed"       // unbound: the reservation has had its call
	CauseANI        Cause = "ani"            // unbound: the reservation expects another caller
)

// Event is one change of a pool. At is the instant at which it took effect, which
// for an expiry or the end of a cool-down may be before the operation that noticed
// it. Events come in the order of At, except that a lazy reaper dates an expiry
// back to the end of the window.
type Event struct {
	At     time.Duration
	Kind   Kind
	Cause  Cause
	Number string  // canonical; empty for Refused
	Lease  LeaseID // the one that the number is in, or was in last; 0 when none

	// Of Unbound: how that lease ended, Expired or Released, and when; "" when it has not, or there was none.
	Ended   Kind
	EndedAt time.Duration
}

// Observe makes f hear every event from now on; nil stops that. f is called inside
// the operation and must not call the pool.
func (p *Pool) Observe(f func(Event)) { p.observer = f }

func (p *Pool) tell(at time.Duration, kind Kind, cause Cause, i int32) {
	if p.observer == nil {
		return
	}
	s := &p.slots[i]
	p.observer(Event{At: at, Kind: kind, Cause: cause, Number: s.number, Lease: s.lease})
}

func (p *Pool) tellUnbound(at time.Duration, cause Cause, i int32) {
	if p.observer == nil {
		return
	}
	s := &p.slots[i]
	e := Event{At: at, Kind: Unbound, Cause: cause, Number: s.number, Lease: s.lease}
	if s.lease != 0 && (s.state == free || s.state == cooling) {
		e.Ended, e.EndedAt = Released, s.ended
		if s.expired {
			e.Ended = Expired
		}
	}
	p.observer(e)
}

// Stats settles the pool and counts it.
func (p *Pool) Stats(now time.Duration) Stats {
	p.Settle(now)
	st := p.totals
	st.Size = len(p.order)
	st.Free, st.Pending = p.free.len(), p.count[pending]
	st.InCall, st.Cooling = p.count[inCall], p.count[cooling]
	st.Draining = p.draining
	return st
}

// Numbers are those in the list now, in list order. Draining ones are not.
func (p *Pool) Numbers() []string {
	out := make([]string, len(p.order))
	for rank, i := range p.order {
		out[rank] = p.slots[i].number
	}
	return out
}

// Lookup returns the pool's number for a dialled text in any form that number_format understands; false when the pool
// has no such number. It changes nothing and needs no time.
func (p *Pool) Lookup(dialled string) (string, bool) {
	i := p.find(dialled)
	if i == 0 {
		return "", false
	}
	return p.slots[i].number, true
}
