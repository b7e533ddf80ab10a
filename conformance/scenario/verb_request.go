package scenario

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// requestVerb sends any HTTP request.
func requestVerb() definition {
	return definition{
		name:   VerbRequest,
		client: true, exchange: true, results: exchangeResults(),
		args:  func() Args { return &Request{} },
		check: func(l *loader, args Args, n *yaml.Node) { l.checkRequest(args.(*Request), n) },
	}
}

// Request is any HTTP request. At most one of JSON and Body is set.
type Request struct {
	Method  string  `yaml:"method"`
	Path    Text    `yaml:"path"`    // starts with '/'; sent as it is
	Query   Text    `yaml:"query"`   // raw, without '?'
	Headers Headers `yaml:"headers"` //
	JSON    Value   `yaml:"json"`    // sent with Content-Type application/json
	Body    Text    `yaml:"body"`    // sent as it is
	Key     Text    `yaml:"key"`     // dni, handoff, none (default), or a literal key
}

// Headers are headers of an HTTP request or of an INVITE, in file order.
type Headers []Header

// Header is one of them.
type Header struct {
	Name  string
	Value Text
}

func (a *Request) values() []*Value {
	return append([]*Value{&a.Path.Value, &a.Query.Value, &a.JSON, &a.Body.Value, &a.Key.Value}, a.Headers.values()...)
}

func (h Headers) values() (all []*Value) {
	for i := range h {
		all = append(all, &h[i].Value.Value)
	}
	return all
}

var methodText = regexp.MustCompile(`^[A-Z]+$`)

func (l *loader) checkRequest(a *Request, n *yaml.Node) {
	l.need(VerbRequest, n, "method")
	l.need(VerbRequest, n, "path")
	l.exclude(VerbRequest, n, "body", "json")
	if m := strictyaml.Lookup(n, "method"); m != nil && !l.reported(m) && !methodText.MatchString(a.Method) {
		l.problem(m, "method: want capital letters like GET, got %q", a.Method)
	}
	if p, literal := a.Path.tree.(string); literal && !strings.HasPrefix(p, "/") {
		l.problem(strictyaml.Lookup(n, "path"), "path: want it to start with /, got %q", p)
	}
	if q, literal := a.Query.tree.(string); literal && strings.HasPrefix(q, "?") {
		l.problem(strictyaml.Lookup(n, "query"), "query: want it without the ?, got %q", q)
	}
}

// UnmarshalStrict reads header names and their values in file order.
func (h *Headers) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	if n.Kind != yaml.MappingNode {
		return strictyaml.Problems{strictyaml.At(file, n, "headers: want a mapping, got %s", strictyaml.Got(n))}
	}
	var ps strictyaml.Problems
	for key, value := range strictyaml.Pairs(n) {
		header := Header{Name: key.Value}
		problems := header.Value.UnmarshalStrict(file, value)
		for i := range problems {
			problems[i].Message = fmt.Sprintf("%s: %s", key.Value, problems[i].Message)
		}
		ps = append(ps, problems...)
		*h = append(*h, header)
	}
	return ps
}
