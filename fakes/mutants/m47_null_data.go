package mutants

import (
	"encoding/json"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/handoff"
)

// nullData has no object where there is nothing to put into one.
func nullData() Mutant {
	return Mutant{
		ID: "M47", Name: "null-data", Fault: "F56", Kill: "contract", ScenariosOnly: true,
		Says:  "where a handoff state exposes nothing, data is null",
		Parts: records(func(r sim.Records) sim.Records { return nullRecords{r} }),
	}
}

type nullRecords struct{ sim.Records }

// Get implements sim.Records.
func (s nullRecords) Get(now time.Time, q handoff.Query) (handoff.Record, bool) {
	r, found := s.Records.Get(now, q)
	if string(r.Data) == "{}" {
		r.Data = json.RawMessage("null")
	}
	return r, found
}
