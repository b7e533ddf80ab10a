package main

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"github.com/dnispool/dnispool/conformance/aim"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/fit"
	"github.com/dnispool/dnispool/conformance/run"
	"github.com/dnispool/dnispool/conformance/targets/deployment"
	"github.com/dnispool/dnispool/conformance/targets/simulator"
	"github.com/dnispool/dnispool/conformance/targets/targetfile"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

func runTarget(ctx context.Context, e env) int {
	f := newFlags("target", `init [FILE] | check FILE | questions FILE

init       ask what is known of a deployment, and write a target file of it with a comment at each thing (target.yaml)
check      look whether the deployment that a target file describes can be reached: its name, certificate and clock, and each
           key at each endpoint, and whether the trunk answers OPTIONS; each line ends in what to do. Without --call no call is
           placed, and no number is taken from a platform that keeps to its contract.
questions  print a page for whoever runs the platform: what to set up, and what the target file does not know, with how many
           scenarios each costs`)
	call := f.Bool("call", false, "with check: reserve a number and call it as well, twice, one after the other; whoever says so consents to that")
	args, code, done := f.parse(e)
	if done {
		return code
	}
	switch {
	case *call && (len(args) != 2 || args[0] != "check"):
		return refuse(e, fmt.Errorf("%s target: --call: want it with check and a file; try %s target --help", tool, tool))
	case len(args) == 1 && args[0] == "init":
		return initTarget(e, "target.yaml")
	case len(args) == 2 && args[0] == "init":
		return initTarget(e, args[1])
	case len(args) == 2 && args[0] == "check":
		code := checkTarget(ctx, e, args[1])
		if *call && code == 0 {
			code = callTarget(ctx, e, args[1])
		}
		return code
	case len(args) == 2 && args[0] == "questions":
		return askAboutTarget(ctx, e, args[1])
	}
	hint := ""
	if len(args) > 0 {
		if word := strictyaml.Suggest(args[0], []string{"init", "check", "questions"}); word != "" && word != args[0] {
			hint = fmt.Sprintf(" (did you mean %q?)", word)
		}
	}
	return refuse(e, fmt.Errorf("%s target: want init, check or questions, and a file%s; try %s target --help", tool, hint, tool))
}

// askAboutTarget prints the page for whoever runs a deployment.
func askAboutTarget(ctx context.Context, e env, path string) int {
	file, err := aim.Read(path)
	if err != nil {
		return refuse(e, err)
	}
	if file.Simulator != nil {
		return refuse(e, fmt.Errorf("target %s: want a deployment, got a simulator, of which everything is known", path))
	}
	l, err := run.Load(newCheckFlags().plan(nil))
	if err != nil {
		return refuse(e, err)
	}
	fitted, err := fit.Of(ctx, file, l.Selected, fit.Options{Load: l.Reading(), Seed: 1, Prefix: "r0-", IDs: l.IDs()})
	if err != nil {
		return refuse(e, err)
	}
	fmt.Fprint(e.out, fitted.Questions())
	return 0
}

// checkTarget looks whether a target can be reached.
func checkTarget(ctx context.Context, e env, path string) int {
	file, err := aim.Read(path)
	if err != nil {
		return refuse(e, err)
	}
	if file.Simulator != nil {
		return inspectSimulator(ctx, e, path, file)
	}
	t, err := deployment.New(file, targetfile.Source{Getenv: e.getenv, Dir: filepath.Dir(path)})
	if err != nil {
		return refuse(e, fmt.Errorf("target %s: %w", path, err))
	}
	defer t.Gate.Close()
	code := 0
	for _, found := range t.Inspect(ctx) {
		do := "ok"
		if found.Do != "" {
			do, code = found.Do, finding.ExitNotJudged
		}
		fmt.Fprintf(e.out, "%-34s %s: %s\n", found.What, found.Is, do)
	}
	if held := deployment.Told(t.Gate.Holds(time.Now())); held != "" {
		fmt.Fprintln(e.out, held)
	}
	return code
}

// inspectSimulator looks whether a simulator can be reached, and made what a scenario needs.
func inspectSimulator(ctx context.Context, e env, path string, file targetfile.File) int {
	where, err := aim.Where(file.Simulator, targetfile.Source{Getenv: e.getenv, Dir: filepath.Dir(path)})
	if err != nil {
		return refuse(e, fmt.Errorf("target %s: %w", path, err))
	}
	found, err := simulator.Find(ctx, where)
	if err != nil {
		hint := fmt.Sprintf(": start one with %s sim, or correct simulator.control and simulator.token", tool)
		if client.IsStatus(err, http.StatusConflict) { // it is another's for now, and the error says what to do
			hint = ""
		}
		fmt.Fprintf(e.out, "%-34s %v%s\n", "simulator", err, hint)
		return finding.ExitNotJudged
	}
	fmt.Fprintf(e.out, "%-34s %s: ok\n", "simulator", found.Named(file.Name).Name())
	if err := found.Close(ctx); err != nil {
		fmt.Fprintf(e.out, "%-34s %v: let it be configured by its control API\n", "simulator", err)
		return finding.ExitNotJudged
	}
	return 0
}
