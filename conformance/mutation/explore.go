package mutation

import (
	"context"
	"fmt"
	"slices"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/explore"
	"github.com/dnispool/dnispool/conformance/explore/offline"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/fakes/mutants"
)

// explore draws plans from seeds until the history of one breaks a promise.
func (r runner) explore(ctx context.Context, m *mutants.Mutant) (explored int, kill *finding.Kill) {
	on := offline.Platform{}
	if m != nil {
		on.Break, on.Parts = m.Config, m.Parts
	}
	operations := 0
	for i := range r.plan.Seeds {
		if ctx.Err() != nil {
			return explored, nil
		}
		seed := r.plan.Seed + uint64(i)
		history, err := explore.Run(on, explore.Draw(seed, explore.Limits{}))
		if err != nil {
			continue // a platform that cannot be made proves nothing
		}
		explored++
		operations += len(history.Ops)
		if found := explore.Judge(history, check.Default()).Findings(); len(found) > 0 {
			k := &finding.Kill{By: found[0].Name, Where: fmt.Sprintf("seed %d", seed), Operations: operations, Says: found[0].Violation.Text}
			for _, f := range found[1:] {
				if f.Name != k.By && !slices.Contains(k.Also, f.Name) {
					k.Also = append(k.Also, f.Name)
				}
			}
			return explored, k
		}
	}
	return explored, nil
}
