package pool

import (
	"math"
	"time"
)

// Settle processes everything that is due at now: expiries and ends of cool-downs,
// each at its own instant and in the order of those instants, however late it is
// called. Every operation settles first.
func (p *Pool) Settle(now time.Duration) { p.advance(now) }

// Next returns when something will fall due by itself: a lease expires, or a cool-down ends. It is false when nothing
// will. A lazy reaper waits for a Reserve, so its leases are not due at any time.
func (p *Pool) Next() (at time.Duration, ok bool) {
	at = math.MaxInt64
	if p.config.Reaper != ReaperLazy && p.waiting.head != 0 {
		at = p.expiry(p.waiting.head)
	}
	for _, resting := range [...]int32{p.expired.head, p.released.head} {
		if resting != 0 {
			at = min(at, p.slots[resting].at)
		}
	}
	return at, at < math.MaxInt64
}

// advance settles and returns the pool's time, which never goes back.
func (p *Pool) advance(now time.Duration) time.Duration {
	now = max(now, p.now)
	for p.step(now) {
	}
	p.now = now
	return now
}

// step processes the earliest thing due. All three queues are in time order: the
// window and the cool-down are the same for all, and a lazy sweep, which dates
// back, has a cooling queue to itself.
func (p *Pool) step(now time.Duration) bool {
	expired, released, lease := p.expired.head, p.released.head, p.waiting.head
	if p.config.Reaper == ReaperLazy {
		lease = 0
	}
	at, i := now, int32(0)
	if expired != 0 && p.slots[expired].at <= at {
		at, i = p.slots[expired].at, expired
	}
	if released != 0 && earlier(p.slots[released].at, at, i == 0) {
		at, i = p.slots[released].at, released
	}
	if lease != 0 && earlier(p.expiry(lease), at, i == 0) {
		p.expire(lease, p.expiry(lease), p.cause())
		return true
	}
	if i == 0 {
		return false
	}
	p.endCoolDown(i, i == expired)
	return true
}

// earlier reports whether t comes before at, or ties with it when ties are allowed.
func earlier(t, at time.Duration, tie bool) bool { return t < at || tie && t == at }

func (p *Pool) expiry(i int32) time.Duration { return later(p.slots[i].at, p.hold) }

func (p *Pool) cause() Cause {
	if p.config.Reaper == ReaperLag {
		return CauseLag
	}
	return CauseWindow
}

// sweep is the lazy reaper: every lease whose window has passed ends, oldest
// first, as of the end of its window.
func (p *Pool) sweep(now time.Duration) {
	for i := p.waiting.head; i != 0 && p.expiry(i) <= now; i = p.waiting.head {
		p.expire(i, p.expiry(i), CauseSweep)
	}
	p.advance(now)
}

func (p *Pool) expire(i int32, at time.Duration, cause Cause) {
	p.waiting.remove(p.slots, i)
	p.totals.Expired++
	p.tell(at, Expired, cause, i)
	p.rest(i, at, &p.expired, CauseExpiry)
}

func (p *Pool) release(i int32, at time.Duration, cause Cause) {
	p.forget(i)
	p.totals.Released++
	p.tell(at, Released, cause, i)
	p.rest(i, at, &p.released, CauseRelease)
}

// forget drops the calls that a lease still has when one of them ends it.
func (p *Pool) forget(i int32) {
	s := &p.slots[i]
	if p.config.Bindings == BindOnce || s.open == 0 {
		return
	}
	for n := range s.issued {
		delete(p.calls, CallRef{lease: s.lease, slot: i, call: n + 1})
	}
}

// rest begins the cool-down of a number whose lease ended. The attributes go with
// the lease: nobody who calls later may learn them.
func (p *Pool) rest(i int32, at time.Duration, queue *list, cause Cause) {
	s := &p.slots[i]
	s.attributes, s.ani = nil, ""
	s.ended, s.expired = at, cause == CauseExpiry
	if p.config.CoolDown == 0 {
		p.makeFree(i, at, cause)
		return
	}
	p.enter(i, cooling, later(at, p.config.CoolDown))
	queue.push(p.slots, i)
}

// endCoolDown makes a number free that has rested.
func (p *Pool) endCoolDown(i int32, afterExpiry bool) {
	queue := &p.released
	if afterExpiry {
		queue = &p.expired
	}
	queue.remove(p.slots, i)
	p.makeFree(i, p.slots[i].at, CauseCoolDown)
}

// makeFree makes a number free, or lets it leave when it was only draining.
func (p *Pool) makeFree(i int32, at time.Duration, cause Cause) {
	s := &p.slots[i]
	if s.draining {
		s.draining = false
		p.draining--
		p.enter(i, out, at)
		p.tell(at, Removed, cause, i)
		return
	}
	p.enter(i, free, at)
	p.free.put(p.slots, i)
	p.tell(at, Freed, cause, i)
}

func (p *Pool) enter(i int32, to state, at time.Duration) {
	s := &p.slots[i]
	p.count[s.state]--
	p.count[to]++
	s.state, s.at = to, at
}
