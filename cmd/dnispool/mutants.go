package main

import (
	"context"
	"fmt"
	"runtime"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/mutation"
	"github.com/dnispool/dnispool/conformance/report"
	"github.com/dnispool/dnispool/scenarios"
)

// mutantsFlags is what `dnispool mutants` was asked to do.
type mutantsFlags struct {
	*flags
	only    list
	seed    uint64
	seeds   int
	verbose bool
}

func newMutantsFlags() *mutantsFlags {
	f := &mutantsFlags{flags: newFlags("mutants", `[flags]

Plays the bundled scenarios, and explores, on platforms that are broken on purpose, each until it is found out, and
prints by what. The correct reference goes first and must not be blamed. Exits with 1 when a broken one survives.`)}
	f.Var(&f.only, "only", "one mutant, by `id` or name; may be repeated")
	f.Uint64Var(&f.seed, "seed", 1, "`number` that fixes every random choice")
	f.IntVar(&f.seeds, "seeds", 40, "`how` many seeds are explored on each platform; 0 explores none")
	f.BoolVar(&f.verbose, "v", false, "say how each was found out")
	return f
}

func runMutants(ctx context.Context, e env) int {
	f := newMutantsFlags()
	rest, code, done := f.parse(e)
	if done {
		return code
	}
	if len(rest) > 0 {
		return refuse(e, fmt.Errorf("mutants: want flags only, got %q", rest[0]))
	}
	rows, err := mutation.Run(ctx, mutation.Plan{
		Tool: tool, Files: scenarios.Files, Dir: "scenarios", Only: f.only, Seed: f.seed, Seeds: f.seeds, Workers: runtime.NumCPU(),
	}, func(r finding.MutantRow) {
		if r.Correct() { // it comes first
			fmt.Fprintln(e.out, report.MutantsHead())
		}
		fmt.Fprint(e.out, report.MutantRow(r, f.verbose))
	})
	if err != nil && ctx.Err() == nil {
		return refuse(e, err)
	}
	fmt.Fprintln(e.out, report.MutantsLine(rows))
	return rows.Conclusion().And(finding.Conclusion{Interrupted: ctx.Err() != nil}).ExitCode()
}
