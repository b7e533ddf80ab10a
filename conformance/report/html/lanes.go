package html

import "html/template"

// Lanes is a picture of what lasts for a time: a row for each thing, and bars where it is in some state.
type Lanes struct {
	Title  string
	Time   Axis
	Lanes  []Lane
	States []string // what the colours of the bars mean, in their order; at most six
}

// Lane is one row.
type Lane struct {
	Head   string // before the bars
	Strong bool   // a heading for those below, or what matters most
	Bars   []Bar
	Note   string // after the bars
}

// Bar is a state that lasts from one time to another.
type Bar struct {
	From, To float64
	State    int  // which of Lanes.States
	Maybe    bool // it is not certain
	Says     string
}

// The measures of lanes, in pixels before scaling.
const (
	lanesWidth             = 960.0
	lanesLeft, lanesRight  = 190.0, 300.0
	laneHeight, lanesTop   = 22.0, 44.0
	headLetters, noteLimit = 28, 44
)

// SVG draws the lanes. A bar is at least two pixels wide: what was short was there.
func (l Lanes) SVG() template.HTML {
	right := lanesWidth - lanesRight
	height := lanesTop + laneHeight*float64(len(l.Lanes)) + 6
	var d drawing
	d.begin("wide", l.Title, lanesWidth, height)
	l.legend(&d)
	for _, t := range l.Time.ticks(6) {
		x := l.Time.place(t, lanesLeft, right)
		d.add(`<path class="grid" d="M%v %vV%v"/><text class="soft mid" x="%v" y="%v">%s</text>`, x, lanesTop-4, height, x, lanesTop-8, l.Time.says(t))
	}
	for i, row := range l.Lanes {
		top := lanesTop + laneHeight*float64(i)
		class := "head"
		if row.Strong {
			class = "strong"
		}
		d.text(class, 4, top+15, row.Head, headLetters)
		d.text("soft", right+10, top+15, row.Note, noteLimit)
		for _, b := range row.Bars {
			from, to := l.Time.place(b.From, lanesLeft, right), l.Time.place(b.To, lanesLeft, right)
			colour := b.State%colours + 1
			thin := ""
			if b.Maybe {
				thin = " thin"
			}
			d.add(`<rect class="f%d s%d%s" x="%v" y="%v" width="%v" height="14"><title>%s</title></rect>`, colour, colour, thin, from, top+4, max(to-from, 2), b.Says)
		}
	}
	return d.end(l.Title)
}

// legend names the states that are drawn.
func (l Lanes) legend(d *drawing) {
	drawn := make(map[int]bool)
	for _, row := range l.Lanes {
		for _, b := range row.Bars {
			drawn[b.State] = true
		}
	}
	x := lanesLeft
	for i, s := range l.States {
		if !drawn[i] {
			continue
		}
		d.add(`<rect class="f%d" x="%v" y="4" width="10" height="10"/><text x="%v" y="13">%s</text>`, i%colours+1, x, x+legendSwash, s)
		x += legendSwash + charWidth*float64(len([]rune(s))) + legendGap
	}
}

// Part is a part of a whole.
type Part struct {
	Tone  Tone
	Count int
	Says  string
}

// Share draws the parts of a whole as one bar. What is in it at all can be seen.
func Share(title string, parts []Part) template.HTML {
	const width, height, least = 760.0, 18.0, 4.0
	total := 0
	for _, p := range parts {
		total += p.Count
	}
	if total == 0 {
		return ""
	}
	var d drawing
	d.add(`<svg class="share" role="img" aria-label="%s" viewBox="0 0 %v %v" preserveAspectRatio="none">`, title, width, height)
	room, x := width-least*float64(len(parts)), 0.0
	for _, p := range parts {
		w := least + room*float64(p.Count)/float64(total)
		d.add(`<rect class="%s" x="%v" width="%v" height="%v"><title>%s</title></rect>`, string(p.Tone), x, w, height, p.Says)
		x += w
	}
	d.WriteString("</svg>")
	return template.HTML(d.String())
}
