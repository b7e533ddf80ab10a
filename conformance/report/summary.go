package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/dnispool/dnispool/conformance/finding"
)

// The last line names so many reasons for a status, each no longer than this.
const (
	maxReasons    = 2
	reasonColumns = 48
	maxIDs        = 3
)

// summary writes the end of a run: what needs attention, and one sentence about everything. The run must be tidy. In a
// verbose one it also says what to ask whoever runs the platform.
func (p *page) summary(run finding.Run, verbose bool) {
	p.item("", oneLine(run.Rules().String()))
	p.line("")
	p.list("Failed:", run, func(r finding.Result) bool { return r.FailsRun(run.Strict) })
	p.list("Failed, and tolerated (should and may count with --strict):", run, func(r finding.Result) bool {
		return r.Status == finding.Failed && !r.FailsRun(run.Strict)
	})
	p.list("Could not be judged:", run, func(r finding.Result) bool { return r.Status == finding.Error })
	p.list("Inconclusive:", run, func(r finding.Result) bool { return r.Status == finding.Inconclusive })
	p.repeats(run)
	p.skips(run, verbose)
	p.notPlayed(run)
	p.warningList(run)
	p.line("%s", p.paint(verdictStyle(run), lastLine(run))) // never wrapped: it is the last line
}

func verdictStyle(run finding.Run) style {
	switch run.Conclusion().ExitCode() {
	case finding.ExitConformant:
		return green
	case finding.ExitNotConformant:
		return red
	}
	return yellow
}

// list names the scenarios for which want holds, with where and what.
func (p *page) list(heading string, run finding.Run, want func(finding.Result) bool) {
	headed := false
	for _, res := range run.Results {
		if !want(res) {
			continue
		}
		if !headed {
			p.line("%s", p.paint(bold, heading))
			headed = true
		}
		where := place(finding.Failure{}, res)
		if len(res.Failures) > 0 {
			where = place(res.Failures[0], res)
		}
		if n := len(res.Failures) - 1; n > 0 {
			where += fmt.Sprintf(" and %d more", n)
		}
		p.item("  ", res.ID+"   "+where)
		if what := gist(res); what != "" {
			p.line("      %s", shorten(what, p.width-len("      ")))
		}
	}
	if headed {
		p.line("")
	}
}

// gist says in a line why a scenario did not pass: the first failure and what it likely comes from, or the reason why there is
// no verdict.
func gist(res finding.Result) string {
	if len(res.Failures) == 0 || res.Status != finding.Failed && res.Reason != "" {
		return res.Reason
	}
	f := res.Failures[0]
	if f.Likely == "" {
		return f.Headline()
	}
	return f.Headline() + ": likely " + f.Likely
}

// repeats says what became of scenarios that were played again.
func (p *page) repeats(run finding.Run) {
	headed := false
	for _, res := range run.Results {
		if res.Repeat == nil {
			continue
		}
		if !headed {
			p.line("%s", p.paint(bold, "Played again:"))
			headed = true
		}
		p.line("  %-14s %s (was %s)", res.Repeat, res.ID, statusName(res.Repeat.Was))
	}
	if headed {
		p.line("")
	}
}

// skips lists all reasons when the last line cannot, or when there is something to ask.
func (p *page) skips(run finding.Run, asks bool) {
	all := newPage(Options{Columns: func() int { return p.width }})
	long := false
	for _, s := range finding.Statuses() {
		if !s.Skipped() {
			continue
		}
		reasons := run.Reasons(s)
		long = long || len(reasons) > maxReasons
		for _, r := range reasons {
			text := reasonText(r.Text)
			long = long || columns(text) > reasonColumns
			all.item(fmt.Sprintf("%5d %-14s ", len(r.IDs), statusName(s)), text)
			if asks && r.Ask != "" {
				long = true
				all.item(strings.Repeat(" ", len("    1 not-applicable ")), "ask: "+r.Ask)
			}
		}
	}
	if long {
		p.line("%s", p.paint(bold, "Skipped:"))
		p.line("%s", all)
	}
}

// notPlayed says why a run was given up, and lists what was not played to the end, as arguments of dnispool check.
func (p *page) notPlayed(run finding.Run) {
	if run.GaveUp != "" {
		p.line("%s", p.paint(bold, "Given up:"))
		p.item("  ", run.GaveUp)
		p.line("")
	}
	if len(run.NotPlayed) == 0 {
		return
	}
	p.line("%s", p.paint(bold, "Not played to the end:"))
	p.item("  ", strings.Join(selecting(run.NotPlayed, run.Results), " "))
	p.line("")
}

