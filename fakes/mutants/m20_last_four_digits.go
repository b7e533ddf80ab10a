package mutants

import (
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/pool"
)

// lastFourDigits stores attributes under the last four digits of a number, which two numbers can share.
func lastFourDigits() Mutant {
	return Mutant{
		ID: "M20", Name: "last-four-digits", Fault: "F37", Kill: "no-cross-talk", ScenariosOnly: true,
		Says:  "attributes are stored under the last four digits of the number",
		Parts: pools(func(t *trackedPool) sim.Pool { return &tailPool{trackedPool: t, byTail: make(map[string][]byte)} }),
	}
}

type tailPool struct {
	*trackedPool
	byTail map[string][]byte
}

func tail(number string) string { return number[max(0, len(number)-4):] }

// Reserve implements sim.Pool.
func (p *tailPool) Reserve(now time.Duration, attributes []byte, ani string) (pool.Reservation, bool) {
	r, ok := p.trackedPool.Reserve(now, attributes, ani)
	if ok {
		p.byTail[tail(r.Number)] = attributes
	}
	return r, ok
}

// Arrive implements sim.Pool.
func (p *tailPool) Arrive(now time.Duration, dialled, ani string) pool.Arrival {
	a := p.trackedPool.Arrive(now, dialled, ani)
	if a.Bound {
		a.Attributes = p.byTail[tail(a.Number)]
	}
	return a
}
