package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// standardOutput is what stands for standard output where a file is asked for.
const standardOutput = "-"

// standardInput is what stands for standard input where something is read.
const standardInput = "-"

// leaveOutput returns an env that talks to people on standard error when one of the files is standard output: what a
// program reads there must be the report alone.
func (e env) leaveOutput(files ...string) env {
	e.reports = e.out
	if slices.Contains(files, standardOutput) {
		e.out = e.err
	}
	return e
}

// create opens a report file; nil when none is asked for.
func (e env) create(path string) (io.WriteCloser, error) {
	switch path {
	case "":
		return nil, nil
	case standardOutput:
		return keptOpen{e.reports}, nil
	}
	f, err := os.Create(path)
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = fmt.Errorf("report %s: %w", path, pathErr.Err)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// forget removes report files that an earlier run has written: they must not pass for those of one that comes to nothing.
// What is read is no such file, whatever a flag says.
func (e env) forget(read []string, reports ...string) {
	for _, path := range reports {
		if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && !slices.Contains(read, path) {
			_ = os.Remove(path) // whoever writes it next says what is wrong
		}
	}
}

// keptOpen is a stream that is not ours to close.
type keptOpen struct{ io.Writer }

func (keptOpen) Close() error { return nil }

// apart refuses two reports in one file.
func apart(flag, path, otherFlag, otherPath string) error {
	if path != "" && otherPath != "" && filepath.Clean(path) == filepath.Clean(otherPath) {
		return fmt.Errorf("report %s: want a file for each of %s and %s, got one for both", path, flag, otherFlag)
	}
	return nil
}
