package mutants

import (
	"time"

	"github.com/dnispool/dnispool/sim"
)

// noExpiry never takes back a number that is not called.
func noExpiry() Mutant {
	return Mutant{
		ID: "M07", Name: "no-expiry", Fault: "F24", Kill: "no-lost-number",
		Says:   "a reservation that is never called holds its number for ever",
		Config: projects(func(p *sim.Project) { p.Pool.Window = 20 * 365 * 24 * time.Hour }),
	}
}
