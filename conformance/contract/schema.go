package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// visit validates value and words every fault itself: the library's texts dump schema and value.
func visit(at Problem, schema *openapi3.Schema, value any, options ...openapi3.SchemaValidationOption) []Problem {
	err := schema.VisitJSON(value, append(options, openapi3.MultiErrors())...)
	if err == nil {
		return nil
	}
	var problems []Problem
	open := map[string]bool{} // objects whose undeclared members are all reported
	for _, fault := range flatten(err) {
		problems = append(problems, word(at, fault, open)...)
	}
	return problems
}

func flatten(err error) []error {
	var many openapi3.MultiError
	if !errors.As(err, &many) {
		return []error{err}
	}
	var all []error
	for _, e := range many {
		all = append(all, flatten(e)...)
	}
	return all
}

func word(at Problem, fault error, open map[string]bool) []Problem {
	var e *openapi3.SchemaError
	if !errors.As(fault, &e) {
		at.Message = "want a value of the declared schema, got another"
		return []Problem{at}
	}
	at.Pointer += pointer(e.JSONPointer())
	if e.SchemaField != "properties" {
		at.Message = message(e)
		at.Because = because(e.Schema.Extensions, e.SchemaField)
		return []Problem{at}
	}
	if open[at.Pointer] {
		return nil
	}
	open[at.Pointer] = true
	return undeclared(at, e)
}

// undeclared names every member that the schema does not have. The library reports the object once for each.
func undeclared(at Problem, e *openapi3.SchemaError) []Problem {
	object, _ := e.Value.(map[string]any)
	var problems []Problem
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if e.Schema.Properties[name] != nil {
			continue
		}
		p := at
		p.Pointer += "/" + escape(name)
		p.Message = "not declared"
		p.Because = because(e.Schema.Extensions, "additionalProperties")
		problems = append(problems, p)
	}
	return problems
}

func message(e *openapi3.SchemaError) string {
	switch e.SchemaField {
	case "type", "nullable":
		return fmt.Sprintf("want %s, got %s", wanted(e.Schema), kind(e.Value))
	case "required":
		return "missing"
	case "enum":
		allowed, _ := json.Marshal(e.Schema.Enum)
		if e.Value == true || e.Value == false {
			return fmt.Sprintf("want one of %s, got %v", allowed, e.Value)
		}
		return fmt.Sprintf("want one of %s, got %s", allowed, kind(e.Value))
	case "pattern":
		return fmt.Sprintf("want a match of %s, got %s", e.Schema.Pattern, filled(e.Value))
	case "minLength":
		if e.Schema.MinLength == 1 {
			return "want text, got " + filled(e.Value)
		}
		return fmt.Sprintf("want at least %d characters, got %s", e.Schema.MinLength, filled(e.Value))
	}
	return short(e.Reason) // by the library's promise what was wanted, and no value
}

// wanted names the schema's type with its article; OpenAPI 3.0 allows one.
func wanted(s *openapi3.Schema) string {
	types := s.Type.Slice()
	if len(types) == 0 {
		return "a value"
	}
	if strings.ContainsRune("aeiou", rune(types[0][0])) {
		return "an " + types[0]
	}
	return "a " + types[0]
}

// kind names the JSON type of a value, never the value.
func kind(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case json.Number, float64:
		return "a number"
	case string:
		return "a string"
	case []any:
		return "an array"
	case map[string]any:
		return "an object"
	}
	return "something else"
}

func filled(value any) string {
	if value == "" {
		return `""`
	}
	return "another string"
}
