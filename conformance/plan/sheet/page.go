package sheet

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strconv"

	"github.com/dnispool/dnispool/conformance/plan"
	"github.com/dnispool/dnispool/conformance/report/html"
	"github.com/dnispool/dnispool/conformance/traffic"
)

//go:embed page.tmpl
var frame string

var parts = html.Parts("plan", frame, nil)

// part is something of a section: what is there of it is shown, in this order.
type part struct {
	Picture template.HTML
	Says    string
	Rows    [][]string
	Lines   []string
	Terms   []html.Pair
}

// Page writes the plan as one HTML file that needs no network. made says which tool made it, of which version.
func Page(w io.Writer, p plan.Plan, made string) error {
	first := on(p.Cases[0].Release)
	page := html.Page{Title: "dnispool plan", Made: made, Tone: html.Dull, Verdict: verdict(p), About: []html.Pair{
		{Name: "callers in the busiest interval", Value: rate(p.Inputs.Rate, p.Inputs.Rate)}, {Name: "may be refused", Value: percent(p.Inputs.Grade)},
	}}
	for _, s := range []struct {
		id, title string
		parts     []part
	}{
		{"projects", "Projects", projectParts(p)},
		{"numbers", "Numbers", []part{{Rows: cases(p)}, {Lines: formulas(p)}}},
		{"refused", "Refused, by how many callers come", []part{refusedPart(p)}},
		{"moves", "What moves it", []part{movesPart(p)}},
		{"rules", "Rules of sizing", []part{{Says: "What is refused in the busiest interval, and how many callers would be served at the grade.", Rows: rules(p)}}},
		{"windows", "Another window", []part{windowsPart(p), {Says: "Released " + first + ".", Rows: windows(p)}}},
		{"sensitivity", "Sensitivity", []part{{Says: "Numbers by growth and window, and by the share of reservations that no call follows, released " + first + ".", Rows: sensitivity(p)}}},
		{"day", "The day", dayParts(p)},
		{"simulated", "In virtual time", simulatedParts(p)},
		{"inputs", "Inputs", []part{{Terms: inputTerms(p)}}},
	} {
		if len(s.parts) == 0 {
			continue
		}
		body, err := html.Body(parts, "body", s.parts)
		if err != nil {
			return err
		}
		page.Sections = append(page.Sections, html.Section{ID: s.id, Title: s.title, Body: body})
	}
	return page.Write(w)
}

// refusedPart shows how each number of numbers gives way when more callers come than were planned for.
func refusedPart(p plan.Plan) part {
	planned := p.Inputs.Rate * traffic.Rate(1+p.Inputs.Growth)
	scale, unit := 3600.0, "callers an hour"
	switch {
	case planned >= 100:
		scale, unit = 1, "callers a second"
	case planned >= 1:
		scale, unit = 60, "callers a minute"
	}
	var series []html.Series
	highest := 0.0
	for _, c := range p.Curves {
		s := html.Series{Name: fmt.Sprintf("%s %s", numbers(c.Numbers), on(c.Release))}
		for _, at := range c.Points {
			s.Points = append(s.Points, html.Point{X: scale * float64(at.Rate), Y: 100 * at.Refused})
			highest = max(highest, 100*at.Refused)
		}
		series = append(series, s)
	}
	x := scale * float64(planned)
	series = append(series, html.Series{Name: "planned", Kind: html.Limit, Points: []html.Point{{X: x, Y: 0}, {X: x, Y: highest}}})
	var dots []html.Point
	for _, s := range p.Simulated {
		dots = append(dots, html.Point{X: x, Y: 100 * s.Refused})
	}
	if dots != nil {
		series = append(series, html.Series{Name: "simulated", Kind: html.Dots, Points: dots})
	}
	plot := html.Plot{Title: "Share of reservations refused, by how many callers come", X: html.Axis{Label: unit, Max: 2 * x}, Y: html.Axis{Label: "% refused", Max: max(highest, 1)}, Series: series}
	return part{Picture: plot.SVG(), Says: "A number of numbers is right for one rate. Left of the dashed line nearly nobody is refused, right of it many soon are: what counts is the rate that will not be exceeded."}
}

