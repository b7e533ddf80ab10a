package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dnispool/dnispool/conformance/aim"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/fit"
	"github.com/dnispool/dnispool/conformance/run"
)

// ask shows the plan, and goes on when somebody says so.
func (f *checkFlags) ask(e env, d *aim.Deployment) error {
	fmt.Fprintln(e.out, d)
	if f.times > 1 {
		fmt.Fprintf(e.out, "          all of it %d times\n\n", f.times)
	}
	if f.yes || d.Cost.Played == 0 {
		return nil
	}
	if !isTerminal(e.out) {
		return fmt.Errorf("%s check: want --yes to begin on a deployment where nobody can be asked; the plan is above", tool)
	}
	fmt.Fprint(e.out, "Begin? [y/N] ")
	answer, _ := bufio.NewReader(e.in).ReadString('\n') // an end without an answer is no
	if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
		return errors.New("nothing was sent")
	}
	return nil
}

// leave leaves the target as it was.
func leave(ctx context.Context, e env, a aim.Aim) {
	if err := a.Leave(ctx); err != nil {
		fmt.Fprintln(e.err, err)
	}
}

// listFits prints of each scenario whether a deployment can be played it, or what it lacks. No key is needed for it.
func listFits(ctx context.Context, e env, path string, l run.Loaded) int {
	file, err := aim.Read(path)
	if err != nil {
		return refuse(e, err)
	}
	if file.Simulator != nil {
		for _, s := range l.Selected {
			fmt.Fprintf(e.out, "%-48s played\n", s.ID)
		}
		fmt.Fprintf(e.out, "\n%d of %d scenarios are played: each makes the simulator the world that it needs\n", len(l.Selected), len(l.Selected))
		return 0
	}
	fitted, err := fit.Of(ctx, file, l.Selected, fit.Options{Load: l.Reading(), Seed: 1, Prefix: "r0-", IDs: l.IDs()})
	if err != nil {
		return refuse(e, err)
	}
	plan := fitted.Plan(fitted.Scenarios)
	counts := make(map[finding.Status]int)
	for _, s := range fitted.Scenarios {
		f := fitted.Fit(s.File)
		counts[f.Status]++
		says := "played"
		if f.Status != "" {
			says = strings.ReplaceAll(string(f.Status), "-", " ") + ": " + f.Reason
		}
		fmt.Fprintf(e.out, "%-48s %s\n", s.ID, says)
	}
	fmt.Fprintf(e.out, "\n%d of %d scenarios are played; %d are unsupported, %d do not apply, %d are waived\n", plan.Played, len(fitted.Scenarios),
		counts[finding.Unsupported], counts[finding.NotApplicable], counts[finding.Waived])
	return 0
}
