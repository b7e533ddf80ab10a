package replay

import (
	"context"
	"errors"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/scenario"
)

var _ = register(scenario.VerbAdvance, (*client).advance, func(a *scenario.Advance, _ outcome, s *finding.Step) {
	s.With = "the pool's window"
	if a.By > 0 {
		s.With = a.By.String()
	}
})
var _ = register(scenario.VerbFault, (*client).fault, nil)

// advance lets time pass on the target.
func (cl *client) advance(ctx context.Context, _ *scenario.Step, a *scenario.Advance) (outcome, error) {
	by := a.By
	if by == 0 {
		if by = theWindow(cl.stage.Facts(""), cl.stage.Patience()); by == 0 {
			return outcome{}, errors.New("want a target of whose pool the one window is known, got none")
		}
	}
	return outcome{}, cl.stage.Wait(ctx, by)
}

// fault changes what goes wrong.
func (cl *client) fault(_ context.Context, _ *scenario.Step, a *scenario.Fault) (outcome, error) {
	return outcome{}, cl.stage.Fault(a.Faults)
}
