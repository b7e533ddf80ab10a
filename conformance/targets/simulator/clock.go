package simulator

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/journal"
)

// clock is the simulator's time, moved and held still over the control API. It is a steered.Clock. As the one who moves it is
// here, nothing passes between two of its moves but what has been seen here too.
type clock struct {
	api    *client.Client
	ctx    context.Context // ends with close
	cancel context.CancelFunc

	advancing sync.Mutex // one move at a time
	troubles  journal.Troubles

	mu      sync.Mutex
	holds   []string // those of the clock's that are busy; they are all alike
	now     time.Time
	err     error
	seen    uint64        // events that have been heard of
	changed chan struct{} // closed when seen or err changes
	ended   chan struct{} // closed when no more events are heard of; nil before watch
}

func newClock(api *client.Client) *clock {
	c := &clock{api: api, changed: make(chan struct{})}
	c.ctx, c.cancel = context.WithCancel(context.Background()) // until close
	return c
}

// close ends what waits. The simulator stays as it is until it gets another configuration.
func (c *clock) close() {
	c.cancel()
	if c.ended != nil {
		<-c.ended
	}
}

// failed is why the simulator could not be asked.
func (c *clock) failed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// asked notes what a question to the simulator came to, and reports whether it was answered.
func (c *clock) asked(at client.Clock, err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err == nil:
		if at.Now.After(c.now) {
			c.now = at.Now
		}
	case c.err == nil && c.ctx.Err() == nil:
		c.err = fmt.Errorf("simulator: %w", err)
		c.tell()
	}
	return err == nil
}

// tell wakes those who wait for a change. The caller holds mu.
func (c *clock) tell() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// Now is the simulator's time; where it cannot be asked, the last that is known.
func (c *clock) Now() time.Time {
	at, err := c.api.Clock(c.ctx)
	if c.asked(at, err) {
		return at.Now
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Hold keeps the simulator's time still.
func (c *clock) Hold() (release func()) {
	h, err := c.api.Hold(c.ctx)
	if !c.asked(client.Clock{}, err) {
		return func() {}
	}
	c.put(h.ID)
	return sync.OnceFunc(func() {
		if hold, ok := c.take(); ok {
			c.asked(client.Clock{}, c.api.Release(c.ctx, hold))
		}
	})
}

func (c *clock) put(hold string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holds = append(c.holds, hold)
}

// take is one of the holds that are busy; there is one for each who holds the time and does not sleep, unless the simulator
// could not be asked for it.
func (c *clock) take() (hold string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := len(c.holds) - 1
	if last < 0 {
		return "", false
	}
	hold, c.holds = c.holds[last], c.holds[:last]
	return hold, true
}

// Run calls f while the time stands still, other than in Sleep.
func (c *clock) Run(f func()) {
	defer c.Hold()()
	f()
}

// Sleep waits for d of the simulator's time. The caller holds the time.
func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	hold, ok := c.take()
	if !ok {
		return c.failed()
	}
	woken := make(chan error, 1)
	go func() {
		at, err := c.api.Sleep(c.ctx, hold, d)
		c.asked(at, err)
		woken <- err
	}()
	select {
	case err := <-woken:
		c.put(hold)
		return err
	case <-ctx.Done():
	}
	// The caller is at work again: the time stands still for another hold before it could go on for want of this one.
	if h, err := c.api.Hold(c.ctx); c.asked(client.Clock{}, err) {
		c.put(h.ID)
	}
	_ = c.api.Release(c.ctx, hold)
	<-woken
	return ctx.Err()
}

// Settle waits until the simulator, and what is here, waits for the time. What has been heard of since it was asked may be at
// work again here, so it is asked until there was nothing new.
func (c *clock) Settle() {
	for {
		before := c.heard()
		at, err := c.api.Settled(c.ctx)
		if !c.asked(at, err) || at.Events <= before || !c.hear(at.Events) {
			return
		}
	}
}

func (c *clock) heard() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen
}

// hear waits until the events up to a number have been heard of. It returns false when they do not come.
func (c *clock) hear(events uint64) bool {
	patience := time.NewTimer(hearsWithin)
	defer patience.Stop()
	for {
		c.mu.Lock()
		heard, err, changed := c.seen >= events, c.err, c.changed
		c.mu.Unlock()
		if heard || err != nil {
			return err == nil
		}
		select {
		case <-changed:
		case <-c.ctx.Done():
			return false
		case <-patience.C:
			c.asked(client.Clock{}, errors.New("its events did not come"))
			return false
		}
	}
}

// hearsWithin bounds, in real time, how long an event is under way.
const hearsWithin = 10 * time.Second

// Advance moves the time by d, from one moment at which something wakes to the next: what happens to a call is heard of here
// before the time goes on.
func (c *clock) Advance(d time.Duration) {
	c.advancing.Lock()
	defer c.advancing.Unlock()
	for end := c.Now().Add(d); ; {
		c.Settle()
		rest := end.Sub(c.Now())
		if rest <= 0 || c.failed() != nil {
			return
		}
		at, err := c.api.AdvanceToNext(c.ctx, rest)
		if !c.asked(at, err) {
			return
		}
		if !at.Moved {
			at, err = c.api.Advance(c.ctx, rest)
			c.asked(at, err)
			return
		}
	}
}

// AdvanceToNext moves the time to the next moment at which somebody wakes.
func (c *clock) AdvanceToNext(limit time.Duration, enough func() bool) bool {
	c.advancing.Lock()
	defer c.advancing.Unlock()
	c.Settle()
	if limit <= 0 || c.failed() != nil || enough != nil && enough() {
		return false
	}
	at, err := c.api.AdvanceToNext(c.ctx, limit)
	return c.asked(at, err) && at.Moved
}

// watch calls see with what happens to calls, and keeps what agents could not do.
func (c *clock) watch(see func(kind journal.Kind, callID string)) error {
	c.ended = make(chan struct{})
	go func() {
		defer close(c.ended)
		err := c.api.Follow(c.ctx, client.JournalQuery{}, func(e client.Event) error {
			see(journal.Kind(e.Kind), e.CallID)
			c.troubles.See(asJournal(e))
			c.mu.Lock()
			defer c.mu.Unlock()
			c.seen = e.Seq
			c.tell()
			return nil
		}, nil)
		if err == nil {
			err = errors.New("it tells of its events no longer")
		}
		c.asked(client.Clock{}, err)
	}()
	return nil
}

// asJournal is an event as the simulator's own journal has it, as far as troubles go.
func asJournal(e client.Event) journal.Event {
	return journal.Event{Kind: journal.Kind(e.Kind), Cause: e.Cause, Project: e.Project, Detail: e.Detail}
}
