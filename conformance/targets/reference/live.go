package reference

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/world"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/fakes/wire"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/conversation"
)

// Live is the platform in this process on the machine's own clock, with a carrier, over loopback sockets: what a load test
// offers its traffic to when it is given no other target. It is safe for concurrent use.
type Live struct {
	given     world.World
	sim       *sim.Sim
	carrier   *pstn.Carrier
	wire      *wire.Wire
	http      http.RoundTripper
	transport *http.Transport
}

// liveGrace is how long it may take to end the calls that are up.
const liveGrace = 2 * time.Second

// connections is how many may be open at one time. A request for which there is none waits, which its time shows: a client that
// opens one for each request to a server that is late makes it later.
const connections = 512

// OpenLive makes the platform that given describes, which is a scenario's world: a simulator's configuration, with a part of
// the carrier. file is where it was read from.
func OpenLive(ctx context.Context, file string, given *yaml.Node, seed uint64) (*Live, error) {
	g, problems := world.Read(file, given)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	l := &Live{given: g, wire: wire.New(seed, nil), transport: &http.Transport{
		DisableCompression: true, MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections, IdleConnTimeout: time.Minute,
	}}
	l.http = l.wire.RoundTripper(l.transport)
	var err error
	if l.sim, err = sim.New(g.Platform, func(p sim.Project) (conversation.Agent, error) { return g.Agents[p.Name], nil }); err != nil {
		return nil, err
	}
	if err := l.sim.Start(ctx); err != nil {
		return nil, err
	}
	l.carrier, err = pstn.New(ctx, pstn.Config{Platform: l.sim.SIPAddr(), TCP: g.Platform.SIP.TCP, Seed: seed, Behaviour: g.Carrier})
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Close ends every call and stops serving.
func (l *Live) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), liveGrace)
	defer cancel()
	var errs []error
	if l.carrier != nil {
		errs = append(errs, l.carrier.Close())
	}
	errs = append(errs, l.sim.Close(ctx))
	l.transport.CloseIdleConnections()
	return errors.Join(errs...)
}

// Do implements targets.Doer. A redirection is a reply like any other.
func (l *Live) Do(r *http.Request) (*http.Response, error) { return l.http.RoundTrip(r) }

// BaseURL is where the two endpoints are.
func (l *Live) BaseURL() string { return "http://" + l.sim.HTTPAddr() }

// Project returns the credentials of a project; "" is the first.
func (l *Live) Project(name string) (targets.Project, bool) { return l.given.Project(name) }

// Facts is what is known of a project's pool: everything but how far the two ends of a call are apart, which takes the time
// that the network takes.
func (l *Live) Facts(project string) reading.Facts {
	p, ok := l.given.Settings(project)
	if !ok {
		return reading.Facts{}
	}
	f := world.Facts(p)
	f.Signal = nil
	f.Reroutes = len(l.given.Carrier.Rewrite) > 0
	return f
}

// Config is the platform's effective configuration, secrets included.
func (l *Live) Config() json.RawMessage {
	raw, _ := l.given.Platform.JSON() // what was read from a file can be written to one
	return raw
}

// Dial places a call through the carrier and waits until it is answered, refused or given up.
func (l *Live) Dial(ctx context.Context, d targets.Dial) (targets.Call, error) {
	c, err := l.carrier.Dial(ctx, world.Dial(d, cmp.Or(d.CallID, rand.Text()+"@carrier")))
	if c == nil {
		return nil, err
	}
	return world.Call{Call: c}, err
}

// Fault changes how the wire and the carrier misbehave from now on; nil parts stay as they are, both nil ends all.
func (l *Live) Fault(http, carrier *yaml.Node) error {
	if http == nil && carrier == nil {
		l.wire.Reset()
		return l.carrier.Behave(l.given.Carrier)
	}
	if http != nil {
		if err := world.SetWire(l.wire, http); err != nil {
			return err
		}
	}
	if carrier == nil {
		return nil
	}
	b, problems := pstn.ReadBehaviour("", carrier)
	if err := problems.Err(); err != nil {
		return err
	}
	return l.carrier.Behave(b)
}
