package sipua

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/emiago/sipgo/sip"
)

// Side is one end of a call as this Endpoint sees it.
type Side string

// The two sides of a call.
const (
	Local  Side = "local"
	Remote Side = "remote"
)

// How a leg ended.
const (
	HowBye     = "bye"
	HowCancel  = "cancel"
	HowReject  = "reject"
	HowTimeout = "timeout" // no ACK came, or nobody answered our BYE
	HowError   = "error"   // the transport failed or the Endpoint was closed
)

// End says how a leg ended: who began it, how, and with which status and headers: those of the BYE, CANCEL or final response, without
// the ones that only carry it (Via, From, To, Call-ID, CSeq, routes, ...).
type End struct {
	By      Side
	How     string
	Status  int
	Reason  string
	Headers []Header
}

// Leg is one call. Its methods may be called from any goroutine.
type Leg struct {
	endpoint  *Endpoint
	incoming  bool
	invite    *sip.Request  // the one that began the dialog; not changed any more
	tx        *sip.ServerTx // of an incoming INVITE
	dialog    dialog
	host      string // ours, in Contact and Via
	port      int
	media     string                              // our host in session descriptions
	audioPort int                                 // our port there
	alaw      bool                                // PCMA is spoken too
	abort     context.CancelFunc                  // of a Dial that is going on
	refers    func(context.Context, Referral) int // of a Dial; nil: a REFER is declined
	settled   bool                                // the transaction of an incoming INVITE is over; the endpoint's lock guards it

	done      chan struct{}
	confirmed chan struct{} // closed with the ACK

	mu        sync.Mutex
	answered  bool       // the 200 is out, or came in
	byeSent   bool       // ours
	referred  bool       // a REFER of theirs was accepted
	pending   *handshake // an INVITE of theirs that we have answered and they have not acknowledged
	localSDP  []byte
	remoteSDP []byte
	ended     bool
	end       End
	onEnd     []func(End)
	byeLeft   func() // called when our BYE has
	onDigit   func(string)
	byeCame   func()          // called when theirs has
	tolerated []flaw          // that were told of
	asked     <-chan struct{} // closed when every INFO so far has been answered; nil: there was none
}

// newLeg makes a leg. to is the Request-URI of an incoming INVITE, nil of a call that we place.
func newLeg(e *Endpoint, peer string, to *sip.Uri, transport string) *Leg {
	l := &Leg{endpoint: e, incoming: to != nil, audioPort: DiscardPort, done: make(chan struct{}), confirmed: make(chan struct{})}
	l.host, l.port, l.media = e.sockets.addressFor(peer, to, transport)
	return l
}

func (l *Leg) key() legKey { return legKey{l.dialog.callID, l.dialog.local.tag} }

// CallID is the Call-ID.
func (l *Leg) CallID() string { return l.dialog.callID }

// Tags are ours and the peer's, which with the Call-ID name the dialog; the peer's is empty while there is none.
func (l *Leg) Tags() (ours, theirs string) { return l.dialog.local.tag, l.dialog.remoteTag() }

// Incoming reports whether the call came in, rather than was dialled.
func (l *Leg) Incoming() bool { return l.incoming }

// RequestURI is the Request-URI of the INVITE: the number dialled.
func (l *Leg) RequestURI() URI { return uriOf(&l.invite.Recipient) }

// To is the URI in the INVITE's To.
func (l *Leg) To() URI { return uriOf(&l.invite.To().Address) }

// From is the URI in the INVITE's From.
func (l *Leg) From() URI { return uriOf(&l.invite.From().Address) }

func uriOf(u *sip.Uri) URI {
	out, err := ParseURI(u.String())
	if err != nil {
		out.Raw = u.String()
	}
	return out
}

