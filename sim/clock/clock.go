// Package clock gives the simulator its time. Real is the machine's clock. Virtual stands still until it is
// advanced, and then moves from one sleeper to the next, letting each finish its work before time goes on, so that
// an hour of calls over real sockets takes milliseconds and happens in the same order every time.
package clock

import (
	"context"
	"time"
)

// Clock is what the parts of the simulator that wait are given. The pure packages take the time as an argument instead.
type Clock interface {
	// Now returns the current time. Differences between two readings are monotonic.
	Now() time.Time
	// Sleep waits until d has passed and returns nil, or returns ctx's error when ctx ends first.
	// On a Virtual clock only work started through Run may sleep.
	Sleep(ctx context.Context, d time.Duration) error
	// Run calls f. Virtual time stands still while f runs, other than in Sleep.
	Run(f func())
	// Hold keeps virtual time still until the returned function is called (once or more).
	Hold() (release func())
}

// Alarms is what a Clock may have besides: something happens at a moment although nobody sleeps until then.
type Alarms interface {
	// At calls f once it is t, unless stop is called before, and not while the caller waits for it. On a Virtual clock
	// f is called by whoever moves the time past t, before anybody wakes who sleeps until t or longer; nobody waits for
	// it, so AdvanceToNext does not move the time for its sake. f must neither sleep nor advance.
	At(t time.Time, f func()) (stop func())
}

// Real returns the machine's clock.
func Real() Clock { return realClock{} }

type realClock struct{}

func (realClock) Now() time.Time { return time.Now() }

func (realClock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// At implements Alarms.
func (realClock) At(t time.Time, f func()) (stop func()) {
	timer := time.AfterFunc(time.Until(t), f)
	return func() { timer.Stop() }
}

func (realClock) Run(f func()) { f() }

func (realClock) Hold() func() { return func() {} }
