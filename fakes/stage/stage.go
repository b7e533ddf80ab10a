// Package stage makes a simulator with what stands around it: a wire with faults before its HTTP edge, a carrier that
// places calls, agents, and a clock that can be steered. The control API is given it.
package stage

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/fakes/fault"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/fakes/wire"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/certificate"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/control"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/hostport"
	"github.com/dnispool/dnispool/sim/journal"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Options are what a stage needs besides the configuration.
type Options struct {
	File     string              // that the configuration was read from, for messages; may be empty
	Agents   sim.Agents          // nil: those of the configuration, and the echo agent for a project without one
	Recorder *control.Recorder   // nil: nothing is recorded
	Logger   *slog.Logger        // nil: nothing is logged
	Carrier  func(*pstn.Carrier) // is given the carrier before Open returns; nil: nobody wants it
	Journal  func(journal.Event) // sees every event from the first on; nil: nobody looks
	// Certificates has the certificate of the simulator that was opened before; nil: one is made.
	Certificates *certificate.Made
}

// Open makes and starts a simulator. Its carrier and its faults are those of c.
func Open(ctx context.Context, c sim.Config, o Options) (*control.Stage, error) {
	s, err := build(c, o)
	if err != nil {
		return nil, err
	}
	if err := s.sim.Start(ctx); err != nil {
		s.clock.Close()
		return nil, err
	}
	first, _ := fault.Read(o.File, &c.Faults) // which have been read
	carrier := pstn.Config{Platform: hostport.Reach(s.sim.SIPAddr()), TCP: c.SIP.TCP, Seed: c.Seed, Clock: s.clock, Behaviour: s.carrying(first)}
	if at := s.sim.SIPSAddr(); at != "" {
		carrier.PlatformTLS = hostport.Reach(at)
		carrier.TLS, err = s.trusting(c.TLS)
	}
	if err == nil {
		s.carrier, err = pstn.New(ctx, carrier)
	}
	if err != nil {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), sim.ShutdownGrace)
		defer cancel()
		return nil, errors.Join(err, s.close(grace))
	}
	if o.Carrier != nil {
		o.Carrier(s.carrier)
	}
	return &control.Stage{Sim: s.sim, Clock: s.clock, Faults: s.faults(&c.Faults), Calls: s, Agents: s, Close: s.close}, nil
}

// trusting is what the carrier needs for calls over TLS. It is told which certificate the platform shows, whoever has signed that.
func (s *stage) trusting(c certificate.Config) (*tls.Config, error) {
	shown, _, err := s.options.Certificates.TLS(c)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		Certificates: shown.Certificates, InsecureSkipVerify: true, // VerifyConnection does
		VerifyConnection: func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) == 0 || !bytes.Equal(state.PeerCertificates[0].Raw, shown.Certificates[0].Certificate[0]) {
				return errors.New("tls: want the platform's certificate, got another")
			}
			return nil
		},
	}, nil
}

// stage is one simulator and what stands around it.
type stage struct {
	options   Options
	clock     *clock.Steered
	wire      *wire.Wire
	inside    *fault.Inside
	sim       *sim.Sim
	carrier   *pstn.Carrier
	behaviour pstn.Behaviour // of the carrier, without faults
	placed    placed
}

// Problems are those of the parts of a configuration that the simulator does not read itself: the carrier, the faults, the
// agents.
func Problems(file string, c sim.Config) (problems strictyaml.Problems) {
	_, problems = pstn.ReadBehaviour(file, &c.Carrier)
	_, more := fault.Read(file, &c.Faults)
	problems = append(problems, more...)
	for _, p := range c.Projects {
		if !p.Agent.IsZero() {
			_, more := agent.Parse(file, &p.Agent)
			problems = append(problems, more...)
		}
	}
	return problems
}

// Brought gives the settings that an agent brings with it; see sim.Brought.
func Brought(file string, n *yaml.Node) *yaml.Node { return agent.Brought(file, n) }

// Lacks says what the agents of a configuration need and this machine does not have; nil for nothing.
func Lacks(file string, c sim.Config) error {
	var errs []error
	for _, p := range c.Projects {
		errs = append(errs, agent.Lacks(file, &p.Agent))
	}
	return errors.Join(errs...)
}

func build(c sim.Config, o Options) (*stage, error) {
	if o.Certificates == nil {
		o.Certificates = new(certificate.Made)
	}
	s := &stage{options: o, clock: clock.NewSteered(c.Clock.At(), c.Clock.Frozen), placed: placed{calls: make(map[string]*pstn.Call)}}
	var problems strictyaml.Problems
	s.behaviour, problems = pstn.ReadBehaviour(o.File, &c.Carrier)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	s.wire = wire.New(c.Seed, nil, fault.Names(c.Projects), wire.OnHit(s.hitHTTP))
	s.inside = fault.NewInside(c.Seed)
	set, problems := fault.Read(o.File, &c.Faults)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	if err := s.set(set, false); err != nil {
		return nil, err
	}
	options := []sim.Option{sim.WithClock(s.clock), sim.WithParts(s.inside.Parts(sim.Parts{Listener: s.wire.Listener})), sim.WithCertificates(s.options.Certificates)}
	if o.Logger != nil {
		options = append(options, sim.WithLogger(o.Logger))
	}
	if o.Recorder != nil {
		options = append(options, sim.WithWitness(o.Recorder))
	}
	var err error
	agents := o.Agents
	if agents == nil {
		agents = func(p sim.Project) (conversation.Agent, error) { return agent.Configured(o.File, &p.Agent, 0) }
	}
	s.sim, err = sim.New(c, agents, options...)
	s.inside.Of(s.sim)
	if err == nil && o.Journal != nil {
		s.sim.Journal().Subscribe(o.Journal)
	}
	return s, err
}

// Agent implements control.Agents.
func (s *stage) Agent(file string, n *yaml.Node) (conversation.Agent, error) {
	a, problems := agent.Parse(file, n)
	return a, problems.Err()
}

// close ends what is up and stops serving, at most until ctx ends.
func (s *stage) close(ctx context.Context) error {
	s.wire.Reset()
	s.inside.Set(fault.Faults{})
	var errs []error
	if s.carrier != nil {
		errs = append(errs, s.carrier.Close())
	}
	errs = append(errs, s.sim.Close(ctx))
	s.clock.Close()
	return errors.Join(errs...)
}

// patience is how long the caller of a hand-made try waits for an answer.
const patience = 3 * time.Minute
