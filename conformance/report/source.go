package report

import (
	"fmt"
	"strings"

	"github.com/dnispool/dnispool/conformance/finding"
)

const tabStop = 4

// drawn is a source line as it appears on the screen.
type drawn struct {
	cells []string // one a character of the source: tabs are spread, unsafe characters escaped
	width []int
}

func draw(text string) drawn {
	var d drawn
	at := 0
	for _, r := range text {
		cell := clean(string(r))
		if r == '\t' {
			cell = strings.Repeat(" ", tabStop-at%tabStop)
		}
		d.cells = append(d.cells, cell)
		d.width = append(d.width, columns(cell))
		at += columns(cell)
	}
	return d
}

// span returns the screen columns taken by characters from (0-based) up to to.
func (d drawn) span(from, to int) int {
	n := 0
	for i := from; i < min(to, len(d.width)); i++ {
		n += d.width[i]
	}
	return n
}

// window returns what fits in n columns and has the characters from..to in it, and how many columns what was cut
// off at the left moves them.
func (d drawn) window(n, from, to int) (text string, shift int) {
	if d.span(0, len(d.cells)) <= n {
		return strings.Join(d.cells, ""), 0
	}
	first := 0
	if d.span(0, to) > n-1 { // the caret would be off the screen: leave a third of the room to what is before it
		first = from
		for first > 0 && d.span(first-1, from) <= n/3 {
			first--
		}
	}
	room := n - 1
	var b strings.Builder
	if first > 0 {
		b.WriteString("…")
		room--
		shift = d.span(0, first) - 1
	}
	last := first
	for last < len(d.cells) && d.span(first, last+1) <= room {
		last++
	}
	b.WriteString(strings.Join(d.cells[first:last], ""))
	if last < len(d.cells) {
		b.WriteString("…")
	}
	return b.String(), shift
}

// source writes the scenario's lines and the caret with what was got. It returns whether the wanted value and the
// got one can be seen there.
func (p *page) source(f finding.Failure) (sawWant, sawGot bool) {
	gutter := 5
	for _, l := range f.Source {
		gutter = max(gutter, len(fmt.Sprint(l.Line))+2)
	}
	room := p.width - gutter - len(" | ")
	for _, l := range f.Source {
		d := draw(l.Text)
		if l.Line != f.Line || f.Column < 1 {
			text, _ := d.window(room, 0, 0)
			p.line("%s | %s", p.paint(dim, fmt.Sprintf("%*d", gutter, l.Line)), text)
			continue
		}
		from := min(f.Column-1, len(d.cells))
		to := min(from+max(f.Width, 1), len(d.cells))
		text, shift := d.window(room, from, to)
		p.line("%s | %s", p.paint(dim, fmt.Sprintf("%*d", gutter, l.Line)), text)

		indent := strings.Repeat(" ", d.span(0, from)-shift)
		caret := strings.Repeat("^", min(max(1, d.span(from, to)), room-len(indent)))
		got := ""
		if f.Got != "" && len(indent)+len(caret)+len(" got ")+columns(f.Got) <= room && !strings.Contains(f.Got, "\n") {
			got, sawGot = " got "+f.Got, true
		}
		p.line("%s | %s%s", strings.Repeat(" ", gutter), indent, p.paint(red, caret+got))
		sawWant = strings.Trim(strings.Join(d.cells[from:to], ""), `"'`) == strings.Trim(f.Want, `"'`)
	}
	return sawWant, sawGot
}
