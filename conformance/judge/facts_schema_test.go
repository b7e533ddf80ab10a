package judge

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/dnispool/dnispool/conformance/reading"
)

// TestFactsAsTheSchemaHasThem holds the reader of facts against the schema, every fact with values of every kind.
func TestFactsAsTheSchemaHasThem(t *testing.T) {
	const file = "../../specs/history.schema.json"
	schema, err := jsonschema.NewCompiler().Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var written struct {
		Defs struct {
			Facts struct {
				Properties map[string]any `json:"properties"`
			} `json:"facts"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(text, &written); err != nil {
		t.Fatal(err)
	}
	written.Defs.Facts.Properties["unheard_of"] = nil
	values := []string{
		`0`, `1`, `-1`, `1.5`, `-0.5`, `""`, `"1"`, `"5s"`, `"1m30s"`, `"1.5h"`, `"-5s"`, `"5"`, `"5 s"`, `"soon"`, `true`, `"true"`, `null`, `[]`, `["+44"]`, `[1]`, `{}`,
		`{"size":"measured"}`, `{"size":"guessed"}`, `{"size":1}`, `"arrival"`, `"hangup"`, `"dni"`, `"dni+ani"`, `"once"`, `"state"`, `"404"`, `404`, `"last"`, `"keep"`,
	}
	accepted := make(map[string]bool)
	for name := range written.Defs.Facts.Properties {
		for _, value := range values {
			facts := fmt.Sprintf(`{"acme":{%q:%s}}`, name, value)
			header, err := jsonschema.UnmarshalJSON(strings.NewReader(`{"format":"dnispool.history/v1","base":"2026-01-01T00:00:00Z","facts":` + facts + `}`))
			if err != nil {
				t.Fatal(err)
			}
			bySchema := schema.Validate(header)
			_, byReader := reading.ParseFacts(reading.FileText("f", []byte(facts)))
			if (bySchema == nil) != (byReader == nil) {
				t.Errorf("%s: the schema says %v, the reader says %v", facts, bySchema, byReader)
			}
			accepted[name] = accepted[name] || byReader == nil
		}
		if accepted[name] != (name != "unheard_of") {
			t.Errorf("%s: accepted with any value: %t", name, accepted[name])
		}
	}
}

// TestSchemaSaysWhatIsLost has every field say what it is for and, unless it must be there, what is lost when it is left
// out.
func TestSchemaSaysWhatIsLost(t *testing.T) {
	text, err := os.ReadFile("../../specs/history.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	type object struct {
		Required   []string `json:"required"`
		Properties map[string]struct {
			Description string `json:"description"`
		} `json:"properties"`
	}
	var written struct {
		Defs struct {
			Header, Facts, Operation object
		} `json:"$defs"`
	}
	if err := json.Unmarshal(text, &written); err != nil {
		t.Fatal(err)
	}
	for where, o := range map[string]object{"header": written.Defs.Header, "facts": written.Defs.Facts, "operation": written.Defs.Operation} {
		if len(o.Properties) == 0 {
			t.Errorf("%s: want fields", where)
		}
		for name, p := range o.Properties {
			_, whole := o.Properties[name+"_ns"]
			switch {
			case p.Description == "":
				t.Errorf("%s: %s: want a description", where, name)
			case whole && p.Description == name+"_ns as text.", slices.Contains(o.Required, name):
			case !strings.Contains(p.Description, "Left out"):
				t.Errorf("%s: %s: want what is lost when it is left out, got %q", where, name, p.Description)
			}
		}
	}
}
