package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
)

// maxViolations bounds the violations of one check that are written out.
const maxViolations = 5

// maxWants bounds the lists of facts and fields that would decide more.
const maxWants = 6

// WriteHistory writes what there is to say of a history for a person. again is the command that says it again.
func WriteHistory(w io.Writer, r finding.HistoryReport, again string, o Options) error {
	p := newPage(o)
	p.line("%s of %s, %s", count(r.Operations, "operation"), histories(len(r.Files)), oneLine(cmp.Or(r.Source, "source not named")))
	for _, warning := range r.Warnings {
		p.line("warning: %s", oneLine(warning))
	}
	for _, pattern := range r.Patterns {
		p.pattern(pattern)
	}
	for _, j := range r.Results {
		p.violations(j, inPattern(r.Patterns, j), again)
	}
	p.line("")
	for _, name := range slices.Sorted(maps.Keys(r.Ledgers)) {
		p.line("%s", ledgerLine(name, r.Ledgers[name]))
	}
	for _, j := range r.Results {
		p.doubts(j)
	}
	for i, w := range r.Wants() {
		if i == maxWants {
			p.line("%-14s and %s", "", count(len(r.Wants())-maxWants, "longer list"))
			break
		}
		label := "to decide more"
		if i > 0 {
			label = ""
		}
		p.line("%-14s %s", label, oneLine(w.String()))
	}
	p.line("%s", historySum(r))
	_, err := io.WriteString(w, p.String())
	return err
}

// violations writes the first of those that are a breach of their own; what follows from another is counted there.
func (p *page) violations(j finding.Judged, inPattern bool, again string) {
	shown, roots := maxViolations, j.Roots()
	if inPattern {
		shown = 1
		slices.SortStableFunc(roots, func(a, b finding.Violation) int { // the one to show is proven, if any is
			switch {
			case a.Proven() == b.Proven():
				return 0
			case a.Proven():
				return -1
			}
			return 1
		})
	}
	for i, v := range roots {
		p.line("")
		if i == shown {
			p.line("%s: and %d more", j.Title(), len(roots)+j.Omitted-shown)
			break
		}
		p.violation(finding.Finding{Rule: j.Rule, Project: j.Project, Violation: v}, again)
	}
}

// pattern writes what is to be said once.
func (p *page) pattern(x finding.Pattern) {
	p.line("")
	p.line("PATTERN   %s of %s", x.Fact, oneLine(cmp.Or(x.Project, "all")))
	p.item("  ", oneLine(x.Says()))
}

// inPattern reports whether all that a check found is part of a pattern, which says it for all.
func inPattern(patterns []finding.Pattern, j finding.Judged) bool {
	return slices.ContainsFunc(patterns, func(x finding.Pattern) bool {
		return (j.Project == "" || j.Project == x.Project) && slices.ContainsFunc(x.Checks, func(s finding.Share) bool {
			return s.Check == j.Name && s.Violations == len(j.Violations)+j.Omitted
		})
	})
}

// doubts writes what a check leaves open.
func (p *page) doubts(j finding.Judged) {
	title := oneLine(j.Title())
	if j.NotJudged != "" {
		p.line("not judged     %s: %s", title, oneLine(j.NotJudged))
	}
	if j.Assumed != "" {
		p.line("not judged     %s: %s", title, oneLine(j.Assumed))
	}
	if j.GaveUp != "" {
		p.line("gave up        %s: %s", title, oneLine(j.GaveUp))
	}
	if j.Undecided > 0 {
		p.line("undecided      %s: %d of %d cases have two readings", title, j.Undecided, j.Cases)
	}
	if n := len(j.Hazards) + j.Unlisted; n > 0 { // somebody was harmed, and a correct pool does the same
		p.line("hazard         %s: %d, the first: %s (%s)", title, n, oneLine(j.Hazards[0].Text), j.Hazards[0].Cause)
	}
}

func ledgerLine(name string, l finding.Ledger) string {
	return fmt.Sprintf("ledger of %s: %d reserved = %d bound + %d lost + %d unknown + %d expired + %d live; %d refused, %d in doubt; %d calls, %d answered",
		oneLine(cmp.Or(name, "all")), l.Reserved, l.Bound, l.Lost, l.Unknown, l.Expired, l.Live, l.Refused, l.InDoubt, l.Calls, l.Answered)
}

