package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/judge"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/report"
)

func runJudge(ctx context.Context, e env) int {
	f := newFlags("judge", `[flags] history.jsonl ...

Judges saved histories again, offline: those that check and explore keep, or your own in the same form
(specs/history.schema.json). A violation says on which facts it rests, and what else one of them would have to be for
nothing to be found; what contradicts a fact whose source is "assumed" is no violation. Several are merged when they name their generators; else each is judged by itself. - is standard input.`)
	eps := f.Duration("eps", 0, "how far the clocks of the generators may be apart, as `time`")
	factsFile := f.String("facts", "", "JSON `file` with what is known of each project's pool, instead of what the histories say")
	names := f.String("check", "", "comma-separated `names` of checks, linearizable among them; default all others")
	budget := f.Duration("linear", 0, "also search, for so much `time`, whether any order of what happened to each number is legal")
	page := f.String("html", "", "with --linear: draw the first number of which none is, to `file`; - is standard output")
	machine := f.String("json", "", "write the report as JSON to `file`; - is standard output")
	files, code, done := f.parse(e)
	var err error
	if !done || f.wrong != "" {
		e.forget(files, *machine, *page)
	}
	if done {
		return code
	}
	if len(files) == 0 {
		return refuse(e, fmt.Errorf("judge: want at least one history, got none; try %s judge --help", tool))
	}
	plan := judge.Plan{Files: files, Eps: *eps, Checks: check.Default(), Named: *names != "", Budget: cmp.Or(*budget, check.Budget), Stdin: e.in}
	if *names != "" {
		if plan.Checks, err = namedChecks(strings.Split(*names, ",")); err != nil {
			return refuse(e, fmt.Errorf("judge: %w", err))
		}
	}
	if *budget > 0 && !slices.ContainsFunc(plan.Checks, isSearch) {
		plan.Checks = append(plan.Checks, slices.DeleteFunc(check.All(), func(c check.Check) bool { return !isSearch(c) })...)
	}
	if *factsFile != "" {
		if err = readFacts(*factsFile, &plan); err != nil {
			return refuse(e, err)
		}
	}
	if err := apart("--json", *machine, "--html", *page); err != nil {
		return refuse(e, err)
	}
	e = e.leaveOutput(*machine, *page)
	defer judge.CollectLate(files)()
	return (&judging{env: e, plan: plan, json: *machine, html: *page}).run(ctx)
}

func isSearch(c check.Check) bool { return c.OnRequest }

// judging prints what comes of the histories.
type judging struct {
	env
	plan       judge.Plan
	json, html string
	seen       int
	violated   int
	unnamed    int
	all        finding.Conclusion // of the reports so far
}

func (j *judging) run(ctx context.Context) int {
	err := judge.Each(ctx, j.plan, j.see)
	if j.seen > 1 {
		fmt.Fprintf(j.out, "%d histories, %d in breach of a check\n", j.seen, j.violated)
	}
	if j.unnamed > 1 {
		fmt.Fprintf(j.out, "warning: %d of them name no generator and were judged each by itself; parts of one run are judged together when each names its own\n", j.unnamed)
	}
	if err != nil {
		fmt.Fprintln(j.err, err)
	}
	return j.all.And(finding.Conclusion{NotJudged: err != nil, Interrupted: ctx.Err() != nil}).ExitCode()
}

// see prints each run's report. One of many takes a line when there is nothing to say.
func (j *judging) see(r finding.HistoryReport) error {
	alone := len(r.Files) == len(j.plan.Files)
	if !alone && j.json+j.html != "" {
		return fmt.Errorf("judge: --json and --html: want the histories of one run, got %d that are each a run of their own", len(j.plan.Files))
	}
	c := r.Conclusion()
	j.seen++
	if j.all = j.all.And(c); c.Violated {
		j.violated++
	}
	if r.Unnamed && !alone {
		j.unnamed++
	}
	if !alone && c == (finding.Conclusion{}) && len(r.Warnings) == 0 {
		_, err := fmt.Fprintln(j.out, report.HistoryLine(r))
		return err
	}
	if !alone {
		fmt.Fprintln(j.out)
	}
	return errors.Join(report.WriteHistory(j.out, r, j.again(r.Files), report.Options{}), saveJSON(j.env, j.json, r), savePicture(j.env, j.html, r))
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

func saveJSON(e env, name string, r finding.HistoryReport) error {
	f, err := e.create(name)
	if f == nil {
		return err
	}
	return errors.Join(report.HistoryJSON(f, r), f.Close())
}

// savePicture draws what a search has tried, if one found that no order is legal.
func savePicture(e env, name string, r finding.HistoryReport) error {
	if name == "" {
		return nil
	}
	place := "in " + name
	if name == standardOutput {
		place = "on standard output"
	}
	i := slices.IndexFunc(r.Results, func(j finding.Judged) bool { return j.Picture != nil })
	if i < 0 {
		fmt.Fprintf(e.out, "nothing to draw %s\n", place)
		return nil
	}
	f, err := e.create(name)
	if err != nil {
		return err
	}
	if err := errors.Join(r.Results[i].Picture(f), f.Close()); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "drawn %s\n", place)
	return nil
}

// readFacts reads a mapping from project to facts; "" is every project that has none of its own.
func readFacts(name string, into *judge.Plan) error {
	raw, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	into.Stated = reading.FileText(name, raw)
	into.Facts, err = reading.ParseFacts(into.Stated)
	return err
}
