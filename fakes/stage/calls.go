package stage

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/sipua"
)

// placed are the calls of the carrier that can be asked for.
type placed struct {
	mu    sync.Mutex
	calls map[string]*pstn.Call
	order []string
}

// maxPlaced bounds how many are kept, those that are up included.
const maxPlaced = 10_000

func (p *placed) keep(c *pstn.Call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[c.ID()] = c
	p.order = append(p.order, c.ID())
	if len(p.order) > maxPlaced {
		delete(p.calls, p.order[0])
		p.order = p.order[1:]
	}
}

func (p *placed) find(id string) (*pstn.Call, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, ok := p.calls[id]
	return c, ok
}

// Place implements control.Calls: a real call, over SIP, from the built-in carrier. It returns when the call is answered
// or has come to nothing.
func (s *stage) Place(ctx context.Context, d client.Dial) (client.Placed, error) {
	limit, giveUp := context.WithTimeout(ctx, patience)
	defer giveUp()
	var c *pstn.Call
	var err error
	s.clock.Run(func() {
		c, err = s.carrier.Dial(limit, pstn.Dial{
			To: d.To, From: d.From, Withheld: d.Withheld, Format: pstn.Format(d.Format), Transport: d.Transport, SDP: pstn.SDP(d.SDP),
			NumberInToOnly: d.ViaTo, Copies: d.Count, CancelAfter: d.CancelAfter.Duration(), CancelOnRing: d.RingOnly, CallID: d.CallID, Headers: headers(d.Headers),
		})
	})
	if c == nil {
		return client.Placed{}, err
	}
	s.placed.keep(c)
	return describe(c), nil
}

func headers(named map[string]string) (out []sipua.Header) {
	for _, name := range slices.Sorted(maps.Keys(named)) {
		out = append(out, sipua.Header{Name: name, Value: named[name]})
	}
	return out
}

// Call implements control.Calls.
func (s *stage) Call(id string) (client.Placed, <-chan struct{}, bool) {
	c, ok := s.placed.find(id)
	if !ok {
		return client.Placed{}, nil, false
	}
	return describe(c), c.Ended(), true
}

// Press implements control.Calls.
func (s *stage) Press(ctx context.Context, id string, p client.Press) (status int, err error) {
	c, ok := s.placed.find(id)
	if !ok {
		return 0, fmt.Errorf("call: no such call %.80q", id)
	}
	return c.Press(ctx, p.Digits, p.Form)
}

// Hangup implements control.Calls: from the caller's side.
func (s *stage) Hangup(ctx context.Context, id string) error {
	c, ok := s.placed.find(id)
	if !ok {
		return fmt.Errorf("call: no such call %.80q", id)
	}
	return c.Hangup(ctx)
}

func describe(c *pstn.Call) client.Placed {
	out := client.Placed{ID: c.ID(), Number: c.Number(), Answered: c.Answered(), Status: c.Status(), Reason: c.Reason(), EndedBy: c.EndedBy(), How: c.How()}
	if at := c.EndedAt(); !at.IsZero() {
		out.EndedAt = &at
	}
	for _, h := range c.EndHeaders() {
		if out.EndHeaders == nil {
			out.EndHeaders = make(map[string]string)
		}
		out.EndHeaders[h.Name] = h.Value
	}
	return out
}
