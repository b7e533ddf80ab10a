package mutants

import (
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/pool"
)

// swappedContexts handles two callers at once in one shared context, and gives each the other's.
func swappedContexts() Mutant {
	return Mutant{
		ID: "M27", Name: "swapped-contexts", Fault: "F47", Kill: "no-cross-talk",
		Says:  "of two reservations made within 20 ms, each call is given the other's attributes",
		Parts: pools(func(t *trackedPool) sim.Pool { return &swappingPool{trackedPool: t, swapped: make(map[*lease]bool)} }),
	}
}

type swappingPool struct {
	*trackedPool
	swapped map[*lease]bool
}

// Arrive implements sim.Pool.
func (p *swappingPool) Arrive(now time.Duration, dialled, ani string) pool.Arrival {
	p.settle(now)
	number, _ := p.Lookup(dialled)
	if l := p.leases[number]; l != nil && !p.swapped[l] {
		p.swap(now, number, l)
	}
	return p.trackedPool.Arrive(now, dialled, ani)
}

// swap exchanges the attributes of l with those of a reservation that was made at the same time and still waits.
func (p *swappingPool) swap(now time.Duration, number string, l *lease) {
	for _, n := range p.trackedPool.numbers() {
		other := p.leases[n]
		if n == number || other.bound || !other.live(now) || p.swapped[other] || (other.at-l.at).Abs() >= ms(20) {
			continue
		}
		l.attributes, other.attributes = other.attributes, l.attributes
		p.swapped[l], p.swapped[other] = true, true
		return
	}
}
