package mutants

import (
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/pool"
)

// checkThenAct looks for a free number and writes its reservation some milliseconds later without looking again: whoever
// looked in between took the same one, and the last writer's attributes stay.
func checkThenAct() Mutant {
	return Mutant{
		ID: "M01", Name: "check-then-act", Fault: "F01", Kill: "no-double-lease",
		Says:  "between choosing a number and writing the reservation lie 20 ms, in which others choose the same",
		Parts: pools(func(t *trackedPool) sim.Pool { return &racyPool{trackedPool: t} }),
	}
}

// racyPool gives everybody who comes within the window of the first the same number.
type racyPool struct {
	*trackedPool
	chosen *lease
}

// Reserve implements sim.Pool.
func (p *racyPool) Reserve(now time.Duration, attributes []byte, ani string) (pool.Reservation, bool) {
	p.settle(now)
	if p.chosen != nil && now < p.chosen.at+ms(20) {
		p.chosen.attributes = attributes
		return p.chosen.Reservation, true
	}
	r, ok := p.trackedPool.Reserve(now, attributes, ani)
	p.chosen = p.leases[r.Number]
	return r, ok
}
