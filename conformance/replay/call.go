package replay

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets"
)

// placed is a call with its place in the history.
type placed struct {
	targets.Call
	op    *history.Op
	meant reservation // that it was placed for
}

func (c *placed) over() bool {
	select {
	case <-c.Ended():
		return true
	default:
		return false
	}
}

var _ = register(scenario.VerbDial, (*client).dial, func(_ *scenario.Dial, out outcome, s *finding.Step) {
	s.Came = fmt.Sprintf("%v %v", out.result["status"], out.result["reason"])
})

func (cl *client) dial(ctx context.Context, st *scenario.Step, a *scenario.Dial) (outcome, error) {
	to, err := a.To.Resolve(cl.scope)
	if err != nil {
		return outcome{}, err
	}
	from, err := a.From.Resolve(cl.scope)
	if err != nil {
		return outcome{}, err
	}
	callID, err := a.CallID.Resolve(cl.scope)
	if err != nil {
		return outcome{}, err
	}
	headers := make(map[string]string)
	for _, h := range a.Headers {
		if headers[h.Name], err = h.Value.Resolve(cl.scope); err != nil {
			return outcome{}, err
		}
	}
	meant := cl.meant(a)
	op := cl.history.Begin(history.Op{
		Client: cl.name, Step: st.Label(), Kind: history.Call, Project: meant.project, Number: to, Nonce: meant.nonce, SharedID: meant.sharedID,
		Start: cl.now(), Outcome: history.Indefinite,
	})
	call, err := cl.stage.Dial(ctx, targets.Dial{
		To: to, From: from, Withheld: a.Withheld, Format: a.Format, Transport: string(a.Transport), SDP: string(a.SDP),
		ViaTo: a.ViaTo, CancelAfter: a.CancelAfter, RingOnly: a.RingOnly, Count: a.Count, CallID: callID, Headers: headers,
	})
	if err != nil {
		cl.history.Update(op, func(o *history.Op) { o.End, o.Outcome = cl.now(), history.Indefinite })
		err = fmt.Errorf("call to %s: %w", to, err)
		if call != nil && notPassedOn(call) { // who was never called cannot be late
			err = inconclusive{fmt.Errorf("%w, and the carrier had lost all of it", err)}
		}
		return outcome{}, err
	}
	c := cl.placedCall(op, call)
	if callID != "" { // it was another call's, so it names neither in the history
		cl.history.Update(op, func(o *history.Op) { o.CallID = "" })
	}
	c.meant = meant
	if st.Name != "" {
		cl.calls[st.Name] = c
	}
	return outcome{result: dialled(call), notPassedOn: notPassedOn(call)}, nil
}

// placedCall fills in what became of a call's set-up, and keeps the call until the scenario ends.
func (cl *client) placedCall(op *history.Op, call targets.Call) *placed {
	cl.history.Update(op, func(o *history.Op) {
		o.End, o.CallID, o.Status = cl.now(), call.ID(), call.Status()
		if call.Answered() {
			o.Outcome = history.OK
			return
		}
		o.Outcome, o.EndedBy = history.Refused, call.End().By
	})
	c := &placed{Call: call, op: op}
	if notPassedOn(call) {
		cl.misled = append(cl.misled, "a call that the carrier refused or lost by itself")
	}
	cl.player.mu.Lock()
	defer cl.player.mu.Unlock()
	cl.player.calls = append(cl.player.calls, c)
	return c
}

// meant is the reservation that a call is placed for: the one whose number the step refers to.
func (cl *client) meant(a *scenario.Dial) reservation {
	for _, name := range a.To.Roots() {
		if r, ok := cl.lease(name); ok {
			return r
		}
	}
	return reservation{}
}

func notPassedOn(c targets.Call) bool { return !c.Answered() && c.End().NotPassedOn }

func dialled(c targets.Call) map[string]any {
	r := map[string]any{"id": c.ID(), "status": c.Status(), "answered": c.Answered(), "reason": c.Reason()}
	select {
	case <-c.Ended():
		r["ended_by"] = c.End().By
	default:
	}
	return r
}

var _ = register(scenario.VerbPress, (*client).press, func(a *scenario.Press, out outcome, s *finding.Step) {
	s.Came = fmt.Sprintf("%s: %v", a.Digits, out.result["status"])
})

