package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
)

// The measures of a chart.
const (
	chartMargin = 26 // what stands before a row's bars
	chartWidth  = 44
)

// chartMarks are the characters of the bars.
var chartMarks = map[finding.BarState]byte{
	finding.MayBeMade: '?', finding.Held: '=', finding.MayBeHeld: '-', finding.OnItsWay: '.', finding.InCall: '#', finding.Refusal: '!',
}

const chartLegend = "? may have been made  = was held  - may have been held   . on its way  # in a call   * proves it"

// Chart draws what a violation is about, a line for each operation; none for nil.
func Chart(c *finding.Chart) []string {
	if c == nil {
		return nil
	}
	const half = chartWidth / 2
	rows := []string{fmt.Sprintf("%*s%-*s%-*s%s", chartMargin, "", half, moment(max(c.From, 0)), half, moment(c.From+(c.To-c.From)/2), moment(c.To))}
	for _, r := range c.Requests {
		rows = append(rows, chartRow(c, r))
	}
	for _, n := range c.Numbers {
		rows = append(rows, oneLine(n.Number))
		for _, r := range n.Rows {
			rows = append(rows, chartRow(c, r))
		}
		if n.More > 0 {
			rows = append(rows, fmt.Sprintf("  and %d more", n.More))
		}
	}
	return append(rows, chartLegend)
}

func chartRow(c *finding.Chart, r finding.ChartRow) string {
	mark := " "
	if r.Proves {
		mark = "*"
	}
	o := r.Op
	head := splitName(strings.TrimSpace(fmt.Sprintf("#%d %s %s", o.ID, o.Kind, oneLine(o.Client))))
	return fmt.Sprintf("%s %s%s  %s, %s", mark, pad(head, chartMargin-2), bars(c, r.Bars), stretch(o), oneLine(r.Says))
}

// splitName cuts what stands before a row's bars to its room.
func splitName(s string) string {
	head, _ := splitAt(s, chartMargin-3)
	return head
}

// bars draws each bar at least one column wide.
func bars(c *finding.Chart, all []finding.Bar) string {
	line := []byte(strings.Repeat(" ", chartWidth))
	column := func(t time.Duration) int { return int(float64(t-c.From) / float64(c.To-c.From) * chartWidth) }
	for _, b := range all {
		if b.To < c.From || b.From > c.To || b.From > b.To {
			continue
		}
		first := max(column(max(b.From, c.From)), 0)
		last := min(column(min(b.To, c.To)), chartWidth)
		for i := first; i < max(last, first+1) && i < chartWidth; i++ {
			line[i] = chartMarks[b.State]
		}
	}
	return string(line)
}

// stretch is when an operation was, from its start to its end.
func stretch(o history.Op) string {
	if o.End == o.Start {
		return moment(o.Start)
	}
	return moment(o.Start) + "–" + moment(o.End)
}

func moment(d time.Duration) string { return d.Round(time.Millisecond).String() }
