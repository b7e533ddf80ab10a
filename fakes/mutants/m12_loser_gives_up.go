package mutants

import (
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/pool"
)

// loserGivesUp writes its reservation on condition that nobody else did, and answers 404 when somebody has, although
// other numbers are free.
func loserGivesUp() Mutant {
	return Mutant{
		ID: "M12", Name: "loser-gives-up", Fault: "F12", Kill: "exhaustion-justified",
		Says:  "of several reservations within 20 ms only one succeeds; the others are told that no number is free",
		Parts: pools(func(t *trackedPool) sim.Pool { return &timidPool{trackedPool: t, last: -time.Hour} }),
	}
}

type timidPool struct {
	*trackedPool
	last time.Duration
}

// Reserve implements sim.Pool.
func (p *timidPool) Reserve(now time.Duration, attributes []byte, ani string) (pool.Reservation, bool) {
	p.settle(now)
	if now < p.last+ms(20) {
		return pool.Reservation{}, false
	}
	r, ok := p.trackedPool.Reserve(now, attributes, ani)
	if ok {
		p.last = now
	}
	return r, ok
}
