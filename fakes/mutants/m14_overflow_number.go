package mutants

import (
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
)

// overflowNumber gives everybody for whom there is no number one and the same, which is called a success.
func overflowNumber() Mutant {
	return Mutant{
		ID: "M14", Name: "overflow-number", Fault: "F15", Kill: "dialable-numbers",
		Says:  "when no number is free everybody is given the same overflow number, with 200",
		Parts: func(uint64, clock.Clock) sim.Parts { return whenFull("+442079469999") },
	}
}
