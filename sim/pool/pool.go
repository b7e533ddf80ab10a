// Package pool is who holds which number: the state machine of a rotating pool of
// DNIs, from reservation over window, call and cool-down back to free. It is pure.
// Time is an argument, expiry is decided when an operation looks, and there is no
// goroutine, clock or I/O; so the same pool serves HTTP under a caller's mutex and
// runs a million calls in virtual time. It is not safe for concurrent use, and it
// knows nothing of HTTP, SIP or what attributes mean.
package pool

import (
	"math"
	"time"
)

// LeaseID names a reservation. A pool counts them from 1 and never uses one twice.
type LeaseID uint64

// CallRef names one call that is bound to a lease, so that an event of one call
// can never end another's lease. The zero value names no call: its Answer and
// Hangup change nothing.
type CallRef struct {
	lease LeaseID
	slot  int32
	call  uint32
}

// Reservation is a number leased in [now, Expires). Expires is the end of the
// window, without the reaper's lag.
type Reservation struct {
	Lease   LeaseID
	Number  string
	Expires time.Duration
}

// Arrival is what the pool knows of a call that reached the platform.
type Arrival struct {
	Number     string  // the pool's number; the canonical dialled text when Known is false
	Known      bool    // the number belongs to the pool, or is draining from it
	Bound      bool    // the call has a reservation
	Lease      LeaseID // of the reservation, 0 when unbound
	Call       CallRef // for Answer and Hangup, zero when unbound
	Attributes []byte  // as reserved, nil when unbound; not to be changed
	Cause      Cause   // why the call is unbound, "" when bound
}

// state of a slot. A number is in the free set exactly while it is free.
type state uint8

const (
	out     state = iota // left the pool
	free                 // since at
	pending              // since at: reserved
	inCall               // since at: bound
	cooling              // until at
	states
)

// slot is one number. Slot 0 is unused, so that 0 can mean none. What the queues
// need comes first and fills one cache line, and the padding keeps it so.
type slot struct {
	number     string
	key        uint64
	at         time.Duration
	lease      LeaseID // the current or last one
	prev, next int32
	rank       int32  // place in the list
	issued     uint32 // calls bound to the lease so far
	open       uint32 // of those, still up
	state      state
	draining   bool // leaves when it would become free

	attributes []byte
	ani        string // the caller that the lease waits for, canonical; "" anyone
	ended      time.Duration
	expired    bool // that is how the last lease ended, at ended
	_          [15]byte
}

// Pool is the state machine. Every method takes now, the time since an epoch of
// the caller's choice, which should not decrease; a smaller one counts as the
// largest seen. Methods settle first what fell due before they look.
type Pool struct {
	config   Config
	form     form
	hold     time.Duration // from commit to expiry
	now      time.Duration
	slots    []slot
	index    index
	order    []int32 // rank to slot
	free     freeSet
	last     int32 // slot issued last
	waiting  list  // pending slots by commit, so by expiry
	expired  list  // cooling after an expiry, by end
	released list  // cooling after a release, by end
	calls    map[CallRef]struct{}
	count    [states]int
	draining int
	totals   Stats
	observer func(Event)
}

// New makes a pool whose numbers are all free since 0. The error is that of Validate.
func New(c Config) (*Pool, error) {
	set, err := c.resolve()
	if err != nil {
		return nil, err
	}
	p := &Pool{
		config: c,
		form:   c.form(),
		hold:   later(c.Window, c.Lag),
		slots:  make([]slot, 1, 1+len(set.numbers)),
		index:  set.index,
		free:   newFreeSet(c),
		calls:  map[CallRef]struct{}{},
	}
	p.admit(set, make([]int32, len(set.numbers)))
	p.free.reorder(p.slots, p.order, 0)
	p.issueNew(0)
	return p, nil
}

// Reserve leases a number and keeps attributes, which the caller must not change
// afterwards, for the call. ani is the caller's number that the lease waits for
// under match dni+ani, "" for anyone. It is false when no number is free.
func (p *Pool) Reserve(now time.Duration, attributes []byte, ani string) (Reservation, bool) {
	now = p.advance(now)
	i := p.take(now)
	if i == 0 {
		p.totals.Refused++
		p.tell(now, Refused, "", 0)
		return Reservation{}, false
	}
	p.totals.Reserved++
	s := &p.slots[i]
	s.lease = LeaseID(p.totals.Reserved)
	s.attributes = attributes
	s.ani = p.caller(ani)
	p.enter(i, pending, now)
	p.waiting.push(p.slots, i)
	p.tell(now, Reserved, "", i)
	return Reservation{Lease: s.lease, Number: s.number, Expires: later(now, p.config.Window)}, true
}

