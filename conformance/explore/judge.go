package explore

import (
	"github.com/dnispool/dnispool/conformance/check"
)

// Finding is a broken promise: a check, and the first of its violations.
type Finding struct {
	Check     check.Check
	Project   string
	Violation check.Violation
}

// Judge holds a history against the checks of these names; nil is all.
func Judge(h History, only []string) []Finding {
	var out []Finding
	for _, r := range check.Judge(h.Facts, h.Ops, only).Results {
		if len(r.Violations) > 0 {
			out = append(out, Finding{Check: r.Check, Project: r.Project, Violation: r.Violations[0]})
		}
	}
	return out
}
