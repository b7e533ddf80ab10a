package mutants

import (
	"context"
	"errors"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/clock"
)

// halfThePath compares the account of a path with the key's, and takes the project for granted.
func halfThePath() Mutant {
	return Mutant{
		ID: "M40", Name: "half-the-path", Fault: "F48", Kill: "expectation", ScenariosOnly: true,
		Says: "a handoff key is good for every project name under its account",
		Parts: func(uint64, clock.Clock) sim.Parts {
			accounts := make(map[string]sim.Identifiers)
			return sim.Parts{
				Pool: func(p sim.Project, inner sim.Pool) sim.Pool {
					accounts[p.HandoffKey] = p.Account
					return inner
				},
				Backend: func(b api.Backend) api.Backend { return halfBackend{backendOf(b), accounts} },
			}
		},
	}
}

type halfBackend struct {
	backend
	accounts map[string]sim.Identifiers // by handoff key
}

// AuthorizeHandoff implements api.Authorizer.
func (b halfBackend) AuthorizeHandoff(ctx context.Context, key, account, project string) error {
	err := b.backend.AuthorizeHandoff(ctx, key, account, project)
	if errors.Is(err, api.ErrForbidden) && b.accounts[key].Is(account) {
		return nil
	}
	return err
}
