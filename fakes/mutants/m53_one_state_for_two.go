package mutants

import (
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/handoff"
)

// oneStateForTwo looks a shared_id up by its first twelve characters, as a column of that width would keep it: identifiers that
// begin alike find one state.
func oneStateForTwo() Mutant {
	const width = 12
	return Mutant{
		ID: "M53", Name: "one-state-for-two", Fault: "F51", Kill: "handoff-matches-call",
		Says: "two shared_ids that begin with the same twelve characters find one handoff state",
		Parts: records(func(r sim.Records) sim.Records {
			return &narrowRecords{Records: r, width: width, full: make(map[string]string)}
		}),
	}
}

type narrowRecords struct {
	sim.Records
	width int
	full  map[string]string // the shared_id that was stored last, by how it begins
}

// Put implements sim.Records.
func (s *narrowRecords) Put(now time.Time, c handoff.Call) (handoff.Record, bool) {
	r, kept := s.Records.Put(now, c)
	if kept && r.HasSharedID {
		s.full[s.begin(r.SharedID)] = r.SharedID
	}
	return r, kept
}

// Get implements sim.Records.
func (s *narrowRecords) Get(now time.Time, q handoff.Query) (handoff.Record, bool) {
	asked := q.SharedID
	if full, ok := s.full[s.begin(asked)]; q.HasSharedID && ok {
		q.SharedID = full
	}
	r, found := s.Records.Get(now, q)
	if found && q.SharedID != asked {
		r.SharedID = asked
	}
	return r, found
}

func (s *narrowRecords) begin(sharedID string) string { return sharedID[:min(len(sharedID), s.width)] }
