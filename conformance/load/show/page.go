package show

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"time"

	"github.com/dnispool/dnispool/conformance/erlang"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/load"
	"github.com/dnispool/dnispool/conformance/load/measure"
	"github.com/dnispool/dnispool/conformance/report/html"
)

//go:embed page.tmpl
var text string

var parts = template.Must(template.New("load").Funcs(template.FuncMap{"span": span, "ledger": ledgerLine, "blocked": blocked, "percent": percent, "number": number}).Parse(text))

// Page writes a report as one HTML file that needs no network.
func Page(w io.Writer, r load.Report) error {
	c := r.Conclusion()
	p := html.Page{
		Title: "dnispool load: " + r.Profile, Made: r.Tool, Tone: tone(c), Verdict: Verdict(r),
		About: []html.Pair{
			{Name: "target", Value: r.Target}, {Name: "profile", Value: r.Profile + ": " + r.Summary}, {Name: "begun", Value: r.Started.UTC().Format(time.RFC3339)},
			{Name: "took", Value: r.Took.Round(time.Second).String()}, {Name: "seed", Value: fmt.Sprint(r.Seed)}, {Name: "again", Value: r.Again},
		},
	}
	for _, row := range Facts(r) {
		p.Says = append(p.Says, row[0]+": "+row[1])
	}
	for _, s := range []struct {
		id, title string
		shown     bool
		data      any
	}{
		{"thresholds", "Thresholds", len(r.Thresholds) > 0, r.Thresholds},
		{"timeline", "Over time", len(r.Measured.Slices.All) > 1, pictures(timeline(r))},
		{"blocking", "Blocked, beside Erlang B", r.Measured.Whole.Offered != nil && r.Size > 0, pictures(blocking(r))},
		{"times", "Times", true, times(r)},
		{"stages", "Measured and predicted", true, r.Measured.Stages},
		{"ledger", "Ledger", true, r.Measured.Ledger},
		{"checks", "Checks", true, checks(r)},
		{"environment", "Environment", true, environment(r)},
	} {
		if !s.shown {
			continue
		}
		body, err := html.Body(parts, s.id, s.data)
		if err != nil {
			return err
		}
		p.Sections = append(p.Sections, html.Section{ID: s.id, Title: s.title, Body: body})
	}
	return p.Write(w)
}

func tone(c finding.Conclusion) html.Tone {
	switch c.ExitCode() {
	case finding.ExitConformant:
		return html.Good
	case finding.ExitNotConformant:
		return html.Bad
	}
	return html.Open
}

// picture is a plot with the sentence that says what to see.
type picture struct {
	SVG  template.HTML
	Says string
}

func pictures(all ...picture) []picture { return all }

// timeline is what was offered and what came of it, and how many numbers were held meanwhile.
func timeline(r load.Report) (rates, held picture) {
	slices := r.Measured.Slices
	seconds := slices.Width.Seconds()
	var offered, given, refused, must, band, pool []html.Point
	for _, s := range slices.All {
		at := s.At.Seconds()
		offered = append(offered, html.Point{X: at, Y: float64(s.Offered) / seconds})
		given = append(given, html.Point{X: at, Y: float64(s.Given) / seconds})
		refused = append(refused, html.Point{X: at, Y: float64(s.Refused) / seconds})
		must = append(must, html.Point{X: at, Y: float64(s.Must)})
		band = append(band, html.Point{X: at, Y: float64(s.Must), High: float64(s.May)})
		pool = append(pool, html.Point{X: at, Y: float64(r.Size)})
	}
	time := html.Axis{Label: "seconds since the start", Max: slices.All[len(slices.All)-1].At.Seconds()}
	rates = picture{html.Plot{Title: "Callers offered, numbers given and refused over time", X: time, Y: html.Axis{Label: "a second"}, Series: []html.Series{
		{Name: "offered", Kind: html.Line, Points: offered}, {Name: "given", Kind: html.Line, Points: given}, {Name: "refused (404)", Kind: html.Line, Points: refused},
	}}.SVG(), "Where fewer are given than are offered, the rest should be refused, and the pool below be full at that time."}
	bands := []html.Series{{Name: "certainly held", Kind: html.Line, Points: must}, {Name: "may be held besides", Kind: html.Band, Points: band}}
	if r.Size > 0 {
		bands = append(bands, html.Series{Name: fmt.Sprintf("the pool's %d numbers", r.Size), Kind: html.Limit, Points: pool})
	}
	held = picture{html.Plot{Title: "Numbers held over time", X: time, Y: html.Axis{Label: "numbers"}, Series: bands}.SVG(),
		"The line is what this run certainly held, the band what it may have held besides. A refusal while the band stays below the size of the pool is not explained by this run."}
	return rates, held
}

