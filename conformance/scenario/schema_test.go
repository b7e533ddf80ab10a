package scenario

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

const specs = "../../specs"

func readSchema(t *testing.T, name string) any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(specs, name))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return doc
}

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	for _, name := range []string{"scenario", "config", "agent"} {
		name += ".schema.json"
		if err := c.AddResource(name, readSchema(t, name)); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := c.Compile("scenario.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// validate is nil when the schema accepts the file, read the way an editor reads it: off is
// text and 011 is a number.
func validate(t *testing.T, schema *jsonschema.Schema, file string) error {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	root, ps := strictyaml.Parse(file, data)
	if len(ps) > 0 {
		return ps
	}
	var value any
	if err := root.Decode(&value); err != nil {
		return err
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(doc)
}

func yamlFiles(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	names, problems := find(os.DirFS(dir), ".", Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, name := range names {
		files = append(files, filepath.Join(dir, name))
	}
	return files
}

func TestSchemaAcceptsWhatTheLoaderAccepts(t *testing.T) {
	schema := compileSchema(t)
	files := yamlFiles(t, "testdata/valid")
	if len(files) < 3 {
		t.Fatalf("want at least 3 valid files, got %v", files)
	}
	for _, file := range append(files, yamlFiles(t, "../../scenarios")...) {
		if err := validate(t, schema, file); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, ps := Parse(file, data, Options{}); len(ps) > 0 {
			t.Errorf("%s: %v", file, ps)
		}
	}
}

// beyondSchema are the problems that a schema cannot see: they lie between two places.
func beyondSchema() []string {
	return []string{
		"ambiguous-word", "asserts-nothing", "call-of-a-reserve", "client-outside", "drawn-and-written", "empty-subset", "forward-reference", "literal-var",
		"malformed-reference", "matcher-in-a-list", "misspelt-format", "pattern-that-does-not-compile", "shadowed-name", "too-many-counted",
		"unknown-reference", "unknown-result-field", "unquoted-attribute", "unused-name", "unused-var", "zero-duration",
	}
}

// TestInvalidFiles wants each file of testdata/invalid to give exactly the problems that
// its first lines say, and the schema to refuse it as well where a schema can.
func TestInvalidFiles(t *testing.T) {
	schema := compileSchema(t)
	files := yamlFiles(t, "testdata/invalid")
	if len(files) < 20 {
		t.Fatalf("want at least 20 invalid files, got %d", len(files))
	}
	seen := map[string]bool{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		seen[name] = true
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, ps := Parse("f", data, testOptions())
			if got, want := ps.Error(), wantedProblems(string(data)); got != want || got == "" {
				t.Errorf("\n got %s\nwant %s", got, want)
			}
			err = validate(t, schema, file)
			if beyond := slices.Contains(beyondSchema(), name); beyond != (err == nil) {
				t.Errorf("schema: want it to see the problem: %v, got %v", !beyond, err)
			}
		})
	}
	for _, name := range beyondSchema() {
		if !seen[name] {
			t.Errorf("testdata/invalid/%s.yaml: want it, got none", name)
		}
	}
}

// TestWarnedFiles wants each file of testdata/warned to be legal, and to give exactly the warnings that its first lines say.
func TestWarnedFiles(t *testing.T) {
	for _, file := range yamlFiles(t, "testdata/warned") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s, ps := Parse("f", data, testOptions())
		if err := ps.Err(); err != nil {
			t.Fatalf("%s: want no problem, got %v", file, err)
		}
		if got, want := s.Warnings.Error(), wantedProblems(string(data)); got != want || got == "" {
			t.Errorf("%s:\n got %s\nwant %s", file, got, want)
		}
	}
}

// wantedProblems reads the lines `# want …` at the top of a file.
func wantedProblems(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		want, ok := strings.CutPrefix(line, "# want ")
		if !ok {
			break
		}
		lines = append(lines, strings.TrimSuffix(want, "\n"))
	}
	return listVerbs(strings.Join(lines, "\n"))
}

// listVerbs puts the verbs of the language where a wanted text has a place for them: a new verb changes no test.
func listVerbs(want string) string {
	return strings.NewReplacer("{verbs}", strictyaml.OneOf(allVerbs()), "{client verbs}", strictyaml.OneOf(clientVerbs())).Replace(want)
}

// TestSchemaKnowsTheLanguage compares the schema with the Go tables that the loader uses.
func TestSchemaKnowsTheLanguage(t *testing.T) {
	root := readSchema(t, "scenario.schema.json").(map[string]any)
	defs := root["$defs"].(map[string]any)
	keys := func(path ...string) []string {
		at := defs
		for _, name := range path {
			at = at[name].(map[string]any)
		}
		var names []string
		for name := range at {
			names = append(names, name)
		}
		slices.Sort(names)
		return names
	}
	same := func(what string, got, want []string) {
		t.Helper()
		want = slices.Sorted(slices.Values(want))
		if !slices.Equal(got, want) {
			t.Errorf("%s: schema has %v, want %v", what, got, want)
		}
	}
	same("step", keys("step", "properties"), slices.Concat(allVerbs(), options()))
	same("clientStep", keys("clientStep", "properties"), slices.Concat(clientVerbs(), options()))
	same("matcher", keys("matcher", "properties"), matcherNames())
	same("dialResult", keys("dialResult", "properties"), Fields(VerbDial))
	same("httpResult", keys("httpResult", "properties"), Fields(VerbReserve))
	same("hangupResult", keys("hangupResult", "properties"), Fields(VerbHangup))
	same("fillResult", keys("fillResult", "properties"), Fields(VerbFill))
	same("awaitResult", keys("awaitResult", "properties"), Fields(VerbAwait))
	same("journeyResult", keys("journeyResult", "properties"), Fields(VerbJourney))
	for _, d := range definitions() {
		if d.args == nil {
			continue
		}
		same(string(d.name), keys(string(d.name), "properties"), argNames(d.args()))
	}
}

// argNames are the yaml names of the fields.
func argNames(args Args) []string {
	var names []string
	for _, f := range reflect.VisibleFields(reflect.TypeOf(args).Elem()) {
		if !f.Anonymous {
			names = append(names, f.Tag.Get("yaml"))
		}
	}
	return names
}

// TestDistributionsAreThoseOfLoad: one vocabulary.
func TestDistributionsAreThoseOfLoad(t *testing.T) {
	defs := func(name string) map[string]any {
		return readSchema(t, name).(map[string]any)["$defs"].(map[string]any)
	}
	if !reflect.DeepEqual(defs("scenario.schema.json")["distribution"], defs("load.schema.json")["distribution"]) {
		t.Error("distribution: want the same in the schemas of scenarios and of load, got two")
	}
}

// TestSchemaExplains wants a description wherever an editor would show one.
func TestSchemaExplains(t *testing.T) {
	root := readSchema(t, "scenario.schema.json").(map[string]any)
	defs := root["$defs"].(map[string]any)
	explained := func(name string, property any) {
		t.Helper()
		p, ok := property.(map[string]any)
		if ref, isRef := p["$ref"].(string); isRef && p["description"] == nil && strings.HasPrefix(ref, "#/$defs/") {
			p = defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
		}
		if text, _ := p["description"].(string); ok && text == "" {
			t.Errorf("%s: want a description, got none", name)
		}
	}
	for name, property := range root["properties"].(map[string]any) {
		explained(name, property)
	}
	for name, property := range defs["step"].(map[string]any)["properties"].(map[string]any) {
		explained(name, property)
	}
}
