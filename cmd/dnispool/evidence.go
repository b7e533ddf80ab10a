package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dnispool/dnispool/conformance/replay"
)

// evidence returns the directory that --out names for what is left of a failure: none when only the default cannot be
// written, for a run must not fail for want of what it may never need. tidy takes away what stayed empty, but for
// directories that were there and that somebody named.
func (f *flags) evidence(e env, dir string) (out string, tidy func(), err error) {
	tidy = func() {}
	if dir == "" {
		return "", tidy, nil
	}
	asked := f.given("out")
	var made []string // the innermost first
	for at := filepath.Clean(dir); at != "." && at != filepath.Dir(at) && (!asked || missing(at)); at = filepath.Dir(at) {
		made = append(made, at)
	}
	tidy = func() {
		for _, at := range made {
			if info, err := os.Lstat(at); err == nil && info.IsDir() {
				_ = os.Remove(at) // it fails when there is something in it
			}
		}
	}
	if err = writable(dir); err == nil {
		return dir, tidy, nil
	}
	tidy()
	if asked {
		return "", tidy, fmt.Errorf("--out %s: %w", dir, err)
	}
	fmt.Fprintf(e.err, "nothing will be kept of what fails: %s: %v; name a directory with --out\n", dir, err)
	return "", tidy, nil
}

func missing(name string) bool {
	_, err := os.Lstat(name)
	return errors.Is(err, fs.ErrNotExist)
}

// writable makes dir, and reports whether files can be made in it.
func writable(dir string) error {
	err := replay.InDir(dir, func() error {
		probe, err := os.CreateTemp(dir, ".probe-*")
		if err != nil {
			return err
		}
		return errors.Join(probe.Close(), os.Remove(probe.Name()))
	})
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}
