package sipua

import (
	"fmt"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// credentials answers the challenge of a 401 or 407 (RFC 3261 22). There is one answer: a peer that asks again has refused it.
func (a *attempt) credentials(res *sip.Response) (h Header, ok bool) {
	asks, answers := "WWW-Authenticate", "Authorization"
	switch res.StatusCode {
	case sip.StatusUnauthorized:
	case sip.StatusProxyAuthRequired:
		asks, answers = "Proxy-Authenticate", "Proxy-Authorization"
	default:
		return h, false
	}
	if a.dial.User == "" || a.authorized || a.cancelled != nil {
		return h, false
	}
	for _, challenge := range res.GetHeaders(asks) {
		c, err := digest.ParseChallenge(challenge.Value())
		if err != nil {
			continue // Basic, or worse
		}
		answer, err := digest.Digest(c, digest.Options{
			Method: string(sip.INVITE), URI: a.leg.invite.Recipient.String(), Username: a.dial.User, Password: a.dial.Password, Count: 1,
		})
		if err == nil {
			return Header{Name: answers, Value: answer.String()}, true
		}
	}
	return h, false
}

// again sends the INVITE anew with credentials, as a transaction of its own.
func (a *attempt) again(res *sip.Response, h Header) error {
	l, e := a.leg, a.leg.endpoint
	if !sip.IsReliable(res.Transport()) {
		e.remember(l.invite, res)
		a.tx.Terminate()
	}
	e.leave(res)
	a.authorized, a.ringing = true, false
	destination := l.invite.Destination()
	l.invite = l.request(sip.INVITE, 0, l.localSDP, append([]Header{h}, a.dial.Headers...))
	l.invite.SetDestination(destination)
	tx, err := e.transact(e.ctx, l.invite, func(tx *sip.ClientTx) { tx.OnRetransmission(a.repeated) })
	if err != nil {
		return fmt.Errorf("call: not sent: %w", err)
	}
	a.tx = tx
	return nil
}
