package target

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/verdict"
	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/fakes/mutants"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/fakes/wire"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Reference is the simulator in this process, on loopback sockets and in virtual time: a fresh platform, carrier and
// wire for each scenario.
type Reference struct {
	// Break, when set, turns the platform's configuration into that of a broken one, of which the judge knows nothing.
	// Each project has settings of its own: those of the sections at the top are copied when it comes. Tests use it.
	Break func(*sim.Config)
	// Mutant, when set, is the fault that the platform is made with; the judge does not know of it either.
	Mutant *mutants.Mutant
}

// epoch is when every scenario begins.
var epoch = time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)

// closeGrace is how long a stage may take to end its calls.
const closeGrace = 2 * time.Second

// Name implements Target.
func (Reference) Name() string { return "reference" }

// Lacks implements Target: the reference can do everything.
func (Reference) Lacks([]string) []string { return nil }

// Given implements Target.
func (r Reference) Given(file string, given *yaml.Node) strictyaml.Problems {
	_, problems := readGiven(file, given)
	return problems
}

// Fault implements Target.
func (Reference) Fault(file, part string, n *yaml.Node) strictyaml.Problems {
	if part == "http" {
		_, problems := readWire(file, n)
		return problems
	}
	_, problems := readCarrier(file, n)
	return problems
}

// Config implements Target.
func (r Reference) Config() json.RawMessage {
	g, _ := readGiven("", nil)
	raw, _ := json.Marshal(g.platform) // plain data
	return raw
}

// Secrets implements Target.
func (r Reference) Secrets() []string {
	g, _ := readGiven("", nil)
	var out []string
	for _, p := range g.platform.Projects {
		out = append(out, p.DNIKey, p.HandoffKey)
	}
	return out
}

// given is a scenario's world, read.
type given struct {
	platform sim.Config
	agents   map[string]conversation.Agent // by project
	carrier  pstn.Behaviour
}

// projects are the names of the platform's projects, in its order.
func (g given) projects() (names []string) {
	for _, p := range g.platform.Projects {
		names = append(names, p.Name)
	}
	return names
}

// readGiven splits a scenario's world into the carrier's part and the platform's, which is a simulator configuration.
func readGiven(file string, n *yaml.Node) (given, strictyaml.Problems) {
	root := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: 1, Column: 1}
	if n != nil {
		root.Line, root.Column = n.Line, n.Column
	}
	g := given{agents: make(map[string]conversation.Agent), carrier: defaultCarrier()}
	var problems strictyaml.Problems
	if n != nil {
		for key, value := range strictyaml.Pairs(n) {
			if key.Value == "carrier" {
				g.carrier, problems = readCarrier(file, value)
				continue
			}
			root.Content = append(root.Content, key, value)
		}
	}
	config, more := sim.Decode(file, root)
	problems = append(problems, more...)
	for _, p := range config.Projects {
		a, more := readAgent(file, &p.Agent)
		g.agents[p.Name] = a
		problems = append(problems, more...)
	}
	for i := range config.Projects {
		// The harness joins what a caller did with the state that a GET shows by the conversation's id, and all that the carrier
		// knows of it is the Call-ID. Nobody else may count on the two being one.
		config.Projects[i].Conversation.ID = conversation.IDCallID
	}
	config.HTTP.Listen, config.SIP.Listen = "127.0.0.1:0", "127.0.0.1:0"
	g.platform = config
	return g, problems
}

func readAgent(file string, n *yaml.Node) (conversation.Agent, strictyaml.Problems) {
	if n.IsZero() {
		return agent.Echo(agent.EchoConfig{}), nil
	}
	return agent.Parse(file, n)
}

// defaultCarrier delivers every call at once, and every desk answers.
func defaultCarrier() pstn.Behaviour {
	return pstn.Behaviour{Desks: map[string]pstn.Answering{"*": pstn.Answer}}
}

func readCarrier(file string, n *yaml.Node) (pstn.Behaviour, strictyaml.Problems) {
	b := defaultCarrier()
	problems := strictyaml.Decode(file, n, &b)
	if err := b.Validate(); err != nil && len(problems) == 0 {
		problems = append(problems, strictyaml.At(file, n, "%v", err))
	}
	return b, problems
}

