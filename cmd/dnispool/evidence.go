package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// evidence returns the directory that --out names for what is left of a failure: none when only the default cannot be
// written, for a run must not fail for want of what it may never need. tidy takes away a directory that stayed empty.
func (f *flags) evidence(e env, dir string) (out string, tidy func(), err error) {
	tidy = func() {}
	if dir == "" {
		return "", tidy, nil
	}
	var made []string // by this run, the innermost first
	for at := filepath.Clean(dir); missing(at); at = filepath.Dir(at) {
		made = append(made, at)
	}
	tidy = func() {
		for _, at := range made {
			_ = os.Remove(at) // it fails when there is something in it
		}
	}
	if err = writable(dir); err == nil {
		return dir, tidy, nil
	}
	tidy()
	asked := false
	f.Visit(func(d *flag.Flag) { asked = asked || d.Name == "out" })
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

// writable makes dir, and tells whether files can be made in it.
func writable(dir string) error {
	err := os.MkdirAll(dir, 0o755)
	var probe *os.File
	if err == nil {
		probe, err = os.CreateTemp(dir, ".probe-*")
	}
	if err == nil {
		err = errors.Join(probe.Close(), os.Remove(probe.Name()))
	}
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}
