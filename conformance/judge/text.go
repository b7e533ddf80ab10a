package judge

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/dnispool/dnispool/conformance/check"
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
	for _, name := range slices.Sorted(maps.Keys(r.Ledgers)) {
		l := r.Ledgers[name]
		p.line("ledger of %s: %d reserved = %d bound + %d lost + %d unknown + %d expired + %d live; %d refused, %d in doubt; %d calls, %d answered",
			cmp.Or(name, "all"), l.Reserved, l.Bound, l.Lost, l.Unknown, l.Expired, l.Live, l.Refused, l.InDoubt, l.Calls, l.Answered)
	}
	for _, res := range r.Results {
		if res.NotJudged != "" {
			p.line("not judged     %s: %s", title(res), res.NotJudged)
		}
		if res.Undecided > 0 {
			p.line("undecided      %s: %d of %d cases have two readings", title(res), res.Undecided, res.Cases)
		}
		if n := len(res.Hazards) + res.Unlisted; n > 0 { // somebody was harmed, and a correct pool does the same
			p.line("hazard         %s: %d, the first: %s (%s)", title(res), n, res.Hazards[0].Text, res.Hazards[0].Cause)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Linear)) {
		res := r.Linear[name]
		p.line("linear         %s", strings.TrimSpace(fmt.Sprintf("%s: %s %s", cmp.Or(name, "all"), res.Status, res.Reason)))
	}
	p.line("%s", r.last())
	return p.err
}

// Line is the report in one line, for one of many.
func (r Report) Line() string {
	return fmt.Sprintf("%s   %s   %s", strings.Join(r.Files, ", "), plural(len(r.Ops), "operation", "operations"), r.last())
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
		for _, row := range check.Timeline(r.of(v.Owner(res.Project)), r.Ops, v) {
			p.line("  %s", row)
		}
		for _, o := range v.Ops {
			p.line("  %s", strings.TrimSpace(o.Where()+"  "+o.String()))
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

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
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
