package mutants

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/clock"
)

// failsAtTimes has a database that does not answer now and then, and tells its clients in the documented form.
func failsAtTimes() Mutant {
	return Mutant{
		ID: "M51", Name: "fails-at-times", Fault: "F19", Kill: "requests-served", ScenariosOnly: true,
		Says: "every fifth reservation is answered with 500 and has reserved nothing",
		Parts: func(uint64, clock.Clock) sim.Parts {
			var reservations atomic.Int64
			return sim.Parts{Backend: func(b api.Backend) api.Backend { return failingBackend{backendOf(b), &reservations} }}
		},
	}
}

type failingBackend struct {
	backend
	reservations *atomic.Int64
}

// Reserve implements api.Backend.
func (b failingBackend) Reserve(ctx context.Context, key string, attributes json.RawMessage) (string, error) {
	if b.reservations.Add(1)%5 == 0 {
		return "", errors.New("database: no answer")
	}
	return b.backend.Reserve(ctx, key, attributes)
}
