package report

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/report/html"
)

// failureView is a failure as the templates read it.
type failureView struct {
	finding.Failure
	of    resultView
	Last  bool // of those that are shown whole
	Whole bool // false: one line, of a scenario with many
}

// Place is file:line.
func (f failureView) Place() string { return place(f.Failure, f.of.Result) }

// Where says in which step, and what kind of failure.
func (f failureView) Where() string { return stepWords(f.Failure) }

// Headline is the failure in a line.
func (f failureView) Headline() string { return reasonText(f.Failure.Headline()) }

// SourceView is a line of the scenario, in three parts of which the middle is what is not met.
type SourceView struct {
	Line                  int
	Before, Marked, After string
}

// SourceLines are the scenario's lines.
func (f failureView) SourceLines() (out []SourceView) {
	for _, l := range f.Source {
		cells := draw(l.Text).cells
		from, to := len(cells), len(cells)
		if l.Line == f.Line && f.Column >= 1 {
			from = min(f.Column-1, len(cells))
			to = min(from+max(f.Width, 1), len(cells))
		}
		out = append(out, SourceView{l.Line, strings.Join(cells[:from], ""), strings.Join(cells[from:to], ""), strings.Join(cells[to:], "")})
	}
	return out
}

// Wanted is what was wanted, with the path.
func (f failureView) Wanted() string { return pathed(f.Path, f.Want) }

// Actual is what was got, with the path.
func (f failureView) Actual() string { return pathed(f.Path, f.Got) }

// History are the operations that prove it, a line each.
func (f failureView) History() string { return lines(f.Operations) }

// Steps are the steps before it, a line each.
func (f failureView) Steps() string { return beforeLines(f.Before) }

// Sent is the request as it is shown: its first line, then headers and body.
func (f failureView) Sent() string { return sent(*f.Exchange) }

// Received is the reply as it is shown.
func (f failureView) Received() string { return received(*f.Exchange) }

// LadderSVG draws the calls around the failure, and with them the requests.
func (f failureView) LadderSVG() template.HTML {
	messages := f.Failure.Ladder
	if len(messages) == 0 && f.Last {
		messages = f.of.Result.Ladder
	}
	if len(messages) == 0 {
		return "" // HTTP alone is told by the exchange
	}
	return ladderSVG(exchangesOf(f.Failure, f.of.Result), messages)
}

func ladderSVG(exchanges []finding.Exchange, messages []finding.SIPMessage) template.HTML {
	rungs := rungsOf(exchanges, messages)
	if len(rungs) == 0 {
		return ""
	}
	l := html.Ladder{Title: "Requests and calls in the order of wall time, in milliseconds", Parties: partiesOf(rungs)}
	start := firstTime(rungs)
	for _, r := range folded(rungs) {
		l.Rungs = append(l.Rungs, html.Rung{At: since(r.at, start), From: r.from, To: r.to, Text: r.text, HTTP: r.http})
	}
	return l.SVG()
}

// The states of a chart's bars, in the order of the colours.
var chartStates = []struct {
	state finding.BarState
	says  string
	maybe bool
}{
	{finding.Held, "was held", false},
	{finding.InCall, "in a call", false},
	{finding.MayBeMade, "may have been made", true},
	{finding.MayBeHeld, "may have been held", true},
	{finding.OnItsWay, "on its way", true},
	{finding.Refusal, "given no number", false},
}

// ChartSVG draws what a broken invariant is about, over time.
func (f failureView) ChartSVG() template.HTML {
	c := f.Chart
	if c == nil {
		return ""
	}
	from := max(c.From, 0)
	l := html.Lanes{
		Title: "Reservations and calls over " + f.of.run.Clock() + "; what is marked * proves it",
		Time: html.Axis{Min: from.Seconds(), Max: c.To.Seconds(), Says: func(s float64) string {
			return time.Duration(s * float64(time.Second)).Round(fine(c.To - from)).String()
		}},
	}
	for _, s := range chartStates {
		l.States = append(l.States, s.says)
	}
	for _, r := range c.Requests {
		l.Lanes = append(l.Lanes, lane(r))
	}
	for _, n := range c.Numbers {
		l.Lanes = append(l.Lanes, html.Lane{Head: oneLine(n.Number), Strong: true})
		for _, r := range n.Rows {
			l.Lanes = append(l.Lanes, lane(r))
		}
		if n.More > 0 {
			l.Lanes = append(l.Lanes, html.Lane{Head: fmt.Sprintf("  and %d more", n.More)})
		}
	}
	return l.SVG()
}

// fine is the decimal unit in which figures of an axis so long are written: less than its distance between two figures.
func fine(span time.Duration) time.Duration {
	unit := time.Nanosecond
	for unit*1000 < span {
		unit *= 10
	}
	return unit
}

func lane(r finding.ChartRow) html.Lane {
	mark := ""
	if r.Proves {
		mark = "* "
	}
	o := r.Op
	out := html.Lane{Head: mark + strings.TrimSpace(fmt.Sprintf("#%d %s %s", o.ID, o.Kind, oneLine(o.Client))), Note: stretch(o) + ", " + oneLine(r.Says)}
	for _, b := range r.Bars {
		for i, s := range chartStates {
			if s.state == b.State {
				says := fmt.Sprintf("%s from %s to %s", s.says, moment(b.From), moment(b.To))
				out.Bars = append(out.Bars, html.Bar{From: b.From.Seconds(), To: b.To.Seconds(), State: i, Maybe: s.maybe, Says: says})
			}
		}
	}
	return out
}

// sent is a request as HTTP writes it.
func sent(x finding.Exchange) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", x.Method, requestTarget(x.URL))
	for _, h := range x.RequestHeaders {
		if tellingRequestHeader(h) {
			fmt.Fprintf(&b, "%s: %s\n", h.Name, h.Value)
		}
	}
	return b.String() + withBody(x.RequestBody)
}

// received is a reply as HTTP writes it, after what became of the request.
func received(x finding.Exchange) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", outcome(x))
	for _, h := range x.ResponseHeaders {
		fmt.Fprintf(&b, "%s: %s\n", h.Name, h.Value)
	}
	body := withBody(x.ResponseBody)
	if x.Status != 0 && x.ResponseBody == "" && x.Error == "" && !x.Truncated {
		body = "\n(no body)\n"
	}
	if x.Truncated {
		body += "(the rest of the body was not recorded)\n"
	}
	return b.String() + body
}

func withBody(s string) string {
	if s == "" {
		return ""
	}
	text, cut := newPage(Options{}).shownBody(s)
	if cut != "" {
		text += "\n" + cut
	}
	return "\n" + text + "\n"
}
