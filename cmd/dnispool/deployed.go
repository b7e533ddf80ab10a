package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/fit"
	"github.com/dnispool/dnispool/conformance/run"
	"github.com/dnispool/dnispool/conformance/targets/deployment"
	"github.com/dnispool/dnispool/conformance/targets/targetfile"
	"github.com/dnispool/dnispool/conformance/targets/world"
)

// deployed is a deployment that scenarios are played on.
type deployed struct {
	target *deployment.Target
	fitted *fit.Fitted
	plan   fit.Plan
}

// readTarget reads a target file.
func readTarget(path string) (targetfile.File, error) {
	data, err := os.ReadFile(path)
	if bad, ok := errors.AsType[*fs.PathError](err); ok {
		return targetfile.File{}, fmt.Errorf("target %s: %w", path, bad.Err)
	}
	f, problems := targetfile.Parse(path, data, time.Now())
	return f, problems.Err()
}

// fit finds out which of the selected scenarios fit, and what playing them takes.
func (d *deployed) fit(ctx context.Context, l *run.Loaded) (err error) {
	prefix := fmt.Sprintf("r%x%02x-", time.Now().Unix(), rand.Uint32N(256)) // no run before has used it
	d.fitted, err = fit.Of(ctx, d.target.File, l.Selected, fit.Options{Load: l.Reading(), Seed: l.Seed, Prefix: prefix})
	if err != nil {
		return err
	}
	l.Selected = d.fitted.Scenarios
	d.target.Fits = d.fitted.Fit
	d.plan = d.fitted.Plan(l.Selected)
	return nil
}

// ask shows the plan, and goes on when somebody says so.
func (f *checkFlags) ask(e env, d *deployed) error {
	fmt.Fprintf(e.out, "target    %s, %s\n%s\n", d.target.Name(), d.target.File.BaseURL, d.plan)
	if f.yes || d.plan.Played == 0 {
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

var phoneNumber = regexp.MustCompile(`\+[0-9]{7,15}`)

// knows reports which phone numbers a report may show: those that scenarios make up, those of the target file, and those that
// the platform has given this run.
func (d *deployed) knows(l run.Loaded) func(string) bool {
	shown := make(map[string]bool)
	note := func(text string) {
		for _, n := range phoneNumber.FindAllString(text, -1) {
			shown[n] = true
		}
	}
	for _, s := range l.Selected {
		note(strings.Join(s.Lines, "\n"))
	}
	note(string(d.target.Config()) + world.DefaultANI)
	return func(number string) bool { return shown[number] || d.target.Gate.Gave(number) }
}

// conclude adds what the verdict rests on, and what the run leaves behind.
func (d *deployed) conclude(r *finding.Run) {
	names := []string{d.target.File.Project}
	if second := d.target.File.Second; second != nil {
		names = append(names, second.Project)
	}
	for i, facts := range d.target.File.FactsOf() {
		known, unknown := facts.Known()
		r.Facts = append(r.Facts, finding.PoolFacts{Project: names[i], Known: known, Unknown: unknown})
	}
	if held := deployment.Told(d.target.Gate.Holds(time.Now())); held != "" {
		r.Warnings = append(r.Warnings, held)
	}
	d.target.Gate.Close()
}

// listFits prints of each scenario whether a deployment can be played it, or what it lacks. No key is needed for it.
func listFits(ctx context.Context, e env, path string, l run.Loaded) int {
	file, err := readTarget(path)
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
	fitted, err := fit.Of(ctx, file, l.Selected, fit.Options{Load: l.Reading(), Seed: 1, Prefix: "r0-"})
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