func readWire(file string, n *yaml.Node) (wire.Faults, strictyaml.Problems) {
	var f wire.Faults
	problems := strictyaml.Decode(file, n, &f)
	return f, problems
}

// Open implements Target.
func (r Reference) Open(ctx context.Context, w World) (Stage, error) {
	g, problems := readGiven(w.File, w.Given)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	platform := g.platform
	if r.Break != nil { // behind the judge's back: the stage's own settings stay as the scenario has them
		broken, _ := readGiven(w.File, w.Given)
		platform = broken.platform
		r.Break(&platform)
	}
	k := clock.NewVirtual(epoch)
	options := []sim.Option{sim.WithClock(k)}
	if m := r.Mutant; m != nil {
		broken, _ := readGiven(w.File, w.Given)
		platform = broken.platform
		if m.Config != nil {
			m.Config(&platform)
		}
		if m.Parts != nil {
			options = append(options, sim.WithParts(m.Parts(w.Seed, k)))
		}
	}
	s := &stage{clock: k, given: g, wire: wire.New(w.Seed, nil), transport: &http.Transport{
		DialContext: dialLingering(k), DisableCompression: true, MaxIdleConnsPerHost: 100, ExpectContinueTimeout: time.Second,
	}}
	s.http = &http.Client{
		Transport:     s.wire.RoundTripper(s.transport),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	var err error
	s.sim, err = sim.New(platform, func(p sim.Project) (conversation.Agent, error) { return g.agents[p.Name], nil }, options...)
	if err != nil {
		return nil, err
	}
	if err := s.sim.Start(ctx); err != nil {
		return nil, err
	}
	s.setups = newSetups(k, s.sim.Journal())
	s.carrier, err = pstn.New(ctx, pstn.Config{
		Platform: s.sim.SIPAddr(), TCP: g.platform.SIP.TCP, Seed: w.Seed, Clock: k, Behaviour: g.carrier, Trace: s.ladder.see,
	})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// stage is one scenario's world on the reference.
type stage struct {
	clock     *clock.Virtual
	given     given
	sim       *sim.Sim
	carrier   *pstn.Carrier
	wire      *wire.Wire
	http      *http.Client
	transport *http.Transport
	ladder    ladder
	setups    *setups
	rerouted  atomic.Bool // a fault has brought calls to other numbers
}

// Close implements Stage.
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

// Do implements Stage.
func (s *stage) Do(r *http.Request) (*http.Response, error) { return s.http.Do(r) }

// BaseURL implements Stage.
func (s *stage) BaseURL() string { return "http://" + s.sim.HTTPAddr() }

// Now implements Stage.
func (s *stage) Now() time.Time { return s.clock.Now() }

// Wait implements Stage.
func (s *stage) Wait(ctx context.Context, d time.Duration) error {
	letGo(ctx)
	s.clock.Advance(d)
	return ctx.Err()
}

// Settle implements Stage.
func (s *stage) Settle() { s.clock.Settle() }

// Ladder implements Stage.
func (s *stage) Ladder() []verdict.SIPMessage { return s.ladder.all() }

// Fault implements Stage.
func (s *stage) Fault(http, carrier *yaml.Node) error {
	if http == nil && carrier == nil {
		s.wire.Reset()
		return s.carrier.Behave(s.given.carrier)
	}
	if http != nil {
		faults, problems := readWire("", http)
		if err := problems.Err(); err != nil {
			return err
		}
		if err := s.wire.Set(faults...); err != nil {
			return err
		}
	}
	if carrier != nil {
		b, problems := readCarrier("", carrier)
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

// Restart implements Stage.
func (s *stage) Restart(keepLeases bool) error { return s.sim.Restart(keepLeases) }

// Await implements Stage: it moves time from one event to the next until the call is over.
func (s *stage) Await(ctx context.Context, c Call, limit time.Duration) bool {
	letGo(ctx)
	deadline := s.clock.Now().Add(limit)
	ending := func() bool { return !c.(call).EndedAt().IsZero() } // known before the platform is told that its BYE arrived
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
