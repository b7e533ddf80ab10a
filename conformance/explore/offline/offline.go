// Package offline is the reference without sockets and goroutines, whose time the explorer moves. HTTP and SIP themselves
// are not there, so what a broken platform does wrong on the wire does not show.
package offline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/explore"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/targets/world"
	"github.com/dnispool/dnispool/fakes/mutants"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/telephony"
)

// Platform makes worlds on the reference.
type Platform struct {
	// Break and Parts make a broken platform, of which the judge knows nothing; see the field of that name in package reference.
	Break func(*sim.Config)
	Parts func(seed uint64, k clock.Clock) sim.Parts
}

// journalEvents is how many events an offline world keeps: nobody reads them.
const journalEvents = 16

// Open implements explore.Platform.
func (p Platform) Open(n *yaml.Node, seed uint64) (explore.World, error) {
	g, problems := world.Read("given", n)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	platform := g.Platform
	if p.Break != nil { // behind the judge's back
		broken, _ := world.Read("given", n)
		platform = broken.Platform
		p.Break(&platform)
	}
	platform.Journal.Events = journalEvents
	k := &still{now: world.Epoch}
	options := []sim.Option{sim.WithClock(k)}
	if p.Parts != nil {
		options = append(options, sim.WithParts(p.Parts(seed, k)))
	}
	s, err := sim.New(platform, func(of sim.Project) (conversation.Agent, error) { return g.Agents[of.Name], nil }, options...)
	if err != nil {
		return nil, err
	}
	w := &offline{sim: s, clock: k, given: g, sip: platform.SIP, lines: make(map[string]int)}
	var cancel context.CancelFunc
	w.cancelled, cancel = context.WithCancel(context.Background())
	cancel()
	return w, nil
}

// still is a clock that stands until it is set. Nothing sleeps in an offline world.
type still struct {
	mu  sync.Mutex
	now time.Time
}

func (c *still) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *still) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// Sleep returns at once: whoever waits here waits for time that only passes afterwards.
func (c *still) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func (c *still) Run(f func()) { f() }

func (c *still) Hold() func() { return func() {} }

// offline is one world.
type offline struct {
	sim   *sim.Sim
	clock *still
	given world.World
	sip   telephony.Config
	lines map[string]int // calls that are up, by number

	cancelled context.Context // of a request whose client is gone
}

// At implements explore.World.
func (w *offline) At(t time.Duration) { w.clock.set(world.Epoch.Add(t)) }

// Projects implements explore.World.
func (w *offline) Projects() []string { return w.given.Projects() }

// Facts implements explore.World: on the reference everything is known.
func (w *offline) Facts(project string) reading.Facts {
	p, _ := w.given.Settings(project)
	f := world.Facts(p)
	f.ServerMax = new(time.Duration(1)) // nothing is acted on after its client has given up
	return f
}

// Reserve implements explore.World.
func (w *offline) Reserve(project string, attributes json.RawMessage, gone bool) (string, history.Outcome) {
	p, _ := w.given.Settings(project)
	ctx := context.Background()
	if gone {
		ctx = w.cancelled
	}
	number, err := w.sim.Reserve(ctx, p.DNIKey, attributes)
	switch {
	case err == nil:
		return number, history.OK
	case errors.Is(err, api.ErrNoNumber):
		return "", history.Refused
	}
	return "", history.Rejected
}

// Handoff implements explore.World.
func (w *offline) Handoff(project, id, sharedID string) (explore.State, bool) {
	p, _ := w.given.Settings(project)
	r, err := w.sim.Handoff(context.Background(), p.HandoffKey, api.Query{ID: id, HasID: id != "", SharedID: sharedID, HasSharedID: sharedID != ""})
	if err != nil {
		return explore.State{}, false
	}
	return explore.State{ID: r.ID, SharedID: r.SharedID, Data: r.Data}, true
}

// Restart implements explore.World.
func (w *offline) Restart(keepLeases bool) error { return w.sim.Restart(keepLeases) }

// Call implements explore.World. It decides as the SIP edge does.
func (w *offline) Call(a explore.Arrival) explore.Session {
	if limit := w.sip.MaxCallsPerNumber; limit > 0 && w.lines[line(a.Number)] >= limit {
		return refusal(486)
	}
	s := w.sim.Call(telephony.Arrival{CallID: a.ID, Number: a.Number, ANI: a.ANI})
	if s == nil {
		return refusal(w.sip.UnknownNumber)
	}
	if !s.Bound() && w.sip.UnreservedDial == telephony.Reject {
		s.Release("unreserved")
		return refusal(w.sip.UnreservedStatus)
	}
	w.lines[line(a.Number)]++
	return &taken{world: w, line: line(a.Number), Session: s}
}

// line is what all ways of writing a number have in common.
func line(number string) string { return number[max(0, len(number)-9):] }

// refusal is a call that the platform does not take.
type refusal int

func (r refusal) Refused() int                { return int(r) }
func (r refusal) Answer()                     {}
func (r refusal) Next() (time.Duration, bool) { return 0, true }
func (r refusal) End(bool)                    {}

// taken is a call that the platform has taken.
type taken struct {
	telephony.Session
	world           *offline
	line            string
	answered, began bool
	step            conversation.Step
}

// Refused implements explore.Session.
func (s *taken) Refused() int { return 0 }

// Answer implements explore.Session.
func (s *taken) Answer() {
	s.answered = true
	s.Answered()
}

// Next implements explore.Session.
func (s *taken) Next() (time.Duration, bool) {
	if s.began {
		s.step = s.Session.Next(context.Background())
	} else {
		s.began, s.step = true, s.Begin(context.Background())
	}
	return s.step.Wait, s.step.Hangup
}

// End implements explore.Session.
func (s *taken) End(byCaller bool) {
	s.world.lines[s.line]--
	cause := s.step.Cause
	switch {
	case byCaller && s.answered:
		cause = conversation.CauseCaller
	case byCaller:
		cause = sipua.HowCancel
	}
	s.Hangup(cause)
	s.Finish(context.Background())
}

// Mutant makes references that are broken as the mutant of that ID or name is; "" is the correct one.
func Mutant(name string) (Platform, error) {
	if name == "" {
		return Platform{}, nil
	}
	m, ok := mutants.Named(name)
	if !ok {
		return Platform{}, fmt.Errorf("mutant: want one that exists, got %q", name)
	}
	return Platform{Break: m.Config, Parts: m.Parts}, nil
}
