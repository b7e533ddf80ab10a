//go:build unix

package main

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestLoadThatIsKilled: where its history is stands on the terminal from the beginning, and what is left of it is judged.
func TestLoadThatIsKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := start(t, dir, "load", "--warm-up", "0s", "--rate", "40/s", "--for", "10m", "--set", "pool.numbers=200", "--seed", "7", "--samples", "-")
	file, _, found := strings.Cut(strings.TrimPrefix(p.line(t, "recorded in "), "recorded in "), ",")
	for range 3 {
		p.line(t, `{"at_ns":`)
	}
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.end(t)
	r := dnispool(t, dir, "judge", file)
	if !found || r.code != 0 || !strings.Contains(r.out, ": 0 violations") {
		t.Errorf("judge %s: want nothing found in what is left, got %+v", file, r)
	}
}

// TestLoadThatIsStopped: a generator that stood still says so, and holds nothing of what it then sends at once against the platform.
func TestLoadThatIsStopped(t *testing.T) {
	t.Parallel()
	const still = 3 * time.Second
	p := start(t, t.TempDir(), "load", "--warm-up", "0s", "--rate", "40/s", "--for", "8s", "--set", "pool.numbers=30", "--set", "pool.window=500ms", "--no-calls",
		"--threshold", "blocked < 10%", "--seed", "7", "--out", "", "--samples", "-")
	p.line(t, `{"at_ns":`)
	if err := p.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	time.Sleep(still) // nothing can tell us of a process that does nothing
	if err := p.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	out, code := p.end(t)
	if code != 3 || !strings.Contains(out, "the rate of 40/s was not reached") || strings.Contains(out, "blocked < 10% failed") {
		t.Errorf("want it inconclusive, for the generator's sake, got %d\n%s", code, out)
	}
}
