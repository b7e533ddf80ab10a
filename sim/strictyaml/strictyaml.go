// Package strictyaml reads the YAML that a user writes (configuration, scenarios, agent
// scripts) and is strict about it: every problem carries file, line and column, all
// problems of a file come at once, and a key that is not known gets a suggestion.
//
// It accepts the part of YAML that looks the same to every reader. Anchors, tags, merge
// keys, second documents and duplicate keys are refused. It does not write YAML, and it
// knows nothing of the files' meaning.
package strictyaml

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Problem is one thing wrong in a file. Line and Column count from 1, Column in
// characters. Hint is a word the writer may have meant, or empty.
type Problem struct {
	File         string
	Line, Column int
	Message      string
	Hint         string
}

// Error formats the problem as `file:line:column: message (did you mean "hint"?)`.
func (p Problem) Error() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		b.WriteByte(':')
	}
	fmt.Fprintf(&b, "%d:%d: %s", p.Line, p.Column, p.Message)
	if p.Hint != "" {
		fmt.Fprintf(&b, " (did you mean %q?)", p.Hint)
	}
	return b.String()
}

// Problems is everything wrong in one or several files. Use Err to return it as an error:
// an empty Problems in an error variable is not nil.
type Problems []Problem

// Error lists the problems, one a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Sort orders the problems by file, line and column. Problems of one place keep their order.
func (ps Problems) Sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// Err returns the problems sorted and without repeats, or nil when there are none.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	sorted := slices.Clone(ps)
	sorted.Sort()
	return slices.Compact(sorted)
}

// At makes a problem at the place where n starts. A nil node means the start of the file.
func At(file string, n *yaml.Node, format string, args ...any) Problem {
	p := Problem{File: file, Line: 1, Column: 1, Message: fmt.Sprintf(format, args...)}
	if n != nil && n.Line > 0 {
		p.Line, p.Column = n.Line, n.Column
	}
	return p
}

// UnknownKey makes the problem for a key that does not belong in the mapping called where
// (which may be empty). It suggests the nearest known key, else lists a short set of them.
func UnknownKey(file string, key *yaml.Node, where string, known []string) Problem {
	message := fmt.Sprintf("unknown key %q", clip(key.Value))
	if where != "" {
		message += " in " + where
	}
	p := At(file, key, "%s", message)
	p.Hint = Suggest(key.Value, known)
	if p.Hint == "" && len(known) > 0 && len(known) <= 16 {
		p.Message += "; want " + OneOf(known)
	}
	return p
}

// Pairs yields the keys and values of a mapping in the order of the file; nothing for
// any other node.
func Pairs(n *yaml.Node) func(yield func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

// Lookup returns the value of a key, or nil.
func Lookup(n *yaml.Node, key string) *yaml.Node {
	for k, v := range Pairs(n) {
		if k.Kind == yaml.ScalarNode && k.Value == key {
			return v
		}
	}
	return nil
}

// Got describes a node the way an error says what it found: `12`, `"text"`, `a list`.
func Got(n *yaml.Node) string {
	switch {
	case n == nil:
		return "nothing"
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.AliasNode:
		return "an alias"
	case IsNull(n) && n.Value == "":
		return "nothing"
	case plain(n) && !isText(n):
		return clip(n.Value)
	default:
		return fmt.Sprintf("%q", clip(n.Value))
	}
}

func clip(s string) string {
	const limit = 60
	if len(s) <= limit {
		return s
	}
	runes := []rune(s[:limit])
	return string(runes[:len(runes)-1]) + "…"
}
