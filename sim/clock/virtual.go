package clock

import (
	"container/heap"
	"context"
	"time"
)

// Virtual is a clock that moves only when it is advanced. It is safe for concurrent use.
type Virtual struct {
	schedule
	now time.Time
}

// NewVirtual returns a clock that shows start.
func NewVirtual(start time.Time) *Virtual { return &Virtual{schedule: newSchedule(), now: start} }

// Now returns the virtual time.
func (v *Virtual) Now() time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.now
}

// Sleep waits for virtual time to pass d. It must be called by work started through Run.
func (v *Virtual) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	v.mu.Lock()
	s := v.lieDown(v.now.Add(d))
	v.mu.Unlock()
	return v.sleep(ctx, s)
}

// At implements Alarms.
func (v *Virtual) At(t time.Time, f func()) (stop func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.set(t, f)
}

// Advance moves the time by d; it never goes back. Whoever's sleep ends on the way is woken in order of time, and each is let
// run until it sleeps again or ends before the next is woken.
func (v *Virtual) Advance(d time.Duration) {
	v.advancing.Lock()
	defer v.advancing.Unlock()
	v.Settle()
	v.mu.Lock()
	target := v.now.Add(max(0, d))
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
	v.now = v.wakeFirst()
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
