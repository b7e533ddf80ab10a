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

func TestSteeredRunsLikeTheMachinesClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		k := NewSteered(time.Time{}, false)
		defer k.Close()
		var rang time.Time
		k.At(k.Now().Add(2*time.Second), func() { rang = k.Now() })
		k.Run(func() {
			if err := k.Sleep(t.Context(), 3*time.Second); err != nil {
				t.Error(err)
			}
		})
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("sleep: want 3s, got %v", took)
		}
		if rang.Sub(began) != 2*time.Second {
			t.Errorf("alarm: want it at 2s, got %v", rang.Sub(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		k.Run(func() {
			if err := k.Sleep(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("sleep: want it cut short, got %v", err)
			}
		})
	})
}

func TestSteeredAdvancesInOrder(t *testing.T) {
	for _, frozen := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
			k := NewSteered(start, frozen)
			defer k.Close()
			var mu sync.Mutex
			var order []string
			note := func(what string) {
				mu.Lock()
				defer mu.Unlock()
				order = append(order, what+" "+k.Now().Sub(start).String())
			}
			var work sync.WaitGroup
			for name, d := range map[string]time.Duration{"b": 2 * time.Minute, "a": time.Minute, "late": time.Hour} {
				release := k.Hold()
				work.Go(func() {
					defer release()
					if k.Sleep(t.Context(), d) == nil {
						note(name)
					}
				})
			}
			k.At(start.Add(90*time.Second), func() { note("alarm") })
			synctest.Wait()
			began := time.Now()
			k.Advance(10 * time.Minute)
			if took := time.Since(began); took != 0 {
				t.Errorf("advance: want no real time, got %v", took)
			}
			if want := []string{"a 1m0s", "alarm 1m30s", "b 2m0s"}; !slices.Equal(order, want) {
				t.Errorf("want %q, got %q", want, order)
			}
			if now := k.Now().Sub(start); now != 10*time.Minute || k.Frozen() != frozen {
				t.Errorf("now: want 10m and frozen %v, got %v and %v", frozen, now, k.Frozen())
			}
			time.Sleep(time.Minute)
			if now := k.Now().Sub(start); now != map[bool]time.Duration{true: 10 * time.Minute, false: 11 * time.Minute}[frozen] {
				t.Errorf("a minute later: got %v", now)
			}
			k.Freeze(!frozen)
			at := k.Now()
			time.Sleep(time.Minute)
			if moved := k.Now().Sub(at); moved != map[bool]time.Duration{true: time.Minute, false: 0}[frozen] {
				t.Errorf("turned round: want it otherwise, got %v", moved)
			}
			k.Advance(2 * time.Hour)
			work.Wait()
		})
	}
}
