package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/dnispool/dnispool/conformance/agentlint"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/report"
	"github.com/dnispool/dnispool/fakes/agent/adk"
)

func lintAgent(ctx context.Context, e env) int {
	f := newAgentFlags("lint", `[folder] [flags]

Reads the code of a project, runs its start_function with attributes, with {} and with None, and says what is wrong, with the
line, why it matters to a caller, and what to write instead. What breaks a rule of level should or may is shown and does not
count, unless --strict is given. Ends with 3 when start_function could not be run here.`)
	var to checkFlags
	strict := f.Bool("strict", false, "let should and may count as must does")
	f.StringVar(&to.junit, "junit", "", "write JUnit XML to `file`; - is standard output")
	f.StringVar(&to.json, "json", "", "write the report as JSON to `file`; - is standard output")
	folders, code, done := f.parse(e)
	if done {
		return code
	}
	e = e.leaveOutput(to.junit, to.json)
	files, err := to.openReports(e)
	o := agentlint.Options{Tool: tool, Version: version(), Strict: *strict}
	if len(folders) == 1 {
		o.Dir = folders[0]
	}
	if err == nil {
		err = f.lint(ctx, e, folders, o, &code, files)
	}
	if err == nil {
		return code
	}
	gaveUp := finding.Run{Tool: o.Tool, Version: o.Version, Target: o.Dir, GaveUp: err.Error()}
	return refuse(e, errors.Join(err, files.write(gaveUp, report.NewRedactor())))
}

// lint judges the project and writes what was found. An error means that there is nothing to write.
func (f *agentFlags) lint(ctx context.Context, e env, folders []string, o agentlint.Options, code *int, files reportFiles) error {
	call, err := f.call()
	if err != nil {
		return err
	}
	o.Attributes = call.Attributes
	platform, a, err := f.load(e, folders)
	if err != nil {
		return err
	}
	o.Platform = platform
	project, ok := a.(*adk.Agent)
	if !ok {
		return fmt.Errorf("agent lint: want an agent that is an ADK project, got another in %s", f.config)
	}
	if o.Dir == "" {
		o.Dir = project.Project().Root
	}
	defer dismiss(ctx, a)
	linted, err := agentlint.Lint(ctx, project, o)
	if err != nil && ctx.Err() == nil {
		return err
	}
	linted.Interrupted = errors.Is(ctx.Err(), context.Canceled)
	*code = linted.Conclusion().ExitCode()
	if err := errors.Join(agentlint.Write(e.out, linted), files.write(linted, report.NewRedactor())); err != nil {
		*code = refuse(e, err)
	}
	return nil
}
