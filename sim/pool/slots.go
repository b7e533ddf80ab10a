package pool

import "time"

// Standing is what a number is at one instant.
type Standing string

// What a number can be.
const (
	IsFree    Standing = "free"
	IsPending Standing = "pending" // reserved, no call yet
	IsInCall  Standing = "in-call" // reserved, and held by a call
	IsCooling Standing = "cooling" // between two leases
)

// Slot is one number at one instant.
type Slot struct {
	Number     string
	Standing   Standing
	Since      time.Duration
	Until      time.Duration // when it ends by itself; 0: it does not. A lazy reaper may wait longer
	Lease      LeaseID       // the current one, of a cooling or free number the last; 0: none yet
	Draining   bool          // it has left the list
	Attributes []byte        // of the current lease; not to be changed
}

// Slots settles the pool and lists at most limit of its numbers, without the first skip, and how many there are in all: those of the list
// in its order, then the draining ones. It takes as long as what it lists, and with draining numbers as long as the pool is large.
func (p *Pool) Slots(now time.Duration, skip, limit int) (slots []Slot, total int) {
	p.Settle(now)
	end := skip + limit
	for _, i := range p.order[min(skip, len(p.order)):min(end, len(p.order))] {
		slots = append(slots, p.slotted(i))
	}
	if at := len(p.order); p.draining > 0 && end > at {
		for i := range p.slots[1:] {
			if s := &p.slots[i+1]; s.draining && s.state != 0 {
				if at >= skip && at < end {
					slots = append(slots, p.slotted(int32(i+1)))
				}
				at++
			}
		}
	}
	return slots, len(p.order) + p.draining
}

func (p *Pool) slotted(i int32) Slot {
	s := &p.slots[i]
	out := Slot{Number: s.number, Since: s.at, Lease: s.lease, Draining: s.draining}
	switch s.state {
	case pending:
		out.Standing, out.Until, out.Attributes = IsPending, p.expiry(i), s.attributes
	case inCall:
		out.Standing, out.Attributes = IsInCall, s.attributes
	case cooling:
		out.Standing, out.Since, out.Until = IsCooling, s.ended, s.at
	default:
		out.Standing = IsFree
	}
	return out
}
