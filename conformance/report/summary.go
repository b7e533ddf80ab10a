package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dnispool/dnispool/conformance/verdict"
)

// The last line names so many reasons for a status, each no longer than this.
const (
	maxReasons    = 2
	reasonColumns = 48
	maxIDs        = 3
)

// summary writes the end of a run: what needs attention, and one sentence about everything. The run must be tidy.
func (p *page) summary(run verdict.Run) {
	p.list("Failed:", run, func(r verdict.Result) bool { return r.FailsRun(run.Strict) })
	p.list("Failed, and tolerated (should and may count with --strict):", run, func(r verdict.Result) bool {
		return r.Status == verdict.Failed && !r.FailsRun(run.Strict)
	})
	p.list("Could not be judged:", run, func(r verdict.Result) bool { return r.Status == verdict.Error })
	p.list("Inconclusive:", run, func(r verdict.Result) bool { return r.Status == verdict.Inconclusive })
	p.skips(run)
	p.allWarnings(run)
	p.line("%s", p.paint(verdictStyle(run), LastLine(run))) // never wrapped: it is the last line
}

func verdictStyle(run verdict.Run) style {
	switch run.ExitCode() {
	case verdict.ExitConformant:
		return green
	case verdict.ExitNotConformant:
		return red
	}
	return yellow
}

// list names the scenarios for which want holds, with where and what.
func (p *page) list(heading string, run verdict.Run, want func(verdict.Result) bool) {
	headed := false
	for _, res := range run.Results {
		if !want(res) {
			continue
		}
		if !headed {
			p.line("%s", p.paint(bold, heading))
			headed = true
		}
		where := place(verdict.Failure{}, res)
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

// gist says in a line why a scenario did not pass: the first failure, or the reason why there is no verdict.
func gist(res verdict.Result) string {
	if len(res.Failures) == 0 || res.Status != verdict.Failed && res.Reason != "" {
		return res.Reason
	}
	return res.Failures[0].Headline()
}

// skips lists all reasons when the last line cannot.
func (p *page) skips(run verdict.Run) {
	all := newPage(Options{Width: p.width})
	long := false
	for _, s := range verdict.Statuses() {
		if !s.Skipped() {
			continue
		}
		reasons := run.Reasons(s)
		long = long || len(reasons) > maxReasons
		for _, r := range reasons {
			text := reasonText(r.Text)
			long = long || columns(text) > reasonColumns
			all.item(fmt.Sprintf("%5d %-14s ", len(r.IDs), statusName(s)), text)
		}
	}
	if long {
		p.line("%s", p.paint(bold, "Skipped:"))
		p.line("%s", all)
	}
}

// allWarnings lists the warnings of the run and of its scenarios, equal ones together.
func (p *page) allWarnings(run verdict.Run) {
	texts := slices.Clone(run.Warnings)
	ids := map[string][]string{}
	for _, res := range run.Results {
		for _, w := range res.Warnings {
			if !slices.Contains(texts, w) {
				texts = append(texts, w)
			}
			ids[w] = append(ids[w], res.ID)
		}
	}
	if len(texts) == 0 {
		return
	}
	p.line("%s", p.paint(bold, "Warnings:"))
	for _, w := range texts {
		if n := len(ids[w]); n > 0 {
			w += " (" + someIDs(ids[w]) + ")"
		}
		p.item("  - ", w)
	}
	p.line("")
}

func someIDs(ids []string) string {
	if len(ids) <= maxIDs {
		return strings.Join(ids, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(ids[:maxIDs], ", "), len(ids)-maxIDs)
}

// LastLine says in a sentence what was tested, what was skipped and why:
//
//	64 scenarios: 62 passed, 1 failed, 1 unsupported (dial). 3.4 s, seed 8814021.
//
// A run that proves nothing says so at the end. Secrets must have been removed before.
func LastLine(run verdict.Run) string {
	c := run.Counts()
	var parts []string
	for _, s := range verdict.Statuses() {
		n := c.Of(s)
		if n == 0 {
			continue
		}
		part := fmt.Sprintf("%d %s", n, statusName(s))
		switch {
		case s == verdict.Failed && c.Tolerated > 0:
			part += fmt.Sprintf(" (%s)", tolerated(c))
		case s == verdict.Error && n > 1:
			part += "s"
		case s.Skipped():
			part += " (" + reasons(run.Reasons(s)) + ")"
		}
		parts = append(parts, part)
	}
	line := count(c.Total, "scenario")
	if len(parts) > 0 {
		line += ": " + strings.Join(parts, ", ")
	}
	return fmt.Sprintf("%s. %s, seed %d.%s", line, human(run.Duration), run.Seed, closing(run))
}

func tolerated(c verdict.Counts) string {
	const why = "tolerated: should or may without --strict"
	if c.Tolerated == c.Failed {
		return why
	}
	return fmt.Sprintf("%d %s", c.Tolerated, why)
}

// reasons puts the most frequent reasons in a few words, with their numbers when there are several.
func reasons(rs []verdict.Reason) string {
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

func closing(run verdict.Run) string {
	switch run.ExitCode() {
	case verdict.ExitInterrupted:
		return " Interrupted: the rest is unknown."
	case verdict.ExitInconclusive:
		return " Inconclusive: neither conformant nor not."
	case verdict.ExitNotJudged:
		switch c := run.Counts(); {
		case c.Error == 0:
			return " Nothing was tested."
		case c.Ran() == 0:
			return " Nothing could be judged."
		}
		return " Not judged: an error is not a pass."
	}
	return ""
}
