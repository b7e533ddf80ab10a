package mutants

import (
	"sync"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/telephony"
)

// deadNumber has a number in its pool that was never provisioned with the carrier.
func deadNumber() Mutant {
	return Mutant{
		ID: "M31", Name: "dead-number", Fault: "F63", Kill: "reserved-number-answers",
		Says: "calls to one number of the pool do not arrive",
		Parts: func(uint64, clock.Clock) sim.Parts {
			line := &deadLine{}
			return sim.Parts{
				Pool: func(_ sim.Project, p sim.Pool) sim.Pool {
					line.once.Do(func() { line.dead = middle(p.Numbers()) })
					return p
				},
				Line: func(p telephony.Platform) telephony.Platform {
					line.Platform = p
					return line
				},
			}
		},
	}
}

type deadLine struct {
	telephony.Platform
	once sync.Once
	dead string
}

// Dialled implements telephony.Platform.
func (l *deadLine) Dialled(text string) (string, bool) {
	number, ok := l.Platform.Dialled(text)
	if number == l.dead {
		return "", false
	}
	return number, ok
}
