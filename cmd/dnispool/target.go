package main

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/targets/deployment"
	"github.com/dnispool/dnispool/conformance/targets/simulator"
	"github.com/dnispool/dnispool/conformance/targets/targetfile"
	"github.com/dnispool/dnispool/sim/control/client"
)

func runTarget(ctx context.Context, e env) int {
	f := newFlags("target", `check FILE

check  look whether the deployment that a target file describes can be reached: its name, certificate and clock, and each key
       at each endpoint; each line ends in what to do. No call is placed, and no number is taken from a platform that keeps
       to its contract.`)
	args, code, done := f.parse(e)
	switch {
	case done:
		return code
	case len(args) != 2 || args[0] != "check":
		return refuse(e, fmt.Errorf("%s target: want check and a file; try %s target --help", tool, tool))
	}
	file, err := readTarget(args[1])
	if err != nil {
		return refuse(e, err)
	}
	if file.Simulator != nil {
		return inspectSimulator(ctx, e, args[1], file)
	}
	t, err := deployment.New(file, targetfile.Source{Getenv: e.getenv, Dir: filepath.Dir(args[1])})
	if err != nil {
		return refuse(e, fmt.Errorf("target %s: %w", args[1], err))
	}
	defer t.Gate.Close()
	code = 0
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
	where, err := whereOf(file.Simulator, targetfile.Source{Getenv: e.getenv, Dir: filepath.Dir(path)})
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
