package mutants

import (
	"context"

	"github.com/dnispool/dnispool/sim/conversation"
)

// digitsLost answers each INFO, and never tells the agent what its caller has pressed.
func digitsLost() Mutant {
	return Mutant{
		ID: "M55", Name: "digits-lost", Kill: "timeout", ScenariosOnly: true,
		Says:  "what a caller presses is answered with 200 and does not reach the agent",
		Parts: agents(func(a conversation.Agent) conversation.Agent { return deafAgent{guarded{a}} }),
	}
}

type deafAgent struct{ guarded }

// Turn implements conversation.Agent.
func (a deafAgent) Turn(ctx context.Context, in conversation.TurnInput) (conversation.Reply, error) {
	if in.Digits != "" {
		return conversation.Reply{Listen: true}, nil
	}
	return a.Agent.Turn(ctx, in)
}
