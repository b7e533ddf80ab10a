package replay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/verdict"
)

// pollEvery is how often, in the target's time, a step with within looks again.
const pollEvery = 50 * time.Millisecond

// outcome is what one try of a step gave.
type outcome struct {
	result     map[string]any
	exchange   *exchange
	indefinite bool
	failures   []verdict.Failure // found by the verb itself
}

// take plays one step once everything asked before it is done.
func (l *lane) take(ctx context.Context, st *scenario.Step) ([]verdict.Failure, error) {
	l.stage.Settle()
	_, failures, err := l.takeOne(ctx, st)
	return failures, err
}

// takeOne plays one step, tries again while within allows, and returns its outcome and failures.
func (l *lane) takeOne(ctx context.Context, st *scenario.Step) (outcome, []verdict.Failure, error) {
	deadline := l.stage.Now().Add(st.Within)
	for tries := 1; ; tries++ {
		out, err := l.try(ctx, st)
		if err != nil {
			return out, nil, l.explain(st, tries, err)
		}
		failures := append(out.failures, l.contract(st, out)...)
		mismatches, err := st.Expect.Check(l.scope, out.result)
		if err != nil {
			return out, nil, err
		}
		if len(mismatches) > 0 && l.mayRetry(st, out, deadline) {
			if err := l.stage.Wait(ctx, pollEvery); err != nil {
				return out, nil, l.explain(st, tries, err)
			}
			continue
		}
		for _, m := range mismatches {
			failures = append(failures, l.mismatch(st, out, m, tries))
		}
		if st.Name != "" {
			l.scope.Set(st.Name, out.result)
		}
		l.before = append(l.before, l.line(st, out))
		return out, failures, l.doubt(st, out)
	}
}

// try performs the step's verb once.
func (l *lane) try(ctx context.Context, st *scenario.Step) (outcome, error) {
	if err := ctx.Err(); err != nil {
		return outcome{}, err
	}
	switch a := st.Args.(type) {
	case *scenario.Reserve:
		return l.reserve(ctx, st, a)
	case *scenario.Dial:
		return l.dial(ctx, st, a)
	case *scenario.Hangup:
		return l.hangup(ctx, a)
	case *scenario.Await:
		return l.await(ctx, a)
	case *scenario.Handoff:
		return l.handoff(ctx, st, a)
	case *scenario.Request:
		return l.request(ctx, st, a)
	case *scenario.Journey:
		return l.journey(ctx, st, a)
	case *scenario.Advance:
		return outcome{}, l.stage.Wait(ctx, a.By)
	case *scenario.Fault:
		return outcome{}, l.stage.Fault(a.HTTP, a.Carrier)
	case *scenario.Concurrently:
		return l.concurrently(ctx, st, a)
	}
	return outcome{}, fmt.Errorf("step: verb %s is not known to the player", st.Verb)
}

// mayRetry allows another try of a step whose expectation does not hold yet. A reservation is tried again only after a
// definite refusal: an answer that was lost may hold a number.
func (l *lane) mayRetry(st *scenario.Step, out outcome, deadline time.Time) bool {
	if st.Within == 0 || !l.stage.Now().Before(deadline) {
		return false
	}
	switch st.Verb {
	case scenario.VerbHandoff:
		return true
	case scenario.VerbReserve:
		return out.exchange != nil && out.exchange.err == nil && out.exchange.Status == 404
	}
	return false
}

// doubt turns a failure that rests on a lost reply into an inconclusive verdict: nobody knows what the target did.
func (l *lane) doubt(st *scenario.Step, out outcome) error {
	x := out.exchange
	if x == nil || x.err == nil || asksOutcome(st) || len(st.Expect) == 0 {
		return nil
	}
	if unreachable(x.err) {
		return fmt.Errorf("target: cannot be reached: %w", x.err)
	}
	return fmt.Errorf("%w: no reply to judge: %v", errInconclusive, x.err)
}

// asksOutcome tells that the step expects to be left in doubt.
func asksOutcome(st *scenario.Step) bool {
	for _, e := range st.Expect {
		if e.Path[0] == "outcome" {
			return true
		}
	}
	return false
}

// explain says what a step was waiting for when its time ran out.
func (l *lane) explain(st *scenario.Step, tries int, err error) error {
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if l.last != nil && tries > 1 {
		return fmt.Errorf("%s was still being tried, %d times so far; the last reply was %s: %w", st.Label(), tries, status(l.last), err)
	}
	return fmt.Errorf("%s had not ended: %w", st.Label(), err)
}

// line is the step in one line, for the steps before a failure.
func (l *lane) line(st *scenario.Step, out outcome) string {
	s := fmt.Sprintf("%d %s", st.Index, st.Verb)
	if st.Name != "" {
		s += " " + st.Name
	}
	if x := out.exchange; x != nil {
		return s + " → " + status(x)
	}
	switch v := out.result; st.Verb {
	case scenario.VerbDial:
		return fmt.Sprintf("%s → %v %v", s, v["status"], v["reason"])
	case scenario.VerbAwait:
		return fmt.Sprintf("%s → ended by %v", s, v["ended_by"])
	case scenario.VerbJourney:
		return fmt.Sprintf("%s → %v", s, v["outcome"])
	case scenario.VerbAdvance:
		return fmt.Sprintf("%s %s", s, st.Args.(*scenario.Advance).By)
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
