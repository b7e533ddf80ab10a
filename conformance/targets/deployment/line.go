package deployment

import (
	"cmp"
	"context"
	"fmt"
	"net"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/world"
	"github.com/dnispool/dnispool/fakes/client"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/hostport"
	"github.com/dnispool/dnispool/sim/sipua"
)

// line is a way to place calls.
type line interface {
	// dial is targets.Stage's Dial; the call is nil when it was not placed.
	dial(ctx context.Context, d targets.Dial) (targets.Call, error)
	// transfer calls a desk of our own.
	transfer(ctx context.Context, destination, from string) (client.Call, error)
	behave(b pstn.Behaviour) error
	ladder() []finding.SIPMessage
	Close() error
}

// openLine opens the way in which the target file says that calls are placed; nil when it says none.
func (t *Target) openLine(ctx context.Context, b pstn.Behaviour, seed uint64) (line, error) {
	switch {
	case len(t.File.Calls.Exec) > 0:
		return &command{words: t.File.Calls.Exec, dir: t.dir}, nil
	case t.File.Calls.Trunk == nil:
		return nil, nil
	}
	return t.openTrunk(ctx, b, seed)
}

// trunk places calls over SIP.
type trunk struct {
	carrier   *pstn.Carrier
	transport string
	headers   []sipua.Header
	seen      world.Ladder
}

func (t *Target) openTrunk(ctx context.Context, b pstn.Behaviour, seed uint64) (line, error) {
	c := t.File.Calls.Trunk
	listen := c.Listen
	if listen == "" {
		host, err := hostport.Facing(ctx, c.Host)
		if err != nil {
			return nil, fmt.Errorf("calls.trunk.host: %w", err)
		}
		listen = net.JoinHostPort(host, "0")
	}
	l := &trunk{transport: cmp.Or(c.Transport, "udp")}
	for _, h := range t.headers {
		l.headers = append(l.headers, sipua.Header{Name: h.name, Value: h.value})
	}
	var err error
	l.carrier, err = pstn.New(ctx, pstn.Config{Platform: c.Host, Listen: listen, TCP: true, Seed: seed, Behaviour: b, Trace: l.seen.See, User: c.User, Password: t.password})
	if err != nil {
		return nil, err
	}
	return l, nil
}

func (l *trunk) dial(ctx context.Context, d targets.Dial) (targets.Call, error) {
	p := world.Dial(d, "")
	p.Transport = cmp.Or(p.Transport, l.transport)
	p.Headers = append(p.Headers, l.headers...)
	c, err := l.carrier.Dial(ctx, p)
	if c == nil {
		return nil, err
	}
	return world.Call{Call: c}, err
}

func (l *trunk) transfer(ctx context.Context, destination, from string) (client.Call, error) {
	return l.carrier.Phone(pstn.Dial{}).Transfer(ctx, destination, from)
}

func (l *trunk) behave(b pstn.Behaviour) error { return l.carrier.Behave(b) }

func (l *trunk) ladder() []finding.SIPMessage { return l.seen.All() }

func (l *trunk) Close() error { return l.carrier.Close() }
