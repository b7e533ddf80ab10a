package replay

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets"
)

var _ = register(scenario.VerbJourney, (*client).journey, func(_ *scenario.Journey, out outcome, s *finding.Step) {
	s.Came = fmt.Sprint(out.result["outcome"])
})

func (cl *client) journey(ctx context.Context, st *scenario.Step, a *scenario.Journey) (outcome, error) {
	project, err := cl.project(&a.Project)
	if err != nil {
		return outcome{}, err
	}
	ani, err := a.ANI.Resolve(cl.scope)
	if err != nil {
		return outcome{}, err
	}
	fallback, err := a.Fallback.Resolve(cl.scope)
	if err != nil {
		return outcome{}, err
	}
	attributes, err := a.Attributes.JSON(cl.scope)
	if err != nil {
		return outcome{}, err
	}
	w := &witness{client: cl, step: st, project: project, identity: identityOfAttributes(attributes)}
	j, err := cl.stage.Journey(ctx, targets.Journey{
		Project: project.Name, ANI: ani, Attributes: attributes, Fallback: fallback, ReserveTimeout: a.ReserveTimeout, Retries: a.Retries,
		PollEvery: a.Poll.Every, PollFor: a.Poll.For, Dialled: w.dialled,
	}, w)
	if err != nil {
		return outcome{}, err
	}
	if j.FailOpen {
		cl.warn("%s: the handoff state never appeared; by the documented rule the client takes the call as complete and drops a caller who may need a human", st.Label())
	}
	result := map[string]any{
		"outcome": j.Outcome, "reason": j.Reason, "dialled": j.Dialled, "reserve_attempts": j.ReserveAttempts, "polls": j.Polls, "fail_open": j.FailOpen,
	}
	for name, value := range map[string]string{"queue": j.Queue, "destination": j.Destination, "id": j.CallID} {
		if value != "" {
			result[name] = value
		}
	}
	return outcome{result: result, failures: w.failures}, nil
}

// witness sees what the fake integrator does: its requests and calls are kept, held against the contract and
// remembered like those of any other step.
type witness struct {
	*client
	step     *scenario.Step
	project  targets.Project
	identity identity
	failures []finding.Failure
}

// Do implements targets.Doer. The integrator sends one request after the other.
func (w *witness) Do(r *http.Request) (*http.Response, error) {
	x, res := w.remember(w.step, w.project, r, false)
	for _, f := range w.contract(w.step, outcome{exchange: x}) {
		if !slices.ContainsFunc(w.failures, func(seen finding.Failure) bool { return seen.Path == f.Path && seen.Got == f.Got }) {
			w.failures = append(w.failures, f)
		}
	}
	return res, x.err
}

// dialled hears of each call to the platform once it is answered or refused.
func (w *witness) dialled(number string, at time.Time, c targets.Call) {
	op := w.history.Begin(history.Op{
		Client: w.name, Step: w.step.Label(), Kind: history.Call, Project: w.project.Name, Number: number,
		Nonce: text(w.identity.Nonce), SharedID: text(w.identity.SharedID), Start: w.since(at),
	})
	w.placedCall(op, c)
}