func (cl *client) press(ctx context.Context, _ *scenario.Step, a *scenario.Press) (outcome, error) {
	c, err := cl.up(a.Call)
	if err != nil {
		return outcome{}, err
	}
	status, err := c.Press(ctx, string(a.Digits), string(a.Form))
	if err != nil {
		return outcome{}, fmt.Errorf("INFO: %w", err)
	}
	return outcome{result: map[string]any{"status": status}}, nil
}

// up is a call that is up, as far as is known.
func (cl *client) up(name scenario.CallName) (*placed, error) {
	c, ok := cl.call(name.Name)
	if !ok {
		return nil, fmt.Errorf("call %q: want one that was placed before", name.Name)
	}
	if c.over() {
		return nil, fmt.Errorf("call %s: want it up, got it ended by %s", name.Name, c.End().By)
	}
	return c, nil
}

var _ = register(scenario.VerbHangup, (*client).hangup, nil)

func (cl *client) hangup(ctx context.Context, _ *scenario.Step, a *scenario.Hangup) (outcome, error) {
	c, err := cl.up(a.Call) // else no BYE would be sent
	if err != nil {
		return outcome{}, err
	}
	status, err := c.Hangup(ctx)
	if err != nil {
		return outcome{}, fmt.Errorf("BYE: %w", err)
	}
	cl.ended(c)
	return outcome{result: map[string]any{"status": status}}, nil
}

var _ = register(scenario.VerbAwait, (*client).await, func(_ *scenario.Await, out outcome, s *finding.Step) {
	s.Came = fmt.Sprintf("ended by %v", out.result["ended_by"])
})

func (cl *client) await(ctx context.Context, st *scenario.Step, a *scenario.Await) (outcome, error) {
	c, ok := cl.call(a.Call.Name)
	if !ok {
		return outcome{}, fmt.Errorf("call %q: want one that was placed before", a.Call.Name)
	}
	limit := a.Within
	if limit == 0 {
		limit = 24 * time.Hour // the scenario's own time bounds it
	}
	if !cl.stage.Await(ctx, c.Call, limit+cl.stage.Patience()) {
		if err := ctx.Err(); err != nil {
			return outcome{}, fmt.Errorf("call %s is still up: %w", a.Call.Name, err)
		}
		return outcome{result: map[string]any{}, failures: []finding.Failure{cl.at(st, a.Call.Pos, finding.Failure{
			Kind: finding.KindTimeout, Path: "call " + a.Call.Name, Want: fmt.Sprintf("to have ended within %s", limit), Got: "it is still up", Likely: targets.OfNoBye.Cause,
		})}}, nil
	}
	cl.identify(ctx, c, a.Call.Name)
	cl.ended(c)
	end := c.End()
	named := make(map[string]any)
	for name, value := range end.Headers {
		named[name] = value
	}
	return outcome{result: map[string]any{"ended_by": end.By, "how": end.How, "cause": end.Cause, "headers": named}}, nil
}

// identify lets the target find out what the platform calls the conversation, where a step refers to that. It takes until the
// call's state can be read, so a scenario that does without asks as soon as its call is over.
func (cl *client) identify(ctx context.Context, c *placed, name string) {
	find, able := cl.stage.(targets.Identifier)
	if !able || c.ID() != "" || !c.Answered() || c.meant.sharedID == "" || !slices.Contains(cl.scenario.NeedIDs, name) {
		return
	}
	project, _ := cl.stage.Project(c.meant.project)
	find.Identify(ctx, c.Call, project, c.meant.sharedID)
	cl.history.Update(c.op, func(o *history.Op) { o.CallID = c.ID() })
	cl.scope.Set(name, dialled(c.Call))
}

// ended stamps the end of a call into the history, or that it is up until now.
func (p *player) ended(c *placed) {
	if !c.over() {
		if c.Answered() {
			p.history.Update(c.op, func(o *history.Op) { o.Bye = p.now() })
		}
		return
	}
	p.history.Update(c.op, func(o *history.Op) {
		o.Ended, o.EndedBy, o.Bye = true, c.End().By, p.since(c.End().At)
	})
}
