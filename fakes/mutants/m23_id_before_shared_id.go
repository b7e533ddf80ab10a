package mutants

import (
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/handoff"
)

// idBeforeSharedID lets the id decide where a client sends both.
func idBeforeSharedID() Mutant {
	return Mutant{
		ID: "M23", Name: "id-before-shared-id", Fault: "F55", Kill: "handoff-matches-call", ScenariosOnly: true,
		Says:  "with both id and shared_id in a query the id decides",
		Parts: records(func(r sim.Records) sim.Records { return idFirst{r} }),
	}
}

type idFirst struct{ sim.Records }

// Get implements sim.Records.
func (s idFirst) Get(now time.Time, q handoff.Query) (handoff.Record, bool) {
	if q.HasID {
		q.SharedID, q.HasSharedID = "", false
	}
	return s.Records.Get(now, q)
}
