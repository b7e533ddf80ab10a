package mutants

import (
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/pool"
)

// numberInTwoPools has the first number of one project in the other projects' pools as well. Calls to it go to the first.
func numberInTwoPools() Mutant {
	return Mutant{
		ID: "M17", Name: "number-in-two-pools", Fault: "F05", Kill: "isolation",
		Says: "one number of the first project is given out by the other projects too",
		Parts: func(uint64, clock.Clock) sim.Parts {
			owner, shared := "", ""
			return sim.Parts{Pool: func(p sim.Project, inner sim.Pool) sim.Pool {
				if owner == "" {
					owner, shared = p.Name, inner.Numbers()[0]
				}
				if p.Name == owner {
					return inner
				}
				return &sharingPool{Pool: inner, own: inner.Numbers()[0], shared: shared}
			}}
		},
	}
}

type sharingPool struct {
	sim.Pool
	own, shared string
}

// Reserve implements sim.Pool.
func (p *sharingPool) Reserve(now time.Duration, attributes []byte, ani string) (pool.Reservation, bool) {
	r, ok := p.Pool.Reserve(now, attributes, ani)
	if r.Number == p.own {
		r.Number = p.shared
	}
	return r, ok
}
