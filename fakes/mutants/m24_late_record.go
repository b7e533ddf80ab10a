package mutants

import (
	"time"

	"github.com/dnispool/dnispool/sim"
)

// lateRecord shows a handoff state two seconds after the BYE: a client that asks at once reads "call complete".
func lateRecord() Mutant {
	return Mutant{
		ID: "M24", Name: "late-record", Fault: "F49", Kill: "handoff-visible",
		Says: "a handoff state can be read 2 s after the BYE, not with it",
		Config: projects(func(p *sim.Project) {
			if late := p.Handoff.VisibleAfter + 2*time.Second; p.Handoff.Retention == 0 || late < p.Handoff.Retention {
				p.Handoff.VisibleAfter = late
			}
		}),
	}
}
