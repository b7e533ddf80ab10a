package mutants

import (
	"github.com/dnispool/dnispool/sim"
)

// oneCallPerNumber has lines that take one call: where a number is free again on arrival, the next caller finds it busy.
func oneCallPerNumber() Mutant {
	return Mutant{
		ID: "M30", Name: "one-call-per-number", Fault: "F62", Kill: "reserved-number-answers",
		Says:   "a number takes one call at a time, although it is given out again while the call is up",
		Config: func(c *sim.Config) { c.SIP.MaxCallsPerNumber = 1 },
	}
}
