// Package steered is the stage of a platform whose time is moved by whoever plays scenarios on it: the reference in this
// process, or a simulator elsewhere. The carrier and the wire are in this process, and go by the platform's time.
package steered

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/world"
	"github.com/dnispool/dnispool/fakes/fault"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/fakes/wire"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/journal"
)

// Clock is a time that is moved from one moment at which something happens to the next, each thing done before the next.
type Clock interface {
	clock.Clock
	Advance(d time.Duration)
	AdvanceToNext(limit time.Duration, enough func() bool) bool
	Settle()
}

// Platform is one that has started, in a world of its own.
type Platform struct {
	Clock   Clock
	BaseURL string
	SIP     string // host:port that calls are sent to
	Listen  string // host:port of the carrier; "" is a free port of the loopback interface
	Restart func(keepLeases bool) error
	// Fault changes what goes wrong inside of the platform: each of the mapping's parts calls, agent and handoffs replaces that part,
	// and the others stay as they are. nil ends all.
	Fault func(faults *yaml.Node) error
	// Watch calls see with what happens to calls, before the platform's time can move on from it, until the platform is closed.
	Watch func(see func(kind journal.Kind, callID string)) error
	// Troubles is what its agents could not do, in one line each; nil where that is not known.
	Troubles func() []string
	// Failed is why the platform cannot be steered any more; nil while it can.
	Failed func() error
	Close  func(context.Context) error
}

// Open puts a carrier and a wire around a platform, which the stage closes, also when it could not be opened.
func Open(ctx context.Context, p Platform, w world.World, seed uint64) (targets.Stage, error) {
	s := &stage{platform: p, clock: p.Clock, given: w, wire: wire.New(seed, nil, fault.Names(w.Platform.Projects), world.Injects()), transport: &http.Transport{
		DialContext: dialHeldOpen(p.Clock), DisableCompression: true, MaxIdleConnsPerHost: 100, ExpectContinueTimeout: time.Second,
	}}
	s.http = &http.Client{
		Transport:     s.wire.RoundTripper(s.transport),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s.setups = &setups{clock: p.Clock, calls: make(map[string]func())}
	err := p.Watch(s.setups.see)
	if err == nil {
		s.carrier, err = pstn.New(ctx, pstn.Config{
			Platform: p.SIP, Listen: p.Listen, TCP: w.Platform.SIP.TCP, Seed: seed, Clock: p.Clock, Behaviour: w.Carrier, Trace: s.ladder.See,
		})
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// closeGrace is how long a stage may take to end its calls.
const closeGrace = 2 * time.Second

// stage is one scenario's world.
type stage struct {
	platform  Platform
	clock     Clock
	given     world.World
	carrier   *pstn.Carrier
	wire      *wire.Wire
	http      *http.Client
	transport *http.Transport
	ladder    world.Ladder
	setups    *setups
	rerouted  atomic.Bool // a fault has brought calls to other numbers
	faulted   atomic.Bool // a fault has come between the clients and the platform
	inside    atomic.Bool // or into the platform
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
	errs = append(errs, s.platform.Close(ctx))
	s.transport.CloseIdleConnections()
	return errors.Join(errs...)
}

// Troubles implements targets.Troubled.
func (s *stage) Troubles() []string {
	if s.platform.Troubles == nil {
		return nil
	}
	return s.platform.Troubles()
}

// Do implements targets.Stage.
func (s *stage) Do(r *http.Request) (*http.Response, error) { return s.http.Do(r) }

// BaseURL implements targets.Stage.
func (s *stage) BaseURL() string { return s.platform.BaseURL }

// Now implements targets.Stage.
func (s *stage) Now() time.Time { return s.clock.Now() }

// Wait implements targets.Stage.
func (s *stage) Wait(ctx context.Context, d time.Duration) error {
	letGo(ctx)
	s.clock.Advance(d)
	return errors.Join(ctx.Err(), s.platform.Failed())
}

// Settle implements targets.Stage.
func (s *stage) Settle() { s.clock.Settle() }

// Ladder implements targets.Stage.
func (s *stage) Ladder() []finding.SIPMessage { return s.ladder.All() }

// Patience implements targets.Stage: time is the platform's own.
func (s *stage) Patience() time.Duration { return 0 }

// MayDrain implements targets.Stage: the pool is nobody else's.
func (s *stage) MayDrain(string) bool { return true }

// Fault implements targets.Stage.
func (s *stage) Fault(n *yaml.Node) error {
	if n == nil {
		s.wire.Reset()
		return errors.Join(s.platform.Fault(nil), s.carrier.Behave(s.given.Carrier))
	}
	f, err := world.Faults(n)
	if err != nil {
		return err
	}
	if f.HTTP != nil {
		s.faulted.Store(true)
		if err := s.wire.Set(f.HTTP...); err != nil {
			return err
		}
	}
	if f.Inside() {
		s.inside.Store(true)
		if err := s.platform.Fault(n); err != nil {
			return err
		}
	}
	if f.Carrier == nil {
		return nil
	}
	if len(f.Carrier.Rewrite) > 0 {
		s.rerouted.Store(true)
	}
	return s.carrier.Behave(pstn.Behaviour(*f.Carrier))
}

// Restart implements targets.Stage.
func (s *stage) Restart(keepLeases bool) error { return s.platform.Restart(keepLeases) }

// Await implements targets.Stage: it moves time from one event to the next until the call is over.
func (s *stage) Await(ctx context.Context, c targets.Call, limit time.Duration) bool {
	letGo(ctx)
	deadline := s.clock.Now().Add(limit)
	ending := func() bool { return !c.(world.Call).EndedAt().IsZero() } // known before the platform is told that its BYE arrived
	for moved := time.Now(); ; {
		if s.clock.AdvanceToNext(deadline.Sub(s.clock.Now()), ending) {
			if moved = time.Now(); ctx.Err() != nil {
				return false
			}
			continue
		}
		if ending() {
			<-c.Ended()
			return true
		}
		if time.Since(moved) >= networkPatience {
			s.clock.Advance(deadline.Sub(s.clock.Now()))
			return closed(c.Ended())
		}
		select { // nobody sleeps: what may still come is on the network, in real time
		case <-c.Ended():
			return true
		case <-ctx.Done():
			return false
		case <-time.After(pumpEvery):
		}
	}
}

// networkPatience is how long a BYE may be on its way on loopback.
const networkPatience = time.Second
