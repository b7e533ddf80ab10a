package mutants

import (
	"context"

	"github.com/dnispool/dnispool/sim/conversation"
)

// endRunsTwice is told of the end of a call by the agent's hang-up and by the BYE, and takes both for the end.
func endRunsTwice() Mutant {
	return Mutant{
		ID: "M39", Name: "end-runs-twice", Kill: "expectation", ScenariosOnly: true,
		Says:  "end_function runs twice after each call",
		Parts: agents(func(a conversation.Agent) conversation.Agent { return endingAgent{guarded{a}} }),
	}
}

type endingAgent struct{ guarded }

// End implements conversation.Agent.
func (a endingAgent) End(ctx context.Context, in conversation.EndInput) (conversation.Reply, error) {
	first, err := a.Agent.End(ctx, in)
	if err != nil {
		return first, err
	}
	in.State = after(in.State, first)
	second, err := a.Agent.End(ctx, in)
	return both(first, second), err
}
