package main

import (
	"io"
	"os"

	"golang.org/x/term"

	"github.com/dnispool/dnispool/conformance/report"
)

// isTerminal reports whether somebody may be looking.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// columns is how wide the terminal behind w is now; 0 when it is none.
func columns(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// reader says who reads what is written for people: somebody at a terminal, who sees colours (--color decides where it is
// given) and what is running, or somebody who looks through a log.
func (f *checkFlags) reader(e env) report.Options {
	set := func(name string) bool { v := e.getenv(name); return v != "" && v != "false" && v != "0" }
	ci := set("CI") || e.onGitHub()
	terminal := isTerminal(e.out) && !ci && e.getenv("TERM") != "dumb"
	o := report.Options{Verbose: f.verbose, Quiet: f.quiet, Color: terminal, Live: terminal, FirstWhole: ci && !f.verbose}
	if f.given("color") {
		o.Color = f.color
	}
	o.Color = o.Color && e.getenv("NO_COLOR") == ""
	if terminal {
		o.Columns = func() int { return columns(e.out) }
	}
	return o
}

// onGitHub reports whether GitHub Actions reads the output for its commands.
func (e env) onGitHub() bool { return e.getenv("GITHUB_ACTIONS") == "true" }
