package agent_test

import (
	"bytes"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// TestSchemaAgrees: what the parser reads the schema accepts, and the other
// way round, but for the few rules that a schema cannot say.
func TestSchemaAgrees(t *testing.T) {
	schema := compile(t)
	for _, tc := range scripts {
		if err := validate(t, schema, document(t, tc.text)); err != nil {
			t.Errorf("%s: want it accepted, got %v", tc.name, err)
		}
	}
	for _, tc := range wrong {
		for _, single := range items(document(t, tc.text)) {
			err := validate(t, schema, single)
			if tc.lax && err != nil {
				t.Errorf("%s: want it accepted, got %v", tc.name, err)
			}
			_, problems := agent.Parse("a.yaml", single)
			if !tc.lax && (err == nil) != (len(problems) == 0) {
				t.Errorf("%s: the parser says %v, the schema %v", tc.name, problems, err)
			}
		}
	}
}

// items takes a start function apart into agents with one operation each, and
// a set into sets with one key each, so that one mistake does not hide another.
func items(n *yaml.Node) []*yaml.Node {
	start := strictyaml.Lookup(n, "start")
	if start == nil || start.Kind != yaml.SequenceNode || len(n.Content) != 2 {
		return []*yaml.Node{n}
	}
	var all []*yaml.Node
	for _, op := range start.Content {
		for _, one := range assignments(op) {
			list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{one}}
			all = append(all, mapping(n.Content[0], list))
		}
	}
	return append(all, n)
}

func assignments(op *yaml.Node) []*yaml.Node {
	set := strictyaml.Lookup(op, "set")
	if set == nil || len(op.Content) != 2 || len(set.Content) == 0 {
		return []*yaml.Node{op}
	}
	var all []*yaml.Node
	for key, value := range strictyaml.Pairs(set) {
		all = append(all, mapping(op.Content[0], mapping(key, value)))
	}
	return all
}

func mapping(key, value *yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{key, value}}
}

func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("../../specs/agent.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// validate judges a node as JSON. What is no JSON at all counts as refused.
func validate(t *testing.T, schema *jsonschema.Schema, n *yaml.Node) error {
	t.Helper()
	raw, problems := strictyaml.JSON("a.yaml", n)
	if err := problems.Err(); err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(value)
}

// TestPackageExample: the script in the package's documentation is one.
func TestPackageExample(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "agent.go", nil, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	for line := range strings.Lines(file.Doc.Text()) {
		if code, ok := strings.CutPrefix(line, "\t"); ok {
			script.WriteString(code)
		}
	}
	root, problems := strictyaml.Parse("agent.go", []byte(script.String()))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if err := validate(t, compile(t), root); err != nil {
		t.Error(err)
	}
	read, problems := agent.Parse("agent.go", root)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	want := "note limits shared_id tier copy strict number language starts handoff_to asked"
	if got := strings.Join(read.(*agent.Script).StateKeys(), " "); got != want {
		t.Errorf("state keys: got %s, want %s", got, want)
	}
}
