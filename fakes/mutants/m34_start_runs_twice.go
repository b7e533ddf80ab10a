package mutants

import (
	"context"
	"maps"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/conversation"
)

// startRunsTwice starts a conversation again, on the state that the first start left.
func startRunsTwice() Mutant {
	return Mutant{
		ID: "M34", Name: "start-runs-twice", Kill: "expectation", ScenariosOnly: true,
		Says:  "start_function runs twice at the beginning of each call",
		Parts: agents(func(a conversation.Agent) conversation.Agent { return repeatingAgent{guarded{a}} }),
	}
}

type repeatingAgent struct{ guarded }

// Start implements conversation.Agent.
func (a repeatingAgent) Start(ctx context.Context, in conversation.StartInput) (conversation.Reply, error) {
	first, err := a.Agent.Start(ctx, in)
	if err != nil {
		return first, err
	}
	in.State = after(in.State, first)
	second, err := a.Agent.Start(ctx, in)
	return both(first, second), err
}

// after is a state with what a reply writes.
func after(s conversation.State, r conversation.Reply) conversation.State {
	s = s.Clone()
	maps.Copy(s, r.Set)
	return s
}

// both is the second reply of a function that ran twice, with what only the first one wrote.
func both(first, second conversation.Reply) conversation.Reply {
	second.Set = after(first.Set, second)
	return second
}

// agents makes Parts that wrap the agent of each project.
func agents(wrap func(conversation.Agent) conversation.Agent) func(uint64, clock.Clock) sim.Parts {
	return func(uint64, clock.Clock) sim.Parts {
		return sim.Parts{Agent: func(_ sim.Project, a conversation.Agent) conversation.Agent { return wrap(a) }}
	}
}

// guarded is an agent whose other functions stay as they are. Those of the scenarios only compute, so it is a
// conversation.Prompt as they are.
type guarded struct{ conversation.Agent }

// Prompt implements conversation.Prompt.
func (guarded) Prompt() {}
