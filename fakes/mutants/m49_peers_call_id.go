package mutants

import (
	"regexp"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/handoff"
)

// peersCallID keeps a call's state under the Call-ID that its caller chose. SIPp in two containers, and phones after a
// restart, choose one again: the later call takes the place of the earlier one.
func peersCallID() Mutant {
	return Mutant{
		ID: "M49", Name: "peers-call-id", Fault: "F53", Kill: "expectation", ScenariosOnly: true,
		Says: "the state of a call is lost when another call has the same Call-ID",
		Parts: func(uint64, clock.Clock) sim.Parts {
			return sim.Parts{Records: func(_ sim.Project, r sim.Records) sim.Records { return callIDRecords{r} }}
		},
	}
}

type callIDRecords struct{ sim.Records }

// ours is what the platform puts behind a Call-ID that it has seen before (conversation.IDCallID).
var ours = regexp.MustCompile(`-[0-9a-f]{16}$`)

func callID(c handoff.Call) handoff.Call {
	c.ID = ours.ReplaceAllString(c.ID, "")
	return c
}

// Live implements sim.Records.
func (s callIDRecords) Live(now time.Time, c handoff.Call) { s.Records.Live(now, callID(c)) }

// Put implements sim.Records.
func (s callIDRecords) Put(now time.Time, c handoff.Call) (handoff.Record, bool) {
	return s.Records.Put(now, callID(c))
}

// Revise implements sim.Records.
func (s callIDRecords) Revise(at time.Time, c handoff.Call) (handoff.Record, bool) {
	return s.Records.Revise(at, callID(c))
}
