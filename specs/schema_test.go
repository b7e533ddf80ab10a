package specs_test

import (
	"bytes"
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/dnispool/dnispool/specs"
)

// node is a JSON Schema as plain data, within its document.
type node struct {
	root, at map[string]any
}

func load(t *testing.T, name string) node {
	t.Helper()
	text, err := specs.Schema(name)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var root map[string]any
	if err := d.Decode(&root); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return node{root, root}
}

// resolved follows a $ref within the document; members beside it stay.
func (n node) resolved() node {
	ref, _ := n.at["$ref"].(string)
	name, ok := strings.CutPrefix(ref, "#/$defs/")
	if !ok {
		return n
	}
	merged := map[string]any{}
	for k, v := range n.root["$defs"].(map[string]any)[name].(map[string]any) {
		merged[k] = v
	}
	for k, v := range n.at {
		if k != "$ref" {
			merged[k] = v
		}
	}
	return node{n.root, merged}.resolved()
}

func (n node) properties() map[string]node {
	all := map[string]node{}
	properties, _ := n.resolved().at["properties"].(map[string]any)
	for name, value := range properties {
		all[name] = node{n.root, value.(map[string]any)}.resolved()
	}
	return all
}

func (n node) section(name string) map[string]node { return n.properties()[name].properties() }

func (n node) list(member string) []any {
	values, _ := n.at[member].([]any)
	return values
}

func (n node) items() node {
	items, _ := n.at["items"].(map[string]any)
	return node{n.root, items}.resolved()
}

func compile(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for _, other := range specs.Schemas() {
		text, err := specs.Schema(other)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v", other, err)
		}
		if err := c.AddResource(other+".schema.json", doc); err != nil {
			t.Fatalf("%s: %v", other, err)
		}
	}
	schema, err := c.Compile(name + ".schema.json")
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return schema
}

func validate(t *testing.T, schema *jsonschema.Schema, text []byte) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return schema.Validate(doc)
}

func TestSchemasCompile(t *testing.T) {
	for _, name := range specs.Schemas() {
		compile(t, name)
	}
}

// fields maps the names that tag gives to the fields of a struct, those of embedded ones included.
func fields(typ reflect.Type, tag string) map[string]reflect.StructField {
	all := map[string]reflect.StructField{}
	for _, f := range reflect.VisibleFields(typ) {
		name, _, _ := strings.Cut(f.Tag.Get(tag), ",")
		if name != "" && name != "-" {
			all[name] = f
		}
	}
	return all
}

// sameNames compares a schema with a Go type, structs within included. leaf says which types are values.
func sameNames(t *testing.T, path, tag string, schema node, typ reflect.Type, leaf func(reflect.Type) bool) {
	t.Helper()
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
		if typ.Kind() == reflect.Slice {
			schema = schema.items()
		}
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || leaf(typ) {
		return
	}
	if schema.at["additionalProperties"] != false {
		t.Errorf("%s: want a closed object in the schema, got an open one", path)
	}
	properties := schema.properties()
	for name, field := range fields(typ, tag) {
		property, ok := properties[name]
		if !ok {
			t.Errorf("%s.%s: want it in the schema, got none", path, name)
			continue
		}
		delete(properties, name)
		always := tag == "json" && !strings.Contains(field.Tag.Get(tag), "omit")
		if required := slices.Contains(schema.list("required"), any(name)); tag == "json" && required != always {
			t.Errorf("%s.%s: want required to be %v, got %v", path, name, always, required)
		}
		sameNames(t, path+"."+name, tag, property, field.Type, leaf)
	}
	for name := range properties {
		t.Errorf("%s.%s: want it in the Go type, got none", path, name)
	}
}

// isText reports whether a type is written as one text.
func isText(typ reflect.Type) bool { return typ.Implements(reflect.TypeFor[encoding.TextMarshaler]()) }
