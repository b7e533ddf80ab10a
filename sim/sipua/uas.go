package sipua

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"

	"github.com/emiago/sipgo/sip"
)

// retryAfter is what a refused caller is asked to wait, in seconds.
const retryAfter = "2"

// onInvite makes a leg of an INVITE outside any dialog and hands it to OnCall.
func (e *Endpoint) onInvite(r *sip.Request, tx *sip.ServerTx, tolerated []flaw) {
	l := newLeg(e, r.Source(), &r.Recipient, r.Transport())
	l.invite, l.tx, l.remoteSDP = r, tx, r.Body()
	l.dialog.callID, l.dialog.transport, l.dialog.peer = r.CallID().Value(), r.Transport(), r.Source()
	l.dialog.local = partyOf(r.To().DisplayName, r.To().Address, r.To().Params)
	l.dialog.remote = partyOf(r.From().DisplayName, r.From().Address, r.From().Params)
	l.dialog.localSeq, l.dialog.remoteSeq = rand.Uint32N(1<<16), r.CSeq().SeqNo
	l.dialog.target = *r.From().Address.Clone() // of a caller of RFC 2543, who need not give a Contact
	l.dialog.refresh(r.Contact())
	l.dialog.routes = routesOf(r, false)
	if err := e.admit(l); err != nil {
		e.leave(r)
		if errors.Is(err, errMerged) {
			e.refuse(r, tx, sip.StatusLoopDetected)
			return
		}
		if e.config.OnRefused != nil && errors.Is(err, errBusy) {
			e.config.OnRefused(l)
		}
		e.refuse(r, tx, sip.StatusServiceUnavailable, Header{"Retry-After", retryAfter})
		return
	}
	if !tx.OnTerminate(func(string, error) { e.settled(l) }) {
		e.settled(l)
	}
	listening := tx.OnCancel(func(c *sip.Request) { l.cancelled(c) })
	early, overtaken := e.cancels.take(l.dialog.local.tag)
	e.leave(r)
	switch {
	case overtaken:
		close(early)
		e.tell(r, sip.StatusRequestTerminated, "a CANCEL came before it")
		_ = l.respond(l.response(r, sip.StatusRequestTerminated, "", nil, nil))
		l.finish(End{By: Remote, How: HowCancel, Status: sip.StatusRequestTerminated})
		return
	case !listening: // it came before we listened; sipgo has answered it. The call has arrived all the same, and OnCall finds it over
		l.finish(End{By: Remote, How: HowCancel, Status: sip.StatusRequestTerminated})
	}
	e.tolerate(l, r, tolerated)
	e.handover.answered(r) // the leg's end will tell when it has been
	l.take()
}

// cancelled ends a leg for which a CANCEL came. sipgo, whose lock is held, sends the 487 when this returns.
func (l *Leg) cancelled(c *sip.Request) {
	e := l.endpoint
	e.handover.arrives(c)
	l.finish(End{By: Remote, How: HowCancel, Status: sip.StatusRequestTerminated, Headers: payload(c)})
	sent := func() {
		_ = l.tx.Err() // waits for the lock
		e.handover.answered(c)
	}
	if !e.spawn(sent) {
		e.handover.answered(c)
	}
}

// take runs OnCall and sees to it that the call is not left without an answer.
func (l *Leg) take() {
	e := l.endpoint
	defer func() {
		if p := recover(); p != nil {
			e.log.Error("sip: panic in OnCall", "panic", fmt.Sprint(p), "call_id", cut(l.CallID()), "stack", string(debug.Stack()))
			if l.isAnswered() {
				l.sendBye(End{By: Local, How: HowError, Reason: "panic in OnCall"}, []Header{reasonSIP(500, "Server Internal Error")})
			}
		}
		if !l.isAnswered() {
			_ = l.Reject(sip.StatusInternalServerError, "")
		}
	}()
	if e.config.OnCall == nil {
		_ = l.Reject(sip.StatusTemporarilyUnavailable, "")
		return
	}
	e.config.OnCall(l)
}

func reasonSIP(cause int, text string) Header {
	return Header{"Reason", fmt.Sprintf(`SIP;cause=%d;text="%s"`, cause, text)}
}

// routesOf is the route set: the Record-Routes in order for who was called, reversed for who called.
func routesOf(m message, reversed bool) []sip.Uri {
	var out []sip.Uri
	for _, h := range m.Headers() {
		if rr, ok := h.(*sip.RecordRouteHeader); ok {
			out = append(out, *rr.Address.Clone())
		}
	}
	if reversed {
		slices.Reverse(out)
	}
	return out
}

