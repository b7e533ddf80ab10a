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

// schedule is what waits for the time of a clock that can be advanced, and how much work there is that does not wait. Make
// it with newSchedule; a clock has one, and says what time it is.
type schedule struct {
	advancing sync.Mutex // one Advance at a time

	mu       sync.Mutex
	busy     int           // work that is neither asleep nor finished
	idle     chan struct{} // closed while busy == 0
	sleepers sleepers
	alarms   sleepers // that have something to call
	seq      uint64
}

func newSchedule() schedule {
	idle := make(chan struct{})
	close(idle)
	return schedule{idle: idle}
}

// Run calls f and counts it as work: an Advance waits while f runs, other than in Sleep.
func (s *schedule) Run(f func()) {
	defer s.Hold()()
	f()
}

// Hold counts as work until the returned function is called.
func (s *schedule) Hold() func() {
	s.mu.Lock()
	s.begin()
	s.mu.Unlock()
	return sync.OnceFunc(func() {
		s.mu.Lock()
		s.end()
		s.mu.Unlock()
	})
}

// begin and end count work; the caller holds the mutex.
func (s *schedule) begin() {
	if s.busy == 0 {
		s.idle = make(chan struct{})
	}
	s.busy++
}

func (s *schedule) end() {
	s.busy--
	if s.busy == 0 {
		close(s.idle)
	}
}

// lieDown lets work sleep until a moment. The caller holds the mutex, and waits with sleep once it has let go of it.
func (s *schedule) lieDown(until time.Time) *sleeper {
	s.seq++
	e := &sleeper{at: until, seq: s.seq, woken: make(chan struct{})}
	heap.Push(&s.sleepers, e)
	s.end()
	return e
}

// sleep waits until e is woken or ctx ends. Either way its work is counted as busy again.
func (s *schedule) sleep(ctx context.Context, e *sleeper) error {
	select {
	case <-e.woken:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.index < 0 { // woken in the same moment
		return nil
	}
	heap.Remove(&s.sleepers, e.index)
	s.begin()
	return ctx.Err()
}

// wakeFirst wakes the first sleeper, counts its work as busy, and returns until when it slept. The caller holds the mutex.
func (s *schedule) wakeFirst() time.Time {
	e := heap.Pop(&s.sleepers).(*sleeper)
	s.begin()
	close(e.woken)
	return e.at
}

// set puts f among the alarms. The caller holds the mutex; stop takes it.
func (s *schedule) set(t time.Time, f func()) (stop func()) {
	s.seq++
	e := &sleeper{at: t, seq: s.seq, call: f}
	heap.Push(&s.alarms, e)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if e.index >= 0 {
			heap.Remove(&s.alarms, e.index)
		}
	}
}

// Settle waits, in real time and not for ever, until all work sleeps or has ended.
func (s *schedule) Settle() {
	s.mu.Lock()
	idle := s.idle
	s.mu.Unlock()
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
