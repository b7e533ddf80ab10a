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
	Live     bool      // the output is a terminal: show what is running, and how much is done, and wipe it afterwards
	Redactor *Redactor // secrets to hide; nil hides by header and field name only
	// FirstWhole shows the first scenario that did not pass whole and of the others a line each, for a log that somebody
	// looks through.
	FirstWhole bool
	// Columns says how wide to write, each time something is written: a terminal may be made wider. nil, or 0, is 100.
	Columns func() int
}

const (
	defaultWidth = 100
	minWidth     = 40
	maxWidth     = 140 // longer lines are hard to read
)

func (o Options) width() int {
	columns := 0
	if o.Columns != nil {
		columns = o.Columns()
	}
	return min(max(cmp.Or(columns, defaultWidth), minWidth), maxWidth)
}

// writeText writes a finished run as Text would have while it ran.
func writeText(w io.Writer, run finding.Run, o Options) error {
	t := NewText(w, o)
	t.Begin(run, len(run.Results))
	for _, res := range run.Results {
		t.Finished(res)
	}
	return t.Finish(run)
}
