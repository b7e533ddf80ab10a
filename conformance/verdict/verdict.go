// Package verdict judges a history by the checks and then asks, of what they find, whether it is the platform that is
// wrong or the facts by which it was judged. It judges again with other facts, so that no check need know where a fact
// comes from.
package verdict

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// Judge judges a history by what is documented and measured. What would be found besides by what is assumed is no
// violation: it is said in finding.Outcome.Assumed. Each violation is given the facts on which it rests, and what rests on
// one fact nearly everywhere is a pattern.
//
// A history is judged once. Only where a fact is assumed it is judged a second time, and only where something was found
// a part of it, of a bounded size, is judged again, a bounded number of times.
func Judge(ctx context.Context, facts map[string]reading.Facts, ops []history.Op, checks []check.Check, budget time.Duration) (*reading.History, finding.Judgement) {
	firm := make(map[string]reading.Facts, len(facts))
	assumed := false
	for name, f := range facts {
		for _, fact := range f.Assumed() {
			f, assumed = f.Without(fact), true
		}
		firm[name] = f
	}
	h := reading.Of(firm, ops)
	out := check.Judge(ctx, h, checks, budget)
	if assumed {
		suppose(ctx, facts, ops, checks, h.Names, &out)
	}
	if out.Violations() > 0 {
		bases := newAgain(ctx, ofProjects(firm, h.Names), ops, out.Results).explain()
		for i := range out.Results {
			bases.write(&out.Results[i])
		}
		out.Patterns = patterns(h, out, bases)
		out.Trace()
	}
	return h, out
}

// ofProjects gives each project facts of its own.
func ofProjects(facts map[string]reading.Facts, names []string) map[string]reading.Facts {
	out := make(map[string]reading.Facts, len(names))
	for _, name := range names {
		f, ok := facts[name]
		if !ok {
			f = facts[""]
		}
		out[name] = f
	}
	return out
}

// suppose judges with what is assumed as well, and notes what is found more.
func suppose(ctx context.Context, facts map[string]reading.Facts, ops []history.Op, checks []check.Check, names []string, out *finding.Judgement) {
	checks = slices.DeleteFunc(slices.Clone(checks), func(c check.Check) bool { return c.OnRequest })
	with := check.Judge(ctx, reading.Of(facts, ops), checks, 0)
	found := make(map[key]bool)
	for _, r := range out.Results {
		for _, v := range r.Violations {
			found[keyOf(r, v)] = true
		}
	}
	var more []finding.Judged
	for _, r := range with.Results {
		rest := slices.DeleteFunc(slices.Clone(r.Violations), func(v finding.Violation) bool { return found[keyOf(r, v)] })
		if len(rest) > 0 {
			r.Violations = rest
			more = append(more, r)
			continue
		}
		at := slices.IndexFunc(out.Results, func(o finding.Judged) bool { return o.Name == r.Name && o.Project == r.Project })
		if at >= 0 && r.NotJudged == "" && out.Results[at].NotJudged != "" {
			out.Results[at].NotJudged += "; taken as it is assumed, nothing contradicts it"
		}
	}
	if len(more) == 0 {
		return
	}
	bases := newAgain(ctx, ofProjects(facts, names), ops, more).explain()
	for _, r := range more {
		bases.write(&r)
		at := slices.IndexFunc(out.Results, func(o finding.Judged) bool { return o.Name == r.Name && o.Project == r.Project })
		if at < 0 {
			continue
		}
		o := &out.Results[at].Outcome
		o.Assumed = assumption(r)
		if o.NotJudged != "" {
			o.NotJudged, o.Idle = "", false
			o.Cases, o.Undecided = r.Cases, r.Cases
		} else {
			o.Undecided = min(o.Cases, o.Undecided+len(r.Violations))
		}
	}
}

// assumption says on which facts that are assumed the violations of r rest.
func assumption(r finding.Judged) string {
	var names, doubts []string
	for _, b := range r.Violations[0].Rests {
		if b.Source != string(reading.Assumed) {
			continue
		}
		names = append(names, b.Fact)
		if s := b.Doubt(); s != "" {
			doubts = append(doubts, s)
		}
	}
	if len(names) == 0 {
		names = []string{"what"}
	}
	verb := "is"
	if len(names) > 1 {
		verb = "are"
	}
	s := fmt.Sprintf("%d of %d cases rest on %s, which %s assumed: %s", len(r.Violations)+r.Omitted, r.Cases, strings.Join(names, " and "), verb, r.Violations[0].Text)
	if len(doubts) > 0 {
		return s
	}
	return s + "; or what is assumed is wrong"
}

// key is a violation, whatever the facts are by which it was found: its check and the last of the operations that prove it.
type key struct {
	check, project, generator string
	id                        int
}

func keyOf(r finding.Judged, v finding.Violation) key {
	k := key{check: r.Name, project: r.Project}
	if len(v.Ops) > 0 {
		last := slices.MaxFunc(v.Ops, func(a, b history.Op) int { return int(max(-1, min(1, a.Start-b.Start))) })
		k.generator, k.id = last.Generator, last.ID
	}
	return k
}

// owner is the project whose facts decide on a violation.
func owner(facts map[string]reading.Facts, r finding.Judged, v finding.Violation) string {
	name := v.Owner(r.Project)
	if _, ok := facts[name]; !ok && len(facts) > 0 {
		return slices.Min(slices.Collect(maps.Keys(facts)))
	}
	return name
}