// blocking is what was refused at each load, beside the formula.
func blocking(r load.Report) picture {
	highest := 1.2 * float64(r.Size)
	var dots, bars []html.Point
	for _, s := range r.Measured.Stages {
		if s.Warm || s.Offered == nil || !s.Steady {
			continue
		}
		highest = max(highest, 1.1**s.Offered)
		dots = append(dots, html.Point{X: *s.Offered, Y: 100 * s.Blocked.Share})
		if s.Blocked.HalfWidth != nil {
			h := *s.Blocked.HalfWidth
			bars = append(bars, html.Point{X: *s.Offered, Y: 100 * max(0, s.Blocked.Share-h), High: 100 * (s.Blocked.Share + h)})
		}
	}
	const points = 120
	curve := make([]html.Point, points+1)
	for i := range curve {
		a := highest * float64(i) / points
		curve[i] = html.Point{X: a, Y: 100 * erlang.Blocking(r.Size, a)}
	}
	series := []html.Series{{Name: "Erlang B", Kind: html.Line, Points: curve}, {Name: "measured", Kind: html.Dots, Points: dots}}
	for _, b := range bars { // an interval is a band as wide as a bar
		w := highest / 250
		series = append(series, html.Series{Kind: html.Band, Points: []html.Point{{X: b.X - w, Y: b.Y, High: b.High}, {X: b.X + w, Y: b.Y, High: b.High}}})
	}
	full := float64(r.Size)
	series = append(series, html.Series{Name: "as many erlangs as numbers", Kind: html.Limit, Points: []html.Point{{X: full, Y: 0}, {X: full, Y: math.Ceil(100 * erlang.Blocking(r.Size, highest))}}})
	plot := html.Plot{Title: "Share of reservations that were refused, over the load", X: html.Axis{Label: "erlangs offered, as measured", Max: highest}, Y: html.Axis{Label: "% blocked"}, Series: series}
	return picture{plot.SVG(), "Each dot is a stage of one rate. On the curve, the pool does what a pool of its size can; above it, numbers are lost or held longer than they need be; a dot far below it means that callers did not come independently."}
}

// checks says what the checks came to.
func checks(r load.Report) any {
	if r.Judged == nil {
		return struct {
			NotJudged string
			Rows      []finding.Judged
			Again     string
		}{r.NotJudged, nil, ""}
	}
	return struct {
		NotJudged string
		Rows      []finding.Judged
		Again     string
	}{"", r.Judged.Results, r.JudgeAgain}
}

// environment is what a reader needs to trust the figures.
func environment(r load.Report) []html.Pair {
	rows := []html.Pair{{Name: "tool", Value: r.Tool}, {Name: "target", Value: r.Target}, {Name: "generator", Value: generator(r)}, {Name: "seed", Value: fmt.Sprint(r.Seed)}, {Name: "history", Value: r.History}}
	lag := r.Measured.Times[measure.TimeLag]
	return append(rows, html.Pair{Name: "send lag", Value: fmt.Sprintf("p50 %s, p99 %s, at most %s", span(lag.P50), span(lag.P99), span(lag.Max))})
}
