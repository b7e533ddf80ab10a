package replay

import (
	"context"
	"fmt"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/scenario"
)

var _ = register(scenario.VerbRestart, (*client).restart, func(a *scenario.Restart, _ outcome, s *finding.Step) {
	s.With = "leases: " + string(a.Leases)
})

// restart stops the platform's store and starts it again. The history says ok when the leases were to be kept, and
// refused when they were to be lost: the platform is judged by what was asked of it.
func (cl *client) restart(_ context.Context, st *scenario.Step, a *scenario.Restart) (outcome, error) {
	asked := history.OK
	if a.Leases == scenario.LeasesLose {
		asked = history.Refused
	}
	op := cl.history.Begin(history.Op{Client: cl.name, Step: st.Label(), Kind: history.Restart, Start: cl.now(), Outcome: history.Indefinite})
	if err := cl.stage.Restart(a.Leases == scenario.LeasesKeep); err != nil {
		return outcome{}, fmt.Errorf("restart: %w", err)
	}
	cl.history.Update(op, func(o *history.Op) { o.End, o.Outcome = cl.now(), asked })
	return outcome{}, nil
}
