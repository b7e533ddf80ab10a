package sipua

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// Referral is a REFER that came in a call that we placed: its peer puts us through (RFC 3515).
type Referral struct {
	To       URI      // whom to call; of the scheme sip, sips or tel
	Replaces Replaced // the call whose place we are to take there; without a CallID there is none
}

// Replaced names a call as the end does that is to give it up (RFC 3891 section 6.1): to-tag is that end's own.
type Replaced struct{ CallID, ToTag, FromTag string }

// unsupportedURIScheme is a status that sipgo has no name for (RFC 3261 21.4.14).
const unsupportedURIScheme = 416

// onRefer answers a REFER. That we try, and what comes of it, are told in a NOTIFY each, also when the peer has hung up since.
func (l *Leg) onRefer(r *sip.Request, tx *sip.ServerTx) {
	e := l.endpoint
	if l.refers == nil || !l.isAnswered() {
		e.refuse(r, tx, sip.StatusGlobalDecline)
		return
	}
	to, code := referralIn(r)
	if code != 0 {
		e.refuse(r, tx, code)
		return
	}
	outcome := make(chan int, 1)
	if !e.spawn(func() { outcome <- l.refers(e.ctx, to) }) {
		e.refuse(r, tx, sip.StatusServiceUnavailable)
		return
	}
	event := l.referEvent(r)
	e.refuse(r, tx, sip.StatusAccepted, l.contact())
	e.spawn(func() {
		l.notifyOf(event, sip.StatusTrying, "active;expires=60")
		select {
		case status := <-outcome:
			l.notifyOf(event, status, "terminated;reason=noresource")
		case <-e.ctx.Done():
		}
	})
}

// notifyOf tells the peer how far its REFER has come.
func (l *Leg) notifyOf(event Header, status int, state string) {
	body := fmt.Appendf(nil, "SIP/2.0 %d %s\r\n", status, reasonOf(status))
	notify := l.request(sip.NOTIFY, 0, body, []Header{event, {"Subscription-State", state}, {"Content-Type", "message/sipfrag;version=2.0"}, l.contact()})
	if _, err := l.endpoint.roundTrip(notify, nil, nil); err != nil {
		l.endpoint.log.Debug("sip: NOTIFY not answered", "call_id", cut(l.CallID()), "error", err)
	}
}

// referEvent is the Event of a REFER's NOTIFYs. Those of the first in a call may go without an id, which every peer understands;
// the others need one (RFC 3515 2.4.6).
func (l *Leg) referEvent(r *sip.Request) Header {
	l.mu.Lock()
	defer l.mu.Unlock()
	event := "refer"
	if l.referred {
		event = fmt.Sprintf("refer;id=%d", r.CSeq().SeqNo)
	}
	l.referred = true
	return Header{"Event", event}
}

// referralIn reads a REFER. code 0: all is well. Not exactly one Refer-To is a bad request (RFC 3515 2.4.2).
func referralIn(r *sip.Request) (to Referral, code int) {
	all := append(values(r, "Refer-To"), values(r, "r")...)
	if len(all) != 1 {
		return to, sip.StatusBadRequest
	}
	uri, err := ParseURI(all[0])
	if err != nil {
		return to, sip.StatusBadRequest
	}
	switch uri.Scheme {
	case "sip", "sips", "tel":
	default:
		return to, unsupportedURIScheme
	}
	return Referral{To: uri, Replaces: replacedBy(uri.Raw)}, 0
}

// replacedBy is what the Replaces says of a URI, as in <sip:billing@host?Replaces=id%40host%3Bto-tag%3D1%3Bfrom-tag%3D2>.
func replacedBy(uri string) (r Replaced) {
	_, headers, _ := strings.Cut(uri, "?")
	for h := range strings.SplitSeq(headers, "&") {
		name, value, _ := strings.Cut(h, "=")
		if !strings.EqualFold(name, "Replaces") {
			continue
		}
		if plain, err := url.PathUnescape(value); err == nil {
			value = plain
		}
		id, params, _ := strings.Cut(value, ";")
		r.CallID = strings.TrimSpace(id)
		for p := range strings.SplitSeq(params, ";") {
			switch name, value, _ := strings.Cut(strings.TrimSpace(p), "="); {
			case strings.EqualFold(name, "to-tag"):
				r.ToTag = value
			case strings.EqualFold(name, "from-tag"):
				r.FromTag = value
			}
		}
		return r
	}
	return r
}

// allow lists what is answered in this call with something else than 405, and not declined.
func (l *Leg) allow() Header {
	if l.refers != nil {
		return Header{"Allow", allow + ", REFER"}
	}
	return Header{"Allow", allow}
}
