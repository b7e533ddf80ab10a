// Package live is a platform of ours in real time, as load is offered to it: the reference in this process, or a simulator on
// this machine. Its carrier and its wire are in this process. Nothing that it sends leaves the loopback interface: what is
// elsewhere is a deployment, whose gate keeps to limits.
package live

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/world"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/fakes/wire"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/journal"
)

// Stage is such a platform. It is safe for concurrent use.
type Stage struct {
	platform  Platform
	given     world.World
	carrier   *pstn.Carrier
	wire      *wire.Wire
	http      http.RoundTripper
	transport *http.Transport
}

// Platform is one that has started.
type Platform struct {
	BaseURL string
	SIP     string // host:port that calls are sent to
	Used    bool   // it had clients before
	// Troubles is what its agents could not do, in one line each; nil where that is not known.
	Troubles func() []string
	Close    func(context.Context) error
}

// connections is how many may be open at one time. A request for which there is none waits, which its time shows: a client that
// opens one for each request to a server that is late makes it later.
const connections = 512

// Reference starts the platform in this process that given describes, which is a scenario's world: a simulator's
// configuration, with a part of the carrier. file is where it was read from.
func Reference(ctx context.Context, file string, given *yaml.Node, seed uint64) (*Stage, error) {
	g, problems := world.Read(file, given)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	s, err := sim.New(g.Platform, func(p sim.Project) (conversation.Agent, error) { return g.Agents[p.Name], nil })
	if err != nil {
		return nil, err
	}
	var troubles journal.Troubles
	s.Journal().Subscribe(troubles.See)
	if err := s.Start(ctx); err != nil {
		return nil, err
	}
	return Open(ctx, Platform{BaseURL: "http://" + s.HTTPAddr(), SIP: s.SIPAddr(), Troubles: troubles.All, Close: s.Close}, g, seed)
}

// Open puts a carrier and a wire around a platform, which the stage closes, also when it could not be opened.
func Open(ctx context.Context, p Platform, w world.World, seed uint64) (*Stage, error) {
	dialer := &net.Dialer{Control: onlyLoopback}
	s := &Stage{platform: p, given: w, wire: wire.New(seed, nil, world.Injects()), transport: &http.Transport{
		DialContext: dialer.DialContext, DisableCompression: true, MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections, IdleConnTimeout: time.Minute,
	}}
	s.http = s.wire.RoundTripper(s.transport)
	err := p.here()
	if err == nil {
		s.carrier, err = pstn.New(ctx, pstn.Config{Platform: p.SIP, TCP: w.Platform.SIP.TCP, Seed: seed, Behaviour: w.Carrier})
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// here refuses a platform that is not on this machine.
func (p Platform) here() error {
	u, err := url.Parse(p.BaseURL)
	if err != nil {
		return err
	}
	for _, host := range []string{u.Host, p.SIP} {
		address, _, err := net.SplitHostPort(host)
		if err != nil {
			return fmt.Errorf("platform: want host:port, got %q", host)
		}
		if ip := net.ParseIP(address); address != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return fmt.Errorf("%s: want a platform on this machine, got one elsewhere: %w", host, errElsewhere)
		}
	}
	return nil
}

var errElsewhere = errors.New("describe it as a deployment by a target file, to whose limits a load test keeps")

// onlyLoopback refuses connections that would leave this machine, whatever a name resolves to.
func onlyLoopback(_, address string, _ syscall.RawConn) error {
	host, _, _ := net.SplitHostPort(address)
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("%s: want the loopback interface: %w", address, errElsewhere)
	}
	return nil
}

// grace is how long it may take to end the calls that are up.
const grace = 2 * time.Second

// Close ends every call and stops what Reference has started.
func (s *Stage) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	s.wire.Reset()
	var errs []error
	if s.carrier != nil {
		errs = append(errs, s.carrier.Close())
	}
	if s.platform.Close != nil {
		errs = append(errs, s.platform.Close(ctx))
	}
	s.transport.CloseIdleConnections()
	return errors.Join(errs...)
}

// Troubles implements targets.Troubled.
func (s *Stage) Troubles() []string {
	if s.platform.Troubles == nil {
		return nil
	}
	return s.platform.Troubles()
}

// Do implements targets.Doer. A redirection is a reply like any other.
func (s *Stage) Do(r *http.Request) (*http.Response, error) { return s.http.RoundTrip(r) }

// BaseURL is where the two endpoints are.
func (s *Stage) BaseURL() string { return s.platform.BaseURL }

// Project returns the credentials of a project; "" is the first.
func (s *Stage) Project(name string) (targets.Project, bool) { return s.given.Project(name) }

// Facts is what is known of a project's pool: everything but how far the two ends of a call are apart, which takes the time
// that the network takes.
func (s *Stage) Facts(project string) reading.Facts {
	p, ok := s.given.Settings(project)
	if !ok {
		return reading.Facts{}
	}
	f := world.Facts(p)
	f.Signal = nil
	f.UsedBefore = s.platform.Used
	f.Reroutes = len(s.given.Carrier.Rewrite) > 0
	return f
}

// Dial places a call through the carrier and waits until it is answered, refused or given up.
func (s *Stage) Dial(ctx context.Context, d targets.Dial) (targets.Call, error) {
	c, err := s.carrier.Dial(ctx, world.Dial(d, cmp.Or(d.CallID, rand.Text()+"@carrier")))
	if c == nil {
		return nil, err
	}
	return world.Call{Call: c}, err
}

// Fault changes how the wire and the carrier misbehave from now on; nil parts stay as they are, both nil ends all.
func (s *Stage) Fault(http, carrier *yaml.Node) error {
	if http == nil && carrier == nil {
		s.wire.Reset()
		return s.carrier.Behave(s.given.Carrier)
	}
	if http != nil {
		if err := world.SetWire(s.wire, http); err != nil {
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
	return s.carrier.Behave(b)
}