// HistoryLine is the report of a history in one line, for one of many.
func HistoryLine(r finding.HistoryReport) string {
	return fmt.Sprintf("%s   %s   %s", oneLine(strings.Join(r.Files, ", ")), count(r.Operations, "operation"), historySum(r))
}

// historySum sums up in one line.
func historySum(r finding.HistoryReport) string {
	judged := 0
	for _, j := range r.Results {
		if j.NotJudged == "" {
			judged++
		}
	}
	unproven := r.Unproven()
	sum := fmt.Sprintf("%d checks judged, %d not: %s", judged, len(r.Results)-judged, count(r.Proven(), "violation"))
	if unproven > 0 {
		sum += fmt.Sprintf(", %d not proven", unproven)
	}
	if n := r.Following(); n > 0 {
		sum += fmt.Sprintf(", %d of them following from others", n)
	}
	return sum
}

func histories(n int) string {
	if n == 1 {
		return "1 history"
	}
	return fmt.Sprintf("%d histories", n)
}

// violation writes one violation with everything that proves it.
func (p *page) violation(f finding.Finding, again string) {
	v, word := f.Violation, "VIOLATED"
	if !v.Proven() {
		word = "NOT PROVEN"
	}
	p.line("%s  %s   %s   %s", word, oneLine(finding.Judged{Rule: f.Rule, Project: f.Project}.Title()), f.Invariant, v.Certainty)
	p.proof(f, operations(v.Ops), again)
}

// proof writes why a violation is one. history is the operations to show.
func (p *page) proof(f finding.Finding, history, again string) {
	v := f.Violation
	p.item("  ", oneLine(v.Text))
	p.row("requires", f.Says)
	p.row("because", reasoning(v))
	p.row("likely", v.Cause)
	p.row("so", v.Consequences())
	p.row("rests on", v.RestsOn())
	p.drawing("timeline", Chart(v.Chart))
	p.row("history", history)
	p.row("again", again)
}

// reasoning is the rule by which a violation is proven, and how sure it is.
func reasoning(v finding.Violation) string {
	switch v.Certainty {
	case finding.ModuloStrays:
		return fmt.Sprintf("%s (%s: the chance that strays alone give as many is %.2g)", v.Rule, v.Certainty, v.P)
	case finding.ModuloUnseen:
		return v.Rule + "; calls of others, which this history does not show, may explain it"
	case finding.ModuloClocks:
		return v.Rule + "; clocks that are further apart than agreed may explain it"
	}
	return v.Rule
}

// operations are those of a history, a line each, with where they stand.
func operations(all []history.Op) string {
	var out []finding.Operation
	for _, o := range all {
		out = append(out, finding.Shown(o))
	}
	return lines(out)
}

// WriteCounterexample writes the smallest history that breaks a check. again is the command that finds it again.
func WriteCounterexample(w io.Writer, c finding.Counterexample, again string, o Options) error {
	p := newPage(o)
	p.line("  shrunk to %s in %s, on", count(len(c.History), "operation"), tries(c.Tries))
	for line := range strings.Lines(c.World) {
		p.line("    %s", strings.TrimRight(line, "\n"))
	}
	p.proof(c.Finding, tied(c.History), again)
	_, err := io.WriteString(w, p.String())
	return err
}

func tries(n int) string {
	if n == 1 {
		return "1 try"
	}
	return fmt.Sprintf("%d tries", n)
}

// tied are the operations of a small history, with what ties each to others.
func tied(all []history.Op) string {
	var lines []string
	for _, o := range all {
		s := o.String()
		for _, tie := range []struct{ name, value string }{
			{"nonce", o.Nonce}, {"call", o.CallID}, {"asked id", o.AskedID}, {"asked shared_id", o.AskedSharedID}, {"echo", echoed(o)},
		} {
			if tie.value != "" {
				s += fmt.Sprintf(", %s %s", tie.name, tie.value)
			}
		}
		lines = append(lines, oneLine(s))
	}
	return strings.Join(lines, "\n")
}

// echoed is the nonce that the agent of the call whose state was read had been given.
func echoed(o history.Op) string {
	var echo struct {
		Nonce *string `json:"echo_nonce"`
	}
	if len(o.Data) == 0 || json.Unmarshal(o.Data, &echo) != nil {
		return ""
	}
	if echo.Nonce == nil {
		return "none"
	}
	return *echo.Nonce
}
