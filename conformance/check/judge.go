package check

import (
	"slices"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
)

// Result is what one check says about one project, or about all of them.
type Result struct {
	Check   Check
	Project string // "" for all
	finding.Outcome
}

// Judgement is everything that can be said about a history.
type Judgement struct {
	Results  []Result
	Ledgers  map[string]Ledger // by project
	Warnings []string          // about the history itself: its clocks
}

// JudgeAll applies every check, each project's operations by themselves where the check is about one pool. Facts under
// the name "" hold for every project that has none of its own. Where the history itself shows that the generators'
// clocks are further apart than is known, what was found by comparing times is not certain.
func JudgeAll(facts map[string]Facts, ops []history.Op) []Result {
	return judge(newDocket(facts, ops), All())
}

// Judge is JudgeAll with everything else that can be said, for the checks of these names; nil is all.
func Judge(facts map[string]Facts, ops []history.Op, only []string) Judgement {
	checks := All()
	if only != nil {
		checks = slices.DeleteFunc(checks, func(c Check) bool { return !slices.Contains(only, c.Name) })
	}
	d := newDocket(facts, ops)
	out := Judgement{Results: judge(d, checks), Warnings: d.whole.warnings(d.skew), Ledgers: make(map[string]Ledger)}
	for _, name := range d.names {
		out.Ledgers[name] = d.views[name].ledger()
	}
	return out
}

// judge applies the checks, each project by itself where the check is about one pool.
func judge(d *docket, checks []Check) (out []Result) {
	skewed := d.skew.by > d.whole.Eps
	astray := d.whole.astray()
	for _, c := range checks {
		if !c.PerProject {
			out = append(out, Result{Check: c, Outcome: c.on(d.whole, astray)}.unless(skewed))
			continue
		}
		for _, name := range d.names {
			out = append(out, Result{Check: c, Project: name, Outcome: c.on(d.views[name], astray)}.unless(skewed))
		}
	}
	return out
}

func (r Result) unless(skewed bool) Result {
	if skewed && r.Check.clocks {
		for i := range r.Violations {
			r.Violations[i].Certainty = finding.ModuloClocks
		}
	}
	return r
}
