package rehearse

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/sipua"
)

// Statuses of SIP that HTTP does not have.
const (
	noSuchCall = 481 // the call to be replaced is not there
	declined   = 603
)

// refer puts a caller through as the client asks for by REFER, and gives the status of the call that the caller then places. It counts
// as a call of the client's to the same name would, whatever the URI's host.
func (w *world) refer(ctx context.Context, ani string, to sipua.Referral) int {
	call, status := w.watch.refer(ani, to)
	if status != 0 {
		if call == nil {
			w.replace(ctx, to.Replaces.CallID)
		}
		return status
	}
	status = http.StatusServiceUnavailable // the lesson is over
	if out, err := w.carrier.Transfer(ctx, unescaped(to.To.User), ani); err == nil {
		status = out.Status()
	}
	w.watch.referred(call, status)
	return status
}

// replace has the desk hang up the client's call, whose place the caller has taken (RFC 3891 section 3).
func (w *world) replace(ctx context.Context, id string) {
	if leg, up := w.desks.Load(id); up { // else the client was quicker
		go leave(ctx, leg.(*sipua.Leg))
	}
}

// leaveQueues has everybody in the queues hang up.
func (w *world) leaveQueues(ctx context.Context) {
	for _, leg := range w.desks.Range {
		go leave(ctx, leg.(*sipua.Leg))
	}
}

// leave has a desk hang up a call.
func leave(ctx context.Context, leg *sipua.Leg) {
	ctx, cancel := context.WithTimeout(ctx, hangsUpWithin)
	defer cancel()
	_ = leg.Bye(ctx) // the client may well not answer it
}

// connect takes a call of the client's.
func (w *world) connect(leg *sipua.Leg) {
	route := w.route(unescaped(leg.RequestURI().User))
	if route == pstn.ToDesk {
		w.desks.Store(leg.CallID(), leg)
		defer w.desks.Delete(leg.CallID())
	}
	w.carrier.Connect(leg, route)
}

// refer notes a REFER. The status is 0 when the caller is to call a queue; what comes of that is told with referred. A REFER with
// Replaces joins the caller to a call that the client has placed to a queue before, and which counts already.
func (w *watch) refer(ani string, to sipua.Referral) (c *Call, status int) {
	user := unescaped(to.To.User)
	c = &Call{Dialled: user, From: ani, Route: w.routes(user), At: time.Now(), Referred: true}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stir(c.At)
	switch {
	case to.Replaces.CallID != "" && w.joins(to.Replaces):
		return nil, http.StatusOK
	case to.Replaces.CallID != "":
		c.Status = noSuchCall
	case c.Route == pstn.ToPlatform:
		c.Status = declined // the client would be out of the call, and could not learn when it ends
	case c.Route == pstn.ToNobody:
		c.Status = http.StatusNotFound
	}
	if c.Status != 0 {
		c.end(c.At, carrier)
	}
	w.calls = append(w.calls, c)
	return c, c.Status
}

// referred notes what came of a caller's call to a queue. The client has no part in it, so for the client it is over.
func (w *watch) referred(c *Call, status int) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	c.Status = status
	if c.Answered() {
		c.AnsweredAt = now
	}
	c.end(now, carrier)
	w.stir(now)
}

// declines notes REFERs that are refused at once, to which refer is never asked. The caller holds mu.
func (w *watch) declines(m sipua.Message) {
	method, rest, _ := strings.Cut(m.StartLine, " ")
	transaction := m.CallID + " " + m.CSeq
	asked, again := w.refers[transaction]
	if method == "REFER" && !m.Sent && !again {
		value := headerIn(m.Raw, "Refer-To", "r")
		uri, err := sipua.ParseURI(value)
		if err != nil {
			uri.User = value
		}
		w.refers[transaction] = &referTo{user: unescaped(uri.User)}
	}
	if method != "SIP/2.0" || asked == nil || asked.answered {
		return
	}
	asked.answered = true
	status, _, _ := strings.Cut(rest, " ")
	if number(status) >= 300 {
		c := &Call{Dialled: asked.user, Route: w.routes(asked.user), At: m.At, Status: number(status), Referred: true}
		c.end(m.At, carrier)
		w.calls = append(w.calls, c)
	}
}

// referTo is whom a REFER wants called.
type referTo struct {
	user     string
	answered bool
}

// joins notes that a caller takes the place of the client's in a call to a queue, and reports whether the call is up there. With tags
// of another call the caller does not, and the client's own stays without one. The caller holds mu.
func (w *watch) joins(r sipua.Replaced) bool {
	for _, c := range w.calls {
		if c.ID == r.CallID && c.Route == pstn.ToDesk && c.Answered() && !c.Over() {
			c.Alone = c.toTag != r.ToTag || c.fromTag != r.FromTag
			return !c.Alone
		}
	}
	return false
}
