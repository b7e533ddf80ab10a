package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"

	"github.com/dnispool/dnispool/conformance/aim"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/report"
	"github.com/dnispool/dnispool/conformance/run"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets/reference"
	"github.com/dnispool/dnispool/scenarios"
)

// checkFlags is what `dnispool check` was asked to do.
type checkFlags struct {
	*flags
	reportPaths
	readerFlags
	dir, label, out, target, again  string
	seed                            uint64
	list, dryRun, strict, keep, yes bool
	workers, times                  int
}

func newCheckFlags() *checkFlags {
	f := &checkFlags{flags: newFlags("check", `[flags] [id | glob | file | file:line | directory ...]

Replays scenarios against the in-process reference, over real HTTP and real SIP on loopback, in virtual time; with --target
against a simulator that runs elsewhere, one after the other, or against a deployment, in real time and within the limits of
its file. Without arguments every bundled scenario is played; scenarios of your own are named by their files or directories.`)}
	f.StringVar(&f.target, "target", "", "`file` that describes what to play on instead of the reference, or the URL of a simulator's control API")
	f.BoolVar(&f.yes, "yes", false, "begin on a deployment without asking, once the plan is printed")
	f.StringVar(&f.dir, "scenarios", "", "`dir` of scenario files to use instead of the bundled ones")
	f.StringVar(&f.label, "label", "", "`expression` over labels, areas and levels, as in 'pool and not may' or 'pool && !may'")
	f.Uint64Var(&f.seed, "seed", 0, "`number` that fixes every random choice; 0 draws one")
	f.BoolVar(&f.list, "list", false, "list what is selected and stop")
	f.BoolVar(&f.dryRun, "dry-run", false, "read and check everything, play nothing")
	f.readerFlags.define(f.flags)
	f.BoolVar(&f.strict, "strict", false, "should, may and the strict contract count as must")
	f.reportPaths.define(f.flags)
	f.StringVar(&f.out, "out", "out", "keep the history of each scenario that does not pass under `dir`, for dnispool judge, and pictures; '' keeps none")
	f.BoolVar(&f.keep, "keep", false, "keep the histories of scenarios that pass as well")
	f.StringVar(&f.again, "again", "", "play what did not pass in the report `run.json` once more, with its seed, and say what is fixed; with --target on another target")
	f.IntVar(&f.times, "times", 1, "with --again: play it `n` times, and say what is flaky")
	f.IntVar(&f.workers, "workers", 0, "`how` many scenarios at a time; 0 is one a processor")
	return f
}

func runCheck(ctx context.Context, e env) int {
	f := newCheckFlags()
	patterns, code, done := f.parse(e)
	if done && f.wrong == "" {
		return code
	}
	e = e.leaveOutput(f.junit, f.json, f.html)
	plan := f.plan(patterns)
	files, err := f.openReports(e)
	refused := func(err error) int {
		return refuse(e, errors.Join(err, files.refuse(plan, f.target, err.Error())))
	}
	switch {
	case f.wrong != "":
		if err := files.refuse(plan, f.target, f.wrong); err != nil {
			return refuse(e, err)
		}
		return code
	case err != nil:
		return refused(err)
	}
	earlier, err := f.earlier(e, patterns, &plan)
	if err != nil {
		return refused(err)
	}
	aimed, err := aim.At(ctx, f.target, e.getenv, &plan)
	if err != nil {
		return refused(err)
	}
	defer leave(ctx, e, aimed)
	deployed := aimed.Deployment
	loaded, err := loadAndFit(ctx, plan)
	if err != nil {
		return refused(f.elsewhere(err))
	}
	switch {
	case f.list:
		printScenarios(e.out, loaded.Selected)
		return 0
	case f.dryRun && deployed != nil:
		fmt.Fprint(e.out, deployed.Cost)
		return 0
	case f.dryRun:
		fmt.Fprintf(e.out, "%d of %d scenarios would be played on %s with seed %d; nothing was tested\n", len(loaded.Selected), len(loaded.All), plan.Target.Name(), plan.Seed)
		return 0
	}
	options := f.reader(e, f.given)
	options.FirstWhole = options.FirstWhole || f.times > 1
	options.Redactor = report.NewRedactor(plan.Target.Secrets()...)
	if plan.Shown != nil {
		options.Redactor = options.Redactor.OnlyNumbers(plan.Shown(loaded))
		loaded.Redact = report.NewRedactor(plan.Target.Secrets()...).Text
	}
	out, tidy, err := f.evidence(e, f.out)
	if err != nil {
		return refused(err)
	}
	defer tidy()
	loaded.Out = out
	if deployed != nil {
		if err := f.ask(e, deployed); err != nil {
			return refused(err)
		}
	}
	var commands *report.GitHub
	if e.onGitHub() {
		commands = report.Guard(e.out)
		defer commands.Resume()
	}
	if deployed != nil { // which may take seconds to end its calls
		defer context.AfterFunc(ctx, func() {
			fmt.Fprintln(e.err, "\ndnispool: interrupted: calls that are up are being ended, and the report is written; once more leaves at once")
		})()
	}
	text := report.NewText(e.out, options)
	text.Begin(loaded.Report(), f.times*len(loaded.Selected))
	played, err := loaded.Play(ctx, text)
	if err == nil && earlier != nil {
		played, err = f.repeat(ctx, *earlier, played, loaded, text)
	}
	if err != nil {
		return refused(err)
	}
	if deployed != nil {
		deployed.Conclude(&played)
	}
	if !f.verbose {
		played = played.Brief()
	}
	err = errors.Join(text.Finish(played), files.write(played, options.Redactor))
	commands.Annotate(played, options.Redactor)
	if err != nil {
		return refuse(e, err)
	}
	return played.Conclusion().ExitCode()
}

// openReports opens the reports of a run, when there is going to be one.
func (f *checkFlags) openReports(e env) (reportFiles, error) {
	if f.list || f.dryRun {
		return nil, nil
	}
	return f.reportPaths.open(e)
}

func (f *checkFlags) plan(patterns []string) run.Plan {
	p := run.Plan{
		Tool: tool, Version: version(), Files: scenarios.Files, Dir: run.Bundled,
		Filter: scenario.Filter{Label: f.label}, Target: reference.Target{}, VirtualTime: true, Seed: f.seed, Strict: f.strict, Out: f.out, KeepAll: f.keep, Workers: f.workers,
	}
	if f.dir != "" {
		p.Files, p.Dir, p.Others = os.DirFS(f.dir), f.dir, scenarios.Files
	}
	if p.Seed == 0 {
		p.Seed = drawSeed()
	}
	p.Named(patterns)
	return p
}

// drawSeed returns one that is short enough to read out.
func drawSeed() uint64 { return uint64(rand.Uint32N(9_000_000)) + 1_000_000 }

// refuse says why nothing was judged.
func refuse(e env, err error) int {
	fmt.Fprintln(e.err, err)
	return finding.ExitNotJudged
}