// FromDisplay is the display name in the INVITE's From, unquoted.
func (l *Leg) FromDisplay() string {
	var b strings.Builder
	escaped := false
	for _, r := range l.invite.From().DisplayName {
		if escaped = r == '\\' && !escaped; !escaped {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Header gives every value of a header of the INVITE, in order; the name's case does not matter.
func (l *Leg) Header(name string) []string {
	var out []string
	for _, h := range l.invite.GetHeaders(name) {
		out = append(out, h.Value())
	}
	return out
}

// Headers gives the header fields of the INVITE that are asked for, in order; which is called with each name as it was sent. To write
// down what nobody reads costs a call more than to look at all names.
func (l *Leg) Headers(which func(name string) bool) []Header {
	var out []Header
	for _, h := range l.invite.Headers() {
		if name := h.Name(); which(name) {
			out = append(out, Header{name, h.Value()})
		}
	}
	return out
}

// Offer is the INVITE's SDP; nil when it had none (late offer).
func (l *Leg) Offer() []byte { return l.invite.Body() }

// RemoteSDP is the peer's latest session description; nil as long as there is none.
func (l *Leg) RemoteSDP() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.remoteSDP
}

// LocalHost is the host at which this side can be sent media; use it in session descriptions.
func (l *Leg) LocalHost() string { return l.media }

// Done is closed when the leg has ended.
func (l *Leg) Done() <-chan struct{} { return l.done }

// End says how the leg ended. It is the zero value until Done is closed.
func (l *Leg) End() End {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.end
}

// OnEnd has f called when the leg ends: before Done is closed, and before the peer whose BYE ends it is answered. When the leg has
// ended already f is called at once. f must be quick and must not call the leg's other methods but End. A panic in it is logged.
func (l *Leg) OnEnd(f func(End)) {
	l.mu.Lock()
	ended, end := l.ended, l.end
	if !ended {
		l.onEnd = append(l.onEnd, f)
	}
	l.mu.Unlock()
	if ended {
		l.notify(f, end)
	}
}

// OnBye has f called when our BYE has left, which is before it is answered; never when it cannot be sent, or the peer's comes first.
// f must be quick, and be given before Bye is called.
func (l *Leg) OnBye(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.byeLeft = f
}

// OnPeerBye has f called when the peer's BYE has come, before it is answered and the leg has ended: f may wait, and send a BYE of
// ours that crosses theirs.
func (l *Leg) OnPeerBye(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.byeCame = f
}

// notify keeps a panic of f away from sipgo, whose locks may be held.
func (l *Leg) notify(f func(End), end End) {
	defer func() {
		if p := recover(); p != nil {
			l.endpoint.log.Error("sip: panic in OnEnd", "panic", fmt.Sprint(p), "call_id", cut(l.CallID()), "stack", string(debug.Stack()))
		}
	}()
	f(end)
}

// finish ends the leg, once. It is called with sipgo's locks held and must not wait for anything.
func (l *Leg) finish(end End) {
	l.mu.Lock()
	if l.ended {
		l.mu.Unlock()
		return
	}
	if l.byeSent && end.How == HowBye {
		end.By = Local // both sent a BYE: ours was out when theirs came
	}
	l.ended, l.end = true, end
	hooks := l.onEnd
	l.onEnd, l.byeLeft, l.byeCame, l.onDigit = nil, nil, nil, nil // a leg outlives its call by the 32 s of its transaction, which is no reason to keep what is behind them
	l.mu.Unlock()
	for _, f := range hooks {
		l.notify(f, end)
	}
	l.endpoint.remove(l)
	close(l.done)
}

// endError says why a leg that has ended can do no more.
func (l *Leg) endError() error { return l.End().err() }

func (end End) err() error {
	switch end.How {
	case HowCancel:
		return ErrCancelled
	case HowTimeout:
		return ErrTimeout
	case HowError:
		if end.Reason == ErrClosed.Error() {
			return ErrClosed
		}
		return fmt.Errorf("leg: %s", end.Reason)
	default:
		return ErrEnded
	}
}

// isNew notes what a peer does against its RFC, and reports whether it is the first time in this call.
func (l *Leg) isNew(f flaw) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if slices.Contains(l.tolerated, f) {
		return false
	}
	l.tolerated = append(l.tolerated, f)
	return true
}

func (l *Leg) isAnswered() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.answered
}

// Bye ends an answered call. It waits for the ACK of the call first, when that is still due. It returns nil when the peer gave any
// final response, or had ended the call already, ErrTimeout when it gave none within 32 s (the leg has ended all the same), or ctx's
// error, after which the BYE goes on.
func (l *Leg) Bye(ctx context.Context, h ...Header) error {
	if err := checkHeaders(h); err != nil {
		return err
	}
	select {
	case <-l.confirmed:
		l.sendBye(End{By: Local, How: HowBye}, h)
	case <-l.done:
	default:
		if !l.isAnswered() {
			return fmt.Errorf("bye: want an answered call, got an early one")
		}
		select {
		case <-l.confirmed:
			l.sendBye(End{By: Local, How: HowBye}, h)
		case <-l.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	select {
	case <-l.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	if end := l.End(); end.How == HowTimeout || end.How == HowError {
		return l.endError()
	}
	return nil
}

// sendBye sends our BYE, once, and ends the leg with its outcome: any final response will do (RFC 3261 12.2.1.2).
func (l *Leg) sendBye(end End, h []Header) {
	l.mu.Lock()
	sent := l.byeSent || l.ended
	l.byeSent = true
	left, asked := l.byeLeft, l.asked
	l.mu.Unlock()
	if sent {
		return
	}
	bye := func() {
		if asked != nil {
			<-asked
		}
		res, err := l.endpoint.roundTrip(l.request(sip.BYE, 0, nil, h), l.done, left)
		switch {
		case err == nil:
			if end.How == HowBye {
				end.Status, end.Reason, end.Headers = res.StatusCode, res.Reason, payload(res)
			}
		case isTimeout(err):
			end = End{By: Local, How: HowTimeout, Status: sip.StatusRequestTimeout, Reason: ErrTimeout.Error()}
		default:
			end = End{By: Local, How: HowError, Reason: err.Error()}
		}
		l.finish(end)
	}
	if !l.endpoint.spawn(bye) {
		l.finish(End{By: Local, How: HowError, Reason: ErrClosed.Error()})
	}
}

// hangUp ends a leg in whichever way its state asks for.
func (l *Leg) hangUp(ctx context.Context) {
	if !l.incoming {
		l.abort() // nothing once the call is up
	} else if !l.isAnswered() && l.Reject(sip.StatusServiceUnavailable, "") == nil {
		return
	}
	if l.isAnswered() {
		_ = l.Bye(ctx)
	}
}
