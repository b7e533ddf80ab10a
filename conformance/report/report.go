// Package report writes verdicts for people and for machines: text for a console, JUnit for CI servers, JSON for
// everything else. All are made from package verdict alone and hide secrets themselves. It decides nothing: what
// passed, failed or counts is said by verdict.
package report

import (
	"cmp"
	"io"

	"github.com/dnispool/dnispool/conformance/finding"
)

// Options say how Text writes. The zero value is the default: one line a scenario, failures in full, no colour.
type Options struct {
	Quiet    bool      // only failures and the last lines
	Verbose  bool      // every exchange and the ladder of every scenario
	Color    bool      // ANSI colours; the caller asks the terminal and NO_COLOR
	Live     bool      // the output is a terminal: show the scenario that is running and wipe it afterwards
	Width    int       // columns to wrap at; 0 means 100
	Redactor *Redactor // secrets to hide; nil hides by header and field name only
}

const (
	defaultWidth = 100
	minWidth     = 60
)

func (o Options) width() int { return max(cmp.Or(o.Width, defaultWidth), minWidth) }

// writeText writes a finished run as Text would have while it ran.
func writeText(w io.Writer, run finding.Run, o Options) error {
	t := NewText(w, o)
	t.Begin(run, len(run.Results))
	for _, res := range run.Results {
		t.Finished(res)
	}
	return t.Finish(run)
}
