package mutants

import (
	"context"

	"github.com/dnispool/dnispool/sim/conversation"
)

// poolsAccount tells an agent the account that owns the numbers, which is the platform's own.
func poolsAccount() Mutant {
	return Mutant{
		ID: "M45", Name: "pools-account", Fault: "F44", Kill: "expectation", ScenariosOnly: true,
		Says:  "the agent is told that the call belongs to another account",
		Parts: agents(func(a conversation.Agent) conversation.Agent { return strangersAgent{guarded{a}} }),
	}
}

type strangersAgent struct{ guarded }

// Start implements conversation.Agent.
func (a strangersAgent) Start(ctx context.Context, in conversation.StartInput) (conversation.Reply, error) {
	in.Call.Account = "ws-platform"
	return a.Agent.Start(ctx, in)
}
