package replay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets"
)

// pollEvery is how often, in the target's time, a step with within looks again.
const pollEvery = 50 * time.Millisecond

// outcome is what one try of a step gave.
type outcome struct {
	result     map[string]any
	exchange   *exchange
	indefinite bool
	// notPassedOn: the carrier refused or lost a call by itself, as a scenario's world or a fault has it.
	notPassedOn bool
	failures    []finding.Failure // found by the verb itself
}

// take plays one step once everything asked before it is done.
func (cl *client) take(ctx context.Context, st *scenario.Step) ([]finding.Failure, error) {
	cl.stage.Settle()
	_, failures, err := cl.takeOne(ctx, st)
	return failures, err
}

// takeOne plays one step, tries again while within allows, and returns its outcome and failures.
func (cl *client) takeOne(ctx context.Context, st *scenario.Step) (outcome, []finding.Failure, error) {
	within := cl.within(st)
	deadline := cl.stage.Now().Add(within)
	var last []scenario.Mismatch // of the try before
	for tries := 1; ; tries++ {
		misled := len(cl.misled)
		out, err := cl.try(ctx, st)
		if err != nil {
			return out, nil, cl.explain(st, tries, last, err)
		}
		failures := append(out.failures, cl.contract(st, out)...)
		if last, err = cl.mismatches(st, out); err != nil {
			return out, nil, err
		}
		if len(last) > 0 && len(failures) == 0 && within > 0 && cl.mayRetry(st, out, deadline) {
			if err := cl.stage.Wait(ctx, max(pollEvery, cl.stage.Patience()/10)); err != nil {
				return out, nil, cl.explain(st, tries, last, err)
			}
			continue
		}
		proven := len(failures) > 0
		for _, m := range last {
			failures = append(failures, cl.mismatch(st, out, m, tries))
		}
		if st.Name != "" {
			cl.scope.Set(st.Name, out.result)
		}
		cl.before = append(cl.before, cl.played(st, out))
		notTheirs := notThePlatforms(out)
		if st.Verb == scenario.VerbJourney && len(cl.misled) > misled {
			notTheirs = "the scenario's own fault was at work (" + cl.misled[misled] + ")"
		}
		if notTheirs != "" && len(last) > 0 && !proven && (out.exchange == nil || out.exchange.err == nil) {
			m := last[0]
			return out, failures, inconclusive{fmt.Errorf("%s, so it says nothing of the platform: %s: want %s, got %s", notTheirs, m.Path, m.Want, m.Got)}
		}
		return out, failures, cl.doubt(st, out)
	}
}

// within is how long a step is tried again: a handoff state for as long as the target may take to show it, too.
func (cl *client) within(st *scenario.Step) time.Duration {
	if st.Verb == scenario.VerbHandoff {
		return st.Within + cl.stage.Patience()
	}
	return st.Within
}

// mismatches holds the result against the step's expectations. A handoff that is waited for and of which nothing is
// said is waited for until it is there. Nothing is expected of a result that the verb could not bring about.
func (cl *client) mismatches(st *scenario.Step, out outcome) ([]scenario.Mismatch, error) {
	if len(out.failures) > 0 {
		return nil, nil
	}
	if untilThere(st) && (out.exchange.err != nil || out.exchange.Status != http.StatusOK) {
		return []scenario.Mismatch{{Path: "status", Want: "200", Got: status(out.exchange), Pos: st.Pos}}, nil
	}
	return st.Expect.Check(cl.scope, out.result)
}

// notThePlatforms says why what came need not be the platform's doing: a fault of the scenario's made it, or the carrier, or the key may be
// the wrong one; "" where it is, or where nobody knows.
func notThePlatforms(out outcome) string {
	switch x := out.exchange; {
	case x != nil && x.altered():
		return "the scenario's own fault made this reply (" + x.Injected + ")"
	case x != nil && x.untaken:
		return "the platform has not taken this key once (" + targets.OfReply(x.Status, x.ResponseBody).Cause + ")"
	case out.notPassedOn:
		return "the carrier refused or lost the call by itself"
	}
	return ""
}

func untilThere(st *scenario.Step) bool {
	return st.Verb == scenario.VerbHandoff && st.Within > 0 && len(st.Expect) == 0
}

// try performs the step's verb once.
func (cl *client) try(ctx context.Context, st *scenario.Step) (outcome, error) {
	if err := ctx.Err(); err != nil {
		return outcome{}, err
	}
	v, known := verbs[st.Verb]
	if !known {
		return outcome{}, fmt.Errorf("step: verb %s is not known to the player", st.Verb)
	}
	return v.play(ctx, cl, st)
}

// mayRetry allows another try of a step whose expectation does not hold yet. What may take a number is tried again only
// after a definite refusal: an answer that was lost may hold one.
func (cl *client) mayRetry(st *scenario.Step, out outcome, deadline time.Time) bool {
	x := out.exchange
	if x == nil || !cl.stage.Now().Before(deadline) {
		return false
	}
	switch {
	case x.Method == http.MethodGet:
		return true
	case st.Verb == scenario.VerbReserve:
		return x.err == nil && x.Status == http.StatusNotFound
	}
	return x.err == nil && x.Status >= http.StatusBadRequest
}

// doubt turns a failure that rests on a lost reply into an inconclusive verdict: nobody knows what the target did.
func (cl *client) doubt(st *scenario.Step, out outcome) error {
	x := out.exchange
	if x == nil || x.err == nil || asksOutcome(st) || len(st.Expect) == 0 && !untilThere(st) {
		return nil
	}
	switch {
	case x.altered():
		return inconclusive{fmt.Errorf("no reply to judge: %w (the scenario's own fault: %s)", x.err, x.Injected)}
	case unreachable(x.err):
		return fmt.Errorf("target: cannot be reached: %w", x.err)
	}
	if patience := cl.stage.Patience(); patience > 0 && errors.Is(x.err, context.DeadlineExceeded) {
		return inconclusive{fmt.Errorf("no reply to judge: %w: no reply came within %s, and a proxy or a network may still have it: raise limits.patience", x.err, x.Duration.Round(100*time.Millisecond))}
	}
	return inconclusive{fmt.Errorf("no reply to judge: %w", x.err)}
}

// asksOutcome reports whether the step expects to be left in doubt.
func asksOutcome(st *scenario.Step) bool {
	for _, e := range st.Expect {
		if e.Path[0] == "outcome" {
			return true
		}
	}
	return false
}

// explain says what a step was waiting for when its time ran out.
func (cl *client) explain(st *scenario.Step, tries int, last []scenario.Mismatch, err error) error {
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if len(last) > 0 {
		m := last[0]
		return fmt.Errorf("%s was still being tried, %d times so far; the last reply had %s: want %s, got %s: %w", st.Label(), tries, m.Path, m.Want, m.Got, err)
	}
	return fmt.Errorf("%s had not ended: %w", st.Label(), err)
}

// played is the step as it is shown before a failure.
func (cl *client) played(st *scenario.Step, out outcome) finding.Step {
	s := finding.Step{Index: st.Index, Verb: string(st.Verb), Name: st.Name}
	if x := out.exchange; x != nil {
		s.Came = status(x)
	} else if shows := verbs[st.Verb].shows; shows != nil {
		shows(st, out, &s)
	}
	return s
}

func status(x *exchange) string {
	if x.err != nil {
		return "no reply: " + x.err.Error()
	}
	s := fmt.Sprint(x.Status)
	if dni := dniOf(x); dni != "" {
		s += " " + dni
	}
	return s
}
