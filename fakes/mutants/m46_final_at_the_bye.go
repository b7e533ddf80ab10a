package mutants

import (
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/handoff"
)

// finalAtTheBye never looks at a call again once it is over: a key that only end_function writes stays null for ever.
func finalAtTheBye() Mutant {
	return Mutant{
		ID: "M46", Name: "final-at-the-bye", Fault: "F49", Kill: "expectation", ScenariosOnly: true,
		Says:   "what end_function writes is never shown",
		Config: projects(func(p *sim.Project) { p.Handoff.Snapshot = handoff.CallEnd }),
	}
}
