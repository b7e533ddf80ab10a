package mutants

import (
	"context"

	"github.com/dnispool/dnispool/sim/conversation"
)

// waitsForTheCaller takes the last words of its agent for words like all others: the line stays up until the caller hangs
// up, or until a limit ends the call.
func waitsForTheCaller() Mutant {
	return Mutant{
		ID: "M50", Name: "waits-for-the-caller", Fault: "F25", Kill: "platform-ends-calls", ScenariosOnly: true,
		Says:  "a call whose agent has hung up stays up until its caller does",
		Parts: agents(func(a conversation.Agent) conversation.Agent { return lingeringAgent{guarded{a}} }),
	}
}

type lingeringAgent struct{ guarded }

// Start implements conversation.Agent.
func (a lingeringAgent) Start(ctx context.Context, in conversation.StartInput) (conversation.Reply, error) {
	reply, err := a.Agent.Start(ctx, in)
	reply.Hangup = false
	return reply, err
}

// Turn implements conversation.Agent.
func (a lingeringAgent) Turn(ctx context.Context, in conversation.TurnInput) (conversation.Reply, error) {
	reply, err := a.Agent.Turn(ctx, in)
	if reply.Hangup {
		reply.Hangup, reply.Took = false, conversation.Forever
	}
	return reply, err
}
