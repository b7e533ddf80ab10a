package mutants

import (
	"sync"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/telephony"
)

// unfencedHangup releases a number when any call to it ends, whoever holds the number by then: a stray's hang-up takes
// the reservation of somebody else, and with release on arrival the end of one call takes the next caller's.
func unfencedHangup() Mutant {
	return Mutant{
		ID: "M04", Name: "unfenced-hangup", Fault: "F07", Kill: "no-double-lease",
		Says: "the end of any call frees the number it was on, whoever holds it by then",
		Parts: func(uint64, clock.Clock) sim.Parts {
			all := &trackedPools{}
			return sim.Parts{
				Pool: func(_ sim.Project, p sim.Pool) sim.Pool { return all.add(newTrackedPool(p)) },
				Line: func(p telephony.Platform) telephony.Platform { return unfencedLine{p, all} },
			}
		},
	}
}

type unfencedLine struct {
	telephony.Platform
	pools *trackedPools
}

// Arrive implements telephony.Platform.
func (l unfencedLine) Arrive(a telephony.Arrival) telephony.Session {
	free := func() {
		l.pools.atNextOperation(func(t *trackedPool, now time.Duration) {
			if number, known := t.Lookup(a.Number); known {
				t.free(now, number)
			}
		})
	}
	return &unfencedSession{Session: l.Platform.Arrive(a), free: sync.OnceFunc(free)}
}

type unfencedSession struct {
	telephony.Session
	free func()
}

// Release implements telephony.Session.
func (s *unfencedSession) Release(cause string) {
	s.Session.Release(cause)
	s.free()
}

// Hangup implements telephony.Session.
func (s *unfencedSession) Hangup(cause string) {
	s.Session.Hangup(cause)
	s.free()
}
