package sipua

import (
	"fmt"
	"hash/maphash"
	"net"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// allow lists what is answered with something else than 405.
const allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE"

// cancelWait is how long a CANCEL without an INVITE waits for it before it is refused.
const cancelWait = 200 * time.Millisecond

// arrived sees every message in the order of the wire, in the read loop, before sipgo starts a goroutine for it.
func (e *Endpoint) arrived(m sip.Message) {
	r, ok := m.(*sip.Request)
	if !ok {
		return
	}
	e.handover.leaves(r)
	if r.IsCancel() {
		toleratedIn(r) // which was told of its INVITE; sipgo may hand it over as it is
	}
	if (r.IsInvite() || r.IsCancel()) && complete(r) && tagOf(r.To().Params) == "" {
		// Every response copies the request's To, also those that sipgo makes by itself for a CANCEL: so all of a call have one tag.
		r.To().Params = append(r.To().Params, sip.HeaderKV{K: "tag", V: e.tagFor(r)})
	}
}

// tagFor is our tag in the dialog that an INVITE begins. It follows from the INVITE, so its CANCEL has the same.
func (e *Endpoint) tagFor(r *sip.Request) string {
	branch, _ := r.Via().Params.Get("branch")
	id := struct{ callID, from, branch string }{r.CallID().Value(), tagOf(r.From().Params), branch}
	return strconv.FormatUint(maphash.Comparable(e.tagSeed, id), 16)
}

func complete(r *sip.Request) bool {
	return r.Via() != nil && r.CallID() != nil && r.From() != nil && r.To() != nil && r.CSeq() != nil
}

// onRequest gets every request that is not a retransmission, in a goroutine of its own.
func (e *Endpoint) onRequest(r *sip.Request, tx *sip.ServerTx) {
	e.handover.arrives(r)
	defer e.handover.answered(r)
	if !e.begin() {
		tx.Terminate()
		return
	}
	defer e.wg.Done()
	defer e.survive(r, tx)
	if r.IsAck() {
		defer tx.Terminate() // sipgo keeps one for each ACK
	}
	tolerated := toleratedIn(r)
	if !r.IsAck() && !e.kept.add(r, tx) {
		if r.IsInvite() {
			e.leave(r)
			e.overloaded(r, tx)
			return
		}
		defer tx.Terminate()
	}
	if code, h := e.check(r); code != 0 {
		e.leave(r)
		if !r.IsAck() {
			e.refuse(r, tx, code, h...)
		}
		return
	}
	e.route(r, tx, tolerated)
}

// leave lets the next message of the call in.
func (e *Endpoint) leave(m sip.Message) {
	if id := m.CallID(); id != nil {
		e.gate.leave(id.Value())
	}
}

// survive keeps a panic from ending the process: sipgo does not recover.
func (e *Endpoint) survive(r *sip.Request, tx *sip.ServerTx) {
	p := recover()
	if p == nil {
		return
	}
	e.log.Error("sip: panic while handling a request", "panic", fmt.Sprint(p), "request", cut(r.StartLine()), "stack", string(debug.Stack()))
	if !r.IsAck() {
		e.refuse(r, tx, sip.StatusInternalServerError)
	}
}

// check is what RFC 3261 8.2 wants checked and sipgo does not. code 0: all is well.
func (e *Endpoint) check(r *sip.Request) (code int, h []Header) {
	switch {
	case !complete(r):
		return sip.StatusBadRequest, nil
	case r.IsAck() || r.IsCancel():
		return 0, nil
	}
	if m := r.MaxForwards(); m != nil && m.Val() == 0 && r.Method != sip.OPTIONS {
		return sip.StatusTooManyHops, nil
	}
	if required := values(r, "Require"); len(required) > 0 {
		return sip.StatusBadExtension, []Header{{"Unsupported", strings.Join(required, ", ")}}
	}
	if t := r.ContentType(); t != nil && len(r.Body()) > 0 && takesSDP(r.Method) {
		sdp, ok := descriptionIn(t.Value(), r.Body())
		if !ok {
			return sip.StatusUnsupportedMediaType, []Header{{"Accept", "application/sdp"}}
		}
		r.SetBody(sdp) // whoever reads the body from here on wants no other part
	}
	if r.IsInvite() && !acceptsSDP(r) {
		return sip.StatusNotAcceptable, nil
	}
	return 0, nil
}

// acceptsSDP reports whether a description may be in the answer: who says nothing takes one (RFC 3261 20.1).
func acceptsSDP(r *sip.Request) bool {
	types := values(r, "Accept")
	return len(types) == 0 || slices.ContainsFunc(types, func(t string) bool {
		media, _ := mediaType(t)
		return media == "application/sdp" || media == "application/*" || media == "*/*"
	})
}

func takesSDP(m sip.RequestMethod) bool { return m == sip.INVITE || m == sip.UPDATE }

// route sends a request to the dialog it names, or to where there is none yet.
func (e *Endpoint) route(r *sip.Request, tx *sip.ServerTx, tolerated []flaw) {
	switch {
	case r.IsInvite() && tagOf(r.To().Params) == e.tagFor(r):
		e.onInvite(r, tx, tolerated)
		return
	case r.IsCancel():
		e.onStrayCancel(r, tx)
		return
	}
	if tag := tagOf(r.To().Params); tag != "" {
		e.onInDialog(e.leg(r.CallID().Value(), tag), r, tx, tolerated)
		return
	}
	e.leave(r)
	switch r.Method {
	case sip.ACK:
	case sip.OPTIONS:
		e.tolerate(nil, r, tolerated)
		e.refuse(r, tx, sip.StatusOK, capabilities()...)
	case sip.BYE, sip.INFO, sip.UPDATE:
		e.refuse(r, tx, sip.StatusCallTransactionDoesNotExists)
	case sip.REFER:
		e.refuse(r, tx, sip.StatusGlobalDecline)
	default:
		e.refuse(r, tx, sip.StatusMethodNotAllowed, Header{"Allow", allow})
	}
}

func capabilities() []Header {
	return []Header{{"Allow", allow}, {"Accept", "application/sdp"}}
}

// onStrayCancel gets a CANCEL for which sipgo knows no INVITE: it is late, or it has overtaken the INVITE. The latter must not ring.
func (e *Endpoint) onStrayCancel(r *sip.Request, tx *sip.ServerTx) {
	came := make(chan struct{})
	e.cancels.put(e.tagFor(r), came, 64*sip.T1)
	e.leave(r)
	select {
	case <-came:
		e.refuse(r, tx, sip.StatusOK)
	case <-time.After(cancelWait):
		e.refuse(r, tx, sip.StatusCallTransactionDoesNotExists)
	case <-e.ctx.Done():
	}
}

// refuse answers a request outside of any leg, and says so when that is a refusal.
func (e *Endpoint) refuse(r *sip.Request, tx *sip.ServerTx, code int, h ...Header) {
	e.rejected(r, code)
	e.answer(r, tx, code, h...)
}

// overloaded refuses a call for which there is no room, and forgets it.
func (e *Endpoint) overloaded(r *sip.Request, tx *sip.ServerTx) {
	e.tell(r, sip.StatusServiceUnavailable, "requests that may come again take too much room")
	e.answer(r, tx, sip.StatusServiceUnavailable, Header{"Retry-After", retryAfter})
	tx.Terminate()
}

// answer sends a final response outside of any leg.
func (e *Endpoint) answer(r *sip.Request, tx *sip.ServerTx, code int, h ...Header) {
	res := sip.NewResponseFromRequest(r, code, reasonOf(code), nil)
	res.SipVersion = "SIP/2.0"
	addHeaders(res, h)
	addHeaders(res, e.product("Server"))
	if err := tx.Respond(res); err != nil {
		e.log.Debug("sip: response not sent", "code", code, "error", err)
	}
}

// rejected tells of a request that is answered with code, unless it is granted, or a call that OnRefused hears of.
func (e *Endpoint) rejected(r *sip.Request, code int) {
	if code < 300 || r.IsInvite() && code == sip.StatusServiceUnavailable {
		return
	}
	e.tell(r, code, causeOf(r, code))
}

// tell says that a request is refused, and why.
func (e *Endpoint) tell(r *sip.Request, code int, cause string) {
	if e.config.OnRejected == nil {
		return
	}
	out := Rejection{Method: r.Method.String(), Dialled: uriOf(&r.Recipient).Dialled(), Peer: r.Source(), Status: code, Cause: cause}
	if id := r.CallID(); id != nil {
		out.CallID = id.Value()
	}
	e.config.OnRejected(out)
}

// tolerate tells what a request that is accepted came with against its RFC; of a call's only what it has not told before.
func (e *Endpoint) tolerate(l *Leg, r *sip.Request, tolerated []flaw) {
	if len(tolerated) == 0 || e.config.OnTolerated == nil {
		return
	}
	for _, f := range tolerated {
		if l == nil || l.isNew(f) {
			e.config.OnTolerated(Tolerance{Method: r.Method.String(), CallID: r.CallID().Value(), Dialled: uriOf(&r.Recipient).Dialled(), Peer: r.Source(),
				What: f.what, Section: f.section})
		}
	}
}

// causeOf says why a request was refused, where the status alone does not.
func causeOf(r *sip.Request, code int) string {
	switch {
	case code == sip.StatusBadExtension:
		return "extension required: " + strings.Join(values(r, "Require"), ", ")
	case code == sip.StatusUnsupportedMediaType:
		return "body of another type: " + r.ContentType().Value()
	case code == sip.StatusLoopDetected:
		return "the same INVITE came by another path"
	case code == sip.StatusBadRequest && !complete(r):
		return "no Via, From, To, Call-ID or CSeq"
	case code == sip.StatusNotAcceptable:
		return "no answer accepted that says where to send media (RFC 3261 20.1)"
	}
	return strings.ToLower(reasonOf(code))
}

// onStrayResponse gets responses to requests that sipgo has forgotten.
func (e *Endpoint) onStrayResponse(r *sip.Response) {
	e.leave(r)
	if e.begin() {
		defer e.wg.Done()
		e.reack(r)
	}
}

// hostPort joins what a URI says with the default port.
func hostPort(u sip.Uri, transport string) string {
	port := u.Port
	if port == 0 {
		port = sip.DefaultPort(transport)
	}
	return net.JoinHostPort(strings.Trim(u.Host, "[]"), fmt.Sprint(port))
}
