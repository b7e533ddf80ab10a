package main

import (
	"context"
	"fmt"
	"os"

	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/suite"
	"github.com/dnispool/dnispool/conformance/target"
	"github.com/dnispool/dnispool/fakes/mutants"
	"github.com/dnispool/dnispool/conformance/verdict"
	"github.com/dnispool/dnispool/scenarios"
)

func main() {
	for _, m := range mutants.All() {
		if m.ID != os.Args[1] {
			continue
		}
		p := suite.Plan{Tool: "x", Files: scenarios.Files, Dir: "scenarios", Filter: scenario.Filter{Patterns: []string{os.Args[2]}}, Seed: 1, HistoryDir: os.Args[3],
			Target: target.Reference{Break: m.Break, Parts: m.Parts}}
		l, err := suite.Load(p)
		if err != nil {
			panic(err)
		}
		run, err := l.Play(context.Background(), nop{})
		for _, r := range run.Results {
			if r.Status != "filtered" {
				fmt.Println(r.ID, r.Status, r.Reason)
				for _, f := range r.Failures {
					fmt.Println("   ", f.Path, f.Got, f.Because)
				}
			}
		}
	}
}

type nop struct{}

func (nop) Started(*scenario.Scenario) {}
func (nop) Ended(verdict.Result)       {}
