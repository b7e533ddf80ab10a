package replay

import (
	"context"
	"fmt"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/target"
	"github.com/dnispool/dnispool/conformance/verdict"
)

// placed is a call with its place in the history.
type placed struct {
	target.Call
	op *history.Op
}

func (c *placed) over() bool {
	select {
	case <-c.Ended():
		return true
	default:
		return false
	}
}

func (l *lane) dial(ctx context.Context, st *scenario.Step, a *scenario.Dial) (outcome, error) {
	to, err := a.To.Resolve(l.scope)
	if err != nil {
		return outcome{}, err
	}
	from, err := a.From.Resolve(l.scope)
	if err != nil {
		return outcome{}, err
	}
	meant := l.meant(a)
	op := l.history.Begin(history.Op{
		Client: l.client, Step: st.Label(), Kind: history.Call, Project: meant.project, Number: to, Nonce: meant.nonce, SharedID: meant.sharedID,
		Start: l.now(), Outcome: history.Indefinite,
	})
	call, err := l.stage.Dial(ctx, target.Dial{
		To: to, From: from, Withheld: a.Withheld, Format: string(a.Format), Transport: string(a.Transport), SDP: string(a.SDP),
		ViaTo: a.ViaTo, CancelAfter: a.CancelAfter, RingOnly: a.RingOnly, Count: a.Count,
	})
	if err != nil {
		l.history.Update(op, func(o *history.Op) { o.End, o.Outcome = l.now(), history.Indefinite })
		return outcome{}, fmt.Errorf("call to %s: %w", to, err)
	}
	l.history.Update(op, func(o *history.Op) {
		o.End, o.CallID, o.Status = l.now(), call.ID(), call.Status()
		o.Outcome = history.Refused
		if call.Answered() {
			o.Outcome = history.OK
		}
	})
	c := &placed{Call: call, op: op}
	if st.Name != "" {
		l.calls[st.Name] = c
	}
	l.player.mu.Lock()
	l.player.calls = append(l.player.calls, c)
	l.player.mu.Unlock()
	return outcome{result: dialled(call)}, nil
}

// meant is the reservation that a call is placed for: the one whose number the step refers to.
func (l *lane) meant(a *scenario.Dial) reservation {
	for _, name := range a.To.Roots() {
		if r, ok := l.lease(name); ok {
			return r
		}
	}
	return reservation{}
}

func dialled(c target.Call) map[string]any {
	r := map[string]any{"id": c.ID(), "status": c.Status(), "answered": c.Answered(), "reason": c.Reason()}
	select {
	case <-c.Ended():
		r["ended_by"] = c.End().By
	default:
	}
	return r
}

func (l *lane) hangup(ctx context.Context, a *scenario.Hangup) (outcome, error) {
	c, ok := l.call(a.Call.Name)
	if !ok {
		return outcome{}, fmt.Errorf("call %q: want one that was placed before", a.Call.Name)
	}
	status, err := c.Hangup(ctx)
	if err != nil {
		return outcome{}, fmt.Errorf("BYE: %w", err)
	}
	l.ended(c)
	return outcome{result: map[string]any{"status": status}}, nil
}

func (l *lane) await(ctx context.Context, a *scenario.Await) (outcome, error) {
	c, ok := l.call(a.Call.Name)
	if !ok {
		return outcome{}, fmt.Errorf("call %q: want one that was placed before", a.Call.Name)
	}
	limit := a.Within
	if limit == 0 {
		limit = 24 * time.Hour // the scenario's own time bounds it
	}
	if !l.stage.Await(ctx, c.Call, limit) {
		if err := ctx.Err(); err != nil {
			return outcome{}, err
		}
		return outcome{result: map[string]any{}, failures: []verdict.Failure{l.at(nil, a.Call.Pos, verdict.Failure{
			Kind: verdict.KindTimeout, Path: "call " + a.Call.Name, Want: fmt.Sprintf("to have ended within %s", limit), Got: "it is still up",
		})}}, nil
	}
	l.ended(c)
	end := c.End()
	named := make(map[string]any)
	for name, value := range end.Headers {
		named[name] = value
	}
	return outcome{result: map[string]any{"ended_by": end.By, "how": end.How, "cause": end.Cause, "headers": named}}, nil
}

// ended stamps the end of a call into the history.
func (p *player) ended(c *placed) {
	if !c.over() {
		return
	}
	p.history.Update(c.op, func(o *history.Op) { o.Ended, o.Bye = true, p.since(c.End().At) })
}

func (l *lane) journey(ctx context.Context, st *scenario.Step, a *scenario.Journey) (outcome, error) {
	project, err := l.project(&a.Project)
	if err != nil {
		return outcome{}, err
	}
	ani, err := a.ANI.Resolve(l.scope)
	if err != nil {
		return outcome{}, err
	}
	fallback, err := a.Fallback.Resolve(l.scope)
	if err != nil {
		return outcome{}, err
	}
	attributes, err := a.Attributes.JSON(l.scope)
	if err != nil {
		return outcome{}, err
	}
	j, err := l.stage.Journey(ctx, target.Journey{
		Project: project.Name, ANI: ani, Attributes: attributes, Fallback: fallback, ReserveTimeout: a.ReserveTimeout, Retries: a.Retries,
		PollEvery: a.Poll.Every, PollFor: a.Poll.For,
	}, stepDoer{l.recorder, st.Label()})
	if err != nil {
		return outcome{}, err
	}
	if j.FailOpen {
		l.warn("%s: the handoff state never appeared; by the documented rule the client takes the call as complete and drops a caller who may need a human", st.Label())
	}
	result := map[string]any{
		"outcome": j.Outcome, "reason": j.Reason, "dialled": j.Dialled, "reserve_attempts": j.ReserveAttempts, "polls": j.Polls,
	}
	for name, value := range map[string]string{"queue": j.Queue, "destination": j.Destination, "id": j.CallID} {
		if value != "" {
			result[name] = value
		}
	}
	return outcome{result: result}, nil
}
