package report

import (
	"fmt"
	"strings"

	"github.com/dnispool/dnispool/conformance/finding"
)

// widths of the table's columns, in characters; the last has none.
const (
	saysWidth = 58
	byWidth   = 24
)

// MutantsHead is the head of the table of mutants.
func MutantsHead() string {
	return fmt.Sprintf("%-4s %-*s %-*s %6s  %s", "", saysWidth, "what is wrong", byWidth, "found by", "after", "where")
}

// MutantRow is a row of the table, a line for each way in which the platform was found out. verbose adds how.
func MutantRow(r finding.MutantRow, verbose bool) string {
	var b strings.Builder
	lines := wrap(r.Says, saysWidth)
	id := r.ID
	kills := mutantKills(r)
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
		for _, k := range []*finding.Kill{r.Scenario, r.Exploration} {
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

// mutantKills are the last columns, a line for each way of finding out.
func mutantKills(r finding.MutantRow) (out []string) {
	for _, k := range []*finding.Kill{r.Scenario, r.Exploration} {
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

// MutantsLine is the table in one line.
func MutantsLine(t finding.MutantTable) string {
	s := fmt.Sprintf("%d mutants: %d found", t.Mutants(), t.Mutants()-len(t.Survivors()))
	if len(t.Survivors()) > 0 {
		s += ", survivors: " + strings.Join(t.Survivors(), ", ")
	}
	if t.Blamed() {
		s += "; the correct reference was blamed without reason"
	}
	return s + "."
}
