package contract

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/dnispool/dnispool/specs"
)

// Every example of the documents, sent or received, satisfies both passes.
func TestExamplesPassTheirOwnContract(t *testing.T) {
	c := newChecker(t)
	seen := 0
	for _, op := range c.operations {
		base := map[string]Exchange{"reserveDni": reserve(), "getHandoffState": handoff()}[op.id]
		run := func(name string, x Exchange) {
			seen++
			t.Run(op.id+" "+name, func(t *testing.T) {
				report := c.Check(x)
				if all := append(lines(report.Published), lines(report.Strict)...); len(all) != 0 {
					t.Errorf("want nothing, got %q", all)
				}
			})
		}
		if body := op.published.op.RequestBody; body != nil {
			for name, example := range body.Value.Content[jsonType].Examples {
				run("request "+name, edited(base, []func(*Exchange){sent(text(t, example))}))
			}
		}
		for code, response := range op.published.op.Responses.Map() {
			examples := response.Value.Content[jsonType].Examples
			if len(examples) == 0 {
				t.Errorf("%s %s: want an example, got none", op.id, code)
			}
			s, err := strconv.Atoi(code)
			if err != nil {
				t.Fatalf("status %q: %v", code, err)
			}
			for name, example := range examples {
				x := edited(base, []func(*Exchange){refused(s, text(t, example))})
				if record, _ := example.Value.Value.(map[string]any); record["id"] != nil {
					x.URL = fmt.Sprintf("/v1/acme-uk/PROJECT-1a2b3c4d/handoff_state?id=%s", record["id"])
				}
				run(code+" "+name, x)
			}
		}
	}
	if seen < 15 {
		t.Errorf("want every example seen, got %d", seen)
	}
}

func text(t *testing.T, example *openapi3.ExampleRef) string {
	t.Helper()
	out, err := json.Marshal(example.Value.Value)
	if err != nil {
		t.Fatalf("example: %v", err)
	}
	return string(out)
}

// An object that declares properties is closed by the overlay or says that it is open.
// Branches (oneOf and the like) are kept out: their faults name no place.
func TestStrictDocumentsLeaveNothingHalfOpen(t *testing.T) {
	for _, op := range newChecker(t).operations {
		err := op.strict.doc.WalkSchemas(func(pointer string, ref *openapi3.SchemaRef) error {
			s := ref.Value
			open := s.AdditionalProperties.Has == nil && s.AdditionalProperties.Schema == nil
			if s.Type.Is(openapi3.TypeObject) && open {
				t.Errorf("%s %s: want additionalProperties true or false, got neither", op.id, pointer)
			}
			if len(s.OneOf)+len(s.AnyOf)+len(s.AllOf) > 0 || s.Not != nil {
				t.Errorf("%s %s: want a schema without branches, got one", op.id, pointer)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestTighten(t *testing.T) {
	rule := func(at string, set map[string]any) []specs.Rule {
		return []specs.Rule{{Document: specs.DNI, At: at, Set: set, Because: "why"}}
	}
	twice := append(rule("/a", map[string]any{"minLength": 1}), rule("/a", map[string]any{"minLength": 2})...)
	tests := []struct {
		name  string
		rules []specs.Rule
		want  string
	}{
		{"nothing there", rule("/b", map[string]any{"type": "x"}), "overlay: rule 1 of dni: at /b: want an object in the document, got <nil>"},
		{"below a scalar", rule("/a/type/x", map[string]any{"type": "x"}), "overlay: rule 1 of dni: at /a/type/x: want an object in the document, got <nil>"},
		{"beyond a list", rule("/list/1", map[string]any{"type": "x"}), "overlay: rule 1 of dni: at /list/1: want something in the document, got nothing"},
		{"not an object", rule("/list", map[string]any{"type": "x"}), "overlay: rule 1 of dni: at /list: want an object in the document, got []interface {}"},
		{"a reference", rule("/ref", map[string]any{"type": "x"}), "overlay: rule 1 of dni: at /ref: want an object, got a $ref, beside which nothing counts"},
		{"the same as published", rule("/a", map[string]any{"type": "string"}), "overlay: rule 1 of dni: at /a: want type to demand more than published, got the same"},
		{"set twice", twice, "overlay: rule 2 of dni: at /a: want minLength set once, got a second rule for it"},
		{"unknown extension", rule("/a", map[string]any{"x-uniqe": true}), "overlay: rule 1 of dni: at /a: want one of [x-unique-members x-charset x-echoes-request x-only-declared-query x-single-query x-one-query-of x-found-by], got x-uniqe"},
		{"escaped pointer", rule("/~0~1", map[string]any{"type": "x"}), ""},
		{"into a list", rule("/list/0", map[string]any{"type": "x"}), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tree := map[string]any{
				"a":    map[string]any{"type": "string"},
				"ref":  map[string]any{"$ref": "#/a"},
				"list": []any{map[string]any{}},
				"~/":   map[string]any{},
			}
			got := ""
			if err := tighten(tree, tt.rules); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("want %q, got %q", tt.want, got)
			}
		})
	}
}

// A document that says more than this package enforces is refused, not half obeyed.
func TestLoadRefusesWhatItWouldNotEnforce(t *testing.T) {
	dni, err := specs.DNI.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	handoff, err := specs.Handoff.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name     string
		document []byte
		old, new string
		want     string
	}{
		{"another media type", dni, "application/json:", "text/plain:", "POST /v1/conversations/dni-reservation: content: want application/json with a schema, got another type"},
		{"key in the query", dni, "in: header", "in: query", "POST /v1/conversations/dni-reservation: security: want one key in a header, got another scheme"},
		{"no name", dni, "operationId: reserveDni", "deprecated: false", "POST /v1/conversations/dni-reservation: operationId: want a name, got none"},
		{"a number in the query", handoff, "schema: {type: string}\n      example: 3f0d", "schema: {type: integer}\n      x-example: 3f0d", "GET /v1/{account_id}/{project_id}/handoff_state: parameter id: want a string in path, query or header, got another kind"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			changed := strings.ReplaceAll(string(tt.document), tt.old, tt.new)
			if changed == string(tt.document) {
				t.Fatalf("want %q in the document, got none", tt.old)
			}
			_, err := load([]byte(changed), nil)
			if err == nil || err.Error() != tt.want {
				t.Errorf("want %q, got %v", tt.want, err)
			}
		})
	}
}

func TestExamplesInDocumentsAreValidated(t *testing.T) {
	dni, err := specs.DNI.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	broken := strings.Replace(string(dni), `reserved: {value: {dni: "+12345"}}`, `reserved: {value: {dni: 12345}}`, 1)
	if _, err := load([]byte(broken), nil); err == nil || !strings.Contains(err.Error(), "example") {
		t.Errorf("want an example refused, got %v", err)
	}
}

func TestPublishedDocumentsDeclareTheCommonHeader(t *testing.T) {
	for _, op := range newChecker(t).operations {
		for _, code := range op.published.statuses {
			headers := op.published.op.Responses.Value(code).Value.Headers
			if headers["X-PolyAI-Correlation-Id"] == nil {
				t.Errorf("%s %s: want X-PolyAI-Correlation-Id, got %d headers without it", op.id, code, len(headers))
			}
		}
		if op.published.keyHeader != "x-api-key" {
			t.Errorf("%s: want the key in x-api-key, got %q", op.id, op.published.keyHeader)
		}
		if !slices.IsSorted(op.published.statuses) {
			t.Errorf("%s: want sorted statuses, got %v", op.id, op.published.statuses)
		}
	}
}
