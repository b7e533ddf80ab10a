package mutants

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/dnispool/dnispool/sim/conversation"
)

// fewAttributes has room for twenty members of an object.
func fewAttributes() Mutant {
	return Mutant{
		ID: "M43", Name: "few-attributes", Fault: "F45", Kill: "attributes-intact", ScenariosOnly: true,
		Says: "of an object in the attributes with more than twenty members the rest is left out",
		Parts: agents(func(a conversation.Agent) conversation.Agent {
			return changingAgent{guarded{a}, func(value any) any {
				object, ok := value.(map[string]any)
				if !ok || len(object) <= 20 {
					return value
				}
				for _, name := range slices.Sorted(maps.Keys(object))[20:] {
					delete(object, name)
				}
				return object
			}}
		}),
	}
}

// changingAgent is given attributes in which each value has been changed, those inside of others first.
type changingAgent struct {
	guarded
	change func(any) any
}

// Start implements conversation.Agent.
func (a changingAgent) Start(ctx context.Context, in conversation.StartInput) (conversation.Reply, error) {
	decoder := json.NewDecoder(bytes.NewReader(in.Attributes))
	decoder.UseNumber()
	var attributes any
	if decoder.Decode(&attributes) == nil {
		in.Attributes, _ = json.Marshal(a.walk(attributes)) // it came from JSON
	}
	return a.Agent.Start(ctx, in)
}

func (a changingAgent) walk(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, inner := range value {
			value[name] = a.walk(inner)
		}
	case []any:
		for i, inner := range value {
			value[i] = a.walk(inner)
		}
	}
	return a.change(value)
}
