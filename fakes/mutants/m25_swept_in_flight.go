package mutants

import (
	"time"

	"github.com/dnispool/dnispool/sim"
)

// sweptInFlight repairs the pool every minute, and takes a reservation whose owner has not been written yet for a leak.
func sweptInFlight() Mutant {
	return Mutant{
		ID: "M25", Name: "swept-in-flight", Fault: "F06", Kill: "attributes-delivered",
		Says: "a sweep every 60 s frees reservations that are younger than 5 s",
		Parts: pools(func(t *trackedPool) sim.Pool {
			t.later(time.Minute, t.sweep)
			return t
		}),
	}
}

// sweep frees what is too young to have an owner, and comes again in a minute.
func (t *trackedPool) sweep(now time.Duration) {
	t.later(now+time.Minute, t.sweep)
	for _, n := range t.numbers() {
		if l := t.leases[n]; l.live(now) && !l.bound && now < l.at+5*time.Second {
			t.free(now, n)
		}
	}
}
