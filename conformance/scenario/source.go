package scenario

import (
	"strings"
	"unicode/utf8"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// placeRef finds a reference in the text of its string. In a string over several lines or
// with escapes it may not be found; then it is where the string starts.
func placeRef(s strictyaml.Source, ref *Ref) {
	rest := s.From(ref.node.Line, ref.node.Column)
	i := strings.Index(rest, ref.text)
	if i < 0 {
		ref.Pos.Width = s.Width(ref.node)
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
		placeRef(l.src, ref)
	}
}
