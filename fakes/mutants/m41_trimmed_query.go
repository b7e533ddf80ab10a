package mutants

import (
	"context"
	"strings"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/clock"
)

// trimmedQuery trims what comes in a query, as form handling often does, and keeps records under what the agent stored.
func trimmedQuery() Mutant {
	return Mutant{
		ID: "M41", Name: "trimmed-query", Fault: "F51", Kill: "expectation", ScenariosOnly: true,
		Says: "blanks around the ids of a query are cut off, so that a shared_id that has some finds nothing",
		Parts: func(uint64, clock.Clock) sim.Parts {
			return sim.Parts{Backend: func(b api.Backend) api.Backend { return trimmingBackend{backendOf(b)} }}
		},
	}
}

type trimmingBackend struct{ backend }

// Handoff implements api.Backend.
func (b trimmingBackend) Handoff(ctx context.Context, key, account, project string, q api.Query) (api.Record, error) {
	q.ID, q.SharedID = strings.TrimSpace(q.ID), strings.TrimSpace(q.SharedID)
	return b.backend.Handoff(ctx, key, account, project, q)
}
