package mutants

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/handoff"
)

// stateOfNoCall writes a state with the reservation, to have something to update later: whoever asks before the call is told that it
// is over.
func stateOfNoCall() Mutant {
	return Mutant{
		ID: "M54", Name: "state-of-no-call", Fault: "F50", Kill: "handoff-matches-call",
		Says: "a reserved shared_id has a handoff state before anybody has called",
		Parts: func(uint64, clock.Clock) sim.Parts {
			r := &reservedIDs{all: make(map[string]bool)}
			return sim.Parts{
				Backend: func(b api.Backend) api.Backend { return notingBackend{backendOf(b), r} },
				Records: func(_ sim.Project, records sim.Records) sim.Records { return earlyRecords{records, r} },
			}
		},
	}
}

type reservedIDs struct {
	mu  sync.Mutex
	all map[string]bool
}

type notingBackend struct {
	backend
	ids *reservedIDs
}

// Reserve implements api.Backend.
func (b notingBackend) Reserve(ctx context.Context, key string, attributes json.RawMessage) (string, error) {
	dni, err := b.backend.Reserve(ctx, key, attributes)
	var given struct {
		SharedID string `json:"shared_id"`
	}
	if err == nil && json.Unmarshal(attributes, &given) == nil && given.SharedID != "" {
		b.ids.mu.Lock()
		defer b.ids.mu.Unlock()
		b.ids.all[given.SharedID] = true
	}
	return dni, err
}

type earlyRecords struct {
	sim.Records
	ids *reservedIDs
}

// Get implements sim.Records.
func (s earlyRecords) Get(now time.Time, q handoff.Query) (handoff.Record, bool) {
	r, found := s.Records.Get(now, q)
	if found || !q.HasSharedID {
		return r, found
	}
	s.ids.mu.Lock()
	defer s.ids.mu.Unlock()
	if !s.ids.all[q.SharedID] {
		return r, false
	}
	return handoff.Record{ID: "pending-" + q.SharedID, SharedID: q.SharedID, HasSharedID: true, Data: json.RawMessage(`{}`), At: now, VisibleAt: now}, true
}
