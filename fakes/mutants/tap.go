package mutants

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/pool"
)

// tap is a pool that remembers what the real one gave out and can take it away again. By itself it is right; mutants
// embed it and get one thing wrong. Like any pool it is called by one goroutine at a time, but for inform.
type tap struct {
	sim.Pool
	leases map[string]*lease // the last of each number, live or over
	due    []due

	mu   sync.Mutex
	news []func(now time.Duration) // from other parts; heard at the next operation
}

// lease is what a tap knows of a reservation.
type lease struct {
	pool.Reservation
	attributes []byte
	ani        string
	at         time.Duration
	bound      bool
	call       pool.CallRef
	over       bool
}

// live reports whether the number is still held as far as one can see from the outside of the real pool.
func (l *lease) live(now time.Duration) bool { return !l.over && (l.bound || now < l.Expires) }

// due is something that happens at a moment of pool time.
type due struct {
	at time.Duration
	do func(now time.Duration)
}

func newTap(p sim.Pool) *tap { return &tap{Pool: p, leases: make(map[string]*lease)} }

// later has something done at that time, or at the first operation after it.
func (t *tap) later(at time.Duration, do func(now time.Duration)) {
	t.due = append(t.due, due{at, do})
	slices.SortStableFunc(t.due, func(a, b due) int { return cmp.Compare(a.at, b.at) })
}

// inform has something done at the next operation, with the pool's lock held. Other parts use it.
func (t *tap) inform(do func(now time.Duration)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.news = append(t.news, do)
}

// settle does what is due.
func (t *tap) settle(now time.Duration) {
	t.mu.Lock()
	news := t.news
	t.news = nil
	t.mu.Unlock()
	for _, do := range news {
		do(now)
	}
	for len(t.due) > 0 && t.due[0].at <= now {
		d := t.due[0]
		t.due = t.due[1:]
		d.do(d.at)
	}
}

// Reserve implements sim.Pool.
func (t *tap) Reserve(now time.Duration, attributes []byte, ani string) (pool.Reservation, bool) {
	t.settle(now)
	r, ok := t.Pool.Reserve(now, attributes, ani)
	if ok {
		t.leases[r.Number] = &lease{Reservation: r, attributes: attributes, ani: ani, at: now}
	}
	return r, ok
}

// Arrive implements sim.Pool. A bound call gets the attributes that the tap has, which a mutant may have changed.
func (t *tap) Arrive(now time.Duration, dialled, ani string) pool.Arrival {
	t.settle(now)
	a := t.Pool.Arrive(now, dialled, ani)
	if l := t.leases[a.Number]; a.Bound && l != nil {
		l.bound, l.call = true, a.Call
		a.Attributes = l.attributes
	}
	return a
}

// Answer implements sim.Pool.
func (t *tap) Answer(now time.Duration, call pool.CallRef) bool {
	t.settle(now)
	released := t.Pool.Answer(now, call)
	if released {
		t.ended(call)
	}
	return released
}

// Hangup implements sim.Pool.
func (t *tap) Hangup(now time.Duration, call pool.CallRef) bool {
	t.settle(now)
	held := t.Pool.Hangup(now, call)
	if held {
		t.ended(call)
	}
	return held
}

func (t *tap) ended(call pool.CallRef) {
	for _, l := range t.leases {
		if l.bound && l.call == call {
			l.over = true
		}
	}
}

// Resize implements sim.Pool.
func (t *tap) Resize(now time.Duration, numbers []string) error {
	t.settle(now)
	return t.Pool.Resize(now, numbers)
}

// Settle implements sim.Pool.
func (t *tap) Settle(now time.Duration) {
	t.settle(now)
	t.Pool.Settle(now)
}

// Next implements sim.Pool.
func (t *tap) Next() (time.Duration, bool) {
	at, ok := t.Pool.Next()
	if len(t.due) > 0 && (!ok || t.due[0].at < at) {
		return t.due[0].at, true
	}
	return at, ok
}

// Stats implements sim.Pool.
func (t *tap) Stats(now time.Duration) pool.Stats {
	t.settle(now)
	return t.Pool.Stats(now)
}

// free ends whatever lease the number has, with the only means that a pool has: a call that ends at once.
func (t *tap) free(now time.Duration, number string) {
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
func (t *tap) missed(dialled string) pool.Arrival {
	number, known := t.Lookup(dialled)
	return pool.Arrival{Number: number, Known: known, Cause: pool.CauseUnreserved}
}

// numbers yields the numbers that were ever given out, in an order that is always the same.
func (t *tap) numbers() []string {
	out := make([]string, 0, len(t.leases))
	for n := range t.leases {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// ms is n milliseconds.
func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// taps are the taps of all pools of one platform, for parts that do not know which of them they mean.
type taps struct {
	mu  sync.Mutex
	all []*tap
}

func (s *taps) add(t *tap) *tap {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, t)
	return t
}

// inform tells all of them.
func (s *taps) inform(do func(t *tap, now time.Duration)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.all {
		t.inform(func(now time.Duration) { do(t, now) })
	}
}
