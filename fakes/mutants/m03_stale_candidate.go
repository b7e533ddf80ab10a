package mutants

import (
	"math/rand/v2"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/pool"
)

// staleCandidate asks an index for a free number, and the index trails the table: it still shows what was taken a moment
// ago. The write asks no further.
func staleCandidate() Mutant {
	return Mutant{
		ID: "M03", Name: "stale-candidate", Fault: "F02", Kill: "no-double-lease",
		Says: "free numbers are read from an index that trails by 300 ms, and the write does not look again",
		Parts: func(seed uint64, _ clock.Clock) sim.Parts {
			return sim.Parts{Pool: func(_ sim.Project, p sim.Pool) sim.Pool {
				return &stalePool{trackedPool: newTrackedPool(p), rng: rand.New(rand.NewPCG(seed, 3))}
			}}
		},
	}
}

// stalePool draws among all numbers that the index shows.
type stalePool struct {
	*trackedPool
	rng *rand.Rand
}

// Reserve implements sim.Pool.
func (p *stalePool) Reserve(now time.Duration, attributes []byte, ani string) (pool.Reservation, bool) {
	p.settle(now)
	var shown []*lease
	for _, n := range p.trackedPool.numbers() {
		if l := p.leases[n]; now < l.at+ms(300) {
			shown = append(shown, l)
		}
	}
	if i := p.rng.IntN(max(1, len(shown)+p.Stats(now).Free)); i < len(shown) {
		shown[i].attributes, shown[i].at = attributes, now
		return shown[i].Reservation, true
	}
	return p.trackedPool.Reserve(now, attributes, ani)
}
