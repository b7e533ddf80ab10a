package html

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// Axis is one direction of a picture.
type Axis struct {
	Label    string
	Min, Max float64              // both 0: what the figures need, from 0 upwards
	Says     func(float64) string // how a figure is written; nil: as short as it goes
}

// spanning returns the axis with ends that hold all the figures.
func (a Axis) spanning(figures []float64) Axis {
	if a.Min != 0 || a.Max != 0 {
		return a
	}
	for _, f := range figures {
		if !math.IsNaN(f) && !math.IsInf(f, 0) {
			a.Min, a.Max = min(a.Min, f), max(a.Max, f)
		}
	}
	if a.Min == a.Max {
		a.Max++
	}
	return a
}

func (a Axis) says(f float64) string {
	if a.Says != nil {
		return a.Says(f)
	}
	return strconv.FormatFloat(f, 'g', 4, 64)
}

// place is where a figure lies between the pixels from and to.
func (a Axis) place(f, from, to float64) float64 {
	if !(a.Max > a.Min) {
		return from
	}
	return from + (min(max(f, a.Min), a.Max)-a.Min)/(a.Max-a.Min)*(to-from)
}

// ticks are at most n round figures on the axis: multiples of 1, 2 or 5 times a power of ten.
func (a Axis) ticks(n int) (out []float64) {
	if n < 1 || !(a.Max > a.Min) || math.IsInf(a.Max-a.Min, 0) {
		return nil
	}
	power := math.Pow(10, math.Floor(math.Log10((a.Max-a.Min)/float64(n))))
	for _, times := range []float64{1, 2, 5, 10} {
		step := times * power
		first := math.Ceil(a.Min/step - 1e-9)
		last := math.Floor(a.Max/step + 1e-9)
		if last-first+1 > float64(n) {
			continue
		}
		for i := first; i <= last; i++ {
			out = append(out, i*step+0) // not -0
		}
		return out
	}
	return nil
}

// drawing collects the elements of a picture. What it writes of others' text is escaped.
type drawing struct{ strings.Builder }

func (d *drawing) add(format string, args ...any) {
	for i, a := range args {
		switch v := a.(type) {
		case float64:
			args[i] = strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
		case string:
			args[i] = template.HTMLEscapeString(v)
		}
	}
	fmt.Fprintf(d, format, args...)
}

// begin opens a picture of the size, which a page scales. title is what it shows, for who cannot see it.
func (d *drawing) begin(class, title string, width, height float64) {
	d.add(`<svg class="%s" role="img" aria-label="%s" viewBox="0 0 %v %v">`, class, title, width, height)
}

// end closes it. A narrow screen scrolls it, also by the keyboard.
func (d *drawing) end(label string) template.HTML {
	d.WriteString("</svg>")
	return template.HTML(`<div class="scroll" tabindex="0" role="group" aria-label="` + template.HTMLEscapeString(label) + `">` + d.String() + `</div>`)
}

// text writes a text of at most so many letters. One that is longer is whole when it is pointed at.
func (d *drawing) text(class string, x, y float64, text string, letters int) {
	if text == "" {
		return
	}
	d.add(`<text class="%s" x="%v" y="%v">%s`, class, x, y, shortened(text, letters))
	if len([]rune(text)) > letters {
		d.add(`<title>%s</title>`, text)
	}
	d.WriteString("</text>")
}

// shortened cuts a text that is longer than n characters.
func shortened(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:max(n-1, 0)]) + "…"
	}
	return s
}
