package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/dnispool/dnispool/sim/strictyaml"
	"go.yaml.in/yaml/v3"
)

// Value is a YAML value that may hold references in its strings.
type Value struct {
	Pos  Pos
	node *yaml.Node
	tree any // nil, bool, json.Number, string, *template, list or object
}

type (
	list   []any
	object []member
	member struct {
		key   string
		value any
	}
)

// IsSet reports whether a value is written in the file, be it null.
func (v *Value) IsSet() bool { return v.node != nil }

// Resolve replaces the references and returns a JSON-like value: nil, bool, json.Number,
// string, []any or map[string]any. A string that is exactly one reference keeps the type
// of what it refers to. The error is a *ReferenceError.
func (v *Value) Resolve(scope *Scope) (any, error) { return resolve(v.tree, scope) }

// JSON is Resolve as JSON text: keys in file order, digits as written.
func (v *Value) JSON(scope *Scope) (json.RawMessage, error) {
	var b bytes.Buffer
	if err := writeJSON(&b, v.tree, scope); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (v *Value) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	if _, ps := strictyaml.JSON(file, n); len(ps) > 0 {
		return ps
	}
	b := treeBuilder{file: file}
	*v = Value{Pos: Pos{n.Line, n.Column, 1}, node: n, tree: b.build(n)}
	return b.ps
}

// refs yields every reference in the value.
func (v *Value) refs() []*Ref { return treeRefs(v.tree, nil) }

// Roots lists the first names of the references in the value, each once: "lease" for
// "${lease.body.dni}".
func (v *Value) Roots() []string {
	var roots []string
	for _, ref := range v.refs() {
		if !slices.Contains(roots, ref.Path[0]) {
			roots = append(roots, ref.Path[0])
		}
	}
	return roots
}

// plain is the value when it holds no references.
func (v *Value) plain() any {
	resolved, err := v.Resolve(NewScope())
	if err != nil {
		return nil
	}
	return resolved
}

// Text is a string that may hold references.
type Text struct{ Value }

// Resolve replaces the references. A reference to a number or boolean is written out;
// one to null, a list or an object is an error.
func (t *Text) Resolve(scope *Scope) (string, error) {
	switch tree := t.tree.(type) {
	case nil:
		return "", nil
	case *template:
		return tree.text(scope)
	default:
		return fmt.Sprint(tree), nil
	}
}

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (t *Text) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	if is := unquoted(n); is != "" {
		return strictyaml.Problems{strictyaml.At(file, n, "want \"$%[1]s\", got %[1]s, which YAML takes for a mapping", is)}
	}
	var s string
	if ps := strictyaml.Decode(file, n, &s); len(ps) > 0 {
		return ps
	}
	b := treeBuilder{file: file}
	t.Value = Value{Pos: Pos{n.Line, n.Column, 1}, node: n, tree: b.text(n)}
	return b.ps
}

// treeBuilder turns a node that strictyaml.JSON accepts into a tree.
type treeBuilder struct {
	file string
	ps   strictyaml.Problems
}

func (b *treeBuilder) build(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		members := make(object, 0, len(n.Content)/2)
		for key, value := range strictyaml.Pairs(n) {
			if t, _ := parseTemplate(key, key.Value); t != nil {
				b.ps = append(b.ps, strictyaml.At(b.file, key, "key: references are not replaced in keys, got %q", key.Value))
			}
			members = append(members, member{key.Value, b.build(value)})
		}
		return members
	case yaml.SequenceNode:
		items := make(list, len(n.Content))
		for i, item := range n.Content {
			items[i] = b.build(item)
		}
		return items
	}
	value := scalar(b.file, n)
	if _, isText := value.(string); isText {
		return b.text(n)
	}
	return value
}

func (b *treeBuilder) text(n *yaml.Node) any {
	t, err := parseTemplate(n, n.Value)
	if err != nil {
		b.ps = append(b.ps, strictyaml.At(b.file, n, "%v", err))
	}
	if t == nil {
		return unescape(n.Value)
	}
	return t
}

// scalar reads a node that strictyaml.JSON accepts.
func scalar(file string, n *yaml.Node) any {
	raw, ps := strictyaml.JSON(file, n)
	if len(ps) > 0 {
		return nil
	}
	value, err := decodeJSON(raw)
	if err != nil {
		return nil
	}
	return value
}

func decodeJSON(raw []byte) (any, error) {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	err := decoder.Decode(&value)
	return value, err
}

func resolve(tree any, scope *Scope) (any, error) {
	switch tree := tree.(type) {
	case *template:
		return tree.value(scope)
	case list:
		items := make([]any, len(tree))
		for i, item := range tree {
			resolved, err := resolve(item, scope)
			if err != nil {
				return nil, err
			}
			items[i] = resolved
		}
		return items, nil
	case object:
		fields := make(map[string]any, len(tree))
		for _, m := range tree {
			resolved, err := resolve(m.value, scope)
			if err != nil {
				return nil, err
			}
			fields[m.key] = resolved
		}
		return fields, nil
	default:
		return tree, nil
	}
}

func writeJSON(b *bytes.Buffer, tree any, scope *Scope) error {
	switch tree := tree.(type) {
	case list:
		b.WriteByte('[')
		for i, item := range tree {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeJSON(b, item, scope); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	case object:
		b.WriteByte('{')
		for i, m := range tree {
			if i > 0 {
				b.WriteByte(',')
			}
			b.Write(marshal(m.key))
			b.WriteByte(':')
			if err := writeJSON(b, m.value, scope); err != nil {
				return err
			}
		}
		b.WriteByte('}')
		return nil
	default:
		resolved, err := resolve(tree, scope)
		if err != nil {
			return err
		}
		b.Write(marshal(resolved))
		return nil
	}
}

// marshal writes a JSON-like value, < and & as they are.
func marshal(value any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Appendf(nil, "%q", fmt.Sprint(value))
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func treeRefs(tree any, refs []*Ref) []*Ref {
	switch tree := tree.(type) {
	case *template:
		for i := range tree.parts {
			if tree.parts[i].ref != nil {
				refs = append(refs, tree.parts[i].ref)
			}
		}
	case list:
		for _, item := range tree {
			refs = treeRefs(item, refs)
		}
	case object:
		for _, m := range tree {
			refs = treeRefs(m.value, refs)
		}
	}
	return refs
}
