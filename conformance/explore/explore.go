package explore

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// Search says what to explore.
type Search struct {
	Platform Platform
	From, To uint64        // the seeds, both included
	For      time.Duration // stops after so long; 0: when all seeds are done
	Limits   Limits
	Checks   []string // those that count; none: all
	Workers  int      // 0: as many as there are processors
}

// Result is what became of one seed.
type Result struct {
	Plan     Plan
	History  History
	Findings []Finding
	Err      error // the world could not be made
}

// Total is what became of all of them.
type Total struct {
	Seeds, Operations, Violations int
	Duration                      time.Duration
	Stopped                       bool // before the last seed, because the time was up or the search was interrupted
}

// String is the total in one line.
func (t Total) String() string {
	perSecond := 0.0
	if s := t.Duration.Seconds(); s > 0 {
		perSecond = float64(t.Operations) / s
	}
	return fmt.Sprintf("%s, %s, %.0f operations/s, %s", count(t.Seeds, "seed"), count(t.Operations, "operation"), perSecond, count(t.Violations, "violation"))
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Run explores seed after seed and shows each result to see, in the order of the seeds. It stops when ctx ends, when
// the time is up, or when see returns an error, which it returns. A violation does not stop it.
func (s Search) Run(ctx context.Context, see func(Result) error) (Total, error) {
	started := time.Now()
	if s.For > 0 {
		limited, cancel := context.WithTimeout(ctx, s.For)
		defer cancel()
		ctx = limited
	}
	var total Total
	for r := range s.results(ctx) {
		if r.Err != nil {
			return total, fmt.Errorf("seed %d: %w", r.Plan.Seed, r.Err)
		}
		total.Seeds++
		total.Operations += len(r.History.Ops)
		total.Violations += len(r.Findings)
		total.Duration = time.Since(started)
		if err := see(r); err != nil {
			return total, err
		}
	}
	total.Duration = time.Since(started)
	total.Stopped = total.Seeds == 0 || uint64(total.Seeds) < s.To-s.From+1
	return total, nil
}

// results yields the results in the order of the seeds, made by several workers.
func (s Search) results(ctx context.Context) func(yield func(Result) bool) {
	return func(yield func(Result) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var workers sync.WaitGroup
		defer workers.Wait()
		defer cancel()
		// Each seed has a place in the line before it is taken up, so that the line is in order.
		line := make(chan chan Result, 2*s.workers())
		tasks := make(chan task)
		workers.Go(func() {
			defer close(line)
			defer close(tasks)
			for seed := s.From; seed <= s.To && seed >= s.From; seed++ {
				t := task{seed, make(chan Result, 1)}
				select {
				case <-ctx.Done():
					return
				case tasks <- t:
				}
				line <- t.done
			}
		})
		for range s.workers() {
			workers.Go(func() {
				for t := range tasks {
					t.done <- s.one(t.seed)
				}
			})
		}
		for done := range line {
			if !yield(<-done) {
				cancel()
				for range line { // until its writer has seen that nobody reads on
				}
				return
			}
		}
	}
}

type task struct {
	seed uint64
	done chan Result
}

func (s Search) workers() int {
	if s.Workers > 0 {
		return s.Workers
	}
	return runtime.GOMAXPROCS(0)
}

func (s Search) one(seed uint64) (r Result) {
	r.Plan = Draw(seed, s.Limits)
	defer func() {
		if p := recover(); p != nil { // of the platform under test, most likely: the seed must not be lost
			r.Err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	if r.History, r.Err = Run(s.Platform, r.Plan); r.Err == nil {
		r.Findings = Judge(r.History, s.Checks)
	}
	return r
}
