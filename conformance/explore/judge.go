package explore

import (
	"context"
	"maps"
	"slices"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/check/linear"
	"github.com/dnispool/dnispool/conformance/finding"
)

// Finding is a broken promise: a check, and the first of its violations.
type Finding struct {
	Check     check.Check
	Project   string
	Violation finding.Violation
}

// Judge holds a history against the checks of these names; nil is all but the search for a legal order, which takes its
// time and is made for who asks.
func Judge(h History, only []string) []Finding {
	var out []Finding
	for _, r := range check.Judge(h.Facts, h.Ops, only).Results {
		if len(r.Violations) > 0 {
			out = append(out, Finding{Check: r.Check, Project: r.Project, Violation: r.Violations[0]})
		}
	}
	if slices.Contains(only, linear.Name) {
		out = append(out, search(h)...)
	}
	return out
}

func search(h History) (out []Finding) {
	searched := linear.JudgeAll(context.Background(), h.Facts, h.Ops, linear.Budget)
	for _, project := range slices.Sorted(maps.Keys(searched)) {
		if v := searched[project].Violations(); len(v) > 0 {
			out = append(out, Finding{Check: linear.Check(), Project: project, Violation: v[0]})
		}
	}
	return out
}
