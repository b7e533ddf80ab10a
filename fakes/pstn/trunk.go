package pstn

import (
	"context"
	"strings"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
)

// Route is where the carrier takes a call that an integrator's own equipment places.
type Route string

// The routes.
const (
	ToPlatform Route = "platform" // on to the number that was dialled, as the carrier's behaviour says
	ToDesk     Route = "desk"     // the one whose name was dialled
	ToNobody   Route = "nobody"   // a number that is not in service: 404, Q.850 cause 1
)

// Connect is the carrier's side of a call that came in at an endpoint of somebody else's: the trunk over which an
// integrator's equipment places its calls. It returns when the call is over, or the carrier closes, which ends it.
func (c *Carrier) Connect(leg *sipua.Leg, route Route) {
	if c.begin() != nil {
		_ = leg.Reject(503, "Service Unavailable")
		return
	}
	defer c.wg.Done()
	switch route {
	case ToPlatform:
		c.forward(leg)
	case ToNobody:
		_ = leg.Reject(404, "Not Found", q850(1)...)
		return
	default:
		c.attend(leg)
	}
	select {
	case <-leg.Done():
	default:
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = leg.Bye(ctx)
	}
}

// crossingTime is how long a caller has to answer a BYE before theirs is: one who answers nothing meanwhile is not kept waiting.
const crossingTime = time.Second

// cross sends a caller whose BYE has come one of the carrier's, and returns when that is answered.
func (c *Carrier) cross(in *sipua.Leg) {
	ctx, cancel := context.WithTimeout(c.ctx, crossingTime)
	defer cancel()
	_ = in.Bye(ctx, q850(16)...)
}

// early is the session description that a 183 carries; nil with anything else, and where the caller has offered none.
func early(in *sipua.Leg, code int) []byte {
	if code != 183 || len(in.Offer()) == 0 {
		return nil
	}
	sdp, _ := sipua.AnswerSDP(in.Offer(), in.LocalHost(), sipua.DiscardPort) // an offer without PCMU is refused with the answer
	return sdp
}

// forward puts a call through to the platform: a second call, whose progress, answer and end are passed back. What the
// caller does to the first is done to the second.
func (c *Carrier) forward(in *sipua.Leg) {
	ctx, hungUp := context.WithCancel(c.ctx)
	defer hungUp()
	in.OnEnd(func(sipua.End) { hungUp() })
	dial := Dial{To: deskName(in.RequestURI()), From: in.From().Dialled(), progress: func(code int) { _ = in.Provisional(code, "", early(in, code)) }}
	if !strings.HasPrefix(dial.To, "+") {
		dial.Format = E164NoPlus
	}
	var out *Call
	var err error
	c.clock.Run(func() { out, err = c.Dial(ctx, dial) })
	switch {
	case out == nil:
		_ = in.Reject(400, err.Error())
		return
	case !out.Answered():
		_ = in.Reject(max(out.Status(), 300), out.Reason(), out.EndHeaders()...)
		return
	}
	if c.Behaviour().CrossByes {
		in.OnPeerBye(func() { c.cross(in) })
	}
	if in.Answer(c.ctx, nil) != nil {
		_ = out.Hangup(c.ctx)
		return
	}
	select {
	case <-in.Done():
		_ = out.Hangup(c.ctx)
	case <-out.Ended():
		_ = in.Bye(c.ctx, out.EndHeaders()...)
	case <-c.ctx.Done():
	}
}
