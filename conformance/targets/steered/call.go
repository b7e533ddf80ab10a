package steered

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/world"
	"github.com/dnispool/dnispool/fakes/client"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/journal"
)

// Projects implements targets.Stage.
func (s *stage) Projects() []string { return s.given.Projects() }

// Project implements targets.Stage.
func (s *stage) Project(name string) (targets.Project, bool) { return s.given.Project(name) }

// Facts implements targets.Stage: everything is known.
func (s *stage) Facts(project string) reading.Facts {
	p, ok := s.given.Settings(project)
	if !ok {
		return reading.Facts{}
	}
	f := world.Facts(p)
	if !s.faulted.Load() {
		f.Failures = new(0.0)
	}
	if s.inside.Load() { // a state may be late, or not be there
		f.Handoffs, f.Visible, f.Retention = false, 0, 0
	}
	f.Reroutes = len(s.given.Carrier.Rewrite) > 0 || s.rerouted.Load()
	return f
}

// Dial implements targets.Stage. Time passes as the call needs it: for the carrier's delay, the ringing and the caller's patience.
func (s *stage) Dial(ctx context.Context, d targets.Dial) (targets.Call, error) {
	id := cmp.Or(d.CallID, rand.Text()+"@carrier")
	end := s.setups.begin(id) // holds the time from here on
	letGo(ctx)
	started := s.clock.Now()
	var c *pstn.Call
	var err error
	done := make(chan struct{})
	go func() {
		c, err = s.carrier.Dial(ctx, world.Dial(d, id))
		close(done)
		end() // after done: whoever now finds the time free to move finds the call settled too
	}()
	s.pump(done, func() time.Duration {
		switch {
		case d.RingOnly: // the caller gives up by itself
			return 0
		case d.CancelAfter > 0: // from then on the network alone is waited for
			return d.CancelAfter - s.clock.Now().Sub(started)
		}
		return world.Forever
	})
	if c == nil {
		return nil, err
	}
	return world.Call{Call: c}, err
}

// pump lets time pass, by limit at most, until done is closed.
func (s *stage) pump(done <-chan struct{}, limit func() time.Duration) {
	for !closed(done) {
		if d := limit(); d > 0 && s.clock.AdvanceToNext(d, func() bool { return closed(done) }) {
			continue
		}
		select {
		case <-done:
		case <-time.After(pumpEvery):
		}
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// pumpEvery is how often, in real time, a call that is being set up is asked whether it waits for virtual time.
const pumpEvery = 5 * time.Millisecond

// Journey implements targets.Stage.
func (s *stage) Journey(ctx context.Context, j targets.Journey, do targets.Doer) (targets.JourneyResult, error) {
	p, ok := s.Project(j.Project)
	if !ok {
		return targets.JourneyResult{}, fmt.Errorf("journey: want a project of the platform, got %q", j.Project)
	}
	g := &grip{letGo: func() { letGo(ctx) }}
	defer g.open()
	return world.Journey(context.WithValue(ctx, holding{}, g.open), s.BaseURL(), p, j, do, phone{s, j, g}, waiter{s, g})
}

// phone is the integrator's line: time passes while one of its calls is up.
type phone struct {
	*stage
	journey targets.Journey
	grip    *grip
}

// Dial implements client.Phone.
func (p phone) Dial(ctx context.Context, to, from string) (client.Call, error) {
	c, err := world.Ring(ctx, p.stage, p.journey, to, from)
	if err != nil {
		return nil, err
	}
	if caller := p.journey.Caller; caller.HangsUp && p.talk(ctx, c, caller.Talk) {
		if _, err := c.Hangup(ctx); err != nil {
			return nil, err
		}
	}
	p.stage.Await(ctx, c, world.Forever)
	p.clock.Settle() // the platform has done what follows the call
	p.grip.close(p.clock.Hold())
	return integrated{c.(world.Call).Call}, nil
}

// talk reports whether a call is still up after a time.
func (p phone) talk(ctx context.Context, c targets.Call, d time.Duration) bool {
	up, over := context.WithCancel(ctx)
	defer over()
	go func() {
		select {
		case <-c.Ended():
			over()
		case <-up.Done():
		}
	}()
	return waiter{p.stage, p.grip}.Sleep(up, d) == nil
}

// Transfer implements client.Phone. A desk that nobody attends rings in virtual time.
func (p phone) Transfer(ctx context.Context, destination, from string) (c client.Call, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err = p.carrier.Phone(pstn.Dial{}).Transfer(ctx, destination, from)
	}()
	select {
	case <-done: // answered or refused at once, as most desks do
	case <-time.After(ringsFor):
		letGo(ctx)
		p.pump(done, func() time.Duration { return world.Forever })
	}
	return c, err
}

// ringsFor is how long, in real time, a desk may take for its answer before virtual time passes for it.
const ringsFor = 50 * time.Millisecond

// integrated is a call as the integrator has it.
type integrated struct{ *pstn.Call }

// Hangup implements client.Call.
func (c integrated) Hangup(ctx context.Context) error { return c.Call.Hangup(ctx) }

// waiter is the integrator's clock: its waits move time.
type waiter struct {
	*stage
	grip *grip
}

// Sleep implements client.Clock. Others who wait meanwhile wait for the same time.
func (w waiter) Sleep(ctx context.Context, d time.Duration) (err error) {
	release := w.clock.Hold() // from now on, or time could pass before the wait begins
	letGo(ctx)
	passed := make(chan struct{})
	go func() {
		defer close(passed)
		err = w.clock.Sleep(ctx, d)
	}()
	go w.pump(passed, func() time.Duration { return world.Forever }) // it ends once this client lets time pass again
	<-passed
	w.grip.close(release)
	return err
}

// grip keeps virtual time still between two waits of an integrator, as others would take its time from it: what it does
// itself takes none.
type grip struct {
	letGo func() // what else holds the time on its behalf

	mu      sync.Mutex
	release func() // nil: it is open
}

// close takes over what holds the time, for no longer than the patience.
func (g *grip) close(release func()) {
	g.open()
	patience := time.AfterFunc(launchPatience, release)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.release = func() {
		patience.Stop()
		release()
	}
}

// open lets time pass.
func (g *grip) open() {
	g.letGo()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.release != nil {
		g.release()
		g.release = nil
	}
}

// setups holds virtual time still while a call is on the network: from dialling until the platform has the INVITE,
// and from the platform's answer until the caller has it. In between time may pass for ringing.
type setups struct {
	clock Clock

	mu    sync.Mutex
	calls map[string]func() // by Call-ID, what lets time go on; nil while it does
}

// begin holds the time for a call that is about to be dialled; the returned function ends the set-up.
func (s *setups) begin(id string) (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[id] = s.clock.Hold()
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if release := s.calls[id]; release != nil {
			release()
		}
		delete(s.calls, id)
	}
}

// see hears of a call before time can move on from what it hears.
func (s *setups) see(kind journal.Kind, callID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	release, waiting := s.calls[callID]
	switch {
	case !waiting:
	case kind == journal.Invite && release != nil:
		release()
		s.calls[callID] = nil
	case slices.Contains(settled, kind) && release == nil:
		s.calls[callID] = s.clock.Hold()
	}
}

// settled are the events after which the platform has nothing more to wait for: its answer is on its way.
var settled = []journal.Kind{journal.Answered, journal.CallRejected, journal.CallFailed, journal.Cancelled}
