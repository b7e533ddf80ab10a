package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/load/measure"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/fakes/client"
)

// line is a caller's way to the platform: every request and call goes through it, is timed and recorded.
type line struct{ *caller }

// maxBody is more than any reply of the contract has.
const maxBody = 1 << 20

// Do implements client.Doer.
func (l line) Do(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost {
		return l.reserve(r)
	}
	return l.ask(r)
}

// exchange sends a request and reads the whole reply, which can then be read again. altered is a fault of the profile's that
// made what came, or kept it away; nil where it is the platform's.
func (l line) exchange(r *http.Request) (res *http.Response, body []byte, altered *targets.Injected, err error) {
	watched, injected := targets.Watch(r.Context())
	res, err = l.run.Stage.Do(r.WithContext(watched))
	if altered = injected(); altered != nil && !altered.Altered {
		altered = nil
	}
	if err != nil {
		return nil, nil, altered, err
	}
	body, err = io.ReadAll(io.LimitReader(res.Body, maxBody))
	_ = res.Body.Close()
	res.Body = &replayed{bytes.NewReader(body), err}
	return res, body, altered, err
}

// replayed is a body that was read, with the error that ended the reading.
type replayed struct {
	*bytes.Reader
	err error
}

func (b *replayed) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF && b.err != nil {
		err = b.err
	}
	return n, err
}

func (b *replayed) Close() error { return nil }

func (l line) op(kind history.Kind) history.Op {
	return history.Op{Client: l.sharedID, Kind: kind, Project: l.project.Name, Start: l.run.now(), Outcome: history.Indefinite}
}

func (l line) reserve(r *http.Request) (*http.Response, error) {
	op := l.op(history.Reserve)
	op.Nonce, op.SharedID = l.nonce, l.sharedID
	if l.run.record != nil {
		op.Attributes = l.attributes()
	}
	due := op.Start
	if l.tries == 0 {
		due = l.due
	}
	l.project.measure.Tries(op.Start, l.tries > 0)
	l.tries++
	o := l.run.record.begin(op)
	res, body, altered, err := l.exchange(r)
	o.End = l.run.now()
	reply := measure.Reply{Due: due, Sent: o.Start, Now: o.End, Caller: l.due, Unsent: errors.Is(err, syscall.ECONNREFUSED)}
	switch {
	case reply.Unsent:
		o.Outcome = history.Rejected
	case err == nil:
		o.Status, o.Outcome = res.StatusCode, history.ByStatus(res.StatusCode)
		if o.Outcome == history.OK {
			o.Number = numberIn(body)
		}
		reply.Status, reply.Number = o.Status, o.Number
	}
	if altered != nil { // a history tells of the platform alone
		o.Outcome, o.Status, o.Number = history.OfAltered(altered.Reached), 0, ""
	}
	l.run.record.update(o)
	l.status, l.reserved = reply.Status, reply.Now
	l.lease = l.project.measure.Replied(reply)
	if err != nil {
		return nil, err
	}
	return res, nil
}

// numberIn is the number that a reply gives, "" when it gives none.
func numberIn(body []byte) string {
	var reply struct {
		DNI string `json:"dni"`
	}
	_ = json.Unmarshal(body, &reply) // what cannot be read gives no number
	return reply.DNI
}

func (l line) ask(r *http.Request) (*http.Response, error) {
	op := l.op(history.Handoff)
	query := r.URL.Query()
	op.AskedSharedID, op.AskedID = query.Get("shared_id"), query.Get("id")
	first := l.polls == 0
	l.polls++
	o := l.run.record.begin(op)
	res, body, altered, err := l.exchange(r)
	o.End = l.run.now()
	if err != nil {
		l.run.record.update(o)
		l.project.measure.Polled(o.Start, o.End, 0, 0, first)
		return nil, err
	}
	var visible time.Duration
	if altered == nil { // a history tells of the platform alone
		if o.Status, o.Outcome = res.StatusCode, history.ByStatus(res.StatusCode); o.Outcome == history.OK {
			visible = o.End - l.ended
			l.read(o, body)
		}
	}
	l.run.record.update(o)
	l.project.measure.Polled(o.Start, o.End, res.StatusCode, visible, first)
	return res, nil
}