// selecting names scenarios in few words: an area of which no other scenario is known by its glob.
func selecting(ids []string, others []finding.Result) (words []string) {
	known := make(map[string]bool)
	for _, r := range others {
		known[area(r.ID)] = true
	}
	for _, id := range ids {
		word := id
		if a := area(id); !known[a] && strings.HasPrefix(id, a+"/") {
			word = "'" + a + "/*'"
		}
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return words
}

// warning is one warning and the scenarios that have it; none, when it is about the run.
type warning struct {
	Text string
	IDs  []string
}

// atStep is where in its scenario a warning is about something.
var atStep = regexp.MustCompile(`^step \d+ of (\d+|each client)( "[^"]*")?: `)

// allWarnings are the warnings of the run and of its scenarios, equal ones together, at whichever step.
func allWarnings(run finding.Run) (out []warning) {
	for _, w := range run.Warnings {
		out = append(out, warning{Text: w})
	}
	at := make(map[string]int) // place in out, by the text without its step
	for _, res := range run.Results {
		for _, w := range res.Warnings {
			general := atStep.ReplaceAllString(w, "")
			i, known := at[general]
			if !known {
				i = len(out)
				at[general] = i
				out = append(out, warning{Text: w})
			}
			if out[i].Text != w {
				out[i].Text = general
			}
			if !slices.Contains(out[i].IDs, res.ID) {
				out[i].IDs = append(out[i].IDs, res.ID)
			}
		}
	}
	return out
}

// warningList writes all warnings.
func (p *page) warningList(run finding.Run) {
	all := allWarnings(run)
	if len(all) == 0 {
		return
	}
	p.line("%s", p.paint(bold, "Warnings:"))
	for _, w := range all {
		if len(w.IDs) > 0 {
			w.Text += " (" + someIDs(w.IDs) + ")"
		}
		p.item("  - ", w.Text)
	}
	p.line("")
}

func someIDs(ids []string) string {
	if len(ids) <= maxIDs {
		return strings.Join(ids, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(ids[:maxIDs], ", "), len(ids)-maxIDs)
}

// lastLine says in a sentence what was tested, what was skipped and why:
//
//	64 scenarios: 62 passed, 1 failed, 1 unsupported (dial). 3.4 s, seed 8814021.
//
// A run that proves nothing says so at the end. Secrets must have been removed before.
func lastLine(run finding.Run) string {
	c := run.Counts()
	var parts []string
	for _, s := range finding.Statuses() {
		n := c.Of(s)
		if n == 0 {
			continue
		}
		part := fmt.Sprintf("%d %s", n, statusName(s))
		switch {
		case s == finding.Failed && c.Tolerated > 0:
			part += fmt.Sprintf(" (%s)", tolerated(c))
		case s == finding.Error && n > 1:
			part += "s"
		case s.Skipped():
			part += " (" + reasons(run.Reasons(s)) + ")"
		}
		parts = append(parts, part)
	}
	line := count(c.Total, run.Of())
	if len(parts) > 0 {
		line += ": " + strings.Join(parts, ", ")
	}
	return fmt.Sprintf("%s. %s, seed %d.%s", line, human(run.Duration), run.Seed, closing(run))
}

func tolerated(c finding.Counts) string {
	const why = "tolerated: should or may without --strict"
	if c.Tolerated == c.Failed {
		return why
	}
	return fmt.Sprintf("%d %s", c.Tolerated, why)
}

// reasons puts the most frequent reasons in a few words, with their numbers when there are several.
func reasons(rs []finding.Reason) string {
	if len(rs) == 1 {
		return shorten(reasonText(rs[0].Text), reasonColumns)
	}
	var parts []string
	rest := 0
	for i, r := range rs {
		if i >= maxReasons {
			rest += len(r.IDs)
			continue
		}
		parts = append(parts, fmt.Sprintf("%d %s", len(r.IDs), shorten(reasonText(r.Text), reasonColumns)))
	}
	if rest > 0 {
		parts = append(parts, fmt.Sprintf("%d for other reasons", rest))
	}
	return strings.Join(parts, ", ")
}

func closing(run finding.Run) string {
	switch run.Conclusion().ExitCode() {
	case finding.ExitInterrupted:
		return " Interrupted: the rest is unknown."
	case finding.ExitInconclusive:
		if !run.Conclusion().Inconclusive {
			return " Not enough to conclude: less than a third of the rules was decided."
		}
		return " Inconclusive: neither conformant nor not."
	case finding.ExitNotJudged:
		switch c := run.Counts(); {
		case run.GaveUp != "" && c.Ran()+c.Error > 0:
			return " Given up: the rest is unknown."
		case c.Error == 0:
			return " Nothing was tested."
		case c.Ran() == 0:
			return " Nothing could be judged."
		}
		return " Not judged: an error is not a pass."
	}
	return ""
}
