package contract

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// A view is one operation as one document describes it. Published and strict views run the same code;
// they differ by what their documents say.
type view struct {
	doc        *openapi3.T
	op         *openapi3.Operation
	parameters []*openapi3.Parameter
	keyHeader  string // "" when no key is asked for
	statuses   []string
}

func (v *view) check(e *exchange) []Problem {
	var problems []Problem
	if !e.ResponseOnly {
		problems = v.request(e)
	}
	if e.Status != 0 {
		problems = append(problems, v.response(e)...)
	}
	return problems
}

func (v *view) request(e *exchange) []Problem {
	var problems []Problem
	if v.keyHeader != "" && e.RequestHeader.Get(v.keyHeader) == "" {
		problems = append(problems, Problem{Where: InRequest, Pointer: "header:" + v.keyHeader, Message: "missing"})
	}
	if e.queryErr != nil {
		problems = append(problems, Problem{Where: InRequest, Pointer: "query", Message: "want a well-formed query, got a broken one"})
	}
	for _, p := range v.parameters {
		problems = append(problems, checkParameter(e, p)...)
	}
	problems = append(problems, v.queryRules(e)...)
	if v.op.RequestBody != nil {
		problems = append(problems, v.requestBody(e)...)
	}
	return problems
}

func checkParameter(e *exchange, p *openapi3.Parameter) []Problem {
	var values []string
	switch p.In {
	case openapi3.ParameterInPath:
		values = []string{e.vars[p.Name]}
	case openapi3.ParameterInQuery:
		values = e.query[p.Name]
	case openapi3.ParameterInHeader:
		values = e.RequestHeader.Values(p.Name)
	}
	at := Problem{Where: InRequest, Pointer: p.In + ":" + p.Name}
	if len(values) == 0 && p.Required {
		at.Message, at.Because = "missing", because(p.Extensions, "required")
		return []Problem{at}
	}
	var problems []Problem
	for _, value := range values {
		problems = append(problems, visit(at, p.Schema.Value, value)...)
	}
	return problems
}

func (v *view) requestBody(e *exchange) []Problem {
	declared := v.op.RequestBody.Value
	if len(e.RequestBody) == 0 {
		if !declared.Required {
			return nil
		}
		return []Problem{{Where: InRequest, Message: e.request.err.Error()}}
	}
	return v.checkBody(InRequest, e.RequestHeader, declared.Content, e.request)
}

func (v *view) response(e *exchange) []Problem {
	declared := v.op.Responses.Status(e.Status)
	if declared == nil {
		declared = v.op.Responses.Default()
	}
	if declared == nil {
		return []Problem{{
			Where: InResponse, Pointer: "status",
			Message: fmt.Sprintf("want one of %s, got %d", strings.Join(v.statuses, " "), e.Status),
		}}
	}
	var problems []Problem
	for _, name := range slices.Sorted(maps.Keys(declared.Value.Headers)) {
		problems = append(problems, checkHeader(e, name, declared.Value.Headers[name].Value)...)
	}
	problems = append(problems, v.charset(e)...)
	problems = append(problems, v.checkBody(InResponse, e.ResponseHeader, declared.Value.Content, e.response)...)
	return append(problems, v.foundBy(e)...)
}

func checkHeader(e *exchange, name string, declared *openapi3.Header) []Problem {
	at := Problem{Where: InResponse, Pointer: "header:" + name}
	values := e.ResponseHeader.Values(name)
	if len(values) == 0 {
		if !declared.Required {
			return nil
		}
		at.Message, at.Because = "missing", because(declared.Extensions, "required")
		return []Problem{at}
	}
	problems := visit(at, declared.Schema.Value, values[0])
	return append(problems, echoes(e, at, name, declared)...)
}

// checkBody judges a body by its Content-Type, its syntax and its schema, and stops at the first of them that fails:
// an HTML page is not a JSON text with a fault at byte 1.
func (v *view) checkBody(where string, header http.Header, declared openapi3.Content, got body) []Problem {
	contentType := header.Get("Content-Type")
	media := declared.Get(contentType)
	if media == nil {
		return []Problem{{
			Where: where, Pointer: "header:Content-Type",
			Message: fmt.Sprintf("want %s, got %q", jsonType, short(contentType)),
		}}
	}
	if got.err != nil {
		return []Problem{{Where: where, Message: got.err.Error()}}
	}
	problems := visit(Problem{Where: where}, media.Schema.Value, got.value, direction(where))
	return append(problems, v.uniqueMembers(where, got)...)
}

func direction(where string) openapi3.SchemaValidationOption {
	if where == InRequest {
		return openapi3.VisitAsRequest()
	}
	return openapi3.VisitAsResponse()
}
