package mutants

import (
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/pool"
)

// staleContext keeps the attributes of a number when its reservation is over, and does not ask whether there is one.
func staleContext() Mutant {
	return Mutant{
		ID: "M06", Name: "stale-context", Fault: "F40", Kill: "no-cross-talk",
		Says:  "a call to a free number is given the attributes of the number's last reservation",
		Parts: pools(func(t *trackedPool) sim.Pool { return &hoardingPool{trackedPool: t} }),
	}
}

type hoardingPool struct{ *trackedPool }

// Arrive implements sim.Pool.
func (p *hoardingPool) Arrive(now time.Duration, dialled, ani string) pool.Arrival {
	a := p.trackedPool.Arrive(now, dialled, ani)
	l := p.leases[a.Number]
	if l == nil || a.Bound || a.Cause != pool.CauseUnreserved && a.Cause != pool.CauseCooling {
		return a
	}
	a.Bound, a.Cause, a.Attributes = true, "", l.attributes
	return a
}
