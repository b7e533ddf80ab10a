package sipua

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Dial says how to place a call. To (or RequestURI) and From are due; everything else may be zero.
type Dial struct {
	// Target is the host:port the INVITE is sent to. Empty: host and port of RequestURI.
	Target string
	// To and From are a URI or a name-addr, as in `"Alice" <sip:+442071838750@example.net;user=phone>` or `tel:+442071838750`.
	To, From string
	// RequestURI is a bare URI. Empty: the URI of To.
	RequestURI string
	// CallID is the Call-ID. Empty: a random one.
	CallID string
	// Transport is "udp" (also when empty), "tcp" or "tls".
	Transport string
	// SDP is the offer. Nil: an offer of PCMU, and with an AudioPort of PCMA too.
	SDP []byte
	// AudioPort is the UDP port at which the caller takes audio. 0: none, which is said as DiscardPort.
	AudioPort int
	// LateOffer sends the INVITE without SDP; the answer to the peer's offer goes into the ACK.
	LateOffer bool
	// AckSDP is that answer. Nil: an answer with PCMU; empty: none.
	AckSDP []byte
	// Headers are added to the INVITE: P-Asserted-Identity, Privacy, Diversion, ...
	Headers []Header
	// User and Password answer a digest challenge (401 or 407), once. Empty: a challenge is a refusal.
	User, Password string
	// OnProgress is called for each 1xx, in order, until ctx ends.
	OnProgress func(code int, reason string)
	// OnRefer is called for each REFER of the peer's while the call is up, in its own goroutine. It calls whom the peer names and returns
	// the final status of that call, which the peer is told. It must return soon after ctx ends, which it does when the Endpoint is
	// closed. Nil: a REFER is declined with 603.
	OnRefer func(ctx context.Context, r Referral) int
	// SkipAck is a fault: the 200 is never acknowledged.
	SkipAck bool
}

// StatusError is a call refused with a final response of 300 to 699. Headers has no Via, From, To, Call-ID, CSeq.
type StatusError struct {
	Code    int
	Reason  string
	Headers []Header
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("call: refused with %d %s", e.Code, e.Reason)
}

// cancelGrace is how long Dial waits for the end of an INVITE after its context has ended.
const cancelGrace = time.Second

// Dial places a call and waits for its outcome: a Leg that is up, or an error: *StatusError, ErrTimeout, ctx's (together with the
// *StatusError the peer gave, if it did). When ctx ends the INVITE is cancelled, and a 200 that crosses the CANCEL is acknowledged and
// ended with BYE. Dial returns at the latest a second after ctx; what is then left to do goes on behind it. A call that is up no
// longer depends on ctx.
func (e *Endpoint) Dial(ctx context.Context, d Dial) (*Leg, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l, err := e.newCall(d)
	if err != nil {
		return nil, err
	}
	var attempting context.Context
	attempting, l.abort = context.WithCancel(ctx)
	if err := e.admit(l); err != nil {
		l.abort()
		return nil, err
	}
	a := &attempt{leg: l, dial: d, forks: map[string]bool{}}
	outcome := make(chan error, 1)
	if !e.spawn(func() { defer l.abort(); outcome <- a.run(attempting) }) {
		l.abort()
		return nil, ErrClosed // Close ends the leg: it was admitted before
	}
	select {
	case err = <-outcome:
	case <-ctx.Done():
		grace := time.NewTimer(cancelGrace)
		defer grace.Stop()
		select {
		case err = <-outcome:
		case <-grace.C:
			err = ctx.Err()
		}
	}
	if err != nil {
		return nil, err
	}
	return l, nil
}

// newCall builds the leg and its INVITE.
func (e *Endpoint) newCall(d Dial) (*Leg, error) {
	transport := strings.ToUpper(cmp.Or(d.Transport, "udp"))
	if transport != "UDP" && transport != "TCP" && transport != "TLS" {
		return nil, fmt.Errorf("transport: want udp, tcp or tls, got %q", d.Transport)
	}
	from, err := parseParty("from", d.From)
	if err != nil {
		return nil, err
	}
	to, err := parseParty("to", cmp.Or(d.To, d.RequestURI))
	if err != nil {
		return nil, err
	}
	target := to.uri
	if d.RequestURI != "" {
		if target, err = parseUri("request URI", d.RequestURI); err != nil {
			return nil, err
		}
	}
	peer := cmp.Or(d.Target, hostPort(target, transport))
	if host, _, err := net.SplitHostPort(peer); err != nil || host == "" {
		return nil, fmt.Errorf("target: want host:port, got %q", peer)
	}
	if strings.ContainsFunc(d.CallID, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return nil, fmt.Errorf("call id: want no blanks, got %q", d.CallID)
	}
	if err := checkHeaders(d.Headers); err != nil {
		return nil, err
	}
	l := newLeg(e, peer, nil, transport)
	from.tag = fmt.Sprintf("%016x", rand.Uint64())
	l.dialog = dialog{callID: cmp.Or(d.CallID, fmt.Sprintf("%016x%016x@%s", rand.Uint64(), rand.Uint64(), l.host)), local: from, remote: to,
		transport: transport, peer: peer, target: target, localSeq: rand.Uint32N(1 << 16)}
	l.refers, l.audioPort, l.alaw = d.OnRefer, cmp.Or(d.AudioPort, DiscardPort), d.AudioPort > 0
	l.localSDP = l.offer(d)
	l.invite = l.request(sip.INVITE, 0, l.localSDP, d.Headers)
	l.invite.SetDestination(peer)
	return l, nil
}

