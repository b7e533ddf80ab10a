package main

import (
	"io"
	"os"
	"strings"

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

// readerFlags say how what is written for people is to look.
type readerFlags struct{ verbose, quiet, color bool }

func (r *readerFlags) define(to *flags) {
	to.BoolVar(&r.verbose, "v", false, "show every exchange and SIP message")
	to.BoolVar(&r.quiet, "q", false, "show failures and the summary only")
	to.BoolVar(&r.color, "color", false, "colour the output, or not with --color=false; by itself it is coloured on a terminal, unless NO_COLOR or CI is set")
}

// reader says who reads what is written for people: somebody at a terminal, who sees colours (--color decides where it is
// given) and what is running, or somebody who looks through a log.
func (r readerFlags) reader(e env, given func(flag string) bool) report.Options {
	ci := e.says("CI") || e.onGitHub()
	terminal := isTerminal(e.out) && !ci && e.getenv("TERM") != "dumb"
	o := report.Options{Verbose: r.verbose, Quiet: r.quiet, Color: terminal, Live: terminal, FirstWhole: ci && !r.verbose}
	if given("color") {
		o.Color = r.color
	}
	o.Color = o.Color && e.getenv("NO_COLOR") == ""
	if terminal {
		o.Columns = func() int { return columns(e.out) }
	}
	return o
}

// onGitHub reports whether GitHub Actions reads the output for its commands.
func (e env) onGitHub() bool { return e.says("GITHUB_ACTIONS") }

// says reports whether a variable says yes: CI systems, and those who try one out by hand, write true, 1 and other words.
func (e env) says(name string) bool {
	switch strings.ToLower(e.getenv(name)) {
	case "", "false", "0", "no", "off":
		return false
	}
	return true
}
