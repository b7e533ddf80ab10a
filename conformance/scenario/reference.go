package scenario

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Ref is one `${name.path}`.
type Ref struct {
	Path []string // "lease", "body", "dni"
	Pos  Pos
	node *yaml.Node // the string that holds it
	text string     // as written: "${lease.body.dni}"
}

// Name is the path with dots.
func (r *Ref) Name() string { return strings.Join(r.Path, ".") }

// ReferenceError says that a reference has no value when it is needed.
type ReferenceError struct {
	Name   string // "lease.body.dni"
	Pos    Pos
	Reason string
}

// Error reads `reference: want ${lease.body.dni}, got nothing: lease.body has error, message`.
func (e *ReferenceError) Error() string {
	return fmt.Sprintf("reference: want ${%s}, got %s", e.Name, e.Reason)
}

// template is a string with at least one reference.
type template struct{ parts []part }

type part struct {
	text string
	ref  *Ref // nil: text
}

var refPath = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$`)

// parseTemplate returns nil for a string without references. `$${` is a literal `${`.
func parseTemplate(n *yaml.Node, s string) (*template, error) {
	var t template
	var text strings.Builder
	found := false
	for {
		i := strings.Index(s, "${")
		if i < 0 {
			text.WriteString(s)
			break
		}
		if i > 0 && s[i-1] == '$' {
			text.WriteString(s[:i-1] + "${")
			s = s[i+2:]
			continue
		}
		text.WriteString(s[:i])
		name, rest, closed := strings.Cut(s[i+2:], "}")
		if !closed {
			return nil, fmt.Errorf("reference: want a closing }, got %q; write $${ for a literal ${", clip(s[i:]))
		}
		if !refPath.MatchString(name) {
			return nil, fmt.Errorf("reference: want ${name.path}, got %q; write $${ for a literal ${", clip("${"+name+"}"))
		}
		if text.Len() > 0 {
			t.parts = append(t.parts, part{text: text.String()})
			text.Reset()
		}
		t.parts = append(t.parts, part{ref: newRef(n, name)})
		found, s = true, rest
	}
	if !found {
		return nil, nil
	}
	if text.Len() > 0 {
		t.parts = append(t.parts, part{text: text.String()})
	}
	return &t, nil
}

func newRef(n *yaml.Node, name string) *Ref {
	path := strings.Split(name, ".")
	if len(path) > 2 && path[1] == headersField {
		path[2] = strings.ToLower(path[2])
	}
	return &Ref{Path: path, Pos: Pos{n.Line, n.Column, 1}, node: n, text: "${" + name + "}"}
}

func unescape(s string) string { return strings.ReplaceAll(s, "$${", "${") }

// value keeps the type when the whole string is one reference.
func (t *template) value(scope *Scope) (any, error) {
	if len(t.parts) == 1 {
		return scope.lookup(t.parts[0].ref)
	}
	return t.text(scope)
}

func (t *template) text(scope *Scope) (string, error) {
	var b strings.Builder
	for _, p := range t.parts {
		if p.ref == nil {
			b.WriteString(p.text)
			continue
		}
		value, err := scope.lookup(p.ref)
		if err != nil {
			return "", err
		}
		switch value := value.(type) {
		case string:
			b.WriteString(value)
		case json.Number:
			b.WriteString(value.String())
		case bool:
			fmt.Fprint(&b, value)
		default:
			return "", &ReferenceError{p.ref.Name(), p.ref.Pos, describe(value) + ", which cannot stand inside text"}
		}
	}
	return b.String(), nil
}
