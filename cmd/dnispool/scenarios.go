package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dnispool/dnispool/conformance/run"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

func runScenarios(ctx context.Context, e env) int {
	f := newCheckFlags()
	f.flags = newFlags("scenarios", `list | lint | show [flags] [id | glob | file | file:line | directory ...]

list  one line for each scenario
lint  read every file and report every problem, with its place
show  print the files`)
	f.StringVar(&f.dir, "scenarios", "", "`dir` of scenario files to use instead of the bundled ones")
	f.StringVar(&f.label, "label", "", "`expression` over labels, areas and levels, as in 'pool and not may' or 'pool && !may'")
	f.StringVar(&f.target, "target", "", "with list: `file` that describes a target; each scenario is played on it or says what it lacks")
	args, code, done := f.parse(e)
	if done {
		return code
	}
	if len(args) == 0 {
		return refuse(e, fmt.Errorf("%s scenarios: want list, lint or show; try %s scenarios --help", tool, tool))
	}
	actions := []string{"list", "lint", "show"}
	if !slices.Contains(actions, args[0]) {
		hint := ""
		if word := strictyaml.Suggest(args[0], actions); word != "" {
			hint = fmt.Sprintf(" (did you mean %q?)", word)
		}
		return refuse(e, fmt.Errorf("%s scenarios: want list, lint or show, got %q%s", tool, args[0], hint))
	}
	loaded, err := run.Load(f.plan(args[1:]))
	if err != nil {
		return refuse(e, err)
	}
	if f.target != "" {
		return listFits(ctx, e, f.target, loaded)
	}
	switch args[0] {
	case "list":
		printScenarios(e.out, loaded.Selected)
	case "lint":
		warnings := 0
		for _, s := range loaded.Selected {
			warnings += len(s.Warnings)
			for _, w := range s.Warnings {
				fmt.Fprintf(e.out, "warning: %v\n", w)
			}
		}
		fmt.Fprintf(e.out, "%d scenarios, no problems", len(loaded.Selected))
		switch warnings {
		case 0:
		case 1:
			fmt.Fprint(e.out, ", 1 warning")
		default:
			fmt.Fprintf(e.out, ", %d warnings", warnings)
		}
		fmt.Fprintln(e.out)
	case "show":
		for _, s := range loaded.Selected {
			fmt.Fprintf(e.out, "# %s\n%s\n", s.File, strings.Join(s.Lines, "\n"))
		}
	}
	return 0
}

func printScenarios(w io.Writer, all []*scenario.Scenario) {
	for _, s := range all {
		fmt.Fprintf(w, "%-48s %-6s %s\n", s.ID, s.Level, s.Summary)
	}
}
