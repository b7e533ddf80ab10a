package replay

import (
	"fmt"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/scenario"
)

// restart stops the platform's store and starts it again. The history says ok when the leases were to be kept, and
// refused when they were to be lost: the platform is judged by what was asked of it.
func (cl *client) restart(st *scenario.Step, a *scenario.Restart) error {
	asked := history.OK
	if a.Leases == scenario.LeasesLose {
		asked = history.Refused
	}
	op := cl.history.Begin(history.Op{Client: cl.name, Step: st.Label(), Kind: history.Restart, Start: cl.now(), Outcome: history.Indefinite})
	if err := cl.stage.Restart(a.Leases == scenario.LeasesKeep); err != nil {
		return fmt.Errorf("restart: %w", err)
	}
	cl.history.Update(op, func(o *history.Op) { o.End, o.Outcome = cl.now(), asked })
	return nil
}
