package mutants

import (
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/pool"
)

// tieAtExpiry reads a reservation and ends it in two steps: a call that comes in the last moment of the window is given
// the attributes, and the expiry that was under way frees the number all the same, with the call on it.
func tieAtExpiry() Mutant {
	return Mutant{
		ID: "M10", Name: "tie-at-expiry", Fault: "F31", Kill: "no-double-lease",
		Says:  "a call in the last 50 ms of the window is bound, and its number is freed by the expiry nevertheless",
		Parts: pools(func(t *trackedPool) sim.Pool { return &tiedPool{trackedPool: t} }),
	}
}

type tiedPool struct{ *trackedPool }

// Arrive implements sim.Pool.
func (p *tiedPool) Arrive(now time.Duration, dialled, ani string) pool.Arrival {
	a := p.trackedPool.Arrive(now, dialled, ani)
	if l := p.leases[a.Number]; a.Bound && l != nil && now >= l.Expires-ms(50) {
		p.later(l.Expires, func(at time.Duration) {
			if p.leases[a.Number] == l {
				p.free(at, a.Number)
			}
		})
	}
	return a
}
