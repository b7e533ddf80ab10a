package mutants

import (
	"context"
	"encoding/json"

	"github.com/dnispool/dnispool/sim/conversation"
)

// headersAsAttributes has one place for what comes with a call: a SIP header writes over the attribute of its name.
func headersAsAttributes() Mutant {
	return Mutant{
		ID: "M36", Name: "headers-as-attributes", Fault: "F45", Kill: "expectation", ScenariosOnly: true,
		Says:  "a SIP header of the call takes the place of the attribute of that name",
		Parts: agents(func(a conversation.Agent) conversation.Agent { return headerReadingAgent{guarded{a}} }),
	}
}

type headerReadingAgent struct{ guarded }

// Start implements conversation.Agent.
func (a headerReadingAgent) Start(ctx context.Context, in conversation.StartInput) (conversation.Reply, error) {
	var attributes map[string]any
	if len(in.Call.Headers) > 0 && json.Unmarshal(in.Attributes, &attributes) == nil {
		for name, value := range in.Call.Headers {
			attributes[name] = value
		}
		in.Attributes, _ = json.Marshal(attributes) // it came from JSON
	}
	return a.Agent.Start(ctx, in)
}
