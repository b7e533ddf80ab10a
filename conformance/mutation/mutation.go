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
	"sync"

	"github.com/dnispool/dnispool/conformance/contract"
	"github.com/dnispool/dnispool/conformance/replay"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/suite"
	"github.com/dnispool/dnispool/conformance/target"
	"github.com/dnispool/dnispool/conformance/verdict"
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

// Row is what became of one platform.
type Row struct {
	ID, Name, Says, Fault string // of the mutant; ID is empty for the correct reference
	Meant                 string // what was meant to find it
	ScenariosOnly         bool   // exploration cannot find it, and is left out
	Played, Explored      int    // scenarios and seeds
	Scenario              *Kill  // the first scenario that failed, nil when none did
	Exploration           *Kill  // the first seed whose history broke a promise, nil when none did
}

// Correct reports whether the row is about the reference that is not broken.
func (r Row) Correct() bool { return r.ID == "" }

// Good reports whether the row is as it must be: the correct reference is not blamed, a broken one is.
func (r Row) Good() bool {
	blamed := r.Scenario != nil || r.Exploration != nil
	return blamed != r.Correct()
}

// Kill is how a platform was found out.
type Kill struct {
	By         string   // a check, contract, expectation, timeout or error
	Also       []string // further checks that the same history breaks
	Where      string   // the scenario's id, or the seed
	Operations int      // requests and calls until then
	Says       string   // in one sentence
}

// Run plays the plan. seen hears of each row when it is ready, the correct reference's first, then in the order of the
// mutants. The rows are returned in that order.
func Run(ctx context.Context, p Plan, seen func(Row)) ([]Row, error) {
	chosen, err := choose(p.Only)
	if err != nil {
		return nil, err
	}
	loaded, err := suite.Load(suite.Plan{Tool: p.Tool, Files: p.Files, Dir: p.Dir, Target: target.Reference{}, Seed: p.Seed})
	if err != nil {
		return nil, err
	}
	checker, err := contract.New()
	if err != nil {
		return nil, err
	}
	r := runner{plan: p, scenarios: mostSensitiveFirst(loaded.All), options: replay.Options{Seed: p.Seed, Checker: checker}}
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
// is meant to find it, those without checks come first: a crowd takes long and says little about one reply.
func inOrderFor(m *mutants.Mutant, scenarios []*scenario.Scenario) []*scenario.Scenario {
	if m == nil || !slices.Contains([]string{"expectation", "contract", "timeout"}, m.Kill) {
		return scenarios
	}
	out := slices.Clone(scenarios)
	slices.SortStableFunc(out, func(a, b *scenario.Scenario) int { return rank(b) - rank(a) })
	return out
}

type runner struct {
	plan      Plan
	scenarios []*scenario.Scenario
	options   replay.Options
}

// all tries several mutants at a time, and reports each row in the order of the mutants.
func (r runner) all(ctx context.Context, chosen []*mutants.Mutant, seen func(Row)) ([]Row, error) {
	rows := make([]Row, len(chosen))
	ready := make([]chan struct{}, len(chosen))
	work := make(chan int)
	var workers sync.WaitGroup
	for i := range ready {
		ready[i] = make(chan struct{})
	}
	for range max(1, r.plan.Workers) {
		workers.Go(func() {
			for i := range work {
				rows[i] = r.one(ctx, chosen[i])
				close(ready[i])
			}
		})
	}
	workers.Go(func() {
		defer close(work)
		for i := range chosen {
			work <- i
		}
	})
	for i := range rows {
		<-ready[i]
		if ctx.Err() == nil {
			seen(rows[i])
		}
	}
	workers.Wait()
	return rows, ctx.Err()
}

// one plays and explores one platform; m is nil for the correct one.
func (r runner) one(ctx context.Context, m *mutants.Mutant) Row {
	row := Row{Says: "the reference as it is"}
	if m != nil {
		row = Row{ID: m.ID, Name: m.Name, Says: m.Says, Fault: m.Fault, Meant: m.Kill, ScenariosOnly: m.ScenariosOnly}
	}
	row.Played, row.Scenario = r.play(ctx, target.Reference{Mutant: m})
	if !row.ScenariosOnly {
		row.Explored, row.Exploration = r.explore(ctx, m)
	}
	return row
}

// play goes through the scenarios up to the first that fails. One that could not be judged proves nothing.
func (r runner) play(ctx context.Context, on target.Reference) (played int, kill *Kill) {
	operations := 0
	for _, s := range inOrderFor(on.Mutant, r.scenarios) {
		if ctx.Err() != nil {
			return played, nil
		}
		result := replay.Play(ctx, s, on, r.options)
		played++
		operations += count(result)
		blamed := result.Status == verdict.Failed || on.Mutant == nil && result.Status != verdict.Passed
		if blamed && ctx.Err() == nil {
			return played, blame(result, operations)
		}
	}
	return played, nil
}

// count is how many requests were sent and calls placed.
func count(r verdict.Result) int {
	calls := make(map[string]bool)
	for _, m := range r.Ladder {
		if m.From == "carrier" && strings.HasPrefix(m.Summary, "INVITE ") {
			calls[m.CallID] = true
		}
	}
	return len(r.Exchanges) + len(calls)
}

// blame says what found the fault: the first failure.
func blame(r verdict.Result, operations int) *Kill {
	k := &Kill{By: string(r.Status), Says: r.Reason, Where: r.ID, Operations: operations}
	for i, f := range r.Failures {
		switch {
		case i > 0 && f.Kind == verdict.KindCheck && f.Path != k.By && !slices.Contains(k.Also, f.Path):
			k.Also = append(k.Also, f.Path)
		case i > 0:
		case f.Kind == verdict.KindCheck:
			k.By, k.Says = f.Path, f.Got
		case f.Kind == verdict.KindContract:
			k.By, k.Says = f.Kind, f.Path+": "+f.Got
		default:
			k.By, k.Says = f.Kind, fmt.Sprintf("%s: %s: want %s, got %s", f.Step, f.Path, f.Want, f.Got)
		}
	}
	return k
}
