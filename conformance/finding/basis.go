package finding

import (
	"cmp"
	"fmt"
	"strings"
)

// Basis is a fact on which a verdict rests: were it not known, the violation would not be found, or not be held against
// the platform.
type Basis struct {
	Fact   string `json:"fact"` // as in a file, without the unit
	Value  string `json:"value"`
	Source string `json:"source"`         // documented, measured or assumed
	Fits   string `json:"fits,omitempty"` // what it would have to be instead for nothing to be found; empty when there is no such value
	Word   string `json:"-"`              // what a sentence calls it, where that is not Fact
}

// String is the fact with its value and its source.
func (b Basis) String() string { return fmt.Sprintf("%s %s (%s)", b.Fact, b.Value, b.Source) }

// Doubt says that the fact may be wrong instead; "" where no other value would explain what was found.
func (b Basis) Doubt() string {
	if b.Fits == "" {
		return ""
	}
	return fmt.Sprintf("the stated %s (%s, %s) is wrong; %s would fit", cmp.Or(b.Word, b.Fact), b.Source, b.Value, b.Fits)
}

// RestsOn are the facts on which a violation rests, in one line; "" where nobody has looked.
func (v Violation) RestsOn() string {
	var all []string
	for _, b := range v.Rests {
		all = append(all, b.String())
	}
	return strings.Join(all, ", ")
}

// Doubts are those of several facts, as the end of a sentence.
func Doubts(all []Basis) string {
	var b strings.Builder
	for _, basis := range all {
		if s := basis.Doubt(); s != "" {
			b.WriteString("; or " + s)
		}
	}
	return b.String()
}

// Pattern is one fact on which the violations on nearly all numbers, or nearly all cases of a check, rest.
type Pattern struct {
	Basis
	Or        []Basis `json:"or,omitempty"` // other facts that would explain the same
	Project   string  `json:"project,omitempty"`
	Checks    []Share `json:"checks"`
	Numbers   int     `json:"numbers,omitempty"` // on which they are; 0 where there are too many to know
	OfNumbers int     `json:"of_numbers"`
}

// Share is how many violations of a check belong to a pattern.
type Share struct {
	Check      string `json:"check"`
	Violations int    `json:"violations,omitempty"`
	Cases      int    `json:"cases"`
}

// Says is the pattern in one sentence.
func (p Pattern) Says() string {
	var shares []string
	for _, s := range p.Checks {
		shares = append(shares, fmt.Sprintf("%d of %d cases of %s", s.Violations, s.Cases, s.Check))
	}
	where := ""
	if p.Numbers > 0 {
		where = fmt.Sprintf(", on %d of %d numbers", p.Numbers, p.OfNumbers)
	}
	return fmt.Sprintf("%s%s: either the platform does this wrong everywhere, or %s", strings.Join(shares, " and "), where, p.Doubt()+Doubts(p.Or))
}
