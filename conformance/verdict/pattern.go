package verdict

import (
	"cmp"
	"slices"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// nearlyAll is the share from which on a fault is said to be everywhere.
const nearlyAll = 0.8

// share is what rests on one fact.
type share struct {
	pattern finding.Pattern
	numbers map[string]bool
	all     bool // of nearly all cases of some check
	more    bool // some are not kept, so on which numbers they are is not known
}

// often reports whether the violations of some check are half of those that there could be: the first case of a number
// contradicts nothing.
func (s *share) often() bool {
	return slices.ContainsFunc(s.pattern.Checks, func(c finding.Share) bool { return 2*c.Violations >= c.Cases-len(s.numbers) })
}

// join adds a pattern, or says of another one that it may be this fact as well.
func join(all []finding.Pattern, p finding.Pattern) []finding.Pattern {
	for i := range all {
		if all[i].Project == p.Project && slices.Equal(all[i].Checks, p.Checks) {
			all[i].Or = append(all[i].Or, p.Basis)
			return all
		}
	}
	return append(all, p)
}

// patterns are the facts on which the violations of nearly all numbers, or nearly all cases of a check, rest, and of which
// another value would explain them.
func patterns(h *reading.History, j finding.Judgement, b bases) (out []finding.Pattern) {
	found := make(map[group]*share)
	var order []group
	for _, r := range j.Results {
		count := make(map[group]int)
		for _, v := range r.Violations {
			project := owner(b.facts, r, v)
			for _, basis := range v.Rests {
				g := group{basis.Fact, project}
				if basis.Fits == "" {
					continue
				}
				s := found[g]
				if s == nil {
					s = &share{pattern: finding.Pattern{Basis: basis, Project: project}, numbers: make(map[string]bool)}
					found[g], order = s, append(order, g)
				}
				count[g]++
				if n := numberOf(v); n != "" {
					s.numbers[n] = true
				}
			}
		}
		for g, n := range count {
			if n == len(r.Violations) { // those that are not kept are of the same kind
				n += r.Omitted
				found[g].more = found[g].more || r.Omitted > 0
			}
			found[g].pattern.Checks = append(found[g].pattern.Checks, finding.Share{Check: r.Name, Violations: n, Cases: max(r.Cases, n)})
			found[g].all = found[g].all || n > 1 && float64(n) >= nearlyAll*float64(r.Cases)
		}
	}
	for _, g := range order {
		s := found[g]
		s.pattern.Numbers, s.pattern.OfNumbers = len(s.numbers), numbersOf(h, g.project)
		n := 0
		for _, c := range s.pattern.Checks {
			n += c.Violations
		}
		if n > 1 && (s.all || s.often() && s.pattern.OfNumbers > 1 && float64(len(s.numbers)) >= nearlyAll*float64(s.pattern.OfNumbers)) {
			if s.more {
				s.pattern.Numbers = 0
			}
			out = join(out, s.pattern)
		}
	}
	slices.SortStableFunc(out, func(x, y finding.Pattern) int { return cmp.Compare(total(y), total(x)) })
	return out
}

// numberOf is the number that a violation is about; "" when it is about several.
func numberOf(v finding.Violation) (number string) {
	for _, o := range v.Ops {
		switch {
		case o.Kind == history.Handoff || o.Number == "" || o.Number == number:
		case number != "":
			return ""
		default:
			number = o.Number
		}
	}
	return number
}

// numbersOf counts the numbers of a project that were given.
func numbersOf(h *reading.History, project string) (n int) {
	v := h.Projects[project]
	if v == nil {
		v = h.Whole
	}
	for _, l := range v.Lines {
		if len(l.Leases) > 0 {
			n++
		}
	}
	return n
}

func total(p finding.Pattern) (n int) {
	for _, s := range p.Checks {
		n += s.Violations
	}
	return n
}
