package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/check/linear"
	"github.com/dnispool/dnispool/conformance/judge"
)

func runJudge(ctx context.Context, e env) int {
	f := newFlags("judge", `[flags] history.jsonl ...

Judges saved histories again, offline: those that check and explore keep, or your own in the same form
(specs/history.schema.json). Several are merged.`)
	eps := f.Duration("eps", 0, "how far the clocks of the generators may be apart, as `time`")
	factsFile := f.String("facts", "", "JSON `file` with what is known of each project's pool, instead of what the histories say")
	names := f.String("check", "", "comma-separated `names` of checks; default all")
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
		if _, ok := check.Named(name); !ok {
			return refuse(e, fmt.Errorf("judge: --check: want one of %s, got %q", strings.Join(check.Names(), ", "), name))
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
	report, err := judge.Judge(ctx, plan)
	if err != nil {
		return refuse(e, err)
	}
	if err := report.Text(e.out, strings.Join(append([]string{tool, "judge"}, e.args...), " ")); err != nil {
		return refuse(e, err)
	}
	if err := errors.Join(saveJSON(e, *machine, report), savePicture(e, *page, report)); err != nil {
		return refuse(e, err)
	}
	return report.ExitCode()
}

func saveJSON(e env, name string, r judge.Report) error {
	f, err := e.create(name)
	if f == nil {
		return err
	}
	return errors.Join(r.JSON(f), f.Close())
}

func savePicture(e env, name string, r judge.Report) error {
	save, place := r.SavePicture, "in "+name
	switch name {
	case "":
		return nil
	case standardOutput:
		save, place = func(string) error { return r.Picture(e.reports) }, "on standard output"
	}
	err := save(name)
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
