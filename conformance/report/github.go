package report

import (
	"crypto/rand"
	"fmt"
	"io"
	"strings"

	"github.com/dnispool/dnispool/conformance/finding"
)

// maxAnnotations is how many of each kind GitHub Actions shows of a step.
const maxAnnotations = 10

// GitHub writes what GitHub Actions reads in the log of a step. While a run is shown, lines that look like commands are
// none, for a platform may have written them: https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
type GitHub struct {
	out   io.Writer
	token string // "": commands are read
}

// Guard lets no line be a command until Resume. Both may be called on nil, and do nothing then.
func Guard(out io.Writer) *GitHub {
	g := &GitHub{out, rand.Text()}
	fmt.Fprintf(out, "::stop-commands::%s\n", g.token)
	return g
}

// Resume lets lines be commands again.
func (g *GitHub) Resume() {
	if g == nil || g.token == "" {
		return
	}
	fmt.Fprintf(g.out, "::%s::\n", g.token)
	g.token = ""
}

// Annotate marks the line of each failure: an error where it makes the run fail, else a warning.
func (g *GitHub) Annotate(run finding.Run, red *Redactor) {
	if g == nil {
		return
	}
	g.Resume()
	run = tidyRun(run, red)
	written := make(map[string]int)
	for _, res := range run.Results {
		if res.Status == finding.Passed || res.Status.Skipped() {
			continue
		}
		command := "warning"
		if res.FailsRun(run.Strict) || res.Status == finding.Error {
			command = "error"
		}
		if written[command]++; written[command] > maxAnnotations {
			continue
		}
		file, line := res.File, res.Line
		if len(res.Failures) > 0 && res.Failures[0].Line > 0 {
			line = res.Failures[0].Line
			if f := res.Failures[0].File; f != "" {
				file = f
			}
		}
		fmt.Fprintf(g.out, "::%s file=%s,line=%d,title=%s::%s\n", command, property(file), line, property(res.ID+" "+statusName(res.Status)), data(message(res)))
	}
	if run.GaveUp != "" {
		fmt.Fprintf(g.out, "::error title=not judged::%s\n", data(run.GaveUp))
	}
}

// data is text as a command's message.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// property is text as a command's property.
func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(s))
}
