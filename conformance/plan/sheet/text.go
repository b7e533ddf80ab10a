package sheet

import (
	"fmt"
	"io"
	"strings"

	"github.com/dnispool/dnispool/conformance/plan"
)

// Text writes the plan for a terminal.
func Text(w io.Writer, p plan.Plan) error {
	t := &text{}
	t.paragraph("", verdict(p))
	if len(p.Projects) > 0 {
		t.table("", projects(p))
		t.paragraph("", projectsSays(p))
	}
	t.table("", cases(p))
	t.lines("", formulas(p))
	t.swings(p)
	t.table("Rules of sizing: what is refused in the busiest interval, and how many callers would be served at the grade", rules(p))
	t.table("Another window, released "+on(p.Cases[0].Release), windows(p))
	t.table("Numbers by window and share of reservations that no call follows, released "+on(p.Cases[0].Release), sensitivity(p)[:1+len(p.Windows)])
	fmt.Fprintf(t, "  with more callers: %s\n", growth(p))
	if len(p.Day) > 0 {
		t.table("The day, released "+on(p.Cases[0].Release), dayTable(p))
	}
	if len(p.Simulated) > 0 {
		t.table(simulatedTitle(p), simulated(p))
		t.lines("", simulatedSays(p))
	}
	t.inputs(p)
	_, err := io.WriteString(w, t.String())
	return err
}

const width = 110

type text struct{ strings.Builder }

// paragraph writes words in lines that begin with an indent.
func (t *text) paragraph(indent, words string) {
	line := indent
	for _, word := range strings.Fields(words) {
		if len(line)+1+len(word) > width && line != indent {
			t.WriteString(strings.TrimRight(line, " ") + "\n")
			line = indent
		}
		line += word + " "
	}
	t.WriteString(strings.TrimRight(line, " ") + "\n")
}

func (t *text) lines(title string, lines []string) {
	t.WriteByte('\n')
	if title != "" {
		t.WriteString(title + "\n")
	}
	for _, l := range lines {
		t.WriteString("  " + l + "\n")
	}
}

// table writes columns; the first is a name, the others stand to the right.
func (t *text) table(title string, rows [][]string) {
	t.lines(title, nil)
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			if i == 0 {
				line += fmt.Sprintf("  %-*s", widths[i], cell)
			} else {
				line += fmt.Sprintf("   %*s", widths[i], cell)
			}
		}
		t.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

func (t *text) swings(p plan.Plan) {
	var lines []string
	for _, c := range p.Cases {
		lines = append(lines, fmt.Sprintf("%-10s  %s", on(c.Release), swings(c)))
	}
	t.lines("What moves it, each by itself from its low to its high end", lines)
}

// inputs are shown with what those rest on that nobody gave.
func (t *text) inputs(p plan.Plan) {
	t.WriteString("\nInputs, each a flag; with a reason where it is a default that matters\n")
	for _, v := range values(p) {
		value, rest, _ := strings.Cut(v.value, "; ")
		fmt.Fprintf(t, "  %-14s  %s\n", v.flag, value)
		if rest != "" {
			t.paragraph(strings.Repeat(" ", 18), rest)
		}
		if v.source != "" {
			t.paragraph(strings.Repeat(" ", 18), v.source)
		}
	}
}
