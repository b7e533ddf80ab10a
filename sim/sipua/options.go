package sipua

import (
	"context"
	"fmt"

	"github.com/emiago/sipgo/sip"
)

// Options asks who is at target (host:port), over the transport ("udp", also when empty, "tcp" or "tls"), what it can do (RFC 3261
// 11), and returns the status of the answer. Any answer shows that somebody is there: many refuse the question. Without one the
// error is ctx's, or ErrTimeout after 32 s.
func (e *Endpoint) Options(ctx context.Context, target, transport string) (status int, reason string, err error) {
	l, err := e.newCall(Dial{Target: target, Transport: transport, RequestURI: "sip:" + target, From: "<sip:ping@" + e.Addr() + ">"})
	if err != nil {
		return 0, "", err
	}
	r := l.request(sip.OPTIONS, 0, nil, []Header{{"Accept", "application/sdp"}, l.contact()})
	r.SetDestination(target)
	res, err := e.roundTrip(r, ctx.Done(), nil)
	switch {
	case err == nil:
		return res.StatusCode, res.Reason, nil
	case ctx.Err() != nil:
		return 0, "", ctx.Err()
	case isTimeout(err):
		return 0, "", ErrTimeout
	}
	return 0, "", fmt.Errorf("options: not sent: %w", err)
}
