// Package contract judges one HTTP exchange against the contract documents in specs: against what the platform
// publishes, and, apart from that, against what the strict overlay demands on top, each demand with its reason.
// It takes plain bytes and returns plain data, so a player, a recorder and a load generator use it alike. It sends
// nothing, knows nothing of pools or calls, and does not judge whether an answer was the right one.
// It is the only package that imports kin-openapi, and uses it for documents and schemas alone: routing, headers and
// body decoding are its own, because the library's let too much pass (statuses nobody documented, redirects, text
// after the JSON value, members named twice).
package contract

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// An Exchange is one HTTP request and what came back.
type Exchange struct {
	Method         string
	URL            string // absolute, or path and query; a prefix before the documented path is tolerated
	RequestHeader  http.Header
	RequestBody    []byte
	Status         int // 0: no response arrived, so only the request is judged
	ResponseHeader http.Header
	ResponseBody   []byte // complete and decompressed; never pass a truncated copy

	// ResponseOnly leaves the request out: for scenarios that send something wrong on purpose.
	ResponseOnly bool
}

// A Report says what is wrong with an Exchange; nothing, when both lists are empty.
type Report struct {
	Operation string    // "reserveDni", "getHandoffState"; "" when the contract has no such path and method
	Published []Problem // against the platform's own documents
	Strict    []Problem // against the overlay, where Published does not already speak of the same place
}

// Where a problem lies.
const (
	InRequest  = "request"
	InResponse = "response"
)

// A Problem is one breach of the contract. It holds no value of a body, which may be personal data.
type Problem struct {
	Where   string // InRequest or InResponse
	Pointer string // JSON pointer into the body ("" is all of it), or status, header:Name, query:name, path:name
	Message string // wanted and got
	Because string // strict only: why it is demanded
}

// String is the problem on one line: `response /dni: want a string, got null`.
func (p Problem) String() string {
	s := p.Where
	if p.Pointer != "" {
		s += " " + p.Pointer
	}
	s += ": " + p.Message
	if p.Because != "" {
		s += " (" + p.Because + ")"
	}
	return s
}

// A Checker judges exchanges. It never changes after New and is safe for concurrent use.
type Checker struct {
	operations []*operation
}

// New builds a Checker from the embedded documents. An error means that a document or the overlay is broken,
// or says something that this package would not enforce.
func New() (*Checker, error) {
	operations, err := loadAll()
	if err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	return &Checker{operations: operations}, nil
}

// Check judges x. For a path or method that the contract does not have, one thing is still asked:
// a response that says it is JSON must be JSON.
func (c *Checker) Check(x Exchange) Report {
	e := newExchange(x)
	op, vars := c.route(x.Method, e.url)
	if op == nil {
		return Report{Published: e.sayingJSON()}
	}
	e.vars = vars
	published := op.published.check(e)
	strict := added(op.strict.check(e), published)
	return Report{Operation: op.id, Published: bounded(published), Strict: bounded(strict)}
}

// bounded keeps a report readable when a whole page of JSON is something else.
func bounded(problems []Problem) []Problem {
	const limit = 20
	if len(problems) <= limit {
		return problems
	}
	more := Problem{Where: problems[limit].Where, Message: fmt.Sprintf("and %d more", len(problems)-limit)}
	return append(problems[:limit:limit], more)
}

// added keeps the problems that stem from the overlay and lie where the published contract has no complaint:
// a dni that is a number is no string, so that it does not match a pattern either says nothing new.
func added(strict, published []Problem) []Problem {
	type place struct{ where, pointer string }
	spoken := make(map[place]bool, len(published))
	for _, p := range published {
		spoken[place{p.Where, p.Pointer}] = true
	}
	var out []Problem
	for _, p := range strict {
		if p.Because != "" && !spoken[place{p.Where, p.Pointer}] {
			out = append(out, p)
		}
	}
	return out
}

// exchange is an Exchange with everything decoded once for both passes.
type exchange struct {
	Exchange
	url      *url.URL // nil: not a URL
	query    url.Values
	queryErr error
	vars     map[string]string // path parameters, unescaped
	request  body
	response body
}

func newExchange(x Exchange) *exchange {
	e := &exchange{Exchange: x, response: decode(x.ResponseBody)}
	if !x.ResponseOnly {
		e.request = decode(x.RequestBody)
	}
	if u, err := url.Parse(x.URL); err == nil {
		e.url = u
		// A semicolon is an ordinary character of a value (RFC 3986); net/url alone refuses it.
		e.query, e.queryErr = url.ParseQuery(strings.ReplaceAll(u.RawQuery, ";", "%3B"))
	}
	return e
}

// sayingJSON holds a response that no document describes to its own Content-Type.
func (e *exchange) sayingJSON() []Problem {
	if e.Status == 0 || e.Method == http.MethodHead || mediaType(e.ResponseHeader) != jsonType || e.response.err == nil {
		return nil
	}
	return []Problem{{Where: InResponse, Message: e.response.err.Error()}}
}
