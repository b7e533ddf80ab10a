// Package phone is an integrator's own telephone equipment: it places calls to numbers and queues at one SIP peer.
package phone

import (
	"context"
	"fmt"
	"net/url"

	"github.com/dnispool/dnispool/fakes/client"
	"github.com/dnispool/dnispool/sim/sipua"
)

// Phone places calls over SIP. It implements client.Phone and is safe for concurrent use.
type Phone struct {
	peer string
	line *sipua.Endpoint
}

// Open returns a phone that calls the peer, a host:port, from a free port of the loopback interface.
func Open(ctx context.Context, peer string) (*Phone, error) {
	line, err := sipua.Listen(ctx, sipua.Config{Listen: "127.0.0.1:0", UserAgent: "integrator"})
	if err != nil {
		return nil, fmt.Errorf("phone: %w", err)
	}
	return &Phone{peer: peer, line: line}, nil
}

// Close ends the calls that are up, waiting for that no longer than ctx.
func (p *Phone) Close(ctx context.Context) error { return p.line.Shutdown(ctx) }

// Dial implements client.Phone.
func (p *Phone) Dial(ctx context.Context, to, from string) (client.Call, error) {
	return p.call(ctx, to, from, nil)
}

// DialHearing is Dial for who wants to know what the network says meanwhile: hear is called with the status of each
// provisional response, in order, before the call is up.
func (p *Phone) DialHearing(ctx context.Context, to, from string, hear func(status int)) (client.Call, error) {
	return p.call(ctx, to, from, hear)
}

// Transfer implements client.Phone.
func (p *Phone) Transfer(ctx context.Context, destination, from string) (client.Call, error) {
	return p.call(ctx, destination, from, nil)
}

func (p *Phone) call(ctx context.Context, to, from string, hear func(status int)) (client.Call, error) {
	if from == "" {
		from = "anonymous"
	}
	dial := sipua.Dial{To: p.uri(to), From: p.uri(from), Target: p.peer}
	if hear != nil {
		dial.OnProgress = func(status int, _ string) { hear(status) }
	}
	leg, err := p.line.Dial(ctx, dial)
	if err != nil {
		return nil, err
	}
	return &call{leg}, nil
}

func (p *Phone) uri(user string) string { return "<sip:" + url.PathEscape(user) + "@" + p.peer + ">" }

// call is one that is up.
type call struct{ leg *sipua.Leg }

// ID implements client.Call.
func (c *call) ID() string { return c.leg.CallID() }

// Ended implements client.Call.
func (c *call) Ended() <-chan struct{} { return c.leg.Done() }

// EndedBy implements client.Call.
func (c *call) EndedBy() string {
	if end := c.leg.End(); end.By == sipua.Local {
		return "caller"
	}
	return "platform"
}

// EndHeaders are the headers of the BYE that ended the call, without those that every BYE has; nil while it is up.
func (c *call) EndHeaders() []sipua.Header { return c.leg.End().Headers }

// Hangup implements client.Call.
func (c *call) Hangup(ctx context.Context) error { return c.leg.Bye(ctx) }
