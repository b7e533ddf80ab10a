package mutants

import (
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/conversation"
)

// anotherProjectsAgent knows whose call it is, and asks the first project's agent to take it.
func anotherProjectsAgent() Mutant {
	return Mutant{
		ID: "M33", Name: "another-projects-agent", Fault: "F44", Kill: "expectation", ScenariosOnly: true,
		Says: "the first project's agent takes the calls of every project",
		Parts: func(uint64, clock.Clock) sim.Parts {
			var first conversation.Agent
			return sim.Parts{Agent: func(_ sim.Project, a conversation.Agent) conversation.Agent {
				if first == nil {
					first = a
				}
				return first
			}}
		},
	}
}
