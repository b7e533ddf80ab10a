package scenario

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dnispool/dnispool/conformance/jsonvalue"
)

// Tally is what the results of concurrently must be, taken over all clients.
type Tally struct {
	Groups     []Group
	Indefinite *Expectation // how many outcomes are indefinite; nil: not asked
}

// Group counts the results of one sub-step that fit a description.
type Group struct {
	Step     string       // name of the sub-step
	Where    Expect       // which results count; empty: all
	Count    *Expectation // how many there must be; nil: not asked
	Distinct []string     // a field that must be different in each of them; nil: not asked
	Index    int          // from 0, among the groups of its step
	Pos      Pos          // of the group
	distinct Pos
}

// Check holds the results against the tally: results has, by sub-step name, one result a
// client that came so far. The error is a reference that has no value.
func (t *Tally) Check(scope *Scope, results map[string][]map[string]any, indefinite int) ([]Mismatch, error) {
	var mismatches []Mismatch
	for _, g := range t.Groups {
		found, err := g.check(scope, results[g.Step])
		if err != nil {
			return nil, err
		}
		mismatches = append(mismatches, found...)
	}
	if t.Indefinite == nil {
		return mismatches, nil
	}
	found, err := Expect{*t.Indefinite}.Check(scope, map[string]any{indefiniteField: indefinite})
	return append(mismatches, found...), err
}

// Counts reports whether a result of a sub-step is among those that a group describes and counts, and the count was right:
// none of the mismatches is about it.
func (t *Tally) Counts(scope *Scope, step string, result map[string]any, mismatches []Mismatch) bool {
	return slices.ContainsFunc(t.Groups, func(g Group) bool {
		if g.Step != step || g.Count == nil || len(g.Where) == 0 {
			return false
		}
		where, err := g.Where.bind(scope)
		return err == nil && where.holds(normal(result)) && !slices.ContainsFunc(mismatches, func(m Mismatch) bool { return m.Path == g.path(countField) })
	})
}

// CheckDistinct is Check of what must be different in each result, and of nothing that is counted.
func (t *Tally) CheckDistinct(scope *Scope, results map[string][]map[string]any) ([]Mismatch, error) {
	apart := Tally{Groups: slices.Clone(t.Groups)}
	for i := range apart.Groups {
		apart.Groups[i].Count = nil
	}
	return apart.Check(scope, results, 0)
}

// path names what is held against a field of the group, as "lease[0].count".
func (g Group) path(field string) string { return fmt.Sprintf("%s[%d].%s", g.Step, g.Index, field) }

func (g Group) check(scope *Scope, results []map[string]any) ([]Mismatch, error) {
	where, err := g.Where.bind(scope)
	if err != nil {
		return nil, err
	}
	var fit []any
	for _, result := range results {
		if r := normal(result); where.holds(r) {
			fit = append(fit, r)
		}
	}
	var mismatches []Mismatch
	if g.Count != nil {
		mismatches, err = Expect{*g.Count}.Check(scope, map[string]any{countField: len(fit)})
		if err != nil {
			return nil, err
		}
	}
	if m, ok := g.checkDistinct(fit); !ok {
		mismatches = append(mismatches, m)
	}
	for i := range mismatches {
		mismatches[i].Path = g.path(mismatches[i].Path)
	}
	return mismatches, nil
}

func (g Group) checkDistinct(results []any) (Mismatch, bool) {
	if len(g.Distinct) == 0 {
		return Mismatch{}, true
	}
	name := strings.Join(g.Distinct, ".")
	m := Mismatch{Path: distinctField, Want: fmt.Sprintf("%d different values of %s", len(results), name), Pos: g.distinct}
	var seen []any
	for _, result := range results {
		value, why := descend(result, g.Distinct, "a result")
		if why != "" {
			m.Got = why
			return m, false
		}
		if slices.ContainsFunc(seen, func(other any) bool { return jsonvalue.Equal(other, value) }) {
			m.Got = describe(value) + " more than once"
			return m, false
		}
		seen = append(seen, value)
	}
	return m, true
}
