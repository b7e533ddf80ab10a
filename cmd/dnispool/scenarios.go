package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/suite"
)

func runScenarios(_ context.Context, e env) int {
	f := newCheckFlags()
	f.flags = newFlags("scenarios", `list | lint | show [flags] [id | glob | file:line ...]

list  one line for each scenario
lint  read every file and report every problem, with its place
show  print the files`)
	f.StringVar(&f.dir, "scenarios", "", "`dir` of scenario files to use instead of the bundled ones")
	f.StringVar(&f.label, "label", "", "`expression` over labels, areas and levels, as in 'pool and not may'")
	args, code, done := f.parse(e)
	if done {
		return code
	}
	if len(args) == 0 {
		return refuse(e, fmt.Errorf("%s scenarios: want list, lint or show; try %s scenarios --help", tool, tool))
	}
	loaded, err := suite.Load(f.plan(args[1:]))
	if err != nil {
		return refuse(e, err)
	}
	switch args[0] {
	case "list":
		printScenarios(e.out, loaded.Selected)
	case "lint":
		fmt.Fprintf(e.out, "%d scenarios, no problems\n", len(loaded.Selected))
	case "show":
		for _, s := range loaded.Selected {
			fmt.Fprintf(e.out, "# %s\n%s\n", s.File, strings.Join(s.Lines, "\n"))
		}
	default:
		return refuse(e, fmt.Errorf("%s scenarios: want list, lint or show, got %q", tool, args[0]))
	}
	return 0
}

func printScenarios(w io.Writer, all []*scenario.Scenario) {
	for _, s := range all {
		fmt.Fprintf(w, "%-48s %-6s %s\n", s.ID, s.Level, s.Summary)
	}
}
