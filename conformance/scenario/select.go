package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Filter says which scenarios to play. The zero value means all.
type Filter struct {
	// Patterns are ids ("pool/exhausted"), globs over ids ("pool/*", where * crosses /),
	// files ("scenarios/pool/exhausted.yaml") and lines in files ("….yaml:28"). A scenario
	// is taken when any of them fits.
	Patterns []string
	// Taken, when it is not nil, says which scenarios are taken whatever the patterns.
	Taken func(*Scenario) bool
	// Others are names of what is no scenario that was read, for an error that says what may have been meant.
	Others []string
	// Label is an expression over labels, areas and levels: "pool and not (slow or may)".
	Label string
	Noun  string // what the errors call that which is selected; empty: scenario
}

// Select returns the scenarios that fit, in their order. Every pattern and every word of
// the label expression must name something, and something must be left.
func Select(scenarios []*Scenario, filter Filter) ([]*Scenario, error) {
	byPattern, err := selectPatterns(scenarios, filter)
	expression, labelErr := parseLabel(filter.Label, vocabulary(scenarios))
	if err := errors.Join(err, labelErr); err != nil {
		return nil, err
	}
	if expression == nil {
		return byPattern, nil
	}
	var selected []*Scenario
	for _, s := range byPattern {
		if expression(s) {
			selected = append(selected, s)
		}
	}
	if len(selected) == 0 {
		return nil, fmt.Errorf("label: want at least one scenario, got none of %d for %q", len(byPattern), filter.Label)
	}
	return selected, nil
}

func selectPatterns(scenarios []*Scenario, filter Filter) ([]*Scenario, error) {
	if len(filter.Patterns) == 0 && filter.Taken == nil {
		return scenarios, nil
	}
	taken := make(map[*Scenario]bool)
	for _, s := range scenarios {
		taken[s] = filter.Taken != nil && filter.Taken(s)
	}
	var errs []error
	for _, pattern := range filter.Patterns {
		fits := matchPattern(pattern)
		found := false
		for _, s := range scenarios {
			if fits(s) {
				taken[s], found = true, true
			}
		}
		if !found {
			errs = append(errs, fmt.Errorf("%s: %w", cmp.Or(filter.Noun, "scenario"), unmatched(pattern, scenarios, filter.Others)))
		}
	}
	selected := slices.DeleteFunc(slices.Clone(scenarios), func(s *Scenario) bool { return !taken[s] })
	return selected, errors.Join(errs...)
}

var fileLine = regexp.MustCompile(`^(.+\.yaml)(?::(\d+)(?::\d+)?)?$`)

func matchPattern(pattern string) func(*Scenario) bool {
	if m := fileLine.FindStringSubmatch(pattern); m != nil {
		return matchFile(m[1], m[2])
	}
	if strings.ContainsAny(pattern, "*?") {
		glob := globPattern(pattern)
		return func(s *Scenario) bool { return glob.MatchString(s.ID) }
	}
	return func(s *Scenario) bool { return s.ID == pattern }
}

// matchFile takes a path from any directory above or below the one that was loaded.
func matchFile(file, line string) func(*Scenario) bool {
	file = path.Clean(strings.ReplaceAll(file, `\`, "/"))
	number, err := strconv.Atoi(line)
	return func(s *Scenario) bool {
		same := s.File == file || strings.HasSuffix(s.File, "/"+file) || strings.HasSuffix(file, "/"+s.File)
		return same && (line == "" || err == nil && number >= 1 && number <= len(s.Lines))
	}
}

func globPattern(pattern string) *regexp.Regexp {
	quoted := regexp.QuoteMeta(pattern)
	quoted = strings.ReplaceAll(quoted, `\*`, ".*")
	quoted = strings.ReplaceAll(quoted, `\?`, ".")
	return regexp.MustCompile("^" + quoted + "$")
}

// unmatched says why a pattern fits nothing and what may have been meant.
func unmatched(pattern string, scenarios []*Scenario, others []string) error {
	known := slices.Clone(others)
	for _, s := range scenarios {
		if m := fileLine.FindStringSubmatch(pattern); m != nil && m[2] != "" && matchFile(m[1], "")(s) {
			return fmt.Errorf("want a line of %s (1 to %d), got %s", s.File, len(s.Lines), m[2])
		}
		known = append(known, s.ID, s.File)
		if s.Area() == strings.TrimSuffix(pattern, "/") && s.Area() != s.ID {
			return fmt.Errorf("want an id, got the area %q (did you mean %q?)", pattern, s.Area()+"/*")
		}
	}
	if hint := nearestID(pattern, known); hint != "" {
		return fmt.Errorf("want an id, a glob or file:line, got %q (did you mean %q?)", pattern, hint)
	}
	if m := fileLine.FindStringSubmatch(pattern); m != nil {
		return fmt.Errorf("want an id, a glob or file:line, got %q, which fits none of %d and is no file that was found", pattern, len(scenarios))
	}
	return fmt.Errorf("want an id, a glob or file:line, got %q, which fits none of %d", pattern, len(scenarios))
}

// nearestID also finds an id by its last part, for those who leave out the area.
func nearestID(pattern string, known []string) string {
	for _, id := range known {
		if path.Base(id) == pattern {
			return id
		}
	}
	return strictyaml.Suggest(pattern, known)
}

// vocabulary is every word that a label expression may use.
func vocabulary(scenarios []*Scenario) []string {
	words := []string{finding.Must, finding.Should, finding.May}
	for _, s := range scenarios {
		words = append(words, s.Area())
		words = append(words, s.Labels...)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

func hasWord(s *Scenario, word string) bool {
	return s.Area() == word || s.Level == word || slices.Contains(s.Labels, word)
}
