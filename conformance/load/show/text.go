// Package show writes what came of a load test: for people as text, as a page, and as a table that is followed while it runs;
// for machines as JSON, CSV and JSON lines.
package show

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/erlang"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/load"
	"github.com/dnispool/dnispool/conformance/load/measure"
	"github.com/dnispool/dnispool/conformance/report"
)

// Text writes a report for a person at a terminal.
func Text(w io.Writer, r load.Report) error {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("")
	for _, row := range Facts(r) {
		line("%-12s %s", row[0], row[1])
	}
	if len(r.Thresholds) > 0 {
		line("")
		line("thresholds")
		for _, v := range r.Thresholds {
			line("  %-12s %-24s %s", v.Status, demand(v), v.Says)
		}
	}
	line("")
	line("%-10s %8s %9s %9s %9s %9s %9s %9s", "times", "count", "p50", "p90", "p95", "p99", "p99.9", "max")
	for _, row := range times(r) {
		line("%-10s %8d %9s %9s %9s %9s %9s %9s  %s", row.Name, row.Of.Count, span(row.Of.P50), span(row.Of.P90), span(row.Of.P95), span(row.Of.P99), span(row.Of.P999), span(row.Of.Max), row.Note)
	}
	if len(r.Measured.Stages) > 1 {
		line("")
		line("%-20s %9s %9s %9s %18s %10s %9s", "stages", "offered/s", "begun/s", "erlangs", "blocked", formula(r.Measured), "hold")
		for _, s := range r.Measured.Stages {
			line("%-20s %9s %9s %9s %18s %10s %9s", s.Name, digits(s.Rate()), digits(s.Achieved()), number(s.Offered), blocked(s.Blocked), percent(s.Predicted), span(s.Hold))
		}
	}
	if all := r.Measured.Projects; len(all) > 0 {
		line("")
		line("%-20s %9s %9s %9s %18s %10s %9s %11s", "projects", "callers", "numbers", "erlangs", "blocked", formula(r.Measured), "hold", "1 % needs")
		for _, p := range all {
			line("%-20s %9d %9s %9s %18s %10s %9s %11s", p.Name, p.Whole.Begun, size(p.Size), number(p.Whole.Offered), blocked(p.Whole.Blocked), percent(p.Whole.Predicted), span(p.Whole.Hold), needs(p.Result))
		}
	}
	line("")
	line("ledger       every caller, the warm-up's too")
	for _, row := range r.Measured.Ledger {
		if row.Total > 0 || row.Residual != 0 {
			line("  %s", ledgerLine(row))
		}
	}
	line("")
	for _, note := range r.Notes {
		line("note         %s", note)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	return conclude(w, r)
}

// conclude writes what the checks say, and the verdict as the last line.
func conclude(w io.Writer, r load.Report) error {
	switch {
	case r.Judged == nil:
		fmt.Fprintf(w, "not judged   %s\n", r.NotJudged)
	case r.Judged.Conclusion() == (finding.Conclusion{}):
		fmt.Fprintf(w, "%-12s %s\n", "checks", report.HistoryLine(*r.Judged))
	default:
		if err := report.WriteHistory(w, *r.Judged, r.JudgeAgain, report.Options{}); err != nil {
			return err
		}
	}
	if r.Watched != nil {
		fmt.Fprintf(w, "%-12s %s\n", "while it ran", watched(*r.Watched))
	}
	if r.History != "" {
		fmt.Fprintf(w, "%-12s %s; judge it again with %s\n", "history", r.History, r.JudgeAgain)
	}
	fmt.Fprintf(w, "%-12s %s\n\n%s\n", "again", r.Again, Verdict(r))
	return nil
}

// watched is what the checks found before the run was over.
func watched(s load.SoFar) string {
	text := fmt.Sprintf("the checks found %d violations in what was recorded until %s", s.Violations, s.Until.Round(time.Second))
	if s.Missed != "" {
		text += "; not all was looked at: " + s.Missed
	}
	return text
}

// Verdict is what the run comes to, in a sentence.
func Verdict(r load.Report) string {
	var why []string
	for _, v := range r.Thresholds {
		if v.Status == load.Failed || v.Status == load.Inconclusive {
			why = append(why, fmt.Sprintf("%s %s (%s)", demand(v), v.Status, v.Says))
		}
	}
	if n := r.Violations(); n > 0 {
		why = append(why, fmt.Sprintf("the checks found %d violations", n))
	}
	if n := r.Unproven(); n > 0 {
		why = append(why, fmt.Sprintf("the checks found %d that are not proven", n))
	}
	if r.Aborted != "" {
		why = append(why, "the run was ended by "+r.Aborted)
	}
	why = append(why, r.Doubts()...)
	says := fmt.Sprintf("%s: %d callers", strings.ReplaceAll(r.Conclusion().Verdict(), "-", " "), r.Measured.Whole.Begun)
	if !r.Calls {
		says += ", no calls"
	}
	if len(why) == 0 {
		return says + "; what was demanded holds."
	}
	return says + "; " + strings.Join(why, "; ") + "."
}

// Facts are the figures of the verdict box, as names and texts.
func Facts(r load.Report) [][2]string {
	whole := r.Measured.Whole
	rows := [][2]string{
		{"offered", fmt.Sprintf("%s callers a second were due, %s began in time: %s", digits(whole.Rate()), digits(whole.Achieved()), r.Arrivals)},
		{"blocked", blocked(whole.Blocked) + fmt.Sprintf(" of %d reservations", whole.Blocked.Tries)},
	}
	switch {
	case whole.Blocked.Tries == 0: // nothing was measured
	case whole.Offered != nil:
		text := fmt.Sprintf("%s erlangs offered, as measured: each number was held %s in the mean", digits(*whole.Offered), span(whole.Hold))
		switch {
		case whole.Predicted != nil && len(r.Measured.Projects) > 0:
			text += fmt.Sprintf("; %s of what each project's own pool was offered: %s blocked", r.Measured.Formula, percent(whole.Predicted))
		case whole.Predicted != nil:
			text += fmt.Sprintf("; %s on %d numbers: %s blocked", r.Measured.Formula, r.Size, percent(whole.Predicted))
		}
		rows = append(rows, [2]string{"load", text})
	default:
		rows = append(rows, [2]string{"load", "not known in erlangs: of the pool it must be known what releases a number, and its window"})
	}
	if text := capacity(r); text != "" {
		rows = append(rows, [2]string{"capacity", text})
	}
	if !r.Calls {
		rows = append(rows, [2]string{"calls", "none were placed: every number was reserved and left to lapse"})
	} else {
		rows = append(rows, [2]string{"context", contexts(r.Measured.Counts)})
	}
	if r.Measured.Formula == measure.Engset {
		rows = append(rows, [2]string{"closed", "these callers wait for the platform, so what is refused is less than real callers would find: Engset's formula and not Erlang's; no more callers than numbers are ever refused"})
	}
	rows = append(rows, [2]string{"generator", generator(r)})
	return rows
}

// capacity is what the pool carries, and how many numbers the load would need, by Erlang B and the hold that was measured.
func capacity(r load.Report) string {
	whole := r.Measured.Whole
	if len(r.Measured.Projects) > 0 { // what numbers carry is to be said of each pool
		return ""
	}
	if whole.Offered == nil || r.Size == 0 || whole.Hold <= 0 || r.Measured.Formula != measure.ErlangB {
		return ""
	}
	callers := func(grade float64) float64 { return erlang.Capacity(r.Size, grade, 1) / whole.Hold.Minutes() }
	return fmt.Sprintf("%d numbers held so long take %s callers a minute when 1 %% may be refused, %s at 0.1 %%; the load that was measured needs %d and %d numbers for that",
		r.Size, digits(callers(0.01)), digits(callers(0.001)), erlang.Lines(*whole.Offered, 0.01, 1), erlang.Lines(*whole.Offered, 0.001, 1))
}

// needs is how many numbers the load that was measured needs when 1 % may be refused.
func needs(m measure.Result) string {
	if m.Whole.Offered == nil || m.Formula != measure.ErlangB {
		return "-"
	}
	return strconv.Itoa(erlang.Lines(*m.Whole.Offered, 0.01, 1))
}

// demand is a threshold, and whose callers it is about.
func demand(v load.Verdict) string {
	if v.Project == "" {
		return v.Threshold
	}
	return v.Threshold + " of " + v.Project
}

// size is how many numbers a pool has.
func size(n int) string {
	if n == 0 {
		return "-"
	}
	return strconv.Itoa(n)
}

// contexts says whose attributes calls were given. Of none that was seen, so many may still be wrong: three in n (95 %).
func contexts(c measure.Counts) string {
	text := fmt.Sprintf("%d calls had their own attributes, %d none, %d another's", c.Own, c.None, c.Foreign)
	if n := c.Own; c.None+c.Foreign == 0 && n > 0 {
		text += fmt.Sprintf(" (95 %% sure of fewer than 1 in %d)", max(1, n/3))
	}
	return text + fmt.Sprintf("; %d callers may have been dropped unnoticed", c.FailOpen)
}

// generator says how far the machine itself is to be trusted.
func generator(r load.Report) string {
	c := r.Calibration
	text := fmt.Sprintf("send lag p99 %s; on a bare handler at %s it reserves in p99 %s with a lag of %s", span(r.Measured.Times[measure.TimeLag].P99), c.Rate, span(c.Reserve.P99), span(c.Lag.P99))
	if !c.Reached {
		text += ", which it cannot keep up with"
	}
	return text
}

// timed is a row of the table of times.
type timed struct {
	Name string
	Of   measure.Percentiles
	Note string // to be said of it
}

// times are the rows that have something to say.
func times(r load.Report) (rows []timed) {
	for _, name := range measure.Timed() {
		p := r.Measured.Times[name]
		if p.Count == 0 {
			continue
		}
		row := timed{Name: name, Of: p}
		for _, q := range measure.Named() {
			if r.Measured.Explained(name, q) {
				row.Note = "from " + q + " on the generator's own lag could explain it"
				break
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func ledgerLine(r measure.Row) string {
	parts := make([]string, len(r.Parts))
	for i, p := range r.Parts {
		parts[i] = fmt.Sprintf("%d %s", p.Count, p.Name)
	}
	line := fmt.Sprintf("%d %s = %s", r.Total, r.Of, strings.Join(parts, " + "))
	if r.Residual != 0 {
		line += fmt.Sprintf(" + %d UNACCOUNTED FOR", r.Residual)
	}
	return line
}

func blocked(b measure.Interval) string {
	text := fmt.Sprintf("%.3g %%", 100*b.Share)
	if b.HalfWidth != nil {
		text += fmt.Sprintf(" ± %.2g", 100**b.HalfWidth)
	}
	return text
}

func percent(share *float64) string {
	if share == nil {
		return "-"
	}
	if *share > 0 && *share < 1e-6 {
		return "< 0.0001 %"
	}
	return fmt.Sprintf("%.3g %%", 100**share)
}

// formula names what predicts how much is refused.
func formula(r measure.Result) string { return cmp.Or(string(r.Formula), "predicted") }

func number(f *float64) string {
	if f == nil {
		return "-"
	}
	return digits(*f)
}

// digits writes a figure with four digits, or all that are before the point.
func digits(f float64) string {
	if f >= 1000 {
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return fmt.Sprintf("%.4g", f)
}

// span writes a length of time in three digits.
func span(d time.Duration) string {
	switch {
	case d == 0:
		return "-"
	case d < 10*time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}
