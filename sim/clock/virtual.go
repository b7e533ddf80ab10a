package clock

import (
	"cmp"
	"container/heap"
	"context"
	"sync"
	"time"
)

// patience bounds, in real time, how long Advance waits for work that is busy outside the clock's knowledge (a BYE
// that nobody answers, say) before it moves on.
const patience = 2 * time.Second

// Virtual is a clock that moves only when it is advanced. It is safe for concurrent use.
type Virtual struct {
	advancing sync.Mutex // one Advance at a time

	mu       sync.Mutex
	now      time.Time
	busy     int           // work that is neither asleep nor finished
	idle     chan struct{} // closed while busy == 0
	sleepers sleepers
	alarms   sleepers // that have something to call
	seq      uint64
}

// NewVirtual returns a clock that shows start.
func NewVirtual(start time.Time) *Virtual {
	idle := make(chan struct{})
	close(idle)
	return &Virtual{now: start, idle: idle}
}

// Now returns the virtual time.
func (v *Virtual) Now() time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.now
}

// Run calls f and counts it as work: time does not move while f runs, other than in Sleep.
func (v *Virtual) Run(f func()) {
	defer v.Hold()()
	f()
}

// Hold keeps the time still until the returned function is called.
func (v *Virtual) Hold() func() {
	v.mu.Lock()
	v.begin()
	v.mu.Unlock()
	return sync.OnceFunc(func() {
		v.mu.Lock()
		v.end()
		v.mu.Unlock()
	})
}

// begin and end count work; the caller holds the mutex.
func (v *Virtual) begin() {
	if v.busy == 0 {
		v.idle = make(chan struct{})
	}
	v.busy++
}

func (v *Virtual) end() {
	v.busy--
	if v.busy == 0 {
		close(v.idle)
	}
}

// Sleep waits for virtual time to pass d. It must be called by work started through Run.
func (v *Virtual) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	v.mu.Lock()
	v.seq++
	s := &sleeper{at: v.now.Add(d), seq: v.seq, woken: make(chan struct{})}
	heap.Push(&v.sleepers, s)
	v.end()
	v.mu.Unlock()
	select {
	case <-s.woken: // the clock has counted this work as busy again
		return nil
	case <-ctx.Done():
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if s.index < 0 { // woken in the same moment
		return nil
	}
	heap.Remove(&v.sleepers, s.index)
	v.begin()
	return ctx.Err()
}

// At implements Alarms.
func (v *Virtual) At(t time.Time, f func()) (stop func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.seq++
	s := &sleeper{at: t, seq: v.seq, call: f}
	heap.Push(&v.alarms, s)
	return func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		if s.index >= 0 {
			heap.Remove(&v.alarms, s.index)
		}
	}
}

// Advance moves the time by d. Whoever's sleep ends on the way is woken in order of time, and each is let run until
// it sleeps again or ends before the next is woken.
func (v *Virtual) Advance(d time.Duration) {
	v.advancing.Lock()
	defer v.advancing.Unlock()
	v.Settle()
	v.mu.Lock()
	target := v.now.Add(d)
	v.mu.Unlock()
	for v.wake(target) {
		v.Settle()
	}
	v.ring(target)
	v.mu.Lock()
	v.now = target
	v.mu.Unlock()
}

// AdvanceToNext moves the time to the next moment at which somebody wakes, at most by limit, and lets them run.
// It returns false, without moving, when nobody wakes by then, or when enough says, once all work has settled, that
// what the caller was waiting for has happened. A nil enough never does.
func (v *Virtual) AdvanceToNext(limit time.Duration, enough func() bool) bool {
	v.advancing.Lock()
	defer v.advancing.Unlock()
	v.Settle()
	if enough != nil && enough() {
		return false
	}
	v.mu.Lock()
	target := v.now.Add(limit)
	v.mu.Unlock()
	if !v.wake(target) {
		return false
	}
	v.Settle()
	return true
}

// wake moves the time to the first sleeper's moment and wakes it, unless that is after target.
func (v *Virtual) wake(target time.Time) bool {
	v.mu.Lock()
	if len(v.sleepers) == 0 || v.sleepers[0].at.After(target) {
		v.mu.Unlock()
		return false
	}
	first := v.sleepers[0].at
	v.mu.Unlock()
	v.ring(first)
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.sleepers) == 0 || v.sleepers[0].at.After(target) {
		return true // it has been woken otherwise: look again
	}
	s := heap.Pop(&v.sleepers).(*sleeper)
	v.now = s.at
	v.begin()
	close(s.woken)
	return true
}

// ring moves the time from alarm to alarm until the given moment, and makes their calls.
func (v *Virtual) ring(until time.Time) {
	for {
		v.mu.Lock()
		if len(v.alarms) == 0 || v.alarms[0].at.After(until) {
			v.mu.Unlock()
			return
		}
		s := heap.Pop(&v.alarms).(*sleeper)
		if s.at.After(v.now) {
			v.now = s.at
		}
		v.mu.Unlock()
		s.call()
	}
}

// Settle waits, in real time and not for ever, until all work sleeps or has ended.
func (v *Virtual) Settle() {
	v.mu.Lock()
	idle := v.idle
	v.mu.Unlock()
	select {
	case <-idle:
		return
	default:
	}
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case <-idle:
	case <-t.C:
	}
}

type sleeper struct {
	at    time.Time
	seq   uint64 // first come, first woken at one instant
	index int
	woken chan struct{}
	call  func() // of an alarm, which nobody is asleep for
}

type sleepers []*sleeper

func (s sleepers) Len() int { return len(s) }
func (s sleepers) Less(i, j int) bool {
	return cmp.Or(s[i].at.Compare(s[j].at), cmp.Compare(s[i].seq, s[j].seq)) < 0
}
func (s sleepers) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].index, s[j].index = i, j
}

func (s *sleepers) Push(x any) {
	e := x.(*sleeper)
	e.index = len(*s)
	*s = append(*s, e)
}

func (s *sleepers) Pop() any {
	old := *s
	e := old[len(old)-1]
	old[len(old)-1] = nil
	e.index = -1
	*s = old[:len(old)-1]
	return e
}
