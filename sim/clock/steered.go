package clock

import (
	"container/heap"
	"context"
	"sync/atomic"
	"time"
)

// Steered is a clock that runs like the machine's until somebody steers it: it can be frozen, and moved forward, by which
// whoever sleeps wakes in order of time, each done with its work before the next. The time that runs by itself waits for no
// work. It is safe for concurrent use.
type Steered struct {
	schedule
	shown    atomic.Pointer[reading]
	frozen   atomic.Bool // as somebody wants it; a step of Advance stands still in any case
	stepping bool        // Advance moves the time, and the timer does not
	timer    *time.Timer
	closed   bool
}

// reading is how the time is told.
type reading struct {
	frozen bool
	at     time.Time     // while frozen
	offset time.Duration // from the machine's clock, else
}

// NewSteered returns a clock that shows start, or the machine's time when start is zero.
func NewSteered(start time.Time, frozen bool) *Steered {
	k := &Steered{schedule: newSchedule()}
	now := time.Now()
	if start.IsZero() {
		start = now
	}
	k.shown.Store(&reading{frozen: frozen, at: now.Add(start.Sub(now)), offset: start.Sub(now)})
	k.frozen.Store(frozen)
	k.timer = time.AfterFunc(time.Hour, k.due)
	return k
}

// Close stops the clock's timer: nobody wakes by itself any more.
func (k *Steered) Close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.closed = true
	k.timer.Stop()
}

// Now implements Clock.
func (k *Steered) Now() time.Time {
	r := k.shown.Load()
	if r.frozen {
		return r.at
	}
	return time.Now().Add(r.offset)
}

// Frozen reports whether the time stands still unless it is advanced.
func (k *Steered) Frozen() bool { return k.frozen.Load() }

// Freeze lets the time stand still, or run on from where it stands.
func (k *Steered) Freeze(frozen bool) {
	k.advancing.Lock()
	defer k.advancing.Unlock()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.frozen.Store(frozen)
	k.show(k.Now(), frozen)
	k.arm()
}

// show sets the time. The caller holds mu.
func (k *Steered) show(at time.Time, frozen bool) {
	k.shown.Store(&reading{frozen: frozen, at: at, offset: time.Until(at)})
}

// Sleep implements Clock. As on a Virtual clock only work started through Run may sleep.
func (k *Steered) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	k.mu.Lock()
	s := k.lieDown(k.Now().Add(d))
	k.arm()
	k.mu.Unlock()
	return k.sleep(ctx, s)
}

// At implements Alarms.
func (k *Steered) At(t time.Time, f func()) (stop func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	stop = k.set(t, f)
	k.arm()
	return stop
}

// next is the first moment at which something happens. The caller holds mu.
func (k *Steered) next() (at time.Time, ok bool) {
	if len(k.alarms) > 0 {
		at, ok = k.alarms[0].at, true
	}
	if len(k.sleepers) > 0 && (!ok || k.sleepers[0].at.Before(at)) {
		at, ok = k.sleepers[0].at, true
	}
	return at, ok
}

// arm sets the timer to the next moment. The caller holds mu.
func (k *Steered) arm() {
	if k.closed || k.stepping || k.shown.Load().frozen {
		return
	}
	if at, ok := k.next(); ok {
		k.timer.Reset(max(0, at.Sub(k.Now())))
	}
}

// due lets happen what is due while the time runs by itself.
func (k *Steered) due() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed || k.stepping || k.shown.Load().frozen {
		return
	}
	now := k.Now()
	for len(k.alarms) > 0 && !k.alarms[0].at.After(now) {
		k.ring()
	}
	for len(k.sleepers) > 0 && !k.sleepers[0].at.After(now) {
		k.wakeFirst()
	}
	k.arm()
}

// ring makes the call of the first alarm, without the lock that the caller holds.
func (k *Steered) ring() {
	s := heap.Pop(&k.alarms).(*sleeper)
	k.mu.Unlock()
	defer k.mu.Lock()
	s.call()
}

// Advance moves the time by d; it never goes back. Whoever sleeps until some moment on the way wakes then, in order, and is let
// run until it sleeps again or ends, or for a while in real time, before the next wakes.
func (k *Steered) Advance(d time.Duration) {
	k.advancing.Lock()
	defer k.advancing.Unlock()
	k.Settle()
	k.mu.Lock()
	defer k.mu.Unlock()
	target := k.Now().Add(max(0, d))
	end := k.steps()
	defer func() { end(target) }()
	for k.wake(target) {
		k.mu.Unlock()
		k.Settle()
		k.mu.Lock()
	}
	k.sound(target)
}

// AdvanceToNext moves the time to the next moment at which somebody wakes, at most by limit, and lets them run. It returns
// false, without moving, when nobody wakes by then, or when enough says, once all work has settled, that what the caller was
// waiting for has happened. A nil enough never does. It is for a frozen clock: the time of another one moves meanwhile.
func (k *Steered) AdvanceToNext(limit time.Duration, enough func() bool) bool {
	k.advancing.Lock()
	defer k.advancing.Unlock()
	k.Settle()
	if enough != nil && enough() {
		return false
	}
	if !k.wakeNext(limit) {
		return false
	}
	k.Settle()
	return true
}

func (k *Steered) wakeNext(limit time.Duration) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	target := k.Now().Add(limit)
	end := k.steps()
	woke := k.wake(target)
	end(k.Now())
	return woke
}

// steps lets the caller, who holds mu, move the time by steps. The returned function says what the time is in the end.
func (k *Steered) steps() (end func(time.Time)) {
	k.stepping = true
	k.show(k.Now(), true)
	return func(at time.Time) {
		k.stepping = false
		k.show(at, k.frozen.Load())
		k.arm()
	}
}

// wake moves the time to the first sleeper's moment and wakes it, unless that is after target. The caller holds mu and has
// begun to step.
func (k *Steered) wake(target time.Time) bool {
	if len(k.sleepers) == 0 || k.sleepers[0].at.After(target) {
		return false
	}
	k.sound(k.sleepers[0].at)
	if len(k.sleepers) == 0 || k.sleepers[0].at.After(target) {
		return true // it has been woken otherwise: look again
	}
	k.reach(k.sleepers[0].at)
	k.wakeFirst()
	return true
}

// sound moves the time from alarm to alarm until the given moment, and makes their calls. The caller holds mu and has begun to step.
func (k *Steered) sound(until time.Time) {
	for len(k.alarms) > 0 && !k.alarms[0].at.After(until) {
		k.reach(k.alarms[0].at)
		k.ring()
	}
}

// reach moves the time to a moment, unless that is over.
func (k *Steered) reach(at time.Time) {
	if at.After(k.Now()) {
		k.show(at, true)
	}
}
