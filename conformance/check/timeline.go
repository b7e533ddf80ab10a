package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
)

// The measures of a timeline.
const (
	margin     = 26 // what stands before a row's chart
	chartWidth = 44
	mostLines  = 4  // numbers
	mostRows   = 12 // of each number
)

// Timeline draws what a violation is about: the numbers, and on each the reservations and calls around that time. A
// reservation is drawn as ? while it is not certain that it has been made, = while its number was certainly held, -
// while it may have been; a call as . while it is on its way, and as # until its end; a request without a number as !,
// with the numbers that were given last before it. It is nil where nothing has a number.
func Timeline(f Facts, ops []history.Op, x finding.Violation) []string {
	numbers := numbersOf(x)
	if len(numbers) == 0 {
		numbers = lastGiven(ops, x)
	}
	if len(numbers) == 0 {
		return nil
	}
	v := newView(f, about(ops, numbers))
	c := v.chart(x, numbers)
	rows := []string{c.scale()}
	for _, o := range x.Ops {
		if o.Kind == history.Reserve && o.Number == "" {
			b := newBar()
			b.fill(c, o.Start, o.End, '!')
			rows = append(rows, fmt.Sprintf("%s%s  %s, %s", head(&o, x), b, when(&o), o.Outcome))
		}
	}
	for _, n := range numbers {
		rows = append(append(rows, n), v.drawLine(c, v.line(n), x)...)
	}
	return append(rows, "? may have been made  = was held  - may have been held   . on its way  # in a call   * proves it")
}

func numbersOf(x finding.Violation) (out []string) {
	for _, o := range x.Ops {
		if o.Number != "" && !slices.Contains(out, o.Number) && len(out) < mostLines {
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
	for i := len(ops) - 1; i >= 0 && len(out) < mostLines; i-- {
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

// chart maps times to columns.
type chart struct{ from, to time.Duration }

// chart covers the operations that prove the violation, and the lives of the reservations that it is about as far as
// needed.
func (v *view) chart(x finding.Violation, numbers []string) chart {
	c := chart{Forever, never}
	for _, o := range x.Ops {
		if o.Kind == history.Handoff && len(x.Ops) > 1 {
			continue
		}
		c.from, c.to = min(c.from, o.Start), max(c.to, o.End)
		if o.Ended {
			c.to = max(c.to, min(o.Bye, o.End+time.Minute))
		}
	}
	named := len(numbersOf(x)) > 0
	for _, n := range numbers {
		for _, l := range v.line(n).leases {
			switch {
			case named && l.earliest < Forever && isOneOf(l.op, x):
				c.to = max(c.to, min(l.earliest, l.ret+2*time.Minute))
			case !named && l.op.Start >= c.to-2*time.Minute && l.op.Start <= c.to: // those before it are what it is about
				c.from = min(c.from, l.op.Start)
			}
		}
	}
	pad := max((c.to-c.from)/20, time.Millisecond)
	return chart{c.from - pad, c.to + pad}
}

func isOneOf(o *history.Op, x finding.Violation) bool {
	return slices.ContainsFunc(x.Ops, func(p history.Op) bool { return p.ID == o.ID && p.Generator == o.Generator })
}

func (c chart) column(t time.Duration) int {
	return int(float64(t-c.from) / float64(c.to-c.from) * chartWidth)
}

// scale is the times of the left end, the middle and the right end.
func (c chart) scale() string {
	const half = chartWidth / 2
	return fmt.Sprintf("%*s%-*s%-*s%s", margin, "", half, short(max(c.from, 0)), half, short(c.from+(c.to-c.from)/2), short(c.to))
}

func (v *view) drawLine(c chart, n *line, x finding.Violation) (out []string) {
	type row struct {
		at   time.Duration
		text string
	}
	var rows []row
	for _, l := range n.leases {
		if l.from <= c.to && (l.latest >= c.from || isOneOf(l.op, x)) {
			rows = append(rows, row{l.op.Start, drawLease(c, l, x)})
		}
	}
	for _, k := range n.calls {
		if k.soonest <= c.to && max(k.latest, k.op.Bye) >= c.from {
			rows = append(rows, row{k.op.Start, drawCall(c, k, x)})
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.at, b.at) })
	for i, r := range rows {
		if i == mostRows {
			return append(out, fmt.Sprintf("  and %d more", len(rows)-i))
		}
		out = append(out, r.text)
	}
	return out
}

// bar is a row's chart.
type bar [chartWidth]byte

func newBar() (b bar) {
	for i := range b {
		b[i] = ' '
	}
	return b
}

func (b bar) String() string { return string(b[:]) }

// fill draws from one time to another, at least one column of it.
func (b *bar) fill(c chart, from, to time.Duration, with byte) {
	if to < c.from || from > c.to || from > to {
		return
	}
	first := max(c.column(max(from, c.from)), 0)
	last := min(c.column(min(to, c.to)), chartWidth)
	for i := first; i < max(last, first+1) && i < chartWidth; i++ {
		b[i] = with
	}
}

func drawLease(c chart, l *lease, x finding.Violation) string {
	b := newBar()
	b.fill(c, l.earliest, l.latest, '-')
	if l.ret < l.earliest {
		b.fill(c, l.ret, l.earliest, '=')
	}
	b.fill(c, l.from, l.ret, '?')
	until := fmt.Sprintf("held until %s or later", short(l.earliest))
	if l.earliest == Forever {
		until = "held to the end"
	}
	return fmt.Sprintf("%s%s  %s, %s%s", head(l.op, x), b, when(l.op), until, withNonce(l.op))
}

func drawCall(c chart, k *call, x finding.Violation) string {
	b := newBar()
	b.fill(c, k.op.Start, k.op.End, '.')
	says := "still up"
	switch {
	case !k.answered():
		says = fmt.Sprintf("%s %d", k.op.Outcome, k.op.Status)
	case k.op.Ended:
		b.fill(c, k.op.End, k.op.Bye, '#')
		says = "over at " + short(k.op.Bye)
		if k.op.EndedBy != "" {
			says += " by the " + k.op.EndedBy
		}
	default:
		b.fill(c, k.op.End, c.to, '#')
	}
	given := ""
	switch {
	case k.echo == nil:
	case k.echo.Nonce != "":
		given = ", was given " + k.echo.Nonce
	case !k.echo.Bound:
		given = ", was given nothing"
	}
	return fmt.Sprintf("%s%s  %s, %s%s%s", head(k.op, x), b, when(k.op), says, withNonce(k.op), given)
}

// head is what stands before a row's chart.
func head(o *history.Op, x finding.Violation) string {
	mark := " "
	if isOneOf(o, x) {
		mark = "*"
	}
	text := strings.TrimSpace(fmt.Sprintf("#%d %s %s", o.ID, o.Kind, o.Client))
	return fmt.Sprintf("%s %-*s", mark, margin-2, text[:min(len(text), margin-3)])
}

func when(o *history.Op) string {
	if o.End == o.Start {
		return short(o.Start)
	}
	return short(o.Start) + "–" + short(o.End)
}

func withNonce(o *history.Op) string {
	if o.Nonce == "" {
		return ""
	}
	return ", nonce " + o.Nonce
}

func short(d time.Duration) string { return d.Round(time.Millisecond).String() }
