package mutants

import (
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/handoff"
)

// firstDuplicate finds the oldest of several calls with one shared_id: a client that tries again acts on its first try.
func firstDuplicate() Mutant {
	return Mutant{
		ID: "M22", Name: "first-duplicate", Fault: "F51", Kill: "handoff-matches-call",
		Says:   "a shared_id that several calls carried finds the first of them, not the last",
		Config: projects(func(p *sim.Project) { p.Handoff.Duplicates = handoff.First }),
	}
}
