// Package inorder does work in parallel and hands out what comes of it in the order of the work.
package inorder

import (
	"context"
	"iter"
	"runtime"
	"sync"
)

// Map calls do for each value of in, by as many workers as are asked for (0: one a processor), and yields the results in
// the order of the values. When ctx ends no further value is taken up; what has been begun is finished, and yielded. When
// the loop over the results is left, Map waits for what has been begun. No goroutine outlives the loop.
func Map[In, Out any](ctx context.Context, workers int, in iter.Seq[In], do func(In) Out) iter.Seq[Out] {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	type task struct {
		value  In
		result chan Out
	}
	return func(yield func(Out) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var all sync.WaitGroup
		defer all.Wait()
		defer cancel()
		// Each value has a place in the line before its successor is taken up, so that the line is in order.
		line := make(chan chan Out, 2*workers)
		tasks := make(chan task)
		all.Go(func() {
			defer close(line)
			defer close(tasks)
			for v := range in {
				if ctx.Err() != nil {
					return
				}
				t := task{v, make(chan Out, 1)}
				select {
				case <-ctx.Done():
					return
				case tasks <- t:
				}
				line <- t.result
			}
		})
		for range workers {
			all.Go(func() {
				for t := range tasks {
					t.result <- do(t.value)
				}
			})
		}
		for result := range line {
			if !yield(<-result) {
				cancel()
				for range line { // until its writer has seen that nobody reads on
				}
				return
			}
		}
	}
}