// response builds a response inside this leg; an empty reason takes the usual one.
func (l *Leg) response(r *sip.Request, code int, reason string, sdp []byte, h []Header) *sip.Response {
	if reason == "" {
		reason = reasonOf(code)
	}
	res := sip.NewResponseFromRequest(r, code, reason, sdp)
	ours := l.endpoint.product("Server")
	if code > 100 && code < 300 && takesSDP(r.Method) {
		ours = append(ours, l.contact(), l.allow())
	}
	if len(sdp) > 0 {
		ours = append(ours, Header{"Content-Type", "application/sdp"})
	}
	addHeaders(res, defaults(ours, h))
	addHeaders(res, h)
	return res
}

// respond answers the INVITE. When a CANCEL was first sipgo refuses, but would from now on repeat this response instead of its 487.
func (l *Leg) respond(res *sip.Response) error {
	err := l.tx.Respond(res)
	if errors.Is(err, sip.ErrTransactionCanceled) {
		_ = l.tx.Respond(l.response(l.invite, sip.StatusRequestTerminated, "", nil, nil))
		return ErrCancelled
	}
	return err
}

// early tells why a response to the INVITE can no longer be given; nil when it can.
func (l *Leg) early() error {
	switch {
	case !l.incoming:
		return fmt.Errorf("leg: want an incoming call, got one that was dialled")
	case l.ended:
		return l.end.err()
	case l.answered:
		return ErrAnswered
	}
	return nil
}

func checkResponse(code, from, to int, reason string, h []Header) error {
	if code < from || code > to {
		return fmt.Errorf("status: want %d to %d, got %d", from, to, code)
	}
	return errors.Join(checkText("reason", reason), checkHeaders(h))
}

// Provisional sends a 1xx response, 101 to 199. A nil sdp sends none; an empty reason takes the usual one.
func (l *Leg) Provisional(code int, reason string, sdp []byte) error {
	if err := checkResponse(code, 101, 199, reason, nil); err != nil {
		return err
	}
	l.mu.Lock()
	err := l.early()
	l.mu.Unlock()
	if err != nil {
		return err
	}
	return l.respond(l.response(l.invite, code, reason, sdp, nil))
}

// Reject refuses the call with a final response of 300 to 699.
func (l *Leg) Reject(code int, reason string, h ...Header) error {
	if err := checkResponse(code, 300, 699, reason, h); err != nil {
		return err
	}
	l.mu.Lock()
	err := l.early()
	l.mu.Unlock()
	if err != nil {
		return err
	}
	res := l.response(l.invite, code, reason, nil, h)
	err = l.respond(res)
	l.finish(End{By: Local, How: HowReject, Status: code, Reason: res.Reason, Headers: h})
	return err
}

// Answer sends the 200 and repeats it until the ACK comes. A nil sdp answers the offer with PCMU, or offers PCMU when the INVITE
// had no SDP; an empty one sends none. It returns nil when the ACK is there; ErrCancelled; ErrNoAck (the call is being ended with
// BYE); or ctx's error, after which the repeating goes on. When sdp is nil and the offer has no PCMU the call is refused with 488
// and ErrNoCodec returned.
func (l *Leg) Answer(ctx context.Context, sdp []byte, h ...Header) error {
	if err := checkHeaders(h); err != nil {
		return err
	}
	body, err := l.description(sdp)
	if err != nil {
		return errors.Join(err, l.Reject(sip.StatusNotAcceptableHere, ""))
	}
	s := l.newHandshake(l.invite, l.tx, l.response(l.invite, sip.StatusOK, "", body, h))
	l.mu.Lock()
	if err = l.early(); err == nil {
		l.answered, l.pending, l.localSDP = true, s, body
	}
	l.mu.Unlock()
	if err != nil {
		return err
	}
	if err := l.respond(s.res); err != nil {
		l.finish(End{By: Local, How: HowError, Reason: err.Error()})
		return err
	}
	return s.wait(ctx)
}

// description is the session description to send: as given, or made to fit the INVITE.
func (l *Leg) description(sdp []byte) ([]byte, error) {
	switch {
	case sdp != nil:
		return sdp, nil
	case len(l.Offer()) == 0:
		return OfferSDP(l.media, DiscardPort), nil
	}
	return AnswerSDP(l.Offer(), l.media, DiscardPort)
}
