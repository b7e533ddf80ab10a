package mutants

import (
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/pool"
)

// lastInFirstOut keeps its free numbers on a stack: a few of them do all the work, and a late caller meets the next
// reservation more often.
func lastInFirstOut() Mutant {
	return Mutant{
		ID: "M15", Name: "last-in-first-out", Fault: "F09", Kill: "rotation",
		Says:   "the number that became free last is given first",
		Config: projects(func(p *sim.Project) { p.Pool.Selection = pool.SelectLIFO }),
	}
}
