// Package mutation shows that the harness bites: it plays the scenarios, and explores, on platforms that are broken on
// purpose, until one of their promises is found broken. What nobody finds survives, and a survivor means that a check
// is missing. The platform that is not broken goes first and must survive everything.
package mutation

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/inorder"
	"github.com/dnispool/dnispool/conformance/replay"
	"github.com/dnispool/dnispool/conformance/run"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets/reference"
	"github.com/dnispool/dnispool/fakes/mutants"
)

// Plan says what is played on which platforms.
type Plan struct {
	Tool    string
	Files   fs.FS    // the scenario files
	Dir     string   // how people know the directory of the files
	Only    []string // ids or names of mutants; none: all
	Seed    uint64   // fixes every random choice
	Seeds   int      // how many seeds are explored on each platform; 0: none
	Workers int      // platforms at work at one time
}

// Run plays the plan. seen hears of each row when it is ready, the correct reference's first, then in the order of the
// mutants. The rows are returned in that order.
func Run(ctx context.Context, p Plan, seen func(finding.MutantRow)) (finding.MutantTable, error) {
	chosen, err := choose(p.Only)
	if err != nil {
		return nil, err
	}
	loaded, err := run.Load(run.Plan{Tool: p.Tool, Files: p.Files, Dir: p.Dir, Target: reference.Target{}, Seed: p.Seed})
	if err != nil {
		return nil, err
	}
	options, err := loaded.Options()
	if err != nil {
		return nil, err
	}
	r := runner{plan: p, scenarios: mostSensitiveFirst(loaded.All), options: options}
	return r.all(ctx, chosen, seen)
}

// choose finds the mutants of these names. The first entry, the correct reference, is nil.
func choose(only []string) ([]*mutants.Mutant, error) {
	out := []*mutants.Mutant{nil}
	if len(only) == 0 {
		for _, m := range mutants.All() {
			out = append(out, &m)
		}
		return out, nil
	}
	var errs []error
	for _, name := range only {
		m, ok := mutants.Named(name)
		if !ok {
			errs = append(errs, fmt.Errorf("mutant: want one of M01 to M%02d or its name, got %q", len(mutants.All()), name))
		}
		out = append(out, &m)
	}
	return out, errors.Join(errs...)
}

// mostSensitiveFirst orders scenarios by how much they can notice: those with checks first, those under contention before others.
func mostSensitiveFirst(all []*scenario.Scenario) []*scenario.Scenario {
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b *scenario.Scenario) int { return rank(a) - rank(b) })
	return out
}

func rank(s *scenario.Scenario) int {
	switch {
	case len(s.Checks) == 0:
		return 2
	case s.Area() != "contention":
		return 1
	}
	return 0
}

// inOrderFor returns scenarios, ordered by mostSensitiveFirst, in the order in which they are played on m. Where no check
// is meant to find it, those without checks come first: a crowd takes long and says little about one reply. Else those that
// have the check do.
func inOrderFor(m *mutants.Mutant, scenarios []*scenario.Scenario) []*scenario.Scenario {
	if m == nil {
		return scenarios
	}
	order := func(s *scenario.Scenario) int {
		if slices.ContainsFunc(s.Checks, func(c scenario.Check) bool { return c.Name == m.Kill }) {
			return 0
		}
		return 1
	}
	if slices.Contains([]string{"expectation", "contract", "timeout"}, m.Kill) {
		order = func(s *scenario.Scenario) int { return -rank(s) }
	}
	out := slices.Clone(scenarios)
	slices.SortStableFunc(out, func(a, b *scenario.Scenario) int { return order(a) - order(b) })
	return out
}

type runner struct {
	plan      Plan
	scenarios []*scenario.Scenario
	options   replay.Options
}

// all tries several mutants at a time, and reports each row in the order of the mutants.
func (r runner) all(ctx context.Context, chosen []*mutants.Mutant, seen func(finding.MutantRow)) (rows finding.MutantTable, err error) {
	for row := range inorder.Map(ctx, r.plan.Workers, slices.Values(chosen), func(m *mutants.Mutant) finding.MutantRow { return r.one(ctx, m) }) {
		if ctx.Err() != nil {
			break
		}
		rows = append(rows, row)
		seen(row)
	}
	return rows, ctx.Err()
}

// one plays and explores one platform; m is nil for the correct one.
func (r runner) one(ctx context.Context, m *mutants.Mutant) finding.MutantRow {
	row := finding.MutantRow{Says: "the reference as it is"}
	if m != nil {
		row = finding.MutantRow{ID: m.ID, Name: m.Name, Says: m.Says, Fault: m.Fault, Meant: m.Kill, ScenariosOnly: m.ScenariosOnly}
	}
	row.Played, row.Scenario = r.play(ctx, reference.Target{Mutant: m})
	if !row.ScenariosOnly {
		row.Explored, row.Exploration = r.explore(ctx, m)
	}
	return row
}

// play goes through the scenarios up to the first that fails. One that could not be judged proves nothing.
func (r runner) play(ctx context.Context, on reference.Target) (played int, kill *finding.Kill) {
	operations := 0
	for _, s := range inOrderFor(on.Mutant, r.scenarios) {
		if ctx.Err() != nil {
			return played, nil
		}
		result := replay.Play(ctx, s, on, r.options)
		played++
		operations += count(result)
		blamed := result.Status == finding.Failed || on.Mutant == nil && result.Status != finding.Passed
		if blamed && ctx.Err() == nil {
			return played, blame(result, operations)
		}
	}
	return played, nil
}

// count is how many requests were sent and calls placed.
func count(r finding.Result) int {
	calls := make(map[string]bool)
	for _, m := range r.Ladder {
		if m.From == "carrier" && strings.HasPrefix(m.Summary, "INVITE ") {
			calls[m.CallID] = true
		}
	}
	return len(r.Exchanges) + len(calls)
}

// blame says what found the fault: the first failure.
func blame(r finding.Result, operations int) *finding.Kill {
	k := &finding.Kill{By: string(r.Status), Says: strings.Join(append([]string{r.Reason}, r.Notes...), "\n"), Where: r.ID, Operations: operations}
	for i, f := range r.Failures {
		switch {
		case i > 0 && f.Kind == finding.KindCheck && f.Path != k.By && !slices.Contains(k.Also, f.Path):
			k.Also = append(k.Also, f.Path)
		case i > 0:
		case f.Kind == finding.KindCheck:
			k.By, k.Says = f.Path, f.Got
		case f.Kind == finding.KindContract:
			k.By, k.Says = f.Kind, f.Path+": "+f.Got
		default:
			k.By, k.Says = f.Kind, fmt.Sprintf("%s: %s: want %s, got %s", f.Step, f.Path, f.Want, f.Got)
		}
	}
	return k
}
