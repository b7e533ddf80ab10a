package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/report"
	"github.com/dnispool/dnispool/conformance/run"
)

// reportFile is a file that a run is to be written to.
type reportFile struct {
	flag, path string
	as         func(io.Writer, finding.Run, *report.Redactor) error
	to         io.WriteCloser
}

// reportFiles are opened before anything else is done: what an earlier run has written must not pass for this one's, and a
// path that cannot be written must not cost a run.
type reportFiles []reportFile

// reportPaths are the files that a run may be asked to be written to.
type reportPaths struct{ junit, json, html string }

func (f *reportPaths) define(to *flags) {
	to.StringVar(&f.junit, "junit", "", "write a JUnit report to `file`; - is standard output")
	to.StringVar(&f.json, "json", "", "write the verdict as JSON to `file`; - is standard output")
	to.StringVar(&f.html, "html", "", "write the verdict as a page for a browser to `file`; - is standard output")
}

// open opens those that are asked for. With an error, those that could be opened are returned as well.
func (f reportPaths) open(e env) (files reportFiles, err error) {
	var errs []error
	for _, r := range []reportFile{
		{flag: "--junit", path: f.junit, as: report.JUnit}, {flag: "--json", path: f.json, as: report.JSON}, {flag: "--html", path: f.html, as: report.HTML},
	} {
		if r.path == "" {
			continue
		}
		err := files.apart(r)
		if err == nil {
			r.to, err = e.create(r.path)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		files = append(files, r)
	}
	return files, errors.Join(errs...)
}

func (files reportFiles) apart(r reportFile) error {
	for _, other := range files {
		if err := apart(other.flag, other.path, r.flag, r.path); err != nil {
			return err
		}
	}
	return nil
}

// write writes the run to all of them, and closes them. Several that a full disk has no room for are one error.
func (files reportFiles) write(r finding.Run, red *report.Redactor) error {
	var errs []error
	var full []string
	for _, f := range files {
		switch err := errors.Join(f.as(f.to, r, red), f.to.Close()); {
		case errors.Is(err, syscall.ENOSPC):
			full = append(full, f.path)
		case err != nil:
			errs = append(errs, err)
		}
	}
	if len(full) > 0 {
		errs = append(errs, fmt.Errorf("report %s: %w, so what is there is not whole", strings.Join(full, ", "), syscall.ENOSPC))
	}
	return errors.Join(errs...)
}

// refuse writes to all of them why nothing was judged. target is how the command line calls what was to be judged.
func (files reportFiles) refuse(p run.Plan, target, why string) error {
	if target == "" {
		target = p.Target.Name()
	}
	target, _, _ = strings.Cut(target, "?") // the token of a simulator
	return files.write(finding.Run{Tool: p.Tool, Version: p.Version, Seed: p.Seed, Target: target, GaveUp: why}, report.NewRedactor(p.Target.Secrets()...))
}
