package replay

import (
	"fmt"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/scenario"
)

// restart stops the platform's store and starts it again. The history says ok when the leases were to be kept, and
// refused when they were to be lost: the platform is judged by what was asked of it.
func (l *lane) restart(st *scenario.Step, a *scenario.Restart) error {
	asked := history.OK
	if a.Leases == scenario.LeasesLose {
		asked = history.Refused
	}
	op := l.history.Begin(history.Op{Client: l.client, Step: st.Label(), Kind: history.Restart, Start: l.now(), Outcome: history.Indefinite})
	if err := l.stage.Restart(a.Leases == scenario.LeasesKeep); err != nil {
		return fmt.Errorf("restart: %w", err)
	}
	l.history.Update(op, func(o *history.Op) { o.End, o.Outcome = l.now(), asked })
	return nil
}