// read takes in a handoff state, and whose context the agent says that it was given.
func (l line) read(o *history.Op, body []byte) {
	var state struct {
		ID       string          `json:"id"`
		SharedID string          `json:"shared_id"`
		Data     json.RawMessage `json:"data"`
	}
	if json.Unmarshal(body, &state) != nil {
		return
	}
	o.GotID, o.GotSharedID, o.Data = state.ID, state.SharedID, state.Data
	var echo struct {
		Nonce json.RawMessage `json:"echo_nonce"`
	}
	_ = json.Unmarshal(state.Data, &echo) // data need not be an object
	switch nonce := string(echo.Nonce); nonce {
	case "":
		l.context = measure.Untold
	case "null":
		l.context = measure.None
	case `"` + l.nonce + `"`:
		l.context = measure.Own
	default:
		l.context = measure.Foreign
	}
}

// Dial implements client.Phone.
func (l line) Dial(ctx context.Context, to, from string) (client.Call, error) {
	op := l.op(history.Call)
	op.Number, op.Nonce, op.SharedID = to, l.nonce, l.sharedID
	d := targets.Dial{To: to, From: from}
	if l.Patience > 0 {
		d.CancelAfter = max(l.Patience-(op.Start-l.reserved), time.Millisecond)
	}
	o := l.run.record.begin(op)
	l.dialled = true
	l.project.measure.Dialled(l.lease, o.Start)
	c, err := l.run.Stage.Dial(ctx, d)
	o.End = l.run.now()
	if err != nil {
		l.run.record.update(o)
		l.project.measure.NotAnswered(l.lease, measure.Failed, o.End)
		return nil, err
	}
	o.CallID, o.Status = c.ID(), c.Status()
	if !c.Answered() {
		o.Outcome, o.EndedBy = history.Refused, c.End().By
		l.run.record.update(o)
		if o.EndedBy == "caller" {
			l.project.measure.NotAnswered(l.lease, measure.GaveUp, o.End)
			return nil, client.ErrGaveUp
		}
		l.project.measure.NotAnswered(l.lease, measure.Refused, o.End)
		return nil, fmt.Errorf("%d %s", c.Status(), c.Reason())
	}
	o.Outcome = history.OK
	l.run.record.update(o)
	l.up = true
	l.project.measure.Answered(l.lease, o.Start, arrived(c, o), o.End)
	up := &upCall{Call: c, over: make(chan struct{})}
	l.run.watchers.Go(func() { l.watch(up, o) })
	return up, nil
}

// arrived is when a call had certainly arrived: at the first ringing, where the line can tell.
func arrived(c targets.Call, o *history.Op) time.Duration {
	if p, ok := c.(interface{ PDD() time.Duration }); ok && p.PDD() > 0 {
		return o.Start + p.PDD()
	}
	return o.End
}

// watch notes the end of a call as soon as it comes.
func (l line) watch(up *upCall, o *history.Op) {
	defer close(up.over)
	select {
	case <-up.Call.Ended():
	case <-l.run.closed:
		return
	}
	end := up.Call.End()
	o.Ended, o.EndedBy, o.Bye = true, end.By, max(o.Start, end.At.Sub(l.run.base))
	l.run.record.update(o)
	l.callOver(end.By, o.Bye)
}

// upCall is a call that was answered. It is over once its end was noted.
type upCall struct {
	targets.Call
	over chan struct{}
}

// Ended implements client.Call.
func (c *upCall) Ended() <-chan struct{} { return c.over }

// EndedBy implements client.Call.
func (c *upCall) EndedBy() string { return c.End().By }

// Hangup implements client.Call. It returns when the end was noted, or cannot be awaited any longer.
func (c *upCall) Hangup(ctx context.Context) error {
	_, err := c.Call.Hangup(ctx)
	select {
	case <-c.over:
	case <-ctx.Done():
	}
	return err
}

// Transfer implements client.Phone. Where the caller goes is decided and counted; the queues are not the platform's, so
// nobody is called there.
func (l line) Transfer(context.Context, string, string) (client.Call, error) { return elsewhere{}, nil }

// elsewhere is a caller who was taken to a queue.
type elsewhere struct{}

func (elsewhere) ID() string                   { return "" }
func (elsewhere) Ended() <-chan struct{}       { return nil }
func (elsewhere) EndedBy() string              { return "" }
func (elsewhere) Hangup(context.Context) error { return nil }
