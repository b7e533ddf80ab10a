package mutants

import (
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
)

// restartForgets keeps reservations in memory.
func restartForgets() Mutant {
	return Mutant{
		ID: "M26", Name: "restart-forgets", Fault: "F04", Kill: "attributes-delivered",
		Says: "a restart forgets all reservations, although it should keep them",
		Parts: func(uint64, clock.Clock) sim.Parts {
			return sim.Parts{Restart: func(bool) (keepsLeases bool) { return false }}
		},
	}
}
