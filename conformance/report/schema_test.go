package report

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/specs"
)

func reportSchema(t *testing.T) (*jsonschema.Schema, map[string]any) {
	t.Helper()
	text, err := specs.Schema("report")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("report.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema, doc.(map[string]any)
}

func validate(t *testing.T, schema *jsonschema.Schema, text []byte) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("JSON: %v in %s", err, text)
	}
	return schema.Validate(doc)
}

func TestJSONIsWhatTheSchemaSays(t *testing.T) {
	schema, _ := reportSchema(t)
	for name, run := range map[string]finding.Run{
		"everything":       everything(),
		"contract":         runOf(contractFailure()),
		"check":            runOf(checkFailure()),
		"timeout":          runOf(timeoutFailure()),
		"nasty":            runOf(nastyFailure()),
		"all skipped":      runOf(skipped("a", finding.Unsupported, "dial"), skipped("b", finding.Waived, "")),
		"interrupted":      interrupted(runOf(passed("a"))),
		"empty":            runOf(),
		"zero":             {},
		"inconclusive":     runOf(inconclusiveResult()),
		"unknown statuses": runOf(skipped("a", "odd", ""), skipped("b", "", "")),
		"broken config":    {Config: json.RawMessage("{")},
	} {
		var b bytes.Buffer
		if err := JSON(&b, run, secret); err != nil {
			t.Fatal(err)
		}
		if err := validate(t, schema, b.Bytes()); err != nil {
			t.Errorf("%s: want a valid report, got %v", name, err)
		}
	}
}

func TestSchemaRefusesWhatIsNoReport(t *testing.T) {
	schema, _ := reportSchema(t)
	var b bytes.Buffer
	if err := JSON(&b, runOf(passed("a")), nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{
		{`"dnispool.report/v1"`, `"dnispool.report/v2"`},
		{`"exit_code": 0`, `"exit_code": 1`},
		{`"seed": "8814021"`, `"seed": 8814021`},
		{`"status": "passed"`, `"status": "green"`},
		{`"target"`, `"traget"`},
	} {
		text := strings.Replace(b.String(), c[0], c[1], 1)
		if text == b.String() {
			t.Errorf("%s: want it in the report, got %s", c[0], &b)
		}
		if err := validate(t, schema, []byte(text)); err == nil {
			t.Errorf("%s in place of %s: want it refused, got a valid report", c[1], c[0])
		}
	}
}

// Every field of the types is in the schema and every property of the schema is a field.
func TestSchemaNamesEveryField(t *testing.T) {
	_, doc := reportSchema(t)
	defs := doc["$defs"].(map[string]any)
	for _, c := range []struct {
		typ    reflect.Type
		schema any
	}{
		{reflect.TypeFor[finding.Document](), doc},
		{reflect.TypeFor[finding.Counts](), defs["counts"]},
		{reflect.TypeFor[finding.Result](), defs["result"]},
		{reflect.TypeFor[finding.Failure](), defs["failure"]},
		{reflect.TypeFor[finding.Exchange](), defs["exchange"]},
		{reflect.TypeFor[finding.Header](), defs["header"]},
		{reflect.TypeFor[finding.SIPMessage](), defs["sipMessage"]},
	} {
		var properties []string
		for name := range c.schema.(map[string]any)["properties"].(map[string]any) {
			properties = append(properties, name)
		}
		slices.Sort(properties)
		if fields := jsonNames(c.typ); !slices.Equal(properties, fields) {
			t.Errorf("schema of %s: want the properties %v, got %v", c.typ, fields, properties)
		}
	}
}

func jsonNames(typ reflect.Type) []string {
	var names []string
	for i := range typ.NumField() {
		f := typ.Field(i)
		if f.Anonymous {
			names = append(names, jsonNames(f.Type)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
