package mutants

import (
	"strings"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/pool"
	"github.com/dnispool/dnispool/sim/telephony"
)

// formatNotNormalised routes a call by its number in any form, and looks its attributes up by the text as it came.
func formatNotNormalised() Mutant {
	return Mutant{
		ID: "M19", Name: "format-not-normalised", Fault: "F36", Kill: "attributes-delivered",
		Says: "a call whose dialled number comes without + is answered, but its reservation is not found",
		Parts: func(uint64, clock.Clock) sim.Parts {
			return sim.Parts{
				Pool: func(_ sim.Project, p sim.Pool) sim.Pool { return literalPool{newTrackedPool(p)} },
				Line: func(p telephony.Platform) telephony.Platform { return literalLine{p} },
			}
		},
	}
}

type literalLine struct{ telephony.Platform }

// Dialled implements telephony.Platform.
func (l literalLine) Dialled(text string) (string, bool) {
	number, ok := l.Platform.Dialled(text)
	if ok && !strings.HasPrefix(text, "+") {
		return text, true
	}
	return number, ok
}

type literalPool struct{ *trackedPool }

// Arrive implements sim.Pool.
func (p literalPool) Arrive(now time.Duration, dialled, ani string) pool.Arrival {
	if !strings.HasPrefix(dialled, "+") {
		return p.missed(dialled)
	}
	return p.trackedPool.Arrive(now, dialled, ani)
}
