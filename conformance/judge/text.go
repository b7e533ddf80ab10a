package judge

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/history"
)

// shown bounds the violations of one check that are written out.
const shown = 5

// Text writes the report for a person. command is how it was asked for.
func (r Report) Text(w io.Writer, command string) error {
	p := &printer{w: w}
	p.line("%d operations of %s, %s", len(r.Ops), plural(len(r.Files), "history", "histories"), cmp.Or(r.Source, "source not named"))
	for _, warning := range r.Warnings {
		p.line("warning: %s", warning)
	}
	for _, res := range r.Results {
		r.violations(p, res, command)
	}
	p.line("")
	for _, name := range sorted(r.Ledgers) {
		l := r.Ledgers[name]
		p.line("ledger of %s: %d reserved = %d bound + %d lost + %d unknown + %d expired + %d live; %d refused, %d in doubt; %d calls, %d answered",
			cmp.Or(name, "all"), l.Reserved, l.Bound, l.Lost, l.Unknown, l.Expired, l.Live, l.Refused, l.InDoubt, l.Calls, l.Answered)
	}
	for _, res := range r.Results {
		switch {
		case res.NotJudged != "":
			p.line("not judged     %s: %s", title(res), res.NotJudged)
		case res.Undecided > 0:
			p.line("undecided      %s: %d of %d cases have two readings", title(res), res.Undecided, res.Cases)
		case len(res.Hazards) > 0:
			p.line("hazard         %s: %d, the first: %s", title(res), len(res.Hazards), res.Hazards[0].Text)
		}
	}
	for _, name := range sorted(r.Linear) {
		res := r.Linear[name]
		p.line("linear         %s", strings.TrimSpace(fmt.Sprintf("%s: %s %s", cmp.Or(name, "all"), res.Status, res.Reason)))
	}
	p.line("%s", r.last())
	return p.err
}

// last sums up in one line.
func (r Report) last() string {
	judged := 0
	for _, res := range r.Results {
		if res.NotJudged == "" {
			judged++
		}
	}
	return fmt.Sprintf("%d checks judged, %d not: %s", judged, len(r.Results)-judged, plural(r.Violations(), "violation", "violations"))
}

func (r Report) violations(p *printer, res check.Result, command string) {
	for i, v := range res.Violations {
		if i == shown {
			p.line("\n%s: and %d more", title(res), len(res.Violations)+res.Omitted-shown)
			return
		}
		p.line("\nVIOLATED  %s   %s   %s", title(res), res.Check.Invariant, v.Certainty)
		p.line("  %s", v.Text)
		p.line("  requires  %s", res.Check.Says)
		p.line("  because   %s", v.Rule)
		if v.Certainty == check.ModuloStrays {
			p.line("            the chance that strays alone give as many: %.2g", v.P)
		}
		p.line("  likely    %s", v.Cause)
		for _, row := range Timeline(r.around(v)) {
			p.line("  %s", row)
		}
		for _, o := range v.Ops {
			p.line("  %s", strings.TrimSpace(o.Source+"  "+o.String()))
		}
		p.line("  again     %s", command)
	}
}

func title(res check.Result) string {
	if res.Project == "" {
		return res.Check.Name
	}
	return res.Check.Name + " of " + res.Project
}

// around are the operations of a violation, and every reservation and call of the same numbers at that time.
func (r Report) around(v check.Violation) []history.Op {
	if len(v.Ops) == 0 {
		return nil
	}
	from, to := v.Ops[0].Start, ending(v.Ops[0])
	numbers, ids := make(map[string]bool), make(map[string]bool)
	for _, o := range v.Ops {
		from, to = min(from, o.Start), max(to, ending(o))
		numbers[o.Number], ids[o.Generator+fmt.Sprint(o.ID)] = o.Number != "", true
	}
	var out []history.Op
	for _, o := range r.Ops {
		near := numbers[o.Number] && o.Kind != history.Handoff && o.Start <= to && ending(o) >= from
		if near || ids[o.Generator+fmt.Sprint(o.ID)] {
			out = append(out, o)
		}
	}
	return out
}

func ending(o history.Op) time.Duration {
	if o.Ended {
		return max(o.End, o.Bye)
	}
	return o.End
}

// barWidth is the room for the bars of a timeline, and mostRows the rows that are drawn.
const (
	barWidth = 48
	mostRows = 20
)

// Timeline draws operations as bars on one scale: "=" while a request or a call's set-up was under way, "-" while a
// call was up.
func Timeline(ops []history.Op) []string {
	if len(ops) < 2 {
		return nil
	}
	ops = slices.Clone(ops)
	slices.SortStableFunc(ops, func(a, b history.Op) int { return cmp.Compare(a.Start, b.Start) })
	from, to := ops[0].Start, ending(ops[0])
	for _, o := range ops {
		to = max(to, ending(o))
	}
	at := func(t time.Duration) int {
		if to == from {
			return 0
		}
		return int(int64(t-from) * (barWidth - 1) / int64(to-from))
	}
	rows := []string{fmt.Sprintf("%-30s %-*s%s", "", barWidth-len(round(to))+1, round(from), round(to))}
	for i, o := range ops {
		if i == mostRows {
			return append(rows, fmt.Sprintf("and %d more", len(ops)-mostRows))
		}
		bar := []byte(strings.Repeat(" ", barWidth))
		for x := at(o.Start); x <= at(o.End); x++ {
			bar[x] = '='
		}
		if o.Ended {
			for x := at(o.End) + 1; x <= at(o.Bye); x++ {
				bar[x] = '-'
			}
		}
		rows = append(rows, fmt.Sprintf("%-30s|%s| %s", clip(fmt.Sprintf("#%d %s %s", o.ID, o.Kind, o.Number)), bar, o.Outcome))
	}
	return rows
}

func round(d time.Duration) string { return d.Round(time.Millisecond).String() }

func clip(s string) string { return s[:min(len(s), 30)] }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// printer keeps the first error of its writer.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}
