package scenario

import (
	"slices"
	"strings"
)

// Expect is what a step's result must be, in file order.
type Expect []Expectation

// Expectation is one wanted value.
type Expectation struct {
	Path    []string // "body", "dni"
	Matcher Matcher
	Pos     Pos // of the wanted value
}

// Name is the path with dots.
func (e Expectation) Name() string { return strings.Join(e.Path, ".") }

// Mismatch is an expectation that does not hold.
type Mismatch struct {
	Path      string // "body.dni"
	Want, Got string // for people
	Pos       Pos    // of the wanted value in the file
}

// Check holds a result against every expectation and returns those that fail. The error
// is a reference that has no value (see ReferenceError); nothing was compared then.
//
// The result is what Scope.Set takes: fields by name, headers with lower-case names.
func (e Expect) Check(scope *Scope, result map[string]any) ([]Mismatch, error) {
	bound, err := e.bind(scope)
	if err != nil {
		return nil, err
	}
	return bound.check(normal(result)), nil
}

type boundExpectation struct {
	Expectation
	bound Bound
}

type boundExpect []boundExpectation

func (e Expect) bind(scope *Scope) (boundExpect, error) {
	all := make(boundExpect, len(e))
	for i, expectation := range e {
		bound, err := expectation.Matcher.Bind(scope)
		if err != nil {
			return nil, err
		}
		all[i] = boundExpectation{expectation, bound}
	}
	return all, nil
}

func (e boundExpect) check(result any) []Mismatch {
	var mismatches []Mismatch
	for _, expectation := range e {
		if m, ok := expectation.check(result); !ok {
			mismatches = append(mismatches, m)
		}
	}
	return mismatches
}

// holds is check for those who do not ask what is wrong.
func (e boundExpect) holds(result any) bool {
	return !slices.ContainsFunc(e, func(x boundExpectation) bool {
		_, ok := x.check(result)
		return !ok
	})
}

func (e boundExpectation) check(result any) (Mismatch, bool) {
	value, why := descend(result, e.Path, "the result")
	ok, want, got := e.bound.Match(value, why == "")
	if why != "" && len(e.Path) > 1 {
		got = strings.ReplaceAll(why, "the result.", "")
	}
	// A field cannot be called absent from something that has no fields: a plain-text
	// error page would pass for a body without the key.
	if e.bound.op == Absent && ok && !hasFields(result, e.Path) {
		ok, want = false, "no such field in an object"
	}
	return Mismatch{Path: e.Name(), Want: want, Got: got, Pos: e.Pos}, ok
}

// hasFields reports whether everything on the way to path that is there is an object or list.
func hasFields(value any, path []string) bool {
	for _, name := range path {
		switch value.(type) {
		case map[string]any, []any:
		default:
			return false
		}
		next, why := descend(value, []string{name}, "")
		if why != "" {
			return true
		}
		value = next
	}
	return true
}
