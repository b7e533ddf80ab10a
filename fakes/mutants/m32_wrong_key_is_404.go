package mutants

import (
	"github.com/dnispool/dnispool/sim"
)

// wrongKeyIs404 answers a wrong key as an empty pool is answered: a client falls back for ever and nobody is told.
func wrongKeyIs404() Mutant {
	return Mutant{
		ID: "M32", Name: "wrong-key-is-404", Fault: "F16", Kill: "expectation", ScenariosOnly: true,
		Says:   "a wrong key is answered with 404, like an empty pool",
		Config: func(c *sim.Config) { c.HTTP.KeyError = 404 },
	}
}
