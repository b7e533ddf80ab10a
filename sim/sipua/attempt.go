package sipua

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// attempt is an INVITE of ours on its way to an outcome.
type attempt struct {
	leg    *Leg
	dial   Dial
	tx     *sip.ClientTx
	answer []byte // to a late offer: body of the ACK

	authorized bool // a challenge has been answered

	ringing   bool  // a 1xx came: only then may the INVITE be cancelled (RFC 3261 9.1)
	cancelled error // why it is to be cancelled

	mu    sync.Mutex
	forks map[string]bool // To tags of other 200s
}

// run returns nil when the call is up.
func (a *attempt) run(ctx context.Context) error {
	l, e := a.leg, a.leg.endpoint
	tx, err := e.transact(ctx, l.invite, func(tx *sip.ClientTx) { tx.OnRetransmission(a.repeated) })
	if err != nil {
		return a.fail(fmt.Errorf("call: not sent: %w", err))
	}
	a.tx = tx
	ended := ctx.Done()
	var giveUp <-chan time.Time
	for {
		select {
		case res := <-tx.Responses():
			if !res.IsProvisional() {
				h, ok := a.credentials(res)
				if !ok {
					return a.final(res)
				}
				if err := a.again(res, h); err != nil {
					return a.fail(err)
				}
				tx = a.tx
				continue
			}
			a.progress(res)
		case <-ended:
			ended, a.cancelled = nil, ctx.Err()
			giveUp = time.After(64 * sip.T1)
			if a.ringing {
				e.cancelInvite(l.invite)
			}
		case <-tx.Done():
			err := endOf(tx)
			switch {
			case e.ctx.Err() != nil:
				err = ErrClosed
			case isTimeout(err):
				err = ErrTimeout
			}
			return a.fail(err)
		case <-giveUp: // not even the CANCEL was heard
			tx.Terminate()
			return a.fail(a.cancelled)
		case <-l.done: // a BYE before the 200, or the Endpoint was closed
			tx.Terminate()
			return l.endError()
		}
	}
}

func (a *attempt) progress(res *sip.Response) {
	l, e := a.leg, a.leg.endpoint
	if a.cancelled != nil && !a.ringing {
		e.cancelInvite(l.invite)
	}
	a.ringing = true
	if a.dial.OnProgress != nil && a.cancelled == nil {
		a.dial.OnProgress(res.StatusCode, res.Reason)
	}
	e.leave(res)
}

func (a *attempt) final(res *sip.Response) error {
	defer a.leg.endpoint.leave(res)
	if res.To() == nil {
		a.tx.Terminate()
		return a.fail(fmt.Errorf("call: want a response with To, got %q", cut(res.StartLine())))
	}
	if res.IsSuccess() {
		return a.answered(res)
	}
	if !sip.IsReliable(res.Transport()) {
		a.leg.endpoint.remember(a.leg.invite, res)
		a.tx.Terminate()
	}
	refused := &StatusError{Code: res.StatusCode, Reason: res.Reason, Headers: payload(res)}
	return a.fail(errors.Join(a.cancelled, refused))
}

// fail ends the leg of a call that did not come about.
func (a *attempt) fail(err error) error {
	end := End{By: Local, How: HowError, Reason: err.Error()}
	var refused *StatusError
	switch {
	case a.cancelled != nil:
		end = End{By: Local, How: HowCancel, Reason: err.Error()}
	case errors.As(err, &refused):
		end = End{By: Remote, How: HowReject, Status: refused.Code, Reason: refused.Reason, Headers: refused.Headers}
		err = refused
	case errors.Is(err, ErrTimeout):
		end.How = HowTimeout
	}
	a.leg.finish(end)
	return err
}

// answered acknowledges the 200. A call that was cancelled meanwhile is up all the same and must be ended.
func (a *attempt) answered(res *sip.Response) error {
	l := a.leg
	l.confirm(res)
	late := a.lateAnswer(res.Body())
	if !a.dial.SkipAck {
		if err := l.ack(a.answer); err != nil {
			return a.fail(fmt.Errorf("call: ACK not sent: %w", err))
		}
	}
	close(l.confirmed)
	err := errors.Join(a.cancelled, late)
	if err != nil {
		l.sendBye(End{By: Local, How: HowBye}, []Header{reasonSIP(sip.StatusRequestTerminated, "cancelled")})
	}
	return err
}

// lateAnswer makes the body of the ACK when the 200 brought the offer.
func (a *attempt) lateAnswer(offer []byte) error {
	if !a.dial.LateOffer {
		return nil
	}
	body := a.dial.AckSDP
	if body == nil {
		var err error
		if body, err = answer(offer, a.leg.media, a.leg.audioPort, 1, 1, a.leg.alaw); err != nil {
			return err
		}
	}
	a.mu.Lock()
	a.answer = body
	a.mu.Unlock()
	a.leg.mu.Lock()
	a.leg.localSDP = body
	a.leg.mu.Unlock()
	return nil
}

// repeated gets each further 200: the one that is known, because our ACK was lost, or one from another branch of a forking proxy,
// which has a To tag of its own and is a call that nobody wants.
func (a *attempt) repeated(res *sip.Response) {
	e := a.leg.endpoint
	defer e.leave(res)
	tag := a.leg.dialog.remoteTag()
	if tag == "" || res.To() == nil || a.dial.SkipAck || !e.begin() {
		return
	}
	defer e.wg.Done()
	a.mu.Lock()
	body, other := a.answer, tagOf(res.To().Params)
	seen := a.forks[other]
	if other != tag {
		a.forks[other] = true
	}
	a.mu.Unlock()
	if other == tag {
		_ = a.leg.ack(body)
		return
	}
	fork := a.leg.sibling(res)
	_ = fork.ack(nil)
	if !seen {
		fork.sendBye(End{By: Local, How: HowBye}, []Header{reasonSIP(sip.StatusRequestTerminated, "answered elsewhere")})
	}
}

// confirm makes a dialog of the 200.
func (l *Leg) confirm(res *sip.Response) {
	d := &l.dialog
	d.refresh(res.Contact())
	d.mu.Lock()
	d.remote.tag = tagOf(res.To().Params)
	d.routes = routesOf(res, true)
	d.mu.Unlock()
	l.mu.Lock()
	l.answered, l.remoteSDP = true, res.Body()
	l.mu.Unlock()
}

// sibling is the leg of another 200 to the same INVITE. It is not registered: all it does is to end.
func (l *Leg) sibling(res *sip.Response) *Leg {
	s := &Leg{endpoint: l.endpoint, invite: l.invite, host: l.host, port: l.port, media: l.media, done: make(chan struct{}), confirmed: make(chan struct{})}
	s.dialog = dialog{callID: l.dialog.callID, local: l.dialog.local, transport: l.dialog.transport, peer: l.dialog.peer,
		remote: party{display: l.dialog.remote.display, uri: l.dialog.remote.uri, params: l.dialog.remote.params},
		target: l.invite.Recipient, localSeq: l.invite.CSeq().SeqNo}
	s.confirm(res)
	return s
}
