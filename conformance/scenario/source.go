package scenario

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// source is the text of a file by line.
type source []string

func newSource(data []byte) source {
	text := strings.TrimPrefix(string(data), "\ufeff")
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], "\r")
	}
	return lines
}

// from is the rest of a line from a column on. Beyond some width nobody looks at a caret,
// and a generated file of one long line would take for ever.
func (s source) from(line, column int) string {
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

// width is how many characters of its first line a node takes.
func (s source) width(n *yaml.Node) int {
	rest := s.from(n.Line, n.Column)
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

// place finds a reference in the text of its string. In a string over several lines or
// with escapes it may not be found; then it is where the string starts.
func (s source) place(ref *Ref) {
	rest := s.from(ref.node.Line, ref.node.Column)
	i := strings.Index(rest, ref.text)
	if i < 0 {
		ref.Pos.Width = s.width(ref.node)
		return
	}
	ref.Pos.Column = ref.node.Column + utf8.RuneCountInString(rest[:i])
	ref.Pos.Width = len(ref.text)
}

// place gives a value and its references their exact places.
func (l *loader) place(v *Value) {
	if v.node == nil {
		return
	}
	v.Pos = l.pos(v.node)
	for _, ref := range v.refs() {
		l.src.place(ref)
	}
}
