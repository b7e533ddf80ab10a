package mutants

import "github.com/dnispool/dnispool/sim"

// neverOffered leaves out one number of the pool, as an index with a gap does.
func neverOffered() Mutant {
	return Mutant{
		ID: "M16", Name: "never-offered", Fault: "F10", Kill: "no-lost-number",
		Says: "one number of the pool is never given out",
		Parts: pools(func(t *trackedPool) sim.Pool {
			return &withholding{trackedPool: t, withheld: []string{middle(t.Numbers())}}
		}),
	}
}

// middle is one of the numbers, "" of fewer than two: a pool without any would be another fault.
func middle(numbers []string) string {
	if len(numbers) < 2 {
		return ""
	}
	return numbers[len(numbers)/2]
}
