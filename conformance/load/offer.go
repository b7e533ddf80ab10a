package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"
)

// offer begins callers until no more are due or ctx ends.
func (r *run) offer(ctx, callers context.Context) {
	if r.profile.Closed.Callers > 0 {
		r.offerClosed(ctx, callers)
		return
	}
	random := rand.New(rand.NewPCG(r.Seed, 1))
	arrivals := r.profile.Arrivals
	arrivals.Rates = r.profile.rates()
	stream := arrivals.Start(rand.New(rand.NewPCG(r.Seed, 2)))
	length := r.profile.Length()
	for {
		due, more := stream.Next()
		if !more || length > 0 && due >= length {
			if length > 0 {
				_ = r.pause(ctx, length-r.now()) // what is measured is as long as was said
			}
			return
		}
		if wait := due - r.now(); wait > 0 && r.pause(ctx, wait) != nil || ctx.Err() != nil {
			return
		}
		c := r.draw(random, due)
		c.project.measure.Due(due)
		if r.inFlight.Load() >= int64(r.profile.InFlight) {
			c.project.measure.Dropped()
			continue
		}
		r.inFlight.Add(1)
		r.journeys.Go(func() {
			defer r.inFlight.Add(-1)
			c.play(callers)
		})
	}
}

// offerClosed lets the callers of the closed model come again and again. None is ever late: it comes when it is done.
func (r *run) offerClosed(ctx, callers context.Context) {
	if length := r.profile.Length(); length > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, length)
		defer cancel()
	}
	var all sync.WaitGroup
	for i := range r.profile.Closed.Callers {
		all.Go(func() {
			random := rand.New(rand.NewPCG(r.Seed, uint64(3+i)))
			for r.pause(ctx, r.profile.Closed.Idle.Draw(random)) == nil && ctx.Err() == nil {
				due := r.now()
				c := r.draw(random, due)
				c.project.measure.Due(due)
				r.inFlight.Add(1)
				r.journeys.Add(1)
				c.play(callers)
				r.journeys.Done()
				r.inFlight.Add(-1)
			}
		})
	}
	<-ctx.Done()
	r.idle = &all
}

// faulty is what a Stage may be besides: it misbehaves as it is told. nil parts stay as they are, both nil ends all.
type faulty interface {
	Fault(http, carrier *yaml.Node) error
}

// faults lets go wrong what the profile says, when it says so, until ctx ends.
func (r *run) faults(ctx context.Context, stage faulty) error {
	for _, f := range r.profile.Faults {
		if r.pause(ctx, r.profile.WarmUp+f.At-r.now()) != nil {
			return nil
		}
		if err := stage.Fault(part(f.HTTP), part(f.Carrier)); err != nil {
			return fmt.Errorf("fault at %v: %w", f.At, err)
		}
		over := r.pause(ctx, f.For)
		if err := stage.Fault(nil, nil); err != nil {
			return fmt.Errorf("end of the fault at %v: %w", f.At, err)
		}
		if over != nil {
			return nil
		}
	}
	return nil
}

func part(n yaml.Node) *yaml.Node {
	if n.IsZero() {
		return nil
	}
	return &n
}

// drain waits for the callers who have begun. Those who take longer than the grace are cut off; it returns how many.
func (r *run) drain(cutOff func()) (left int) {
	done := make(chan struct{})
	go func() {
		if r.idle != nil {
			r.idle.Wait()
		}
		r.journeys.Wait()
		close(done)
	}()
	grace := time.NewTimer(r.profile.Grace)
	defer grace.Stop()
	select {
	case <-done:
		return 0
	case <-grace.C:
	}
	left = int(r.inFlight.Load())
	cutOff()
	<-done
	return left
}
