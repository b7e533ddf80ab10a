package mutants

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/pool"
)

// trackedPool is a pool that remembers what the real one gave out and can take it away again. By itself it is right; mutants
// embed it and get one thing wrong. Like any pool it is called by one goroutine at a time, but for atNextOperation.
type trackedPool struct {
	sim.Pool
	leases map[string]*lease // the last of each number, live or over
	due    []due

	mu      sync.Mutex
	pending []func(now time.Duration) // asked for by other parts, done at the next operation
}

// lease is what a trackedPool knows of a reservation.
type lease struct {
	pool.Reservation
	attributes []byte
	ani        string
	at         time.Duration
	bound      bool
	call       pool.CallRef
	over       bool
}

// live reports whether the number is still held, as far as can be seen from outside of the real pool.
func (l *lease) live(now time.Duration) bool { return !l.over && (l.bound || now < l.Expires) }

// due is something that happens at a moment of pool time.
type due struct {
	at time.Duration
	do func(now time.Duration)
}

func newTrackedPool(p sim.Pool) *trackedPool {
	return &trackedPool{Pool: p, leases: make(map[string]*lease)}
}

// later has do called at that time, or at the first operation after it.
func (t *trackedPool) later(at time.Duration, do func(now time.Duration)) {
	t.due = append(t.due, due{at, do})
	slices.SortStableFunc(t.due, func(a, b due) int { return cmp.Compare(a.at, b.at) })
}

// atNextOperation has do called at the next operation, with the pool's lock held. It may be called by other goroutines.
func (t *trackedPool) atNextOperation(do func(now time.Duration)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pending = append(t.pending, do)
}

// settle does what is due.
func (t *trackedPool) settle(now time.Duration) {
	t.mu.Lock()
	pending := t.pending
	t.pending = nil
	t.mu.Unlock()
	for _, do := range pending {
		do(now)
	}
	for len(t.due) > 0 && t.due[0].at <= now {
		d := t.due[0]
		t.due = t.due[1:]
		d.do(d.at)
	}
}

// Reserve implements sim.Pool.
func (t *trackedPool) Reserve(now time.Duration, attributes []byte, ani string) (pool.Reservation, bool) {
	t.settle(now)
	r, ok := t.Pool.Reserve(now, attributes, ani)
	if ok {
		t.leases[r.Number] = &lease{Reservation: r, attributes: attributes, ani: ani, at: now}
	}
	return r, ok
}

// Arrive implements sim.Pool. A bound call gets the attributes that it has kept, which a mutant may have changed.
func (t *trackedPool) Arrive(now time.Duration, dialled, ani string) pool.Arrival {
	t.settle(now)
	a := t.Pool.Arrive(now, dialled, ani)
	if l := t.leases[a.Number]; a.Bound && l != nil {
		l.bound, l.call = true, a.Call
		a.Attributes = l.attributes
	}
	return a
}

// Answer implements sim.Pool.
func (t *trackedPool) Answer(now time.Duration, call pool.CallRef) bool {
	t.settle(now)
	released := t.Pool.Answer(now, call)
	if released {
		t.ended(call)
	}
	return released
}

// Hangup implements sim.Pool.
func (t *trackedPool) Hangup(now time.Duration, call pool.CallRef) bool {
	t.settle(now)
	held := t.Pool.Hangup(now, call)
	if held {
		t.ended(call)
	}
	return held
}

func (t *trackedPool) ended(call pool.CallRef) {
	for _, l := range t.leases {
		if l.bound && l.call == call {
			l.over = true
		}
	}
}

// Resize implements sim.Pool.
func (t *trackedPool) Resize(now time.Duration, numbers []string) error {
	t.settle(now)
	return t.Pool.Resize(now, numbers)
}

// Settle implements sim.Pool.
func (t *trackedPool) Settle(now time.Duration) {
	t.settle(now)
	t.Pool.Settle(now)
}

// Next implements sim.Pool.
func (t *trackedPool) Next() (time.Duration, bool) {
	at, ok := t.Pool.Next()
	if len(t.due) > 0 && (!ok || t.due[0].at < at) {
		return t.due[0].at, true
	}
	return at, ok
}

// Stats implements sim.Pool.
func (t *trackedPool) Stats(now time.Duration) pool.Stats {
	t.settle(now)
	return t.Pool.Stats(now)
}

// free ends whatever lease the number has, with the only means that a pool has: a call that ends at once.
func (t *trackedPool) free(now time.Duration, number string) {
	l := t.leases[number]
	if l == nil || l.over {
		return
	}
	call := l.call
	if !l.bound {
		call = t.Pool.Arrive(now, number, l.ani).Call
	}
	t.Pool.Answer(now, call)
	t.Pool.Hangup(now, call)
	l.over = true
}

// missed is the arrival of a call that finds no reservation.
func (t *trackedPool) missed(dialled string) pool.Arrival {
	number, known := t.Lookup(dialled)
	return pool.Arrival{Number: number, Known: known, Cause: pool.CauseUnreserved}
}

// numbers yields the numbers that were ever given out, in an order that is always the same.
func (t *trackedPool) numbers() []string {
	out := make([]string, 0, len(t.leases))
	for n := range t.leases {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// ms is n milliseconds.
func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// trackedPools are all pools of one platform, for parts that do not know which of them they mean.
type trackedPools struct {
	mu  sync.Mutex
	all []*trackedPool
}

func (s *trackedPools) add(t *trackedPool) *trackedPool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, t)
	return t
}

// atNextOperation has do called for each of them.
func (s *trackedPools) atNextOperation(do func(t *trackedPool, now time.Duration)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.all {
		t.atNextOperation(func(now time.Duration) { do(t, now) })
	}
}
