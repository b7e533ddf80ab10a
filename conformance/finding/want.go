package finding

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Want is what to say or to record so that more can be judged: all of these facts and fields together.
type Want struct {
	Facts  []string `json:"facts,omitempty"`  // to be stated
	Fields []string `json:"fields,omitempty"` // to be recorded, as "ended of calls"
	Checks []Share  `json:"checks"`           // that would decide more: of so many cases; 0 cases: they judge nothing without
}

// Wants are what would decide more, the shortest list first and, of those as long, the one that decides the most cases.
func (j Judgement) Wants() (out []Want) {
	found := make(map[string]map[string]int)
	for _, r := range j.Results {
		for needs, cases := range r.Needs {
			if found[needs] == nil {
				found[needs] = make(map[string]int)
			}
			found[needs][r.Name] += cases
		}
	}
	for _, needs := range slices.Sorted(maps.Keys(found)) {
		var w Want
		for _, name := range strings.Split(needs, ", ") {
			if strings.Contains(name, " of ") {
				w.Fields = append(w.Fields, name)
			} else {
				w.Facts = append(w.Facts, name)
			}
		}
		for _, check := range slices.Sorted(maps.Keys(found[needs])) {
			w.Checks = append(w.Checks, Share{Check: check, Cases: found[needs][check]})
		}
		out = append(out, w)
	}
	slices.SortStableFunc(out, func(a, b Want) int {
		return cmp.Or(cmp.Compare(a.length(), b.length()), cmp.Compare(b.cases(), a.cases()), cmp.Compare(len(b.Checks), len(a.Checks)))
	})
	return out
}

func (w Want) length() int { return len(w.Facts) + len(w.Fields) }

func (w Want) cases() (n int) {
	for _, c := range w.Checks {
		n += c.Cases
	}
	return n
}

// String is what to do, and what for.
func (w Want) String() string {
	var parts, checks []string
	if len(w.Facts) > 0 {
		parts = append(parts, "state "+strings.Join(w.Facts, ", "))
	}
	if len(w.Fields) > 0 {
		parts = append(parts, "record "+strings.Join(w.Fields, ", "))
	}
	for _, c := range w.Checks {
		switch c.Cases {
		case 0:
			checks = append(checks, "all of "+c.Check)
		case 1:
			checks = append(checks, "1 case of "+c.Check)
		default:
			checks = append(checks, fmt.Sprintf("%d cases of %s", c.Cases, c.Check))
		}
	}
	return fmt.Sprintf("%s (%s)", strings.Join(parts, " and "), strings.Join(checks, ", "))
}
