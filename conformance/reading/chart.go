package reading

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
)

// How much a chart shows.
const (
	mostNumbers = 4
	mostRows    = 12 // of each number
)

// Chart shows what a violation is about over time: its numbers, or, where it names none, those that were given last
// before it. project is the one whose operations were judged; "" is all. It is nil where nothing has a number.
func (h *History) Chart(project string, x finding.Violation) *finding.Chart {
	numbers := numbersOf(x)
	if len(numbers) == 0 {
		numbers = lastGiven(h.Ops, x)
	}
	if len(numbers) == 0 {
		return nil
	}
	v := New(h.FactsOf(x.Owner(project)), about(h.Ops, numbers))
	c := v.span(x, numbers)
	for _, o := range x.Ops {
		if o.Kind == history.Reserve && o.Number == "" {
			c.Requests = append(c.Requests, finding.ChartRow{
				Op: o, Proves: true, Bars: []finding.Bar{{From: o.Start, To: o.End, State: finding.Refusal}}, Says: string(o.Outcome),
			})
		}
	}
	for _, n := range numbers {
		c.Numbers = append(c.Numbers, v.chartNumber(c, v.line(n), x))
	}
	return c
}

// FactsOf is what is known of a project's pool; of all, when the project is none of the history's.
func (h *History) FactsOf(project string) Facts {
	if p, ok := h.Projects[project]; ok {
		return p.Facts
	}
	return h.Whole.Facts
}

func numbersOf(x finding.Violation) (out []string) {
	for _, o := range x.Ops {
		if o.Number != "" && !slices.Contains(out, o.Number) && len(out) < mostNumbers {
			out = append(out, o.Number)
		}
	}
	return out
}

// lastGiven are the numbers that were given last before a violation that names none.
func lastGiven(ops []history.Op, x finding.Violation) (out []string) {
	if len(x.Ops) == 0 {
		return nil
	}
	for i := len(ops) - 1; i >= 0 && len(out) < mostNumbers; i-- {
		o := &ops[i]
		if o.Kind == history.Reserve && o.Number != "" && o.Project == x.Ops[0].Project && o.Start <= x.Ops[0].End && !slices.Contains(out, o.Number) {
			out = append(out, o.Number)
		}
	}
	slices.Sort(out)
	return out
}

// about picks the operations on the numbers, and the questions about their calls.
func about(ops []history.Op, numbers []string) (out []*history.Op) {
	calls := make(map[string]bool)
	for i := range ops {
		if o := &ops[i]; o.Kind == history.Call && slices.Contains(numbers, o.Number) {
			calls[o.CallID] = true
		}
	}
	for i := range ops {
		o := &ops[i]
		if o.Kind == history.Restart || o.Number != "" && slices.Contains(numbers, o.Number) || o.GotID != "" && calls[o.GotID] {
			out = append(out, o)
		}
	}
	return out
}

// span is an empty chart that covers the operations that prove the violation, and the lives of the reservations that it
// is about as far as needed.
func (v *Reading) span(x finding.Violation, numbers []string) *finding.Chart {
	from, to := Forever, Never
	for _, o := range x.Ops {
		if o.Kind == history.Handoff && len(x.Ops) > 1 {
			continue
		}
		from, to = min(from, o.Start), max(to, o.End)
		if o.Ended {
			to = max(to, min(o.Bye, o.End+time.Minute))
		}
	}
	named := len(numbersOf(x)) > 0
	for _, n := range numbers {
		for _, l := range v.line(n).Leases {
			switch {
			case named && l.Earliest < Forever && isOneOf(l.Op, x):
				to = max(to, min(l.Earliest, l.Replied+2*time.Minute))
			case !named && l.Op.Start >= to-2*time.Minute && l.Op.Start <= to: // those before it are what it is about
				from = min(from, l.Op.Start)
			}
		}
	}
	pad := max((to-from)/20, time.Millisecond)
	return &finding.Chart{From: from - pad, To: to + pad}
}

func isOneOf(o *history.Op, x finding.Violation) bool {
	return slices.ContainsFunc(x.Ops, func(p history.Op) bool { return p.ID == o.ID && p.Generator == o.Generator })
}

func (v *Reading) chartNumber(c *finding.Chart, n *Line, x finding.Violation) finding.ChartNumber {
	out := finding.ChartNumber{Number: n.Number}
	for _, l := range n.Leases {
		if l.From <= c.To && (l.Latest >= c.From || isOneOf(l.Op, x)) {
			out.Rows = append(out.Rows, l.row(x))
		}
	}
	for _, k := range n.Calls {
		if k.Soonest <= c.To && max(k.Latest, k.Op.Bye) >= c.From {
			out.Rows = append(out.Rows, k.row(c, x))
		}
	}
	slices.SortStableFunc(out.Rows, func(a, b finding.ChartRow) int { return cmp.Compare(a.Op.Start, b.Op.Start) })
	if out.More = max(0, len(out.Rows)-mostRows); out.More > 0 {
		out.Rows = out.Rows[:mostRows]
	}
	return out
}

func (l *Lease) row(x finding.Violation) finding.ChartRow {
	r := finding.ChartRow{Op: *l.Op, Proves: isOneOf(l.Op, x), Says: fmt.Sprintf("held until %s or later", short(l.Earliest))}
	r.Bars = append(r.Bars, finding.Bar{From: l.Earliest, To: l.Latest, State: finding.MayBeHeld})
	if l.Replied < l.Earliest {
		r.Bars = append(r.Bars, finding.Bar{From: l.Replied, To: l.Earliest, State: finding.Held})
	}
	r.Bars = append(r.Bars, finding.Bar{From: l.From, To: l.Replied, State: finding.MayBeMade})
	if l.Earliest == Forever {
		r.Says = "held to the end"
	}
	r.Says += withNonce(l.Op)
	return r
}

func (k *Call) row(c *finding.Chart, x finding.Violation) finding.ChartRow {
	r := finding.ChartRow{Op: *k.Op, Proves: isOneOf(k.Op, x), Says: "still up"}
	r.Bars = append(r.Bars, finding.Bar{From: k.Op.Start, To: k.Op.End, State: finding.OnItsWay})
	switch {
	case !k.Answered():
		r.Says = fmt.Sprintf("%s %d", k.Op.Outcome, k.Op.Status)
	case k.Ended():
		r.Bars = append(r.Bars, finding.Bar{From: k.Op.End, To: k.Op.Bye, State: finding.InCall})
		r.Says = "over at " + short(k.Op.Bye)
		if k.Op.EndedBy != "" {
			r.Says += " by the " + k.Op.EndedBy
		}
	default:
		r.Bars = append(r.Bars, finding.Bar{From: k.Op.End, To: c.To, State: finding.InCall})
	}
	r.Says += withNonce(k.Op)
	switch {
	case k.Echo == nil:
	case k.Echo.Nonce != "":
		r.Says += ", was given " + k.Echo.Nonce
	case !k.Echo.Bound:
		r.Says += ", was given nothing"
	}
	return r
}

func withNonce(o *history.Op) string {
	if o.Nonce == "" {
		return ""
	}
	return ", nonce " + o.Nonce
}

func short(d time.Duration) string { return d.Round(time.Millisecond).String() }
