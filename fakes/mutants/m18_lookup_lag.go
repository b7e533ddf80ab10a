package mutants

import (
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/pool"
)

// lookupLag has telephony read a replica of the reservations: a call that is quicker than the replication finds none.
func lookupLag() Mutant {
	return Mutant{
		ID: "M18", Name: "lookup-lag", Fault: "F61", Kill: "attributes-delivered",
		Says:  "calls look reservations up in a replica that trails by 300 ms",
		Parts: pools(func(t *trackedPool) sim.Pool { return &trailingPool{trackedPool: t} }),
	}
}

type trailingPool struct{ *trackedPool }

// Arrive implements sim.Pool.
func (p *trailingPool) Arrive(now time.Duration, dialled, ani string) pool.Arrival {
	p.settle(now)
	number, _ := p.Lookup(dialled)
	if l := p.leases[number]; l != nil && now < l.at+ms(300) {
		return p.missed(dialled)
	}
	return p.trackedPool.Arrive(now, dialled, ani)
}
