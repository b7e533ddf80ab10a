package stage

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/handoff"
	"github.com/dnispool/dnispool/sim/telephony"
)

// parts puts the faults between the boxes of the platform.
func (s *stage) parts() sim.Parts {
	return sim.Parts{
		Listener: func(l net.Listener) net.Listener { return s.wire.Listener(l) },
		Trouble:  s.troubleWith,
		Agent:    func(p sim.Project, a conversation.Agent) conversation.Agent { return s.trouble.agent(p.Name, a) },
		Records: func(p sim.Project, r sim.Records) sim.Records {
			return &doubtful{Records: r, trouble: s.trouble, project: p.Name}
		},
	}
}

// troubleWith is what goes wrong with a call.
func (s *stage) troubleWith(a telephony.Arrival) telephony.Trouble {
	t := s.trouble
	t.mu.Lock()
	if len(t.calls) == 0 {
		t.mu.Unlock()
		return telephony.Trouble{}
	}
	project := s.owner(a.Number)
	f, ok := pick(t, t.calls, project, func(f CallFault) bool { return f.Number == "" || f.Number == a.Number })
	out := telephony.Trouble{Refuse: f.Refuse, NoAnswer: f.NoAnswer, Late: f.LateAnswer.Draw(t.rng), NoBye: f.NoBye, ByeLate: f.LateBye.Draw(t.rng)}
	t.mu.Unlock()
	if !ok {
		return telephony.Trouble{}
	}
	t.told(hit{part: "call", fault: f.String(), project: project, number: a.Number, callID: a.CallID})
	return out
}

// owner is the project whose pool has a number.
func (s *stage) owner(number string) string {
	for _, p := range s.sim.Config().Projects {
		if s.sim.Owns(p.Name, number) {
			return p.Name
		}
	}
	return ""
}

// troubled is an agent whose functions may crash or be slow.
type troubled struct {
	agent   conversation.Agent
	trouble *trouble
	project string
}

// agent wraps a project's agent, which stays one that waits for nothing when it is.
func (t *trouble) agent(project string, a conversation.Agent) conversation.Agent {
	wrapped := troubled{a, t, project}
	if _, ok := a.(conversation.Prompt); ok {
		return prompt{wrapped}
	}
	return wrapped
}

// prompt is an agent whose functions wait for nothing.
type prompt struct{ troubled }

// Prompt implements conversation.Prompt.
func (prompt) Prompt() {}

var errCrash = errors.New("a fault of the simulator's: the function crashed")

func (a troubled) run(function string, call conversation.Call, f func() (conversation.Reply, error)) (conversation.Reply, error) {
	t := a.trouble
	t.mu.Lock()
	fault, ok := pick(t, t.agents, a.project, func(f AgentFault) bool { return f.Function == "" || f.Function == function })
	slow := fault.Slow.Draw(t.rng)
	t.mu.Unlock()
	if !ok {
		return f()
	}
	t.told(hit{part: "agent " + function, fault: fault.String(), project: a.project, number: call.DNIS, call: call.ID})
	if fault.Crash {
		return conversation.Reply{Took: slow}, errCrash
	}
	r, err := f()
	if r.Took != conversation.Forever {
		r.Took += slow
	}
	return r, err
}

// Start implements conversation.Agent.
func (a troubled) Start(ctx context.Context, in conversation.StartInput) (conversation.Reply, error) {
	return a.run("start", in.Call, func() (conversation.Reply, error) { return a.agent.Start(ctx, in) })
}

// Turn implements conversation.Agent.
func (a troubled) Turn(ctx context.Context, in conversation.TurnInput) (conversation.Reply, error) {
	return a.run("turn", in.Call, func() (conversation.Reply, error) { return a.agent.Turn(ctx, in) })
}

// End implements conversation.Agent.
func (a troubled) End(ctx context.Context, in conversation.EndInput) (conversation.Reply, error) {
	return a.run("end", in.Call, func() (conversation.Reply, error) { return a.agent.End(ctx, in) })
}

// doubtful are handoff records that may be late, hidden, or null. The project's mutex guards it.
type doubtful struct {
	sim.Records
	trouble *trouble
	project string
	odd     bool
}

// Get implements sim.Records.
func (d *doubtful) Get(now time.Time, q handoff.Query) (handoff.Record, bool) {
	r, found := d.Records.Get(now, q)
	if !found {
		return r, false
	}
	t := d.trouble
	t.mu.Lock()
	f, ok := pick(t, t.handoffs, d.project, func(f HandoffFault) bool {
		return f.Never || f.Null || f.Flapping || now.Before(r.At.Add(f.Late.Draw(t.rng)))
	})
	t.mu.Unlock()
	if !ok {
		return r, true
	}
	d.odd = !d.odd
	if f.Flapping && !d.odd {
		return r, true
	}
	t.told(hit{part: "handoff", fault: f.String(), project: d.project, call: r.ID, sharedID: r.SharedID})
	if f.Null {
		r.Data = json.RawMessage("null")
		return r, true
	}
	return handoff.Record{}, false
}
