package mutants

import (
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/pool"
)

// clockStep dates reservations by the wall clock, which is set forward by an hour soon after the start.
func clockStep() Mutant {
	return Mutant{
		ID: "M11", Name: "clock-step", Fault: "F32", Kill: "attributes-delivered",
		Says: "half a minute after the start the pool's clock jumps an hour ahead, and everything that waits expires",
		Parts: func(uint64, clock.Clock) sim.Parts {
			return sim.Parts{Pool: func(_ sim.Project, p sim.Pool) sim.Pool { return steppedPool{p} }}
		},
	}
}

type steppedPool struct{ sim.Pool }

// wall is what the pool takes now for.
func wall(now time.Duration) time.Duration {
	if now >= 30*time.Second {
		return now + time.Hour
	}
	return now
}

// Reserve implements sim.Pool.
func (p steppedPool) Reserve(now time.Duration, attributes []byte, ani string) (pool.Reservation, bool) {
	return p.Pool.Reserve(wall(now), attributes, ani)
}

// Arrive implements sim.Pool.
func (p steppedPool) Arrive(now time.Duration, dialled, ani string) pool.Arrival {
	return p.Pool.Arrive(wall(now), dialled, ani)
}

// Answer implements sim.Pool.
func (p steppedPool) Answer(now time.Duration, call pool.CallRef) bool {
	return p.Pool.Answer(wall(now), call)
}

// Hangup implements sim.Pool.
func (p steppedPool) Hangup(now time.Duration, call pool.CallRef) bool {
	return p.Pool.Hangup(wall(now), call)
}

// Resize implements sim.Pool.
func (p steppedPool) Resize(now time.Duration, numbers []string) error {
	return p.Pool.Resize(wall(now), numbers)
}

// Settle implements sim.Pool.
func (p steppedPool) Settle(now time.Duration) { p.Pool.Settle(wall(now)) }

// Stats implements sim.Pool.
func (p steppedPool) Stats(now time.Duration) pool.Stats { return p.Pool.Stats(wall(now)) }
