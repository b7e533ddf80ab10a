package replay

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/verdict"
)

// charted bounds the failures that are shown over time: a chart is made of the whole history.
const charted = 5

// judged is what the scenario's checks say.
type judged struct {
	failures []finding.Failure
	notes    []string // checks that could not be applied, and need not be
	doubts   []string // checks that should have decided and did not
}

// applyChecks applies the scenario's checks to the history, in the scenario's order.
func (p *player) applyChecks(ctx context.Context, checks []check.Check) (out judged, err error) {
	h, j := verdict.Judge(ctx, p.facts(), p.history.Ops(), checks, check.Budget)
	for _, c := range p.scenario.Checks {
		for _, r := range j.Results {
			if r.Name == c.Name {
				p.apply(&out, h, c, r)
			}
		}
	}
	if !p.scenario.Expects && len(out.notes) == len(j.Results) { // nothing tested is never green
		out.doubts, out.notes = append(out.doubts, out.notes...), nil
	}
	if len(out.failures) > 0 && p.files.name != "" {
		err = p.draw(ctx, h, j)
	}
	return out, err
}

// suspected bounds the checks whose findings stand beside a failure.
const suspected = 3

// suspect names the cause of what a step has found, where the checks can: what was recorded until then proves more than that one
// answer was wrong. The step's failure stays what it is; those checks that take numbers for it, or long, are not asked.
func (p *player) suspect(ctx context.Context, failures []finding.Failure) {
	if len(failures) == 0 || p.history.Flush() != nil {
		return
	}
	for _, c := range p.placed() {
		p.ended(c)
	}
	checks := slices.DeleteFunc(check.Default(), func(c check.Check) bool { return c.Drains })
	_, j := verdict.Judge(ctx, p.facts(), p.history.Ops(), checks, check.Budget)
	var says []string
	for _, r := range j.Results {
		at := slices.IndexFunc(r.Violations, finding.Violation.Proven)
		if at < 0 || len(says) == suspected {
			continue
		}
		v := r.Violations[at]
		says = append(says, fmt.Sprintf("%s, by %s: %s", cmp.Or(v.Cause, r.Says), r.Name, v.Text))
	}
	if f := &failures[0]; len(says) > 0 {
		if f.Likely != "" {
			says = append(says, f.Likely)
		}
		f.Likely = strings.Join(says, "; ")
	}
}

func checkNames(s *scenario.Scenario) (names []string) {
	for _, c := range s.Checks {
		names = append(names, c.Name)
	}
	return names
}

// apply takes in what one check says of one project.
func (p *player) apply(out *judged, h *reading.History, c scenario.Check, r finding.Judged) {
	switch {
	case r.Idle && c.Cases == 0: // a scenario that needs cases says so
	case r.NotJudged != "" && !r.Idle && c.Cases > 0:
		out.doubts = append(out.doubts, fmt.Sprintf("%s was not judged: %s", r.Name, r.NotJudged))
	case r.NotJudged != "" && !r.Idle:
		out.notes = append(out.notes, fmt.Sprintf("%s was not judged: %s", r.Name, r.NotJudged))
	case r.Assumed != "":
		out.doubts = append(out.doubts, fmt.Sprintf("%s was not judged: %s", r.Name, r.Assumed))
	case r.GaveUp != "":
		out.doubts = append(out.doubts, fmt.Sprintf("%s was not judged: %s", r.Name, r.GaveUp))
	case r.Cases < c.Cases && len(r.Violations) == 0:
		out.doubts = append(out.doubts, fmt.Sprintf("%s looked at %s, and the scenario requires %d", r.Name, cases(r.Cases), c.Cases))
	}
	for _, v := range r.Violations {
		if !v.Proven() {
			out.doubts = append(out.doubts, fmt.Sprintf("%s: %s (%s)", r.Name, v.Text, v.Certainty))
			continue
		}
		if len(out.failures) < charted {
			v.Chart = h.Chart(r.Project, v)
		}
		out.failures = append(out.failures, p.at(c.Pos.Line, c.Pos, finding.OfViolation(finding.Finding{Rule: r.Rule, Project: r.Project, Violation: v})))
	}
}

func cases(n int) string {
	if n == 1 {
		return "1 case"
	}
	return fmt.Sprintf("%d cases", n)
}

// draw keeps the picture of what no order explains, if there is such a thing. The checks that can draw are searches;
// those that the scenario does not name are asked now.
func (p *player) draw(ctx context.Context, h *reading.History, j finding.Judgement) error {
	if drawing := pictureOf(j); drawing != nil {
		return p.files.keepPicture(drawing)
	}
	var rest []check.Check
	for _, c := range check.All() {
		if c.OnRequest {
			rest = append(rest, c)
		}
	}
	if drawing := pictureOf(check.Judge(ctx, h, rest, check.Budget)); drawing != nil {
		return p.files.keepPicture(drawing)
	}
	return nil
}

func pictureOf(j finding.Judgement) func(io.Writer) error {
	for _, r := range j.Results {
		if r.Picture != nil {
			return r.Picture
		}
	}
	return nil
}
