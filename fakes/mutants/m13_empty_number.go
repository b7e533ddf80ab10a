package mutants

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/clock"
)

// emptyNumber does not treat an empty pool as an error.
func emptyNumber() Mutant {
	return Mutant{
		ID: "M13", Name: "empty-number", Fault: "F14", Kill: "dialable-numbers",
		Says:  "when no number is free the answer is 200 with an empty dni",
		Parts: func(uint64, clock.Clock) sim.Parts { return whenFull("") },
	}
}

// whenFull answers a reservation for which no number is free with this one.
func whenFull(number string) sim.Parts {
	return sim.Parts{Backend: func(b api.Backend) api.Backend { return fullBackend{backendOf(b), number} }}
}

type fullBackend struct {
	backend
	number string
}

// Reserve implements api.Backend.
func (b fullBackend) Reserve(ctx context.Context, key string, attributes json.RawMessage) (string, error) {
	dni, err := b.backend.Reserve(ctx, key, attributes)
	if errors.Is(err, api.ErrNoNumber) {
		return b.number, nil
	}
	return dni, err
}
