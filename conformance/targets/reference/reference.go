// Package reference is the simulator in this process as a target: a fresh platform, carrier and wire for each scenario,
// on loopback sockets and in virtual time.
package reference

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/world"
	"github.com/dnispool/dnispool/fakes/mutants"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/fakes/wire"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Target makes worlds on the reference.
type Target struct {
	// Break, when set, turns the platform's configuration into that of a broken one, of which the judge knows nothing.
	// Each project has settings of its own: those of the sections at the top are copied when it comes. Tests use it.
	Break func(*sim.Config)
	// Mutant, when set, is the fault that the platform is made with; the judge does not know of it either.
	Mutant *mutants.Mutant
}

// closeGrace is how long a stage may take to end its calls.
const closeGrace = 2 * time.Second

// Name implements targets.Target.
func (Target) Name() string { return "reference" }

// Formats implements targets.Target.
func (Target) Formats() (names []string) {
	for _, f := range pstn.Formats() {
		names = append(names, string(f))
	}
	return names
}

// Refuses implements targets.Target: the reference can do everything.
func (Target) Refuses(*scenario.Scenario) (finding.Status, string) { return "", "" }

// Timeout implements targets.Target.
func (Target) Timeout(s *scenario.Scenario) time.Duration { return s.Timeout }

// Given implements targets.Target.
func (t Target) Given(file string, given *yaml.Node) strictyaml.Problems {
	_, problems := world.Read(file, given)
	return problems
}

// Fault implements targets.Target.
func (Target) Fault(file, part string, n *yaml.Node) strictyaml.Problems {
	return world.CheckFault(file, part, n)
}

// Config implements targets.Target.
func (t Target) Config() json.RawMessage {
	g, _ := world.Read("", nil)
	raw, _ := json.Marshal(g.Platform) // plain data
	return raw
}

// Secrets implements targets.Target.
func (t Target) Secrets() []string {
	g, _ := world.Read("", nil)
	var out []string
	for _, p := range g.Platform.Projects {
		out = append(out, p.DNIKey, p.HandoffKey)
	}
	return out
}

// Open implements targets.Target.
func (t Target) Open(ctx context.Context, w targets.World) (targets.Stage, error) {
	g, problems := world.Read(w.File, w.Given)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	platform := g.Platform
	if t.Break != nil { // behind the judge's back: the stage's own settings stay as the scenario has them
		broken, _ := world.Read(w.File, w.Given)
		platform = broken.Platform
		t.Break(&platform)
	}
	k := clock.NewVirtual(world.Epoch)
	options := []sim.Option{sim.WithClock(k)}
	if m := t.Mutant; m != nil {
		broken, _ := world.Read(w.File, w.Given)
		platform = broken.Platform
		if m.Config != nil {
			m.Config(&platform)
		}
		if m.Parts != nil {
			options = append(options, sim.WithParts(m.Parts(w.Seed, k)))
		}
	}
	s := &stage{clock: k, given: g, wire: wire.New(w.Seed, nil), transport: &http.Transport{
		DialContext: dialHeldOpen(k), DisableCompression: true, MaxIdleConnsPerHost: 100, ExpectContinueTimeout: time.Second,
	}}
	s.http = &http.Client{
		Transport:     s.wire.RoundTripper(s.transport),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	var err error
	s.sim, err = sim.New(platform, func(p sim.Project) (conversation.Agent, error) { return g.Agents[p.Name], nil }, options...)
	if err != nil {
		return nil, err
	}
	if err := s.sim.Start(ctx); err != nil {
		return nil, err
	}
	s.setups = newSetups(k, s.sim.Journal())
	s.carrier, err = pstn.New(ctx, pstn.Config{
		Platform: s.sim.SIPAddr(), TCP: g.Platform.SIP.TCP, Seed: w.Seed, Clock: k, Behaviour: g.Carrier, Trace: s.ladder.See,
	})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// stage is one scenario's world on the reference.
type stage struct {
	clock     *clock.Virtual
	given     world.World
	sim       *sim.Sim
	carrier   *pstn.Carrier
	wire      *wire.Wire
	http      *http.Client
	transport *http.Transport
	ladder    world.Ladder
	setups    *setups
	rerouted  atomic.Bool // a fault has brought calls to other numbers
}

// Close implements targets.Stage.
func (s *stage) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeGrace)
	defer cancel()
	s.wire.Reset()
	var errs []error
	if s.carrier != nil {
		errs = append(errs, s.carrier.Close())
	}
	errs = append(errs, s.sim.Close(ctx))
	s.transport.CloseIdleConnections()
	return errors.Join(errs...)
}

// Do implements targets.Stage.
func (s *stage) Do(r *http.Request) (*http.Response, error) { return s.http.Do(r) }

// BaseURL implements targets.Stage.
func (s *stage) BaseURL() string { return "http://" + s.sim.HTTPAddr() }

// Now implements targets.Stage.
func (s *stage) Now() time.Time { return s.clock.Now() }

// Wait implements targets.Stage.
func (s *stage) Wait(ctx context.Context, d time.Duration) error {
	letGo(ctx)
	s.clock.Advance(d)
	return ctx.Err()
}

// Settle implements targets.Stage.
func (s *stage) Settle() { s.clock.Settle() }

// Ladder implements targets.Stage.
func (s *stage) Ladder() []finding.SIPMessage { return s.ladder.All() }

// Patience implements targets.Stage: time is the reference's own.
func (s *stage) Patience() time.Duration { return 0 }

// MayDrain implements targets.Stage: the pool is nobody else's.
func (s *stage) MayDrain(string) bool { return true }

// Fault implements targets.Stage.
func (s *stage) Fault(http, carrier *yaml.Node) error {
	if http == nil && carrier == nil {
		s.wire.Reset()
		return s.carrier.Behave(s.given.Carrier)
	}
	if http != nil {
		if err := world.SetWire(s.wire, http); err != nil {
			return err
		}
	}
	if carrier != nil {
		b, problems := pstn.ReadBehaviour("", carrier)
		if err := problems.Err(); err != nil {
			return err
		}
		if len(b.Rewrite) > 0 {
			s.rerouted.Store(true)
		}
		return s.carrier.Behave(b)
	}
	return nil
}

// Restart implements targets.Stage.
func (s *stage) Restart(keepLeases bool) error { return s.sim.Restart(keepLeases) }

// Await implements targets.Stage: it moves time from one event to the next until the call is over.
func (s *stage) Await(ctx context.Context, c targets.Call, limit time.Duration) bool {
	letGo(ctx)
	deadline := s.clock.Now().Add(limit)
	ending := func() bool { return !c.(world.Call).EndedAt().IsZero() } // known before the platform is told that its BYE arrived
	for s.clock.AdvanceToNext(deadline.Sub(s.clock.Now()), ending) {
		if ctx.Err() != nil {
			return false
		}
	}
	if ending() {
		<-c.Ended()
		return true
	}
	// Nobody sleeps: what may still come is on the network, in real time.
	patience := time.NewTimer(networkPatience)
	defer patience.Stop()
	select {
	case <-c.Ended():
		return true
	case <-ctx.Done():
		return false
	case <-patience.C:
		s.clock.Advance(deadline.Sub(s.clock.Now()))
		return closed(c.Ended())
	}
}

// networkPatience is how long a BYE may be on its way on loopback.
const networkPatience = time.Second
