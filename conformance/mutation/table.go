package mutation

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// widths of the table's columns, in characters; the last has none.
const (
	saysWidth = 58
	byWidth   = 24
)

// Head is the head of the table.
func Head() string {
	return fmt.Sprintf("%-4s %-*s %-*s %6s  %s", "", saysWidth, "what is wrong", byWidth, "found by", "after", "where")
}

// Text is a row of the table, a line for each way in which the platform was found out. verbose adds how.
func (r Row) Text(verbose bool) string {
	var b strings.Builder
	lines := wrap(r.Says, saysWidth)
	id := r.ID
	kills := r.kills()
	for i := range max(len(lines), len(kills)) {
		says, kill := "", ""
		if i < len(lines) {
			says = lines[i]
		}
		if i < len(kills) {
			kill = kills[i]
		}
		b.WriteString(strings.TrimRight(fmt.Sprintf("%-4s %-*s %s", id, saysWidth, says, kill), " ") + "\n")
		id = ""
	}
	if verbose {
		for _, k := range []*Kill{r.Scenario, r.Exploration} {
			if k != nil {
				fmt.Fprintf(&b, "     %s: %s\n", k.Where, k.Says)
				if len(k.Also) > 0 {
					fmt.Fprintf(&b, "     %s: also %s\n", k.Where, strings.Join(k.Also, ", "))
				}
			}
		}
	}
	return b.String()
}

// kills are the last columns, a line for each way of finding out.
func (r Row) kills() (out []string) {
	for _, k := range []*Kill{r.Scenario, r.Exploration} {
		if k != nil {
			out = append(out, fmt.Sprintf("%-*s %6d  %s", byWidth, k.By, k.Operations, k.Where))
		}
	}
	switch {
	case len(out) > 0 && r.Correct():
		return append(out, "BLAMED WITHOUT REASON")
	case len(out) > 0:
		return out
	case r.Correct():
		return []string{fmt.Sprintf("nothing, in %d scenarios and %d explored seeds", r.Played, r.Explored)}
	}
	return []string{fmt.Sprintf("NOTHING: it survived %d scenarios and %d seeds", r.Played, r.Explored)}
}

// wrap breaks a text into lines of at most so many characters.
func wrap(text string, width int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// Tally is a run in numbers.
type Tally struct {
	Mutants   int
	Survivors []string // ids of the broken platforms that nobody found out
	Blamed    bool     // the correct reference was
}

// Summary counts the rows.
func Summary(rows []Row) (t Tally) {
	for _, r := range rows {
		switch {
		case r.Correct():
			t.Blamed = !r.Good()
			continue
		case !r.Good():
			t.Survivors = append(t.Survivors, r.ID)
		}
		t.Mutants++
	}
	return t
}

// Good reports whether every mutant was found and nothing else was.
func (t Tally) Good() bool { return len(t.Survivors) == 0 && !t.Blamed }

// String is the tally in one line.
func (t Tally) String() string {
	s := fmt.Sprintf("%d mutants: %d found", t.Mutants, t.Mutants-len(t.Survivors))
	if len(t.Survivors) > 0 {
		s += ", survivors: " + strings.Join(t.Survivors, ", ")
	}
	if t.Blamed {
		s += "; the correct reference was blamed without reason"
	}
	return s + "."
}
