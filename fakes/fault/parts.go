package fault

import (
	"context"
	"encoding/json"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/handoff"
	"github.com/dnispool/dnispool/sim/journal"
	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/telephony"
)

// Parts puts the faults between the boxes of a platform, around what others have put there.
func (t *Inside) Parts(p sim.Parts) sim.Parts {
	agents, records := p.Agent, p.Records
	p.Network, p.Trouble = t.onTheWay, t.withCall
	p.Agent = func(project sim.Project, a conversation.Agent) conversation.Agent {
		if agents != nil {
			a = agents(project, a)
		}
		return t.agent(project.Name, a)
	}
	p.Records = func(project sim.Project, r sim.Records) sim.Records {
		if records != nil {
			r = records(project, r)
		}
		return &doubtful{Records: r, inside: t, project: project.Name, hidden: make(map[string]bool)}
	}
	return p
}

// onTheWay is what becomes of an INVITE before it is the platform's.
func (t *Inside) onTheWay(a telephony.Arrival) sipua.Fault {
	f, ok := t.pickCall(a, true)
	if !ok {
		return sipua.Fault{}
	}
	if f.DuplicateInvites {
		return sipua.Fault{Copies: 1}
	}
	return sipua.Fault{Drop: true}
}

// withCall is what goes wrong with a call.
func (t *Inside) withCall(a telephony.Arrival) telephony.Trouble {
	f, ok := t.pickCall(a, false)
	if !ok {
		return telephony.Trouble{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return telephony.Trouble{Refuse: f.Refuse, EarlyMedia: f.EarlyMedia, NoAnswer: f.NoAnswer, Late: f.LateAnswer.Draw(t.rng), NoBye: f.NoBye, ByeLate: f.LateBye.Draw(t.rng)}
}

func (t *Inside) pickCall(a telephony.Arrival, onTheWay bool) (Call, bool) {
	t.mu.Lock()
	fits := func(f Call) bool { return f.onTheWay() == onTheWay && (f.Number == "" || f.Number == a.Number) }
	if !slices.ContainsFunc(t.calls, func(c *counted[Call]) bool { return fits(c.fault) }) {
		t.mu.Unlock()
		return Call{}, false
	}
	project := t.owner(a.Number)
	f, ok := pick(t, t.calls, project, fits)
	t.mu.Unlock()
	if ok {
		t.hit(journal.Event{Cause: f.String(), Detail: "call", Project: project, Number: a.Number, CallID: a.CallID})
	}
	return f, ok
}

// owner is the project whose pool has a number.
func (t *Inside) owner(number string) string {
	for _, p := range t.platform.Config().Projects {
		if t.platform.Owns(p.Name, number) {
			return p.Name
		}
	}
	return ""
}

// troubled is an agent whose functions may crash or be slow.
type troubled struct {
	agent   conversation.Agent
	inside  *Inside
	project string
}

// agent wraps a project's agent, which stays one that waits for nothing when it is.
func (t *Inside) agent(project string, a conversation.Agent) conversation.Agent {
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
	t := a.inside
	t.mu.Lock()
	fault, ok := pick(t, t.agents, a.project, func(f Agent) bool { return f.Function == "" || f.Function == function })
	slow := fault.Slow.Draw(t.rng)
	t.mu.Unlock()
	if !ok {
		return f()
	}
	t.hit(journal.Event{Cause: fault.String(), Detail: "agent " + function, Project: a.project, Number: call.DNIS, Call: call.ID})
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
	inside  *Inside
	project string
	hidden  map[string]bool // of the states that flap, by conversation, those that were not found the last time
}

// maxFlapping bounds how many states are known to flap; then each begins anew.
const maxFlapping = 10_000

// Get implements sim.Records.
func (d *doubtful) Get(now time.Time, q handoff.Query) (handoff.Record, bool) {
	r, found := d.Records.Get(now, q)
	if !found {
		return r, false
	}
	t := d.inside
	t.mu.Lock()
	f, ok := pick(t, t.handoffs, d.project, func(f Handoff) bool {
		return f.Never || f.Null || f.Flapping && d.flaps(r.ID) || now.Before(r.At.Add(f.Late.Draw(t.of(r.ID))))
	})
	t.mu.Unlock()
	if !ok {
		return r, true
	}
	t.hit(journal.Event{Cause: f.String(), Detail: "handoff", Project: d.project, Call: r.ID, SharedID: r.SharedID})
	if f.Null {
		r.Data = json.RawMessage("null")
		return r, true
	}
	return handoff.Record{}, false
}

// flaps reports whether it is a state's turn not to be found: it begins so.
func (d *doubtful) flaps(id string) bool {
	if len(d.hidden) == maxFlapping {
		clear(d.hidden)
	}
	d.hidden[id] = !d.hidden[id]
	return d.hidden[id]
}

// of is chance that is the same whenever a state is asked for.
func (t *Inside) of(id string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id)) // which does not fail
	return rand.New(rand.NewPCG(t.seed, h.Sum64()))
}
