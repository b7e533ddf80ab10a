package steered

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/dnispool/dnispool/conformance/targets/world"
)

// launchPatience is how long, in real time, a client that has begun may hold virtual time still: a request whose reply
// never comes must not hold up the other clients.
const launchPatience = 100 * time.Millisecond

// Launch implements targets.Stage. Between two starts the one who starts sleeps on the clock, as the platform's own work does,
// so that a client who lets time pass, for its call to end, stops where the next one begins.
func (s *stage) Launch(ctx context.Context, at []time.Duration, run func(ctx context.Context, i int)) (err error) {
	start := s.clock.Now()
	var clients sync.WaitGroup
	launched := make(chan struct{})
	release := s.clock.Hold()
	go func() {
		defer release() // after launched: whoever now finds the time free to move knows that all have begun
		defer close(launched)
		for i, d := range at {
			if err = cmp.Or(s.clock.Sleep(ctx, start.Add(d).Sub(s.clock.Now())), ctx.Err()); err != nil {
				return
			}
			held, letGo := s.hold(ctx)
			clients.Go(func() {
				defer letGo()
				run(held, i)
			})
		}
	}()
	s.pump(launched, func() time.Duration { return world.Forever })
	clients.Wait()
	return err
}

// holding is the key of what lets virtual time go on for a client that Launch began.
type holding struct{}

// hold keeps virtual time still until the client that has the returned context lets it pass, until the returned function
// is called, or until the patience is over.
func (s *stage) hold(ctx context.Context) (held context.Context, release func()) {
	done := s.clock.Hold()
	patience := time.AfterFunc(launchPatience, done)
	release = func() {
		patience.Stop()
		done()
	}
	return context.WithValue(ctx, holding{}, release), release
}

// letGo lets time pass on behalf of a client.
func letGo(ctx context.Context) {
	if release, held := ctx.Value(holding{}).(func()); held {
		release()
	}
}
