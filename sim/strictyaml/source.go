package strictyaml

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Source is the text of a file by line, for carets that show a place in it.
type Source []string

// NewSource takes a text apart.
func NewSource(data []byte) Source {
	text := strings.TrimPrefix(string(data), "\ufeff")
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], "\r")
	}
	return lines
}

// From is the rest of a line from a column on. Beyond some width nobody looks at a caret,
// and a generated file of one long line would take for ever.
func (s Source) From(line, column int) string {
	const widest = 10_000
	if line < 1 || line > len(s) || column > widest {
		return ""
	}
	rest := s[line-1]
	for range column - 1 {
		_, size := utf8.DecodeRuneInString(rest)
		rest = rest[size:]
	}
	return rest[:min(len(rest), widest)]
}

// Width is how many characters of its first line a node takes.
func (s Source) Width(n *yaml.Node) int {
	rest := s.From(n.Line, n.Column)
	size := 0
	switch {
	case n.Kind != yaml.ScalarNode && n.Style&yaml.FlowStyle != 0:
		size = flowSize(rest)
	case n.Kind != yaml.ScalarNode:
		size = len(strings.TrimRight(rest, " "))
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		size = quotedSize(rest)
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 && strings.HasPrefix(rest, n.Value):
		size = len(n.Value)
	}
	return max(1, utf8.RuneCountInString(rest[:size]))
}

// quotedSize is the length of the quoted text that s starts with, or of the line.
func quotedSize(s string) int {
	if s == "" {
		return 0
	}
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && s[0] == '"':
			i++
		case s[i] == s[0] && s[0] == '\'' && strings.HasPrefix(s[i+1:], "'"):
			i++
		case s[i] == s[0]:
			return i + 1
		}
	}
	return len(s)
}

// flowSize is the length of the {…} or […] that s starts with, or of the line.
func flowSize(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"', '\'':
			if strings.ContainsRune("{[,: ", rune(s[max(0, i-1)])) { // not an apostrophe
				i += quotedSize(s[i:]) - 1
			}
		}
	}
	return len(s)
}
