package scenario

import (
	"encoding/json"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

type jsonNumber = json.Number

func isRef(tree any) bool {
	t, ok := tree.(*template)
	return ok && len(t.parts) == 1
}

func isTextual(tree any) bool {
	switch tree.(type) {
	case string, *template:
		return true
	}
	return false
}

func isNumberOrRef(tree any) bool {
	_, number := tree.(json.Number)
	return number || isRef(tree)
}

// checkKind reports a literal that the field can never be: such an expectation fails on
// every target, or, under not, holds on every target.
func (e *expectReader) checkKind(n *yaml.Node, path []string, m Matcher) {
	if m.inner != nil {
		e.checkKind(n, path, *m.inner)
		return
	}
	var wanted []any
	switch m.Op {
	case Equal, Not, Exactly:
		wanted = []any{m.Arg.tree}
	case OneOf:
		wanted, _ = m.Arg.tree.(list)
	default:
		return
	}
	for _, w := range wanted {
		e.checkWanted(n, path, w)
	}
}

func (e *expectReader) checkWanted(n *yaml.Node, path []string, wanted any) {
	if isRef(wanted) || e.reported(n) {
		return
	}
	name := strings.Join(path, ".")
	switch e.field.kind {
	case kindNumber:
		if _, ok := wanted.(json.Number); !ok {
			e.problem(n, "%s: want a number, got %s", name, strictyaml.Got(n))
		}
	case kindBool:
		if _, ok := wanted.(bool); !ok {
			e.problem(n, "%s: want true or false, got %s", name, strictyaml.Got(n))
		}
	case kindWord:
		if _, template := wanted.(*template); template {
			return
		}
		if got, _ := wanted.(string); !slices.Contains(e.field.words, got) {
			p := strictyaml.At(e.file, n, "%s: want %s, got %s", name, strictyaml.OneOf(e.field.words), gotWord(n, got))
			p.Hint = strictyaml.Suggest(got, e.field.words)
			e.ps = append(e.ps, p)
		}
	case kindText, kindHeaders:
		if !isTextual(wanted) {
			e.problem(n, "%s: want text, got %s", name, strictyaml.Got(n))
		}
	}
}

func gotWord(n *yaml.Node, word string) string {
	if word == "" {
		return strictyaml.Got(n)
	}
	return describe(word)
}
