package replay

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/check/linear"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/scenario"
)

// bench is a history before its judges.
type bench struct {
	*player
	ops      []history.Op
	facts    map[string]check.Facts
	searched map[string]linear.Result // nil: not yet
}

// verdicts applies the scenario's checks, in its order.
func (p *player) verdicts(ctx context.Context) (failures []finding.Failure, notJudged []string, err error) {
	b := &bench{player: p, ops: p.history.Ops(), facts: p.facts()}
	var names []string
	for _, c := range p.scenario.Checks {
		names = append(names, c.Name)
	}
	results := check.Judge(b.facts, b.ops, names).Results
	for _, c := range p.scenario.Checks {
		if c.Name == linear.Name {
			found, doubts := b.linearizable(ctx, c)
			failures, notJudged = append(failures, found...), append(notJudged, doubts...)
			continue
		}
		for _, r := range results {
			if r.Check.Name != c.Name {
				continue
			}
			if r.NotJudged != "" {
				notJudged = append(notJudged, fmt.Sprintf("%s was not judged: %s", c.Name, r.NotJudged))
			}
			for _, v := range r.Violations {
				failures = append(failures, b.failure(c.Pos, r.Check, r.Project, v))
			}
		}
	}
	if len(failures) > 0 && p.shelf.name != "" {
		err = p.draw(b.search(ctx))
	}
	return failures, notJudged, err
}

func (b *bench) search(ctx context.Context) map[string]linear.Result {
	if b.searched == nil {
		b.searched = linear.JudgeAll(ctx, b.facts, b.ops, linear.Budget)
	}
	return b.searched
}

// linearizable is the check of that name.
func (b *bench) linearizable(ctx context.Context, c scenario.Check) (failures []finding.Failure, notJudged []string) {
	searched := b.search(ctx)
	for _, project := range slices.Sorted(maps.Keys(searched)) {
		r := searched[project]
		if r.Status == linear.Unknown || r.Status == linear.NotJudged {
			notJudged = append(notJudged, fmt.Sprintf("%s was not judged: %s", c.Name, r.Reason))
		}
		for _, v := range r.Violations() {
			failures = append(failures, b.failure(c.Pos, linear.Check(), project, v))
		}
	}
	return failures, notJudged
}

// failure is a violation as a failure of the scenario, at the check's place in its text.
func (b *bench) failure(pos scenario.Pos, c check.Check, project string, v finding.Violation) finding.Failure {
	f := finding.Failure{
		Kind: finding.KindCheck, Path: c.Name, Want: c.Invariant + ": " + c.Says, Got: v.Text, Because: v.Rule, Likely: v.Cause,
		Timeline: check.Timeline(b.facts[v.Owner(project)], b.ops, v),
	}
	if v.Certainty != finding.Certain {
		f.Because += " (" + string(v.Certainty) + ")"
	}
	for _, o := range v.Ops {
		f.Operations = append(f.Operations, strings.TrimSpace(o.Where()+"  "+o.String()))
	}
	return b.at(pos.Line, pos, f)
}
