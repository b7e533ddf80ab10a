package scenario

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// identities are the keys whose texts tell one call from another. What they hold is remembered by a platform, so a second run
// must not find what the first has left.
var identities = []string{"shared_id", "nonce", "echo_nonce"}

// Unique is the scenario with prefix before each shared_id and nonce, wherever it writes one: in attributes, questions and
// expectations. The lines are those with the prefix: a report shows what was sent. complete is false when some identity is no
// text, so that nothing can be put before it. The prefix is of lower-case letters, digits and dashes and begins with a letter.
func (s *Scenario) Unique(prefix string, opts Options) (unique *Scenario, complete bool, problems strictyaml.Problems) {
	text := strings.Join(s.Lines, "\n") + "\n"
	root, problems := strictyaml.Parse(s.File, []byte(text))
	if len(problems) > 0 {
		return nil, false, problems
	}
	e := editor{complete: true}
	for _, part := range []string{"vars", "steps"} {
		e.walk(strictyaml.Lookup(root, part), false)
	}
	unique, problems = Parse(s.File, []byte(e.apply(s.Lines, prefix)), opts)
	if len(problems) > 0 {
		return nil, false, problems
	}
	unique.ID = s.ID
	return unique, e.complete, nil
}

// editor collects the places where the prefix goes.
type editor struct {
	at       []Pos
	complete bool
}

// walk looks for identities below n; inIdentity says that n is one, or a matcher of one.
func (e *editor) walk(n *yaml.Node, inIdentity bool) {
	switch {
	case n == nil:
	case n.Kind == yaml.SequenceNode:
		for _, item := range n.Content {
			e.walk(item, inIdentity)
		}
	case n.Kind == yaml.MappingNode:
		for key, value := range strictyaml.Pairs(n) {
			switch {
			case key.Value == "query" && value.Kind == yaml.ScalarNode:
				e.query(value)
			case key.Value == "matches" || key.Value == "absent" || key.Value == "present" || key.Value == "length":
			default:
				e.walk(value, inIdentity && matcherKeys[key.Value] || slices.Contains(identities, key.Value))
			}
		}
	case inIdentity:
		e.scalar(n)
	}
}

// matcherKeys are the matchers whose texts are values of what they match.
var matcherKeys = map[string]bool{"not": true, "one_of": true, "exactly": true, "equals": true}

// scalar marks where the text of an identity begins.
func (e *editor) scalar(n *yaml.Node) {
	switch {
	case strictyaml.IsNull(n) || n.Value == "":
	case n.ShortTag() != "!!str":
		e.complete = false
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		e.complete = false
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		e.at = append(e.at, Pos{Line: n.Line, Column: n.Column + 1})
	default:
		e.at = append(e.at, Pos{Line: n.Line, Column: n.Column})
	}
}

var sharedInQuery = regexp.MustCompile(`(^|&)shared_id=[^&]`)

// query marks the identities of a raw query. Its text stands on one line, as it is, or it is not found.
func (e *editor) query(n *yaml.Node) {
	start := n.Column
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		e.complete = e.complete && !sharedInQuery.MatchString(n.Value)
		return
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		start++
	}
	for _, m := range sharedInQuery.FindAllStringIndex(n.Value, -1) {
		e.at = append(e.at, Pos{Line: n.Line, Column: start + utf8.RuneCountInString(n.Value[:m[1]]) - 1})
	}
}

// apply puts the prefix in, from the last place to the first.
func (e *editor) apply(lines []string, prefix string) string {
	lines = slices.Clone(lines)
	slices.SortFunc(e.at, func(a, b Pos) int {
		if a.Line != b.Line {
			return b.Line - a.Line
		}
		return b.Column - a.Column
	})
	for _, at := range slices.Compact(e.at) {
		line := lines[at.Line-1]
		i := len(line)
		for k := range line {
			if utf8.RuneCountInString(line[:k]) == at.Column-1 {
				i = k
				break
			}
		}
		lines[at.Line-1] = line[:i] + prefix + line[i:]
	}
	return strings.Join(lines, "\n") + "\n"
}
