package telephony

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/sipua"
)

// call is a session and the channel that it takes of its number, which is free again before the number is.
type call struct {
	Session
	leave func()
	left  *atomic.Bool // the platform's BYE has

	trouble Trouble
	pause   *pause
}

func (c call) Release(cause string) {
	c.leave()
	c.Session.Release(cause)
}

func (c call) Hangup(cause string) {
	c.leave()
	c.Session.Hangup(cause)
}

// bye ends the call from the platform's side, as the contract says. It outlives the edge's shutdown for a moment.
func (e *Edge) bye(ctx context.Context, leg *sipua.Leg, s call, headers ...sipua.Header) {
	leg.OnBye(func() {
		s.left.Store(true)
		s.ByeLeft()
	})
	err := leg.Bye(context.WithoutCancel(ctx), headers...) // ends by itself, like every SIP transaction
	if err != nil {
		e.log.Warn("BYE was not confirmed", "call", leg.CallID(), "error", err)
	}
	switch end := leg.End(); {
	case s.left.Load():
	case err != nil:
		s.ByeLost(sipua.HowError, "BYE not sent: "+err.Error())
	default:
		s.ByeLost(endCause(end), "")
	}
}

// sendable are the headers that can be sent: one that cannot must not cost the call its BYE.
func (e *Edge) sendable(named map[string]string) (headers []sipua.Header) {
	for _, name := range slices.Sorted(maps.Keys(named)) {
		h := sipua.Header{Name: name, Value: named[name]}
		if err := h.Check(); err != nil {
			e.log.Warn("a header of the agent's was not sent with the BYE", "error", err)
			continue
		}
		headers = append(headers, h)
	}
	return headers
}

// failure names why a call was not answered, for calls whose end has not given the session a cause already.
func failure(err error) string {
	switch {
	case errors.Is(err, sipua.ErrNoCodec):
		return "no-codec"
	case errors.Is(err, sipua.ErrCancelled):
		return sipua.HowCancel
	case errors.Is(err, sipua.ErrEnded):
		return conversation.CauseCaller // with a BYE, before the answer
	case errors.Is(err, sipua.ErrNoAck):
		return sipua.HowTimeout
	case errors.Is(err, context.Canceled):
		return "shutdown"
	}
	return sipua.HowError
}

func endCause(end sipua.End) string {
	if end.By == sipua.Remote && end.How == "bye" {
		return conversation.CauseCaller
	}
	return end.How
}