func (l *Leg) offer(d Dial) []byte {
	switch {
	case d.LateOffer:
		return nil
	case d.SDP != nil:
		return d.SDP
	}
	return offer(l.media, l.audioPort, 1, 1, l.alaw)
}

func parseParty(noun, s string) (party, error) {
	if err := checkText(noun, s); err != nil {
		return party{}, err
	}
	addr := s
	if !strings.Contains(addr, "<") {
		addr = "<" + addr + ">" // a bare URI: its parameters are its own, not the header's
	}
	var uri sip.Uri
	var params sip.HeaderParams
	display, err := sip.ParseAddressValue(addr, &uri, &params)
	if err != nil {
		return party{}, fmt.Errorf("%s: want a URI or name-addr, got %q", noun, s)
	}
	p := partyOf(display, uri, params)
	p.tag = ""
	return p, nil
}

func parseUri(noun, s string) (sip.Uri, error) {
	var u sip.Uri
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) || sip.ParseUri(s, &u) != nil {
		return u, fmt.Errorf("%s: want a URI without blanks, got %q", noun, s)
	}
	return u, nil
}

// ack acknowledges the 200 of the INVITE.
func (l *Leg) ack(body []byte) error {
	return l.endpoint.write(l.request(sip.ACK, l.invite.CSeq().SeqNo, body, nil))
}

// cancelInvite sends the CANCEL of an INVITE: the same branch, the same number, the same way.
func (e *Endpoint) cancelInvite(invite *sip.Request) {
	c := twin(invite, sip.CANCEL, invite.To())
	addHeaders(c, e.product("User-Agent"))
	addHeaders(c, []Header{reasonSIP(sip.StatusRequestTerminated, "cancelled")})
	e.spawn(func() {
		if _, err := e.roundTrip(c, nil, nil); err != nil && !errors.Is(err, ErrClosed) {
			e.log.Debug("sip: CANCEL not answered", "call_id", cut(c.CallID().Value()), "error", err)
		}
	})
}

// twin is a request that belongs to the transaction of an INVITE: its CANCEL, or the ACK of its refusal.
func twin(invite *sip.Request, m sip.RequestMethod, to *sip.ToHeader) *sip.Request {
	r := sip.NewRequest(m, invite.Recipient)
	r.SetTransport(invite.Transport())
	r.SetDestination(invite.Destination())
	r.Laddr = invite.Laddr
	r.AppendHeader(invite.Via().Clone())
	sip.CopyHeaders("Route", invite, r)
	forwards := sip.MaxForwardsHeader(70)
	for _, h := range []sip.Header{&forwards, invite.From(), to, invite.CallID()} {
		r.AppendHeader(sip.HeaderClone(h))
	}
	r.AppendHeader(&sip.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: m})
	r.SetBody(nil)
	return r
}

// remember keeps the ACK of a refused INVITE for as long as the refusal may be repeated. sipgo would answer the repeat itself, but
// only after T2, and asleep with its lock held.
func (e *Endpoint) remember(invite *sip.Request, res *sip.Response) {
	branch, _ := invite.Via().Params.Get("branch")
	e.reacks.put(branch, twin(invite, sip.ACK, res.To()), sip.Timer_D)
}

func (e *Endpoint) reack(res *sip.Response) {
	if res.StatusCode < 300 || res.Via() == nil || res.CSeq() == nil || res.CSeq().MethodName != sip.INVITE {
		return
	}
	branch, _ := res.Via().Params.Get("branch")
	if ack, ok := e.reacks.get(branch); ok {
		_ = e.transport.WriteMsg(ack.Clone()) // sent at the peer's pace; the next repeat asks again
	}
}
