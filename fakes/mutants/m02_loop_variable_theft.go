package mutants

import (
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/pool"
)

// loopVariableTheft notices that it lost the race for a number, but has overwritten its filter with that very number:
// its second try takes it whether it is in use or not.
func loopVariableTheft() Mutant {
	return Mutant{
		ID: "M02", Name: "loop-variable-theft", Fault: "F01", Kill: "no-double-lease",
		Says:  "the loser of a race tries again, with a filter that matches the winner's number, in use or not",
		Parts: pools(func(t *trackedPool) sim.Pool { return &thievingPool{trackedPool: t} }),
	}
}

// thievingPool lets every second of those who come within 20 ms take the number of the one before.
type thievingPool struct {
	*trackedPool
	winner *lease // nil after it was robbed
}

// Reserve implements sim.Pool.
func (p *thievingPool) Reserve(now time.Duration, attributes []byte, ani string) (pool.Reservation, bool) {
	p.settle(now)
	if w := p.winner; w != nil && now < w.at+ms(20) {
		p.winner = nil
		w.attributes = attributes
		return w.Reservation, true
	}
	r, ok := p.trackedPool.Reserve(now, attributes, ani)
	p.winner = p.leases[r.Number]
	return r, ok
}
