package html

import (
	"html/template"
	"slices"
)

// Ladder is a picture of messages between parties, in the order of time.
type Ladder struct {
	Title   string
	Parties []string
	Rungs   []Rung
}

// Rung is one message. From and To are the same for what one party knows alone, and both are empty for a remark.
type Rung struct {
	At       string // when, as it is written
	From, To string
	Text     string
	HTTP     bool // it is drawn in another colour than SIP
}

// The measures of a ladder, in pixels before scaling.
const (
	ladderLeft, ladderGap    = 72.0, 300.0
	ladderRight, ladderTop   = 150.0, 34.0
	rungHeight, ladderLetter = 26.0, 6.4
	longRemark, longEvent    = 90, 40
)

// SVG draws the ladder. A text that is too long for its place is whole when it is pointed at.
func (l Ladder) SVG() template.HTML {
	last := float64(max(len(l.Parties)-1, 1))
	width := ladderLeft + 20 + ladderGap*last + ladderRight
	height := ladderTop + rungHeight*float64(len(l.Rungs)) + 10
	var d drawing
	d.begin("wide", l.Title, width, height)
	for i, name := range l.Parties {
		d.add(`<text class="strong mid" x="%v" y="16">%s</text><path class="grid" d="M%v 24V%v"/>`, l.x(i), shortened(name, 20), l.x(i), height)
	}
	for i, r := range l.Rungs {
		y := ladderTop + rungHeight*float64(i) + 18
		d.add(`<text class="soft end" x="%v" y="%v">%s</text>`, ladderLeft-6, y+4, r.At)
		l.rung(&d, r, y)
	}
	return d.end(l.Title)
}

func (l Ladder) x(party int) float64 { return ladderLeft + 20 + ladderGap*float64(party) }

func (l Ladder) rung(d *drawing, r Rung, y float64) {
	from, to := slices.Index(l.Parties, r.From), slices.Index(l.Parties, r.To)
	switch {
	case from < 0 && to < 0:
		d.text("soft", l.x(0)+8, y+4, r.Text, longRemark)
	case from < 0 || to < 0 || from == to:
		x := l.x(max(from, to))
		d.add(`<circle class="f1" cx="%v" cy="%v" r="3"/>`, x, y)
		d.text("event", x+9, y+4, r.Text, longEvent)
	default:
		kind := ""
		if r.HTTP {
			kind = " http"
		}
		a, b, point := l.x(from), l.x(to), 6.0
		if a < b {
			point = -6
		}
		d.add(`<path class="arrow%s" d="M%v %vH%vm%v -4l%v 4l%v 4"/>`, kind, a, y, b, point, -point, point)
		d.text("mid", (a+b)/2, y-4, r.Text, int((max(a, b)-min(a, b)-24)/ladderLetter))
	}
}
