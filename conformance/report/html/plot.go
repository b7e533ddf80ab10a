package html

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

// Plot is a picture of figures: y over x.
type Plot struct {
	Title  string // what it shows, in a sentence
	X, Y   Axis
	Series []Series
}

// Series are the figures of one thing. A page has six colours; Plot takes them in their order.
type Series struct {
	Name   string
	Kind   Kind
	Points []Point // by X
}

// Kind is how a Series is drawn.
type Kind int

// The kinds.
const (
	Line  Kind = iota
	Dots       // each figure apart
	Bars       // from the bottom to each figure
	Band       // what lies between Y and High, as a confidence interval
	Limit      // a dashed line: what was asked for, or what a formula says
)

// Point is a figure. One whose Y is no number is a gap in a line.
type Point struct{ X, Y, High float64 }

// The measures of a plot, in pixels before scaling.
const (
	plotWidth, plotHeight  = 760.0, 300.0
	plotLeft, plotRight    = 64.0, 16.0
	plotTop, plotBottom    = 34.0, 44.0
	colours                = 6
	charWidth              = 6.6 // of the letters of a picture, on the average
	xTicks, yTicks         = 9, 6
	legendGap, legendSwash = 18.0, 14.0
)

// SVG draws the plot.
func (p Plot) SVG() template.HTML {
	var xs, ys []float64
	for _, s := range p.Series {
		for _, pt := range s.Points {
			xs, ys = append(xs, pt.X), append(ys, pt.Y)
			if s.Kind == Band {
				ys = append(ys, pt.High)
			}
		}
	}
	p.X, p.Y = p.X.spanning(xs), p.Y.spanning(ys)
	var d drawing
	d.begin("wide", p.Title, plotWidth, plotHeight)
	p.axes(&d)
	for i, s := range p.Series {
		p.series(&d, s, i%colours+1)
	}
	p.legend(&d)
	return d.end(p.Title)
}

func (p Plot) x(f float64) float64 { return p.X.place(f, plotLeft, plotWidth-plotRight) }
func (p Plot) y(f float64) float64 { return p.Y.place(f, plotHeight-plotBottom, plotTop) }

func (p Plot) axes(d *drawing) {
	bottom, right := plotHeight-plotBottom, plotWidth-plotRight
	for _, t := range p.Y.ticks(yTicks) {
		d.add(`<path class="grid" d="M%v %vH%v"/><text class="soft end" x="%v" y="%v">%s</text>`, plotLeft, p.y(t), right, plotLeft-6, p.y(t)+4, p.Y.says(t))
	}
	for _, t := range p.X.ticks(xTicks) {
		d.add(`<path class="axis" d="M%v %vv4"/><text class="soft mid" x="%v" y="%v">%s</text>`, p.x(t), bottom, p.x(t), bottom+17, p.X.says(t))
	}
	d.add(`<path class="axis" d="M%v %vV%vH%v"/>`, plotLeft, plotTop, bottom, right)
	d.add(`<text class="soft end" x="%v" y="%v">%s</text>`, right, plotHeight-8, p.X.Label)
	d.add(`<text class="soft" x="4" y="14">%s</text>`, p.Y.Label)
}

func (p Plot) series(d *drawing, s Series, colour int) {
	switch s.Kind {
	case Dots:
		for _, pt := range s.Points {
			if finite(pt.Y) {
				d.add(`<circle class="f%d" cx="%v" cy="%v" r="3"><title>%s</title></circle>`, colour, p.x(pt.X), p.y(pt.Y), p.saying(s, pt))
			}
		}
	case Bars:
		bar := max((plotWidth-plotLeft-plotRight)/float64(max(len(s.Points), 1))*.8, 1)
		for _, pt := range s.Points {
			if finite(pt.Y) {
				d.add(`<rect class="f%d" x="%v" y="%v" width="%v" height="%v"><title>%s</title></rect>`,
					colour, max(p.x(pt.X)-bar/2, plotLeft), p.y(pt.Y), bar, plotHeight-plotBottom-p.y(pt.Y), p.saying(s, pt))
			}
		}
	case Band:
		var there, back strings.Builder
		for i := range s.Points {
			low, high := s.Points[i], s.Points[len(s.Points)-1-i]
			fmt.Fprintf(&there, " %.1f,%.1f", p.x(low.X), p.y(low.Y))
			fmt.Fprintf(&back, " %.1f,%.1f", p.x(high.X), p.y(high.High))
		}
		d.add(`<polygon class="band f%d" points="%s"/>`, colour, strings.TrimSpace(there.String()+back.String()))
	default:
		class := "line"
		if s.Kind == Limit {
			class = "limit"
		}
		d.add(`<path class="%s s%d" d="%s"/>`, class, colour, p.path(s.Points))
	}
}

// path is a line through the points that are numbers.
func (p Plot) path(points []Point) string {
	var b strings.Builder
	word := "M"
	for _, pt := range points {
		if !finite(pt.Y) {
			word = "M"
			continue
		}
		fmt.Fprintf(&b, "%s%.1f %.1f", word, p.x(pt.X), p.y(pt.Y))
		word = "L"
	}
	return b.String()
}

func (p Plot) saying(s Series, pt Point) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s at %s", s.Name, p.Y.says(pt.Y), p.X.says(pt.X)))
}

// legend names the series above the plot, from the right end of the axis' label.
func (p Plot) legend(d *drawing) {
	x := 4 + charWidth*float64(len([]rune(p.Y.Label))) + 2*legendGap
	for i, s := range p.Series {
		if s.Name == "" {
			continue
		}
		d.add(`<rect class="f%d" x="%v" y="6" width="10" height="10"/><text x="%v" y="14">%s</text>`, i%colours+1, x, x+legendSwash, s.Name)
		x += legendSwash + charWidth*float64(len([]rune(s.Name))) + legendGap
	}
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// Sparkline draws a few figures, from 0 upwards, small enough for a line of text.
func Sparkline(title string, figures []float64) template.HTML {
	const width, height = 120.0, 24.0
	if len(figures) == 0 {
		return ""
	}
	y := Axis{}.spanning(figures)
	x := Axis{Max: float64(max(len(figures)-1, 1))}
	var path strings.Builder
	word := "M"
	for i, f := range figures {
		if !finite(f) {
			word = "M"
			continue
		}
		fmt.Fprintf(&path, "%s%.1f %.1f", word, x.place(float64(i), 1, width-1), y.place(f, height-2, 2))
		word = "L"
	}
	var d drawing
	d.add(`<svg class="spark" role="img" aria-label="%s" width="%v" height="%v"><path class="line s1" d="%s"/></svg>`, title, width, height, path.String())
	return template.HTML(d.String())
}
