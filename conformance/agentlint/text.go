package agentlint

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/dnispool/dnispool/conformance/finding"
)

// Write tells a person what was found.
func Write(w io.Writer, run finding.Run) error {
	var b bytes.Buffer
	for _, r := range run.Results {
		for _, f := range r.Failures {
			fmt.Fprintf(&b, "%s:%d: %s\n", f.File, f.Line, f.Got)
			for _, line := range f.Source {
				fmt.Fprintf(&b, "  %4d | %s\n", line.Line, line.Text)
			}
			fmt.Fprintf(&b, "  rule     %s (%s), %s\n  wanted   %s\n  source   %s\n  why      %s\n  instead  %s\n\n", r.ID, r.Level, f.Step, r.Requirement, r.Source, f.Because, f.Want)
		}
	}
	for _, r := range run.Results {
		if r.Verdict() == finding.Inconclusive {
			fmt.Fprintf(&b, "not judged: %s: %s\n", r.ID, r.Reason)
		}
	}
	c := run.Counts()
	parts := []string{fmt.Sprintf("%d kept", c.Passed)}
	for _, part := range []struct {
		n    int
		says string
	}{
		{c.Failed - c.Tolerated, "%d broken"}, {c.Tolerated, "%d broken that with --strict would count"}, {c.Inconclusive, "%d not judged"},
		{c.NotApplicable, "%d not applicable"},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf(part.says, part.n))
		}
	}
	fmt.Fprintf(&b, "%s: %d rules: %s\n", run.Target, len(run.Results), strings.Join(parts, ", "))
	_, err := w.Write(b.Bytes())
	return err
}
