package mutants

import (
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/handoff"
)

// recordReplicas answers reads of handoff states from two replicas in turn, one of which trails.
func recordReplicas() Mutant {
	return Mutant{
		ID: "M21", Name: "record-replicas", Fault: "F53", Kill: "handoff-visible",
		Says:  "every second read of a handoff state is answered by a replica that trails by 2 s",
		Parts: records(func(r sim.Records) sim.Records { return &replicas{Records: r, reads: make(map[string]int)} }),
	}
}

// records makes Parts that wrap the handoff records of each project.
func records(wrap func(sim.Records) sim.Records) func(uint64, clock.Clock) sim.Parts {
	return func(uint64, clock.Clock) sim.Parts {
		return sim.Parts{Records: func(_ sim.Project, r sim.Records) sim.Records { return wrap(r) }}
	}
}

type replicas struct {
	sim.Records
	reads map[string]int // by id
}

// Get implements sim.Records.
func (s *replicas) Get(now time.Time, q handoff.Query) (handoff.Record, bool) {
	r, found := s.Records.Get(now, q)
	if !found || !now.Before(r.VisibleAt.Add(2*time.Second)) {
		return r, found
	}
	s.reads[r.ID]++
	if s.reads[r.ID]%2 == 0 {
		return handoff.Record{}, false
	}
	return r, true
}
