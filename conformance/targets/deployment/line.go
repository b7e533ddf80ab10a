package deployment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

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
	// note adds to the ladder what happened between two parties.
	note(from, to, text string)
	ladder() []finding.SIPMessage
	// troubles are what went wrong with calls on this side, in one line each.
	troubles() []string
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
	carriers  []*pstn.Carrier // one for each host, in their order
	hosts     []string        // to which calls may be sent on
	transport string
	headers   []sipua.Header
	seen      world.Ladder
	first     *atomic.Int32 // of the carriers, the one that took the last call of the run
}

func (t *Target) openTrunk(ctx context.Context, b pstn.Behaviour, seed uint64) (line, error) {
	c := t.File.Calls.Trunk
	l := &trunk{first: &t.host, transport: cmp.Or(c.Transport, "udp"), hosts: append(c.Hosts(), c.Redirects...)}
	for _, h := range t.headers {
		l.headers = append(l.headers, sipua.Header{Name: h.name, Value: h.value})
	}
	for _, host := range c.Hosts() {
		listen := c.Listen
		if listen == "" || len(l.carriers) > 0 { // a second one listens beside the first
			facing, err := hostport.Facing(ctx, host)
			if err != nil {
				return nil, errors.Join(fmt.Errorf("calls.trunk %s: %w", host, err), l.Close())
			}
			listen = net.JoinHostPort(facing, "0")
		}
		carrier, err := pstn.New(ctx, pstn.Config{Platform: host, Listen: listen, TCP: true, Seed: seed, Behaviour: b, Trace: l.seen.See, Audio: true, User: c.User, Password: t.password})
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
		l.carriers = append(l.carriers, carrier)
	}
	return l, nil
}

func (l *trunk) dial(ctx context.Context, d targets.Dial) (targets.Call, error) {
	p := world.Dial(d, "")
	p.Transport = cmp.Or(p.Transport, l.transport)
	p.Headers = append(p.Headers, l.headers...)
	first := int(l.first.Load())
	for n := range l.carriers {
		i, last := (first+n)%len(l.carriers), n == len(l.carriers)-1
		if p.Unheard = unheard; last {
			p.Unheard = 0
		}
		c, unfollowed, err := l.call(ctx, l.hosts[i], l.carriers[i], p)
		switch {
		case c == nil:
			return nil, err
		case unfollowed != "":
			return explained{world.Call{Call: c}, unfollowed}, err
		case err != nil && len(c.Progress()) == 0:
			return explained{world.Call{Call: c}, "and nothing at all came from " + l.hosts[i]}, err
		case err != nil || last && elsewhere(c):
			return world.Call{Call: c}, err
		case !elsewhere(c):
			l.first.Store(int32(i))
			return world.Call{Call: c}, nil
		}
	}
	return nil, errNoCalls
}

// unheard is how long a host may leave a call without any reply before the next one is tried: its INVITE was then sent four times.
const unheard = 4 * time.Second

// elsewhere reports whether the next host is to be tried: this one does not answer, or is out of service.
func elsewhere(c *pstn.Call) bool {
	return !c.Answered() && (c.Status() == 503 || c.Status() == 408 && c.EndedBy() == pstn.ByNetwork)
}

func (l *trunk) transfer(ctx context.Context, destination, from string) (client.Call, error) {
	return l.carriers[0].Phone(pstn.Dial{}).Transfer(ctx, destination, from)
}

func (l *trunk) behave(b pstn.Behaviour) error {
	var errs []error
	for _, c := range l.carriers {
		errs = append(errs, c.Behave(b))
	}
	return errors.Join(errs...)
}

func (l *trunk) note(from, to, text string) {
	l.seen.Note(finding.SIPMessage{At: time.Now(), From: from, To: to, Summary: text})
}

func (l *trunk) ladder() []finding.SIPMessage { return l.seen.All() }

func (l *trunk) troubles() []string { return nil }

func (l *trunk) Close() error {
	var errs []error
	for _, c := range l.carriers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}
