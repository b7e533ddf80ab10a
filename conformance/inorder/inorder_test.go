package inorder

import (
	"context"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
)

// numbers counts from 1.
func numbers(yield func(int) bool) {
	for i := 1; yield(i); i++ {
	}
}

func TestResultsAreInOrder(t *testing.T) {
	first, second := make(chan struct{}), make(chan struct{})
	var got []int
	for v := range Map(t.Context(), 2, slices.Values([]int{1, 2, 3}), func(n int) int {
		switch n {
		case 1: // is ready only after 2
			<-second
			close(first)
		case 2:
			close(second)
		default:
			<-first
		}
		return 10 * n
	}) {
		got = append(got, v)
	}
	if want := []int{10, 20, 30}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestLeavingTheLoopEndsTheWork(t *testing.T) {
	before := runtime.NumGoroutine()
	var begun, done atomic.Int64
	for v := range Map(t.Context(), 3, numbers, func(n int) int {
		begun.Add(1)
		defer done.Add(1)
		return n
	}) {
		if v == 5 {
			break
		}
	}
	if begun.Load() != done.Load() || begun.Load() < 5 {
		t.Errorf("want what was begun finished, got %d of %d", done.Load(), begun.Load())
	}
	if now := runtime.NumGoroutine(); now > before {
		t.Errorf("want no goroutine left, got %d more", now-before)
	}
}

func TestTheEndOfTheContextTakesUpNothingMore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var got []int
	for v := range Map(ctx, 1, numbers, func(n int) int {
		if n == 3 {
			cancel()
		}
		return n
	}) {
		got = append(got, v)
	}
	if want := []int{1, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("got %v, want what had been begun: %v", got, want)
	}
	for range Map(ctx, 0, numbers, func(n int) int { return n }) {
		t.Error("want nothing taken up, got a result")
	}
}
