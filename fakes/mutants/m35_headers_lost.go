package mutants

import (
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/telephony"
)

// headersLost hands a call to the agent without the headers of its INVITE.
func headersLost() Mutant {
	return Mutant{
		ID: "M35", Name: "headers-lost", Kill: "expectation", ScenariosOnly: true,
		Says: "the agent sees none of the caller's SIP headers",
		Parts: func(uint64, clock.Clock) sim.Parts {
			return sim.Parts{Line: func(p telephony.Platform) telephony.Platform { return headerlessLine{p} }}
		},
	}
}

type headerlessLine struct{ telephony.Platform }

// Arrive implements telephony.Platform.
func (l headerlessLine) Arrive(a telephony.Arrival) telephony.Session {
	a.Headers = nil
	return l.Platform.Arrive(a)
}
