package world

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/fakes/client"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/sipua"
)

// DefaultANI calls when a scenario does not say who does.
const DefaultANI = "+442079460500"

// Dial is a call of a scenario as the carrier places it, under a Call-ID; "" is a random one.
func Dial(d targets.Dial, id string) pstn.Dial {
	return pstn.Dial{
		To: d.To, From: cmp.Or(d.From, DefaultANI), Withheld: d.Withheld, Format: pstn.Format(d.Format), Transport: d.Transport, SDP: pstn.SDP(d.SDP),
		NumberInToOnly: d.ViaTo, Copies: d.Count, CancelAfter: d.CancelAfter, CancelOnRing: d.RingOnly, CallID: id,
		Headers: headers(d.Headers),
	}
}

// headers are those of an INVITE in an order that is always the same.
func headers(named map[string]string) (out []sipua.Header) {
	for _, name := range slices.Sorted(maps.Keys(named)) {
		out = append(out, sipua.Header{Name: name, Value: named[name]})
	}
	return out
}

// Call is a call of the carrier's as a scenario sees it.
type Call struct{ *pstn.Call }

// Ended implements targets.Call. A call whose BYE has come is over, although those who note it may not have been scheduled.
func (c Call) Ended() <-chan struct{} {
	over := c.Call.Ended()
	if !c.EndedAt().IsZero() {
		<-over
	}
	return over
}

// Hangup implements targets.Call. The carrier's BYE is answered with 200 whenever it returns without an error.
func (c Call) Hangup(ctx context.Context) (int, error) {
	if err := c.Call.Hangup(ctx); err != nil {
		return 0, err
	}
	return 200, nil
}

// End implements targets.Call.
func (c Call) End() targets.CallEnd {
	e := targets.CallEnd{By: c.EndedBy(), How: c.How(), Headers: make(map[string]string), At: c.EndedAt(), NotPassedOn: !c.PassedOn()}
	if e.By == pstn.ByNetwork {
		e.By = pstn.ByCarrier
	}
	for _, h := range c.EndHeaders() {
		e.Headers[strings.ToLower(h.Name)] = h.Value
	}
	e.Cause = cmp.Or(reasonText(e.Headers["reason"]), c.Reason())
	return e
}

// reasonText is the text parameter of a Reason header, or all of it when it has none.
func reasonText(header string) string {
	_, text, found := strings.Cut(header, `text="`)
	if !found {
		return header
	}
	text, _, _ = strings.Cut(text, `"`)
	return text
}

// Journey lets the fake integrator take one caller through the whole flow. That the caller gives up while it rings, and hangs
// up, is up to the phone: see Ring.
func Journey(ctx context.Context, baseURL string, p targets.Project, j targets.Journey, do targets.Doer, phone client.Phone, clock client.Clock) (targets.JourneyResult, error) {
	m := j.Manner
	c, err := client.New(client.Config{
		BaseURL: baseURL, DNIKey: p.DNIKey, HandoffKey: p.HandoffKey, Account: p.Account, Project: p.Project, Fallback: j.Fallback,
		ReserveTimeout: m.ReserveTimeout, ReserveRetries: m.Retries, Backoff: m.Pause(), Storm: m.Storm, Poll: client.Poll{Every: m.Poll.Every, For: m.Poll.For}, Seed: j.Seed,
	}, do, phone, clock)
	if err != nil {
		return targets.JourneyResult{}, err
	}
	caller := client.Caller{ANI: cmp.Or(j.ANI, DefaultANI), Attributes: j.Attributes, Think: j.Caller.Think}
	if j.Caller.Leaves() {
		caller.Think, caller.Leaves = j.Caller.Patience, true
	}
	r := c.Run(ctx, caller)
	if err := ctx.Err(); err != nil {
		return targets.JourneyResult{}, err
	}
	return targets.JourneyResult{
		Outcome: string(r.Outcome), Reason: r.Reason, Queue: r.Queue, Destination: r.Destination, DNI: r.DNI, CallID: r.CallID,
		Dialled: r.Dialled, GaveUp: r.GaveUp, FailOpen: r.FailOpen, ReserveAttempts: r.ReserveAttempts, Polls: r.Polls,
	}, nil
}

// Ring calls the platform for the caller of a journey, whose number has been there since its Think, and tells the journey of it.
// A call that is not answered is an error.
func Ring(ctx context.Context, s targets.Stage, j targets.Journey, to, from string) (targets.Call, error) {
	d := targets.Dial{To: to, From: from}
	if j.Caller.Patience > 0 {
		d.CancelAfter = max(j.Caller.Patience-j.Caller.Think, time.Millisecond)
	}
	started := s.Now()
	c, err := s.Dial(ctx, d)
	if err != nil {
		return nil, err
	}
	if j.Dialled != nil {
		j.Dialled(to, started, c)
	}
	switch {
	case c.Answered():
		return c, nil
	case c.End().By == pstn.ByCaller:
		return nil, client.ErrGaveUp
	}
	return nil, fmt.Errorf("%d %s", c.Status(), c.Reason())
}

// Ladder collects the carrier's SIP messages. It is safe for concurrent use.
type Ladder struct {
	mu   sync.Mutex
	msgs []finding.SIPMessage
}

// maxLadder bounds what one scenario keeps; the newest are what a reader wants.
const maxLadder = 2000

// See takes a message that the carrier sent or received.
func (l *Ladder) See(m sipua.Message) {
	v := finding.SIPMessage{At: m.At, From: "platform", To: "carrier", Summary: m.StartLine, CallID: m.CallID}
	if m.Sent {
		v.From, v.To = v.To, v.From
	}
	l.Note(v)
}

// Note takes another event of a call.
func (l *Ladder) Note(v finding.SIPMessage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.msgs) == maxLadder {
		l.msgs = append(l.msgs[:0], l.msgs[maxLadder/2:]...)
	}
	l.msgs = append(l.msgs, v)
}

// All returns the messages so far.
func (l *Ladder) All() []finding.SIPMessage {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]finding.SIPMessage(nil), l.msgs...)
}