// movesPart has a row for each uncertain input and a column for each rule of release.
func movesPart(p plan.Plan) part {
	rows := [][]string{{"input, from its low to its high end"}}
	index := map[string]int{}
	for _, c := range p.Cases {
		rows[0] = append(rows[0], "numbers "+on(c.Release))
		for _, s := range c.Swings {
			if index[s.Input] == 0 {
				index[s.Input] = len(rows)
				rows = append(rows, []string{s.Input})
			}
			i := index[s.Input]
			rows[i] = append(rows[i], fmt.Sprintf("%d to %d", s.Low, s.High))
		}
	}
	if len(rows) == 1 {
		return part{Says: "Nothing: every input is known."}
	}
	return part{Says: "Each input by itself, everything else as likely, the one that moves most first.", Rows: rows}
}

// windowsPart shows what a longer window costs, by how many reservations no call follows.
func windowsPart(p plan.Plan) part {
	var series []html.Series
	index := map[float64]int{}
	for _, c := range p.Sensitivity {
		if c.Growth != 0 {
			continue
		}
		i, known := index[c.Abandoned]
		if !known {
			i = len(series)
			index[c.Abandoned] = i
			series = append(series, html.Series{Name: percent(c.Abandoned)})
		}
		series[i].Points = append(series[i].Points, html.Point{X: c.Window, Y: float64(c.Numbers)})
	}
	plot := html.Plot{Title: "Numbers needed, by window and share of reservations that no call follows", X: html.Axis{Label: "window, seconds"}, Y: html.Axis{Label: "numbers"}, Series: series}
	return part{Picture: plot.SVG(), Says: "A line for each share of reservations that no call follows. Where the lines rise, a shorter window is cheaper than more numbers."}
}

func projectParts(p plan.Plan) []part {
	if len(p.Projects) == 0 {
		return nil
	}
	return []part{{Rows: projects(p)}, {Says: projectsSays(p)}}
}

func dayParts(p plan.Plan) []part {
	if len(p.Day) == 0 {
		return nil
	}
	need := html.Series{Name: "needed", Kind: html.Bars}
	have := html.Series{Name: "planned", Kind: html.Limit}
	for _, i := range p.Day {
		need.Points = append(need.Points, html.Point{X: i.Begin, Y: float64(i.Numbers)})
		have.Points = append(have.Points, html.Point{X: i.Begin, Y: float64(p.Cases[0].Likely)})
	}
	plot := html.Plot{
		Title: "Numbers needed over the day", X: html.Axis{Label: "time of day", Min: p.Day[0].Begin, Max: p.Day[len(p.Day)-1].Begin, Says: clock},
		Y: html.Axis{Label: "numbers"}, Series: []html.Series{need, have},
	}
	return []part{{Picture: plot.SVG(), Says: "The plan is for the busiest interval; in all others fewer numbers would do."}, {Rows: dayTable(p)}}
}

func simulatedParts(p plan.Plan) []part {
	if len(p.Simulated) == 0 {
		return nil
	}
	parts := []part{{Says: simulatedTitle(p) + ".", Rows: simulated(p)}}
	for _, line := range simulatedSays(p) {
		parts = append(parts, part{Says: line})
	}
	return parts
}

func inputTerms(p plan.Plan) []html.Pair {
	var out []html.Pair
	for _, v := range values(p) {
		value := v.value
		if v.source != "" {
			value += "\n" + v.source
		}
		out = append(out, html.Pair{Name: v.flag, Value: value})
	}
	if p.Inputs.Numbers > 0 {
		out = append(out, html.Pair{Name: "numbers", Value: strconv.Itoa(p.Inputs.Numbers)})
	}
	return out
}