// take removes the number to issue next from the free set.
func (p *Pool) take(now time.Duration) int32 {
	if p.free.len() == 0 && p.config.Reaper == ReaperLazy {
		p.sweep(now)
	}
	i := p.free.take(p.slots)
	if i != 0 {
		p.last = i
	}
	return i
}

// caller is the ani that a call must come from, "" when it does not matter.
func (p *Pool) caller(ani string) string {
	if p.config.Match == MatchDNI {
		return ""
	}
	return ani
}

// Arrive is a call to dialled, in any form that number_format understands, from
// ani, "" when withheld. A bound call gets the attributes of its reservation. An
// unbound one gets nothing and changes nothing.
func (p *Pool) Arrive(now time.Duration, dialled, ani string) Arrival {
	now = p.advance(now)
	i := p.find(dialled)
	if i == 0 {
		return p.stray(now, dialled)
	}
	s := &p.slots[i]
	if cause := p.refusal(s, ani); cause != "" {
		p.totals.Unbound++
		p.tellUnbound(now, cause, i)
		return Arrival{Number: s.number, Known: true, Cause: cause}
	}
	return p.bind(now, i)
}

// find is the slot of a number in any form, 0 when the pool has no such number.
func (p *Pool) find(dialled string) int32 {
	if i := p.slotOf(p.form.key(dialled)); i != 0 {
		return i
	}
	return p.slotOf(p.form.national(dialled))
}

func (p *Pool) slotOf(key uint64, ok bool) int32 {
	if !ok {
		return 0
	}
	i := p.index.get(key)
	if p.slots[i].state == out {
		return 0
	}
	return i
}

func (p *Pool) stray(now time.Duration, dialled string) Arrival {
	p.totals.Unknown++
	if p.observer != nil {
		p.observer(Event{At: now, Kind: Unbound, Cause: CauseUnknown, Number: dialled})
	}
	return Arrival{Number: dialled, Cause: CauseUnknown}
}

// refusal is why a call to s from ani is not bound, "" when it is.
func (p *Pool) refusal(s *slot, ani string) Cause {
	switch {
	case s.state == free:
		return CauseUnreserved
	case s.state == cooling:
		return CauseCooling
	case s.state == inCall && p.config.Bindings == BindOnce:
		return CauseConsumed
	case s.ani != "" && !p.form.same(s.ani, ani):
		return CauseANI
	}
	return ""
}

func (p *Pool) bind(now time.Duration, i int32) Arrival {
	s := &p.slots[i]
	if s.state == pending {
		p.waiting.remove(p.slots, i)
		p.enter(i, inCall, now)
		p.totals.Bound++
		s.issued, s.open = 0, 0
	}
	p.totals.Calls++
	s.issued++
	s.open++
	call := CallRef{lease: s.lease, slot: i, call: s.issued}
	if p.config.Bindings == BindMany {
		p.calls[call] = struct{}{}
	}
	a := Arrival{Number: s.number, Known: true, Bound: true, Lease: s.lease, Call: call, Attributes: s.attributes}
	p.tell(now, Bound, "", i)
	if p.config.Release == ReleaseArrival {
		p.release(i, now, CauseArrival)
	}
	return a
}

// Answer says that a bound call was answered. It reports whether that released the
// number, which it does once, under release: answer, for the first answered call
// of a lease.
func (p *Pool) Answer(now time.Duration, call CallRef) bool {
	now = p.advance(now)
	if p.config.Release != ReleaseAnswer || !p.up(call) {
		return false
	}
	p.release(call.slot, now, CauseAnswer)
	return true
}

// Hangup says that a bound call ended. It reports whether the call was still
// holding its lease; the number is released with the last such call. A late,
// repeated or foreign hang-up is false and changes nothing.
func (p *Pool) Hangup(now time.Duration, call CallRef) bool {
	now = p.advance(now)
	if !p.up(call) {
		return false
	}
	delete(p.calls, call)
	s := &p.slots[call.slot]
	s.open--
	if s.open == 0 {
		p.release(call.slot, now, CauseHangup)
	}
	return true
}

// up reports whether a call holds its lease now. The lease id is the fence: it is
// unique for ever, while slots and numbers are used again.
func (p *Pool) up(call CallRef) bool {
	if call.slot <= 0 || int(call.slot) >= len(p.slots) {
		return false
	}
	s := &p.slots[call.slot]
	if s.state != inCall || s.lease != call.lease {
		return false
	}
	if p.config.Bindings == BindOnce {
		return true
	}
	_, ok := p.calls[call]
	return ok
}

// later is t+d, or the end of time when that overflows: a window may be endless.
func later(t, d time.Duration) time.Duration {
	if t > math.MaxInt64-d {
		return math.MaxInt64
	}
	return t + d
}
