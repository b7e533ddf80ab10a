package contract

import (
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// The members that the overlay may set to say what OpenAPI cannot. strict.overlay.yaml explains each.
const (
	uniqueMembers     = "x-unique-members"
	charset           = "x-charset"
	echoesRequest     = "x-echoes-request"
	onlyDeclaredQuery = "x-only-declared-query"
	singleQuery       = "x-single-query"
	oneQueryOf        = "x-one-query-of"
	foundBy           = "x-found-by"
)

var extensions = []string{uniqueMembers, charset, echoesRequest, onlyDeclaredQuery, singleQuery, oneQueryOf, foundBy}

// because returns the overlay's reason for a member of an object; "" when the member is the published one.
func because(extensions map[string]any, member string) string {
	reasons, _ := extensions[becauseKey].(map[string]any)
	reason, _ := reasons[member].(string)
	return reason
}

func list(extensions map[string]any, member string) []string {
	values, _ := extensions[member].([]any)
	var names []string
	for _, value := range values {
		names = append(names, fmt.Sprint(value))
	}
	return names
}

// queryRules applies the three rules on the query of a request.
func (v *view) queryRules(e *exchange) []Problem {
	var problems []Problem
	add := func(pointer, message, rule string) {
		problems = append(problems, Problem{InRequest, pointer, message, because(v.op.Extensions, rule)})
	}
	for _, name := range slices.Sorted(maps.Keys(e.query)) {
		if v.op.Extensions[onlyDeclaredQuery] == true && !v.declaresQuery(name) {
			add("query:"+short(name), "not declared", onlyDeclaredQuery)
		}
		if n := len(e.query[name]); v.op.Extensions[singleQuery] == true && n > 1 {
			add("query:"+short(name), fmt.Sprintf("want one value, got %d", n), singleQuery)
		}
	}
	oneOf := list(v.op.Extensions, oneQueryOf)
	if len(oneOf) > 0 && !slices.ContainsFunc(oneOf, e.query.Has) {
		add("query", "want "+strings.Join(oneOf, " or ")+", got neither", oneQueryOf)
	}
	return problems
}

func (v *view) declaresQuery(name string) bool {
	return slices.ContainsFunc(v.parameters, func(p *openapi3.Parameter) bool {
		return p.In == openapi3.ParameterInQuery && p.Name == name
	})
}

// foundBy compares a 200 with the id that it was asked for.
func (v *view) foundBy(e *exchange) []Problem {
	record, _ := e.response.value.(map[string]any)
	if e.Status != http.StatusOK || record == nil {
		return nil
	}
	for _, name := range list(v.op.Extensions, foundBy) {
		asked := e.query[name]
		if len(asked) == 0 || asked[0] == "" {
			continue // an empty value counts as absent
		}
		if got, _ := record[name].(string); slices.Contains(asked, got) {
			return nil
		}
		message := "want the one asked for, got another"
		if _, there := record[name]; !there {
			message = "want the one asked for, got none"
		}
		return []Problem{{InResponse, "/" + name, message, because(v.op.Extensions, foundBy)}}
	}
	return nil
}

func (v *view) uniqueMembers(where string, got body) []Problem {
	if v.doc.Extensions[uniqueMembers] != true {
		return nil
	}
	var problems []Problem
	for _, pointer := range got.repeated {
		problems = append(problems, Problem{where, pointer, "named twice in one object", because(v.doc.Extensions, uniqueMembers)})
	}
	return problems
}

func (v *view) charset(e *exchange) []Problem {
	want, _ := v.doc.Extensions[charset].(string)
	contentType := e.ResponseHeader.Get("Content-Type")
	if want == "" || !strings.Contains(contentType, ";") {
		return nil
	}
	_, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil
	}
	got, declared := parameters["charset"]
	if !declared || strings.EqualFold(got, want) {
		return nil
	}
	return []Problem{{
		InResponse, "header:Content-Type",
		fmt.Sprintf("want charset %s, got %q", want, short(got)), because(v.doc.Extensions, charset),
	}}
}

func echoes(e *exchange, at Problem, name string, declared *openapi3.Header) []Problem {
	sent := e.RequestHeader.Get(name)
	if declared.Extensions[echoesRequest] != true || sent == "" || e.ResponseHeader.Get(name) == sent {
		return nil
	}
	at.Message = "want the request's own, got another"
	at.Because = because(declared.Extensions, echoesRequest)
	return []Problem{at}
}
