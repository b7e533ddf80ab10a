package replay

import (
	"context"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/scenario"
)

var _ = register(scenario.VerbAdvance, (*client).advance, func(a *scenario.Advance, _ outcome, s *finding.Step) { s.With = a.By.String() })
var _ = register(scenario.VerbFault, (*client).fault, nil)

// advance lets time pass on the target.
func (cl *client) advance(ctx context.Context, _ *scenario.Step, a *scenario.Advance) (outcome, error) {
	return outcome{}, cl.stage.Wait(ctx, a.By)
}

// fault changes how the wire and the carrier misbehave.
func (cl *client) fault(_ context.Context, _ *scenario.Step, a *scenario.Fault) (outcome, error) {
	return outcome{}, cl.stage.Fault(a.HTTP, a.Carrier)
}
