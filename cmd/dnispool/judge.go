package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/check/linear"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/judge"
)

func runJudge(ctx context.Context, e env) int {
	f := newFlags("judge", `[flags] history.jsonl ...

Judges saved histories again, offline: those that check and explore keep, or your own in the same form
(specs/history.schema.json). Several are merged when they name their generators; else each is judged by itself.`)
	eps := f.Duration("eps", 0, "how far the clocks of the generators may be apart, as `time`")
	factsFile := f.String("facts", "", "JSON `file` with what is known of each project's pool, instead of what the histories say")
	names := f.String("check", "", "comma-separated `names` of checks, linearizable among them; default all others")
	budget := f.Duration("linear", 0, "also search, for so much `time`, whether any order of what happened to each number is legal")
	page := f.String("html", "", "with --linear: draw the first number of which none is, to `file`; - is standard output")
	machine := f.String("json", "", "write the report as JSON to `file`; - is standard output")
	files, code, done := f.parse(e)
	if done {
		return code
	}
	if len(files) == 0 {
		return refuse(e, fmt.Errorf("judge: want at least one history, got none; try %s judge --help", tool))
	}
	plan := judge.Plan{Files: files, Eps: *eps, Linear: *budget}
	if *names != "" {
		plan.Only = strings.Split(*names, ",")
	}
	for _, name := range plan.Only {
		if !slices.Contains(linear.CheckNames(), name) {
			return refuse(e, fmt.Errorf("judge: --check: want one of %s, got %q", strings.Join(linear.CheckNames(), ", "), name))
		}
		if name == linear.Name && plan.Linear == 0 {
			plan.Linear = linear.Budget
		}
	}
	if *factsFile != "" {
		if err := readFacts(*factsFile, &plan.Facts); err != nil {
			return refuse(e, err)
		}
	}
	if err := apart("--json", *machine, "--html", *page); err != nil {
		return refuse(e, err)
	}
	e = e.leaveOutput(*machine, *page)
	return (&judging{env: e, plan: plan, json: *machine, html: *page}).run(ctx)
}

// judging prints what comes of the histories.
type judging struct {
	env
	plan       judge.Plan
	json, html string
	codes      []int // of the reports so far
}

func (j *judging) run(ctx context.Context) int {
	err := judge.Each(ctx, j.plan, j.see)
	if n := len(j.codes); n > 1 {
		fmt.Fprintf(j.out, "%d histories, %d in breach of a check\n", n, j.count(finding.ExitNotConformant))
	}
	if err != nil {
		j.codes = append(j.codes, refuse(j.env, err))
	}
	for _, code := range []int{finding.ExitNotConformant, finding.ExitNotJudged, finding.ExitInconclusive} { // as for scenarios
		if j.count(code) > 0 {
			return code
		}
	}
	return finding.ExitConformant
}

func (j *judging) count(code int) (n int) {
	for _, c := range j.codes {
		if c == code {
			n++
		}
	}
	return n
}

// see is told of each run's report. One of many is told in a line when there is nothing to say.
func (j *judging) see(r judge.Report) error {
	alone := len(r.Files) == len(j.plan.Files)
	if !alone && j.json+j.html != "" {
		return fmt.Errorf("judge: --json and --html: want the histories of one run, got %d that are each a run of their own", len(j.plan.Files))
	}
	j.codes = append(j.codes, r.ExitCode())
	if !alone && r.ExitCode() == finding.ExitConformant {
		_, err := fmt.Fprintln(j.out, r.Line())
		return err
	}
	if !alone {
		fmt.Fprintln(j.out)
	}
	return errors.Join(r.Text(j.out, j.again(r.Files)), saveJSON(j.env, j.json, r), savePicture(j.env, j.html, r))
}

// again is the command that judges these files again.
func (j *judging) again(files []string) string {
	words := []string{tool, "judge"}
	for _, a := range j.args {
		if !slices.Contains(j.plan.Files, a) || slices.Contains(files, a) {
			words = append(words, a)
		}
	}
	return strings.Join(words, " ")
}

func saveJSON(e env, name string, r judge.Report) error {
	f, err := e.create(name)
	if f == nil {
		return err
	}
	return errors.Join(r.JSON(f), f.Close())
}

func savePicture(e env, name string, r judge.Report) error {
	place := "in " + name
	var err error
	switch name {
	case "":
		return nil
	case standardOutput:
		place = "on standard output"
		err = linear.WriteHTML(e.reports, r.Linear)
	default:
		err = linear.SaveHTML(name, r.Linear)
	}
	if errors.Is(err, linear.ErrNothingToDraw) {
		fmt.Fprintf(e.out, "nothing to draw %s\n", place)
		return nil
	}
	if err == nil {
		fmt.Fprintf(e.out, "drawn %s\n", place)
	}
	return err
}

// readFacts reads a mapping from project to facts; "" is every project that has none of its own.
func readFacts(name string, into *map[string]check.Facts) error {
	raw, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
