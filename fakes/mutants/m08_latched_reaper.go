package mutants

import (
	"slices"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/pool"
)

// latchedReaper counts its sweeps and never resets the counter: after the second it stops for as long as the process
// lives, and what expires from then on stays taken.
func latchedReaper() Mutant {
	return Mutant{
		ID: "M08", Name: "latched-reaper", Fault: "F13", Kill: "no-lost-number",
		Says:  "the reaper takes expired reservations back twice in the life of the process, and then never again",
		Parts: pools(func(t *trackedPool) sim.Pool { return &latchedPool{withholding: withholding{trackedPool: t}} }),
	}
}

type latchedPool struct {
	withholding
	sweeps int
}

// Reserve implements sim.Pool.
func (p *latchedPool) Reserve(now time.Duration, attributes []byte, ani string) (pool.Reservation, bool) {
	p.settle(now)
	if expired := p.expired(now); len(expired) > 0 {
		if p.sweeps < 2 {
			p.sweeps++
		} else {
			p.withheld = append(p.withheld, expired...)
		}
	}
	return p.withholding.Reserve(now, attributes, ani)
}

// expired returns, once, the numbers whose reservations were never called.
func (p *latchedPool) expired(now time.Duration) (out []string) {
	for _, n := range p.trackedPool.numbers() {
		if l := p.leases[n]; !l.over && !l.bound && now >= l.Expires {
			l.over = true
			out = append(out, n)
		}
	}
	return out
}

// withholding is a pool that does not give out certain numbers, free as they are.
type withholding struct {
	*trackedPool
	withheld []string
}

// Reserve implements sim.Pool. What the real pool gives of a withheld number is left to run out.
func (p *withholding) Reserve(now time.Duration, attributes []byte, ani string) (pool.Reservation, bool) {
	for {
		r, ok := p.trackedPool.Reserve(now, attributes, ani)
		if !ok || !slices.Contains(p.withheld, r.Number) {
			return r, ok
		}
		p.leases[r.Number].over = true
	}
}

// Arrive implements sim.Pool.
func (p *withholding) Arrive(now time.Duration, dialled, ani string) pool.Arrival {
	if number, _ := p.Lookup(dialled); slices.Contains(p.withheld, number) {
		p.settle(now)
		return p.missed(dialled)
	}
	return p.trackedPool.Arrive(now, dialled, ani)
}
