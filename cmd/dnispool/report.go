package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/report"
)

func runReport(_ context.Context, e env) int {
	f := newFlags("report", `html [flags] run.json

Makes the page for a browser from the JSON report of dnispool check, as that would have made it at once; - is standard input.`)
	out := f.String("out", "", "`file` to write; - is standard output (default the report's name with .html)")
	args, code, done := f.parse(e)
	if done {
		return code
	}
	if len(args) != 2 || args[0] != "html" {
		return refuse(e, fmt.Errorf("%s report: want html and the name of one report, got %q; try %s report --help", tool, args, tool))
	}
	run, err := readReport(e, args[1])
	if err != nil {
		return refuse(e, err)
	}
	name := *out
	switch {
	case name == "" && args[1] == standardInput:
		name = standardOutput
	case name == "":
		name = strings.TrimSuffix(args[1], filepath.Ext(args[1])) + ".html"
	}
	if name != standardOutput && filepath.Clean(name) == filepath.Clean(args[1]) {
		return refuse(e, fmt.Errorf("report %s: want another file to write, got the report itself", name))
	}
	e = e.leaveOutput(name)
	page, err := e.create(name)
	if err != nil {
		return refuse(e, err)
	}
	if err := errors.Join(report.HTML(page, run, nil), page.Close()); err != nil {
		return refuse(e, err)
	}
	if name != standardOutput {
		fmt.Fprintf(e.out, "%s: %s\n", name, run.Sentence())
	}
	return 0
}

// readReport reads a report that check wrote.
func readReport(e env, name string) (finding.Run, error) {
	var in io.Reader = e.in
	if name != standardInput {
		file, err := os.Open(name)
		if bad, ok := errors.AsType[*fs.PathError](err); ok {
			return finding.Run{}, fmt.Errorf("report %s: %w", name, bad.Err)
		}
		defer file.Close()
		in = file
	}
	run, err := report.Read(in)
	if err != nil {
		return run, fmt.Errorf("report %s: %w", name, err)
	}
	return run, nil
}
