package report

import (
	"fmt"
	"strings"
)

// The report's left margin: two spaces, then a column for the label.
const (
	labelColumns = 10
	margin       = 2 + labelColumns
)

// style is an ANSI colour.
type style string

const (
	plain  style = ""
	bold   style = "1"
	dim    style = "2"
	red    style = "1;31"
	green  style = "32"
	yellow style = "33"
	cyan   style = "36"
)

// page collects lines of text.
type page struct {
	strings.Builder
	width int
	color bool
}

func newPage(o Options) *page { return &page{width: o.width(), color: o.Color} }

// paint colours s, if the page has colour. Lay text out first: columns would count the codes.
func (p *page) paint(st style, s string) string {
	if !p.color || st == plain || s == "" {
		return s
	}
	return "\x1b[" + string(st) + "m" + s + "\x1b[0m"
}

func (p *page) line(format string, args ...any) {
	p.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " "))
	p.WriteByte('\n')
}

// row writes a labelled paragraph, wrapped beside its label. An empty text writes nothing.
func (p *page) row(label, text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	p.rows(label, wrap(strings.TrimRight(text, "\n"), p.width-margin))
}

// rows writes lines beside a label.
func (p *page) rows(label string, lines []string) {
	for i, l := range lines {
		if i > 0 {
			label = ""
		}
		p.line("  %s%s", p.paint(cyan, label)+pad("", labelColumns-columns(label)), l)
	}
}

// drawing writes lines whose columns matter under a label: they keep their length.
func (p *page) drawing(label string, lines []string) {
	if len(lines) == 0 {
		return
	}
	p.rows(label, []string{""})
	for _, l := range lines {
		p.line("  %s", l)
	}
}

// item writes a paragraph that hangs behind a mark.
func (p *page) item(mark, text string) {
	for _, l := range wrap(text, p.width-columns(mark)) {
		p.line("%s%s", mark, l)
		mark = pad("", columns(mark))
	}
}

// joined puts as many parts on a line as fit, with three spaces between them.
func (p *page) joined(parts []string) string {
	var b strings.Builder
	used := 0
	for i, part := range parts {
		n := columns(part)
		switch {
		case i == 0:
		case used+len("   ")+n <= p.width-margin:
			b.WriteString("   ")
			used += len("   ")
		default:
			b.WriteByte('\n')
			used = 0
		}
		b.WriteString(part)
		used += n
	}
	return b.String()
}
