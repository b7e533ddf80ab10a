package contract

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/specs"
)

// loadAll reads every document twice: as published, and with the overlay's rules applied.
func loadAll() ([]*operation, error) {
	rules, err := specs.Overlay()
	if err != nil {
		return nil, err
	}
	var all []*operation
	for _, d := range specs.Documents() {
		text, err := d.OpenAPI()
		if err != nil {
			return nil, err
		}
		own := slices.DeleteFunc(slices.Clone(rules), func(r specs.Rule) bool { return r.Document != d })
		operations, err := load(text, own)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d, err)
		}
		all = append(all, operations...)
	}
	return all, nil
}

func load(text []byte, rules []specs.Rule) ([]*operation, error) {
	published, err := parse(text, nil)
	if err != nil {
		return nil, fmt.Errorf("published: %w", err)
	}
	strict, err := parse(text, rules)
	if err != nil {
		return nil, fmt.Errorf("strict: %w", err)
	}
	var operations []*operation
	for _, path := range published.Paths.InMatchingOrder() {
		item := published.Paths.Value(path)
		for _, method := range slices.Sorted(maps.Keys(item.Operations())) {
			op := &operation{
				id:       item.GetOperation(method).OperationID,
				method:   method,
				template: strings.Split(strings.TrimPrefix(path, "/"), "/"),
			}
			if op.published, err = newView(published, path, method); err != nil {
				return nil, fmt.Errorf("%s %s: %w", method, path, err)
			}
			if op.strict, err = newView(strict, path, method); err != nil {
				return nil, fmt.Errorf("%s %s: %w", method, path, err)
			}
			operations = append(operations, op)
		}
	}
	return operations, nil
}

// parse reads a document, tightens it and validates the result, examples included.
// Servers are of no use here: routing looks at paths alone, whatever the host.
func parse(text []byte, rules []specs.Rule) (*openapi3.T, error) {
	var tree map[string]any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	if err := tighten(tree, rules); err != nil {
		return nil, err
	}
	asJSON, err := json.Marshal(tree)
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(asJSON)
	if err != nil {
		return nil, err
	}
	return doc, doc.Validate(context.Background())
}

// newView prepares one operation, and refuses a document that says more than this package enforces.
func newView(doc *openapi3.T, path, method string) (*view, error) {
	item := doc.Paths.Value(path)
	op := item.GetOperation(method)
	v := &view{doc: doc, op: op}
	if op.OperationID == "" {
		return nil, fmt.Errorf("operationId: want a name, got none")
	}
	for _, ref := range slices.Concat(item.Parameters, op.Parameters) {
		p := ref.Value
		if p.Schema == nil || !p.Schema.Value.Type.Is(openapi3.TypeString) || p.In == openapi3.ParameterInCookie {
			return nil, fmt.Errorf("parameter %s: want a string in path, query or header, got another kind", p.Name)
		}
		v.parameters = append(v.parameters, p)
	}
	security := doc.Security
	if op.Security != nil {
		security = *op.Security
	}
	for _, requirement := range security {
		for name := range requirement {
			scheme := doc.Components.SecuritySchemes[name].Value
			if len(security) != 1 || scheme.Type != "apiKey" || scheme.In != openapi3.ParameterInHeader {
				return nil, fmt.Errorf("security: want one key in a header, got another scheme")
			}
			v.keyHeader = scheme.Name
		}
	}
	if op.RequestBody != nil {
		if err := onlyJSON(op.RequestBody.Value.Content); err != nil {
			return nil, err
		}
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses.Map())) {
		if err := onlyJSON(op.Responses.Value(status).Value.Content); err != nil {
			return nil, fmt.Errorf("response %s: %w", status, err)
		}
		v.statuses = append(v.statuses, status)
	}
	return v, nil
}

func onlyJSON(content openapi3.Content) error {
	if len(content) != 1 || content[jsonType] == nil || content[jsonType].Schema == nil {
		return fmt.Errorf("content: want %s with a schema, got another type", jsonType)
	}
	return nil
}
