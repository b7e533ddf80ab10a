package replay

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/traffic"
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
	random := cl.callers()
	caller := a.Draw(random)
	if attributes, err = wanting(attributes, caller); err != nil {
		return outcome{}, fmt.Errorf("attributes: %w", err)
	}
	w := &witness{client: cl, step: st, project: project, identity: identityOfAttributes(attributes)}
	j, err := cl.stage.Journey(ctx, targets.Journey{
		Project: project.Name, ANI: ani, Attributes: attributes, Fallback: fallback,
		Manner: a.Manner, Caller: caller, Seed: random.Uint64(), Dialled: w.dialled,
	}, w)
	if err != nil {
		return outcome{}, err
	}
	if j.FailOpen {
		during := ""
		if w.injected != "" {
			during = " (while the scenario's own fault was at work: " + w.injected + ")"
		}
		cl.warn("%s: %s by the documented rule: a caller who may need a human is dropped%s", st.Label(), j.Reason, during)
	}
	result := map[string]any{
		"outcome": j.Outcome, "reason": j.Reason, "dialled": j.Dialled, "gave_up": j.GaveUp, "reserve_attempts": j.ReserveAttempts, "polls": j.Polls, "fail_open": j.FailOpen,
	}
	for name, value := range map[string]string{"queue": j.Queue, "destination": j.Destination, "id": j.CallID} {
		if value != "" {
			result[name] = value
		}
	}
	return outcome{result: result, failures: w.failures}, nil
}

// wanting are the attributes with what was drawn for the caller. The agent stays on the line for longer than a caller who
// hangs up.
func wanting(attributes json.RawMessage, c traffic.Caller) (json.RawMessage, error) {
	if c.Talk == 0 && !c.Handoff {
		return attributes, nil
	}
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(attributes, &whole); err != nil {
		return nil, fmt.Errorf("want a mapping to add want_talk and want_handoff_to to, got %s", attributes)
	}
	var drawn []byte
	if c.Talk > 0 {
		drawn = fmt.Appendf(drawn, `"want_talk":%.3f`, c.Wants().Seconds())
	}
	if c.Handoff {
		if drawn != nil {
			drawn = append(drawn, ',')
		}
		drawn = fmt.Appendf(drawn, `"want_handoff_to":"%s"`, traffic.Queue)
	}
	if len(whole) > 0 {
		drawn = append(drawn, ',')
	}
	return fmt.Appendf(nil, "{%s%s", drawn, bytes.TrimSpace(attributes)[1:]), nil
}

// witness sees what the fake integrator does: its requests and calls are kept, held against the contract and
// remembered like those of any other step.
type witness struct {
	*client
	step     *scenario.Step
	project  targets.Project
	identity identity
	failures []finding.Failure
	injected string // the scenario's own fault that a request met; "" for none
}

// Do implements targets.Doer. The integrator sends one request after the other.
func (w *witness) Do(r *http.Request) (*http.Response, error) {
	x, res := w.remember(w.step, w.project, r, false)
	w.injected = cmp.Or(w.injected, x.Injected)
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
