// Package simulator is a simulator that runs somewhere, in a container or on another machine, as a target. Its control API makes
// it the world of one scenario after another and moves its time; requests go to its HTTP port, and calls to its SIP port from
// the carrier in this process, which must be reachable from there.
package simulator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/steered"
	"github.com/dnispool/dnispool/conformance/targets/world"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/hostport"
)

// Where says where a simulator is reached.
type Where struct {
	Control string // URL of its control API
	Token   string // of the control API; "" is none, or the one in the URL
	BaseURL string // of the two endpoints; "" is what the simulator says, at the control API's host
	SIP     string // host:port for calls; "" likewise
}

// Target is a simulator. One scenario at a time can be played on it.
type Target struct {
	steered.Worlds

	where     Where
	api       *client.Client
	transport *http.Transport
	before    []byte // its configuration, before the first scenario
	token     string
	name      string
}

// Find asks for the simulator that there is, and begins a session, so that nobody else changes it meanwhile. The caller closes
// the target.
func Find(ctx context.Context, w Where) (*Target, error) {
	api, err := client.New(w.Control)
	if err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	t := &Target{where: w, transport: &http.Transport{MaxIdleConnsPerHost: 100}, token: w.Token}
	if t.token != "" {
		api = api.WithToken(t.token)
	} else if link, err := url.Parse(w.Control); err == nil {
		t.token = link.Query().Get("token")
	}
	t.api = api.WithHTTP(&http.Client{Transport: t.transport})
	t.name = "simulator " + strings.TrimPrefix(strings.TrimPrefix(api.URL(), "https://"), "http://")
	session, err := t.api.Begin(ctx, client.SessionRequest{Holder: holder(), For: client.In(sessionLength)})
	if err != nil {
		return nil, fmt.Errorf("simulator at %s: %w", api.URL(), err)
	}
	t.api = t.api.WithSession(session.ID)
	if t.before, err = t.api.Config(ctx, true); err != nil {
		return nil, errors.Join(fmt.Errorf("simulator at %s: %w", api.URL(), err), t.api.Finish(ctx))
	}
	return t, nil
}

// sessionLength is how long a run may change nothing before another may change the simulator.
const sessionLength = 2 * time.Minute

// holder names this run to whoever finds the simulator held.
func holder() string {
	host, _ := os.Hostname() // a name is for people: without it the process says enough
	return fmt.Sprintf("dnispool, process %d on %.60s", os.Getpid(), cmp.Or(host, "an unnamed host"))
}

// Named gives the target a name of its own; "" leaves the one that it has.
func (t *Target) Named(name string) *Target {
	t.name = cmp.Or(name, t.name)
	return t
}

// Name implements targets.Target.
func (t *Target) Name() string { return t.name }

// Secrets implements targets.Target.
func (t *Target) Secrets() []string {
	secrets := t.Worlds.Secrets()
	if t.token != "" {
		secrets = append(secrets, t.token)
	}
	return secrets
}

// Close makes the simulator again what it was.
func (t *Target) Close(ctx context.Context) error {
	defer t.transport.CloseIdleConnections()
	_, err := t.api.Configure(ctx, t.before)
	if err != nil {
		err = fmt.Errorf("simulator: the configuration that it had before could not be put back: %w", err)
	}
	return errors.Join(err, t.api.Finish(ctx))
}

// Open implements targets.Target.
func (t *Target) Open(ctx context.Context, w targets.World) (targets.Stage, error) {
	g, problems := world.Read(w.File, w.Given)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	file, err := configured(g.Platform).YAML(true)
	if err != nil {
		return nil, err
	}
	about, err := t.api.Configure(ctx, file)
	if err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	p, err := t.platform(ctx, about.Addresses)
	if err != nil {
		return nil, err
	}
	return steered.Open(ctx, p, g, w.Seed)
}

// configured is a world as a simulator is told it: what another program would decide for itself is said.
func configured(c sim.Config) sim.Config {
	c.Projects = slices.Clone(c.Projects)
	c.Clock = sim.Clock{Start: world.Epoch.Format(time.RFC3339), Frozen: true}
	echo := yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "echo"}
	if c.Agent.IsZero() {
		c.Agent = echo
	}
	for i := range c.Projects {
		if c.Projects[i].Agent.IsZero() {
			c.Projects[i].Agent = echo
		}
	}
	return c
}

// platform is the simulator with the configuration that it now has.
func (t *Target) platform(ctx context.Context, at client.Addresses) (steered.Platform, error) {
	base, phone, err := t.where.reach(at)
	if err != nil {
		return steered.Platform{}, err
	}
	from, err := hostport.Facing(ctx, phone)
	if err != nil {
		return steered.Platform{}, fmt.Errorf("simulator: sip: %w", err)
	}
	c := newClock(t.api)
	return steered.Platform{
		Clock: c, BaseURL: base, SIP: phone, Listen: net.JoinHostPort(from, "0"), Watch: c.watch, Failed: c.failed, Troubles: c.troubles.All,
		Restart: func(keepLeases bool) error { return t.api.Restart(c.ctx, keepLeases) },
		Fault:   (&faults{api: t.api, ctx: c.ctx}).change,
		Close: func(context.Context) error {
			c.close()
			return nil
		},
	}, nil
}

// reach is where the simulator is reached from here: it says its addresses as they are on its own machine.
func (w Where) reach(at client.Addresses) (base, phone string, err error) {
	control, err := url.Parse(w.Control)
	if err != nil || control.Hostname() == "" {
		control = &url.URL{Host: w.Control} // host:port alone
	}
	said, err := url.Parse(at.HTTP)
	if err != nil {
		return "", "", fmt.Errorf("simulator: %w", err)
	}
	_, port, err := net.SplitHostPort(at.SIP)
	if err != nil {
		return "", "", fmt.Errorf("simulator: %w", err)
	}
	return cmp.Or(w.BaseURL, "http://"+net.JoinHostPort(control.Hostname(), said.Port())), cmp.Or(w.SIP, net.JoinHostPort(control.Hostname(), port)), nil
}
