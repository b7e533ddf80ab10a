package mutants

import (
	"encoding/json"
	"maps"
	"strings"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/handoff"
)

// foldedSharedID keeps records under the shared_id in lower case, as a column does whose collation ignores case.
func foldedSharedID() Mutant {
	return Mutant{
		ID: "M37", Name: "folded-shared-id", Fault: "F51", Kill: "expectation", ScenariosOnly: true,
		Says: "a shared_id is folded to lower case, so that two of them are one and the reply shows neither",
		Parts: func(uint64, clock.Clock) sim.Parts {
			return sim.Parts{Records: func(p sim.Project, r sim.Records) sim.Records { return foldingRecords{r, p.Handoff.SharedIDStateKey} }}
		},
	}
}

type foldingRecords struct {
	sim.Records
	key string // of the state, under which the shared_id is
}

// Put implements sim.Records.
func (s foldingRecords) Put(now time.Time, c handoff.Call) (handoff.Record, bool) {
	var id string
	if json.Unmarshal(c.State[s.key], &id) == nil {
		c.State = maps.Clone(c.State)
		c.State[s.key], _ = json.Marshal(strings.ToLower(id)) // a string always encodes
	}
	return s.Records.Put(now, c)
}

// Get implements sim.Records.
func (s foldingRecords) Get(now time.Time, q handoff.Query) (handoff.Record, bool) {
	q.SharedID = strings.ToLower(q.SharedID)
	return s.Records.Get(now, q)
}
