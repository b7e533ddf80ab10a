package mutants

import (
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/pool"
)

// unfencedLookup writes the row that it has read back as free, for a call that found no reservation: a reservation made
// between the read and the write is erased.
func unfencedLookup() Mutant {
	return Mutant{
		ID: "M05", Name: "unfenced-lookup", Fault: "F07", Kill: "no-double-lease",
		Says:  "a call without a reservation writes its number back as free 250 ms later, and erases what was reserved since",
		Parts: pools(func(t *trackedPool) sim.Pool { return &erasingPool{trackedPool: t} }),
	}
}

type erasingPool struct{ *trackedPool }

// Arrive implements sim.Pool.
func (p *erasingPool) Arrive(now time.Duration, dialled, ani string) pool.Arrival {
	a := p.trackedPool.Arrive(now, dialled, ani)
	if a.Known && !a.Bound {
		p.later(now+ms(250), func(at time.Duration) {
			if l := p.leases[a.Number]; l != nil && l.at >= now {
				p.free(at, a.Number)
			}
		})
	}
	return a
}
