package clock

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func TestAdvanceWakesInOrderAndLetsEachFinish(t *testing.T) {
	v := NewVirtual(epoch)
	var mu sync.Mutex
	var got []time.Duration
	note := func() {
		mu.Lock()
		got = append(got, v.Now().Sub(epoch))
		mu.Unlock()
	}
	var started, done sync.WaitGroup
	for _, first := range []time.Duration{3 * time.Second, time.Second} {
		started.Add(1)
		done.Go(func() {
			v.Run(func() {
				started.Done()
				_ = v.Sleep(t.Context(), first)
				note()
				_ = v.Sleep(t.Context(), 1500*time.Millisecond)
				note()
			})
		})
	}
	started.Wait()
	v.Advance(4 * time.Second)
	mu.Lock()
	want := []time.Duration{time.Second, 2500 * time.Millisecond, 3 * time.Second}
	if !slices.Equal(got, want) {
		t.Errorf("woken at %v, want %v", got, want)
	}
	mu.Unlock()
	if now := v.Now().Sub(epoch); now != 4*time.Second {
		t.Errorf("now %v, want 4s", now)
	}
	v.Advance(time.Second)
	done.Wait()
	if len(got) != 4 {
		t.Errorf("woken %d times, want 4", len(got))
	}
}

func TestAlarmsGoOffInTheirPlace(t *testing.T) {
	v := NewVirtual(epoch)
	var mu sync.Mutex
	var got []string
	note := func(what string) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, what+" "+v.Now().Sub(epoch).String())
	}
	v.At(epoch.Add(2*time.Second), func() {
		note("alarm")
		v.At(epoch.Add(3*time.Second), func() { note("its child") })
	})
	stop := v.At(epoch.Add(2500*time.Millisecond), func() { note("stopped") })
	v.At(epoch.Add(time.Hour), func() { note("too late") })
	started := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		v.Run(func() {
			close(started)
			for _, d := range []time.Duration{time.Second, time.Second, time.Second} {
				_ = v.Sleep(t.Context(), d)
				note("sleeper")
			}
		})
	})
	<-started
	stop()
	stop()
	v.Advance(5 * time.Second)
	done.Wait()
	if want := []string{"sleeper 1s", "alarm 2s", "sleeper 2s", "its child 3s", "sleeper 3s"}; !slices.Equal(got, want) {
		t.Errorf("want %q, got %q", want, got)
	}
	if v.AdvanceToNext(2*time.Hour, nil) || v.Now() != epoch.Add(5*time.Second) {
		t.Errorf("want nobody to wait for an alarm, got the time moved to %v", v.Now())
	}
}

func TestRealAlarm(t *testing.T) {
	alarms := Real().(Alarms)
	rang := make(chan struct{})
	alarms.At(time.Now().Add(time.Millisecond), func() { close(rang) })
	alarms.At(time.Now().Add(time.Hour), func() { t.Error("rang an hour early") })()
	<-rang
}

// stepped is a clock that goes from one sleeper to the next.
type stepped interface {
	Clock
	Alarms
	Advance(d time.Duration)
	AdvanceToNext(limit time.Duration, enough func() bool) bool
}

func TestAdvanceToNext(t *testing.T) {
	steered := NewSteered(epoch, true)
	defer steered.Close()
	for name, v := range map[string]stepped{"virtual": NewVirtual(epoch), "steered": steered} {
		t.Run(name, func(t *testing.T) {
			if v.AdvanceToNext(time.Hour, nil) {
				t.Error("moved although nobody sleeps")
			}
			started, ended := make(chan struct{}), make(chan error, 1)
			go v.Run(func() {
				close(started)
				ended <- v.Sleep(t.Context(), time.Minute)
			})
			<-started
			if v.AdvanceToNext(time.Hour, func() bool { return true }) {
				t.Error("moved although it was enough")
			}
			if v.AdvanceToNext(59*time.Second, nil) {
				t.Error("moved past the limit")
			}
			var rang time.Time
			v.At(epoch.Add(time.Second), func() { rang = v.Now() })
			if !v.AdvanceToNext(time.Minute, func() bool { return false }) || !v.Now().Equal(epoch.Add(time.Minute)) {
				t.Errorf("now %v, want one minute later", v.Now())
			}
			if !rang.Equal(epoch.Add(time.Second)) {
				t.Errorf("alarm: want it after a second, got %v", rang)
			}
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

// TestTimeNeverGoesBack: who waits until a moment that others have moved the time past asks for less than nothing.
func TestTimeNeverGoesBack(t *testing.T) {
	steered := NewSteered(epoch, true)
	defer steered.Close()
	for name, v := range map[string]stepped{"virtual": NewVirtual(epoch), "steered": steered} {
		v.Advance(time.Minute)
		v.Advance(-time.Second)
		if got := v.Now().Sub(epoch); got != time.Minute || v.AdvanceToNext(-time.Second, nil) {
			t.Errorf("%s: want it to stand at 1m, got %s", name, got)
		}
	}
}

func TestSleepEndsWithItsContext(t *testing.T) {
	for name, c := range map[string]Clock{"real": Real(), "virtual": NewVirtual(epoch)} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go c.Run(func() { ended <- c.Sleep(ctx, time.Hour) })
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want %v", err, context.Canceled)
			}
		})
	}
}

func TestHoldKeepsTimeStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := NewVirtual(epoch)
		release := v.Hold()
		advanced := make(chan struct{})
		go func() {
			v.Advance(time.Second)
			close(advanced)
		}()
		time.Sleep(patience / 2)
		select {
		case <-advanced:
			t.Fatal("advanced while held")
		default:
		}
		release()
		release() // twice is once
		<-advanced
	})
}

func TestPatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := NewVirtual(epoch)
		defer v.Hold()()
		start := time.Now()
		v.Advance(time.Second)
		if d := time.Since(start); d != patience {
			t.Errorf("gave up after %v, want %v", d, patience)
		}
		if v.Now() != epoch.Add(time.Second) {
			t.Error("the time did not move")
		}
	})
}
