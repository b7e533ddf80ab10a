package show

import (
	"fmt"
	"html/template"
	"math"
	"time"

	"github.com/dnispool/dnispool/conformance/erlang"
	"github.com/dnispool/dnispool/conformance/load"
	"github.com/dnispool/dnispool/conformance/load/measure"
	"github.com/dnispool/dnispool/conformance/report/html"
)

// picture is a plot with the sentence that says what to see.
type picture struct {
	SVG  template.HTML
	Says string
}

func pictures(all ...picture) []picture { return all }

// ofEach is a picture of each project's pool, or of the only one.
func ofEach(r load.Report, draw func(what string, size int, m measure.Result) picture) (all []picture) {
	if len(r.Measured.Projects) == 0 {
		return pictures(draw("", r.Size, r.Measured))
	}
	for _, p := range r.Measured.Projects {
		if p.Whole.Given < 2 { // there is nothing to see
			continue
		}
		one := draw(", of "+p.Name, p.Size, p.Result)
		one.Says = "Of " + p.Name + ". " + one.Says
		all = append(all, one)
	}
	return all
}

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
func blocking(of string, size int, m measure.Result) picture {
	highest := 1.2 * float64(size)
	var dots, bars []html.Point
	for _, s := range m.Stages {
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
		curve[i] = html.Point{X: a, Y: 100 * erlang.Blocking(size, a)}
	}
	series := []html.Series{{Name: "Erlang B", Kind: html.Line, Points: curve}, {Name: "measured", Kind: html.Dots, Points: dots}}
	for _, b := range bars { // an interval is a band as wide as a bar
		w := highest / 250
		series = append(series, html.Series{Kind: html.Band, Points: []html.Point{{X: b.X - w, Y: b.Y, High: b.High}, {X: b.X + w, Y: b.Y, High: b.High}}})
	}
	full := float64(size)
	series = append(series, html.Series{Name: "as many erlangs as numbers", Kind: html.Limit, Points: []html.Point{{X: full, Y: 0}, {X: full, Y: math.Ceil(100 * erlang.Blocking(size, highest))}}})
	plot := html.Plot{Title: "Share of reservations that were refused, over the load" + of, X: html.Axis{Label: "erlangs offered, as measured", Max: highest}, Y: html.Axis{Label: "% blocked"}, Series: series}
	return picture{plot.SVG(), "Each dot is a stage of one rate. On the curve, the pool does what a pool of its size can; above it, numbers are lost or held longer than they need be; a dot far below it means that callers did not come independently."}
}

// shares are the points of a curve of times: which share of all took no longer.
func shares(c measure.Curve) (out []html.Point) {
	for i, d := range c {
		out = append(out, html.Point{X: d.Seconds(), Y: 100 * float64(i) / float64(len(c)-1)})
	}
	return out
}

// upright is a limit at one time.
func upright(name string, at time.Duration) html.Series {
	return html.Series{Name: name, Kind: html.Limit, Points: []html.Point{{X: at.Seconds(), Y: 0}, {X: at.Seconds(), Y: 100}}}
}

var ofAll = html.Axis{Label: "% that took no longer", Max: 100}

// arrivals is how long calls took to arrive, beside the window in which they must.
func arrivals(r load.Report) picture {
	series := []html.Series{{Name: "calls", Kind: html.Line, Points: shares(r.Measured.Curves[measure.TimeArrive])}}
	says := "How long after its reservation a call arrived."
	if r.Window > 0 {
		n := r.Measured.Times[measure.TimeArrive].Count
		says = fmt.Sprintf("%d of %d calls arrived after the shortest window of %s: what they were meant for may be gone, and the number somebody else's.", r.Measured.Counts.Late, n, r.Window)
		if most := r.Measured.Times[measure.TimeArrive].Max; r.Window <= 20*most {
			series = append(series, upright("window", r.Window))
		} else {
			says += " The window is far to the right of this picture."
		}
	}
	return picture{html.Plot{Title: "From the number to the arrival of its call", X: html.Axis{Label: "seconds"}, Y: ofAll, Series: series}.SVG(), says}
}

// handoffs is how long after a call its handoff was read.
func handoffs(r load.Report) picture {
	c := r.Measured.Counts
	return picture{
		html.Plot{Title: "From the end of a call to its handoff", X: html.Axis{Label: "seconds"}, Y: ofAll, Series: []html.Series{{Name: "handoffs", Kind: html.Line, Points: shares(r.Measured.Curves[measure.TimeVisible])}}}.SVG(),
		fmt.Sprintf("%d of %d first questions after a call were answered with 404, and asked again. Who takes the first 404 for \"no handoff\" drops those callers.", c.FirstMissing, c.FirstPolls),
	}
}

// rotation is which number each of the newest allocations gave.
func rotation(of string, _ int, m measure.Result) picture {
	points := make([]html.Point, len(m.Given))
	for i, g := range m.Given {
		points[i] = html.Point{X: float64(g.Allocation), Y: float64(g.Number)}
	}
	first, last := points[0].X, points[len(points)-1].X
	return picture{
		html.Plot{Title: "Which number each allocation gave" + of, X: html.Axis{Label: "allocation", Min: first, Max: last}, Y: html.Axis{Label: "number, in the order in which they were first given"}, Series: []html.Series{{Kind: html.Dots, Points: points}}}.SVG(),
		fmt.Sprintf("The newest %d allocations, of %d different numbers. Stripes that climb: the number that was free longest comes next. Noise: any. A flat line: the same few again and again.", len(points), m.Used),
	}
}

// reuse is how long numbers rested between two uses, beside what each way of choosing them would bring.
func reuse(of string, size int, m measure.Result) picture {
	series := []html.Series{{Name: "measured", Kind: html.Line, Points: shares(m.Curves[measure.TimeReuse])}}
	whole := m.Whole
	says := "How long a number was free before it was given again: the shorter, the likelier a late call meets somebody else's reservation."
	tries := float64(whole.Given+whole.Refused) / (whole.To - whole.From).Seconds()
	if whole.Offered != nil && size > 0 && tries > 0 {
		mean := erlang.Rest(size, *whole.Offered, tries)
		var random []html.Point
		for i := range 100 {
			share := float64(i) / 100
			random = append(random, html.Point{X: -mean * math.Log(1-share), Y: 100 * share})
		}
		series = append(series, html.Series{Name: "any free number", Kind: html.Limit, Points: random}, upright("mean, by Little's law", time.Duration(mean*float64(time.Second))))
		says += " Whichever is chosen, the mean is the same; who takes the one that was free longest comes close to it each time."
	}
	return picture{html.Plot{Title: "How long numbers rested between two uses" + of, X: html.Axis{Label: "seconds"}, Y: ofAll, Series: series}.SVG(), says}
}
