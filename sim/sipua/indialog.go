package sipua

import (
	"bytes"
	"context"

	"github.com/emiago/sipgo/sip"
)

// onInDialog answers a request that names a dialog.
func (e *Endpoint) onInDialog(l *Leg, r *sip.Request, tx *sip.ServerTx, tolerated []flaw) {
	switch {
	case l == nil || !l.isPeer(r):
		e.leave(r)
		if !r.IsAck() {
			e.refuse(r, tx, sip.StatusCallTransactionDoesNotExists)
		}
		return
	case r.IsAck():
		e.tolerate(l, r, tolerated)
		l.onAck(r)
		e.leave(r)
		return
	case !l.dialog.inOrder(r.CSeq().SeqNo):
		e.leave(r)
		e.refuse(r, tx, sip.StatusInternalServerError, Header{"Retry-After", retryAfter})
		return
	}
	e.tolerate(l, r, tolerated)
	switch {
	case r.IsInvite():
		l.onReInvite(r, tx)
		return
	case r.Method == sip.BYE:
		if came := l.peerBye(); came != nil {
			e.leave(r) // the answer to a BYE of ours is to come in
			came()
			l.onBye(r, tx)
			return
		}
	}
	defer e.leave(r)
	switch r.Method {
	case sip.BYE:
		l.onBye(r, tx)
	case sip.UPDATE:
		l.onUpdate(r, tx)
	case sip.INFO:
		l.onInfo(r, tx)
	case sip.OPTIONS:
		e.refuse(r, tx, sip.StatusOK, capabilities()...)
	case sip.REFER:
		l.onRefer(r, tx)
	default:
		e.refuse(r, tx, sip.StatusMethodNotAllowed, Header{"Allow", allow})
	}
}

// isPeer: the From tag is the other side's. A call that we placed does not know it before the 200.
func (l *Leg) isPeer(r *sip.Request) bool {
	tag := l.dialog.remoteTag()
	return tag == "" || tag == tagOf(r.From().Params)
}

func (l *Leg) onBye(r *sip.Request, tx *sip.ServerTx) {
	early := l.incoming && !l.isAnswered()
	l.finish(End{By: Remote, How: HowBye, Headers: payload(r)})
	l.endpoint.refuse(r, tx, sip.StatusOK)
	if early {
		_ = l.respond(l.response(l.invite, sip.StatusRequestTerminated, "", nil, nil))
	}
}

// peerBye is what is to be called when the peer's BYE has come; nil: nothing.
func (l *Leg) peerBye() func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.byeCame
}

// onReInvite answers a new offer, or makes one when there is none, inside the dialog. Nothing but the directions can change.
func (l *Leg) onReInvite(r *sip.Request, tx *sip.ServerTx) {
	l.mu.Lock()
	busy := !l.answered || l.pending != nil
	ringing := l.incoming && !l.answered
	l.mu.Unlock()
	switch {
	case ringing:
		l.endpoint.leave(r)
		l.refuseOffer(r, tx, sip.StatusInternalServerError, Header{"Retry-After", retryAfter}) // RFC 3261 14.2
		return
	case busy:
		l.endpoint.leave(r)
		l.refuseOffer(r, tx, sip.StatusRequestPending)
		return
	}
	body, err := l.renegotiate(r.Body(), true)
	if err != nil {
		l.endpoint.leave(r)
		l.refuseOffer(r, tx, sip.StatusNotAcceptableHere)
		return
	}
	s := l.newHandshake(r, tx, l.response(r, sip.StatusOK, "", body, nil))
	l.mu.Lock()
	if busy = l.pending != nil; !busy {
		l.pending = s
	}
	l.mu.Unlock()
	l.endpoint.leave(r)
	if busy {
		l.refuseOffer(r, tx, sip.StatusRequestPending)
		return
	}
	l.accept(r, body)
	if err := tx.Respond(s.res); err != nil {
		l.mu.Lock()
		l.pending = nil
		l.mu.Unlock()
		return
	}
	_ = s.wait(context.Background()) // without an ACK it ends the call by itself
}

func (l *Leg) onUpdate(r *sip.Request, tx *sip.ServerTx) {
	body, err := l.renegotiate(r.Body(), false)
	if err != nil {
		l.refuseOffer(r, tx, sip.StatusNotAcceptableHere)
		return
	}
	l.accept(r, body)
	_ = tx.Respond(l.response(r, sip.StatusOK, "", body, nil))
}

func (l *Leg) refuseOffer(r *sip.Request, tx *sip.ServerTx, code int, h ...Header) {
	l.endpoint.rejected(r, code)
	_ = tx.Respond(l.response(r, code, "", nil, h))
}

// accept notes what an INVITE or UPDATE that we answer with 200 has changed.
func (l *Leg) accept(r *sip.Request, answer []byte) {
	l.dialog.refresh(r.Contact())
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(answer) > 0 {
		l.localSDP = answer
	}
	if len(r.Body()) > 0 {
		l.remoteSDP = r.Body()
	}
}

// renegotiate answers an offer from the address of our last description, or makes a full offer when there is none and one is due.
func (l *Leg) renegotiate(theirs []byte, due bool) ([]byte, error) {
	l.mu.Lock()
	last := l.localSDP
	l.mu.Unlock()
	ours, err := ParseSDP(last)
	if err != nil || ours.Port == 0 || ours.Host == "" {
		ours = SDP{Host: l.media, Port: l.audioPort, session: 1, version: 1}
	}
	describe := func(version uint64) ([]byte, error) {
		switch {
		case len(theirs) > 0:
			return answer(theirs, ours.Host, ours.Port, ours.session, version, l.alaw)
		case due:
			return offer(ours.Host, ours.Port, ours.session, version, l.alaw), nil
		}
		return nil, nil
	}
	same, err := describe(ours.version)
	if err != nil || bytes.Equal(same, last) { // the version counts changes
		return same, err
	}
	return describe(ours.version + 1)
}
