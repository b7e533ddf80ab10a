package contract

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/dnispool/dnispool/specs"
)

const (
	reservePost = "/paths/~1v1~1conversations~1dni-reservation/post"
	handoffGet  = "/paths/~1v1~1{account_id}~1{project_id}~1handoff_state/get"
)

// One exchange for each line of the overlay, that violates this line and no other.
var strictCases = map[string]struct {
	exchange Exchange
	want     string // the problem without its reason
}{
	"dni /components/schemas/DniReservation required": {
		reserve(received(`{}`)), "response /dni: missing"},
	"dni /components/schemas/DniReservation/properties/dni pattern": {
		reserve(received(`{"dni":""}`)), `response /dni: want a match of ^\+?[1-9][0-9]{4,14}$, got ""`},
	"dni /components/schemas/DniReservation additionalProperties": {
		reserve(received(`{"dni":"+442079460001","expires":60}`)), "response /expires: not declared"},
	"dni /components/schemas/DniError required": {
		reserve(refused(404, `{"success":false,"error":"Not Found"}`)), "response /message: missing"},
	"dni /components/schemas/DniError/properties/success enum": {
		reserve(refused(404, `{"success":true,"error":"Not Found","message":"m"}`)), "response /success: want one of [false], got true"},
	"dni /components/schemas/DniError/properties/error minLength": {
		reserve(refused(404, `{"success":false,"error":"","message":"m"}`)), `response /error: want text, got ""`},
	"dni /components/schemas/DniError/properties/message minLength": {
		reserve(refused(404, `{"success":false,"error":"Not Found","message":""}`)), `response /message: want text, got ""`},
	"dni /components/schemas/DniError additionalProperties": {
		reserve(refused(404, `{"success":false,"error":"Not Found","message":"m","error_id":"1"}`)), "response /error_id: not declared"},
	"dni /components/headers/CorrelationId required": {
		reserve(gotHeader(correlation, "")), "response header:X-PolyAI-Correlation-Id: missing"},
	"dni /components/headers/CorrelationId/schema minLength": {
		reserve(func(x *Exchange) { x.ResponseHeader[correlation] = []string{""} }),
		`response header:X-PolyAI-Correlation-Id: want text, got ""`},
	"dni /components/headers/CorrelationId x-echoes-request": {
		reserve(sentHeader(correlation, "mine")), "response header:X-PolyAI-Correlation-Id: want the request's own, got another"},
	"dni  x-unique-members": {
		reserve(received(`{"dni":"+442079460001","dni":"+442079460002"}`)), "response /dni: named twice in one object"},
	"dni  x-charset": {
		reserve(gotHeader("Content-Type", "application/json; charset=iso-8859-1")),
		`response header:Content-Type: want charset utf-8, got "iso-8859-1"`},
	"dni /components/schemas/DniReservationRequest additionalProperties": {
		reserve(sent(`{"attributes":{},"shared_id":"s1"}`)), "request /shared_id: not declared"},
	"dni " + reservePost + " x-only-declared-query": {
		reserve(to("/v1/conversations/dni-reservation?project=p")), "request query:project: not declared"},

	"handoff /components/schemas/HandoffState/properties/id minLength": {
		handoff(received(`{"id":"","shared_id":"s1","data":{}}`)), `response /id: want text, got ""`},
	"handoff /components/schemas/HandoffState/properties/shared_id minLength": {
		handoff(to("/v1/a/p/handoff_state?id=i1"), received(`{"id":"i1","shared_id":"","data":{}}`)),
		`response /shared_id: want text, got ""`},
	"handoff /components/schemas/HandoffState additionalProperties": {
		handoff(received(`{"id":"i1","shared_id":"s1","data":{},"contained":true}`)), "response /contained: not declared"},
	"handoff /components/schemas/HandoffError required": {
		handoff(refused(404, `{}`)), "response /error_message: missing"},
	"handoff /components/schemas/HandoffError/properties/error_message minLength": {
		handoff(refused(404, `{"error_message":""}`)), `response /error_message: want text, got ""`},
	"handoff /components/schemas/HandoffError additionalProperties": {
		handoff(refused(404, `{"error_message":"m","message":"no Route matched"}`)), "response /message: not declared"},
	"handoff /components/headers/CorrelationId required": {
		handoff(gotHeader(correlation, "")), "response header:X-PolyAI-Correlation-Id: missing"},
	"handoff /components/headers/CorrelationId/schema minLength": {
		handoff(func(x *Exchange) { x.ResponseHeader[correlation] = []string{""} }),
		`response header:X-PolyAI-Correlation-Id: want text, got ""`},
	"handoff /components/headers/CorrelationId x-echoes-request": {
		handoff(sentHeader(correlation, "mine")), "response header:X-PolyAI-Correlation-Id: want the request's own, got another"},
	"handoff  x-unique-members": {
		handoff(received(`{"id":"i1","shared_id":"s1","data":{"handoff_to":"a","x":[{"k":1,"k":2}]}}`)),
		"response /data/x/0/k: named twice in one object"},
	"handoff  x-charset": {
		handoff(gotHeader("Content-Type", "application/json;charset=latin1")),
		`response header:Content-Type: want charset utf-8, got "latin1"`},
	"handoff /components/parameters/ConversationId/schema minLength": {
		handoff(to("/v1/a/p/handoff_state?shared_id=s1&id=")), `request query:id: want text, got ""`},
	"handoff /components/parameters/SharedId/schema minLength": {
		handoff(to("/v1/a/p/handoff_state?shared_id=&id=i1")), `request query:shared_id: want text, got ""`},
	"handoff " + handoffGet + " x-one-query-of": {
		handoff(to("/v1/a/p/handoff_state"), refused(400, handoffError)), "request query: want shared_id or id, got neither"},
	"handoff " + handoffGet + " x-only-declared-query": {
		handoff(to("/v1/a/p/handoff_state?shared_id=s1&sharedId=s1")), "request query:sharedId: not declared"},
	"handoff " + handoffGet + " x-single-query": {
		handoff(to("/v1/a/p/handoff_state?shared_id=s1&shared_id=s2")), "request query:shared_id: want one value, got 2"},
	"handoff " + handoffGet + " x-found-by": {
		handoff(received(`{"id":"i1","shared_id":"s2","data":{}}`)), "response /shared_id: want the one asked for, got another"},
}

func TestEveryOverlayLineIsViolatedByItsOwnTest(t *testing.T) {
	rules, err := specs.Overlay()
	if err != nil {
		t.Fatalf("Overlay: %v", err)
	}
	c := newChecker(t)
	unused := maps.Clone(strictCases)
	for _, rule := range rules {
		for member := range rule.Set {
			name := fmt.Sprintf("%s %s %s", rule.Document, rule.At, member)
			tt, ok := strictCases[name]
			if !ok {
				t.Errorf("overlay line %q: want a test that violates it, got none", name)
				continue
			}
			delete(unused, name)
			t.Run(name, func(t *testing.T) {
				report := c.Check(tt.exchange)
				if len(report.Published) != 0 {
					t.Errorf("published: want nothing, got %q", lines(report.Published))
				}
				want := []string{tt.want + " (" + rule.Because + ")"}
				if got := lines(report.Strict); !slices.Equal(got, want) {
					t.Errorf("strict: want %q, got %q", want, got)
				}
			})
		}
	}
	for name := range unused {
		t.Errorf("test %q: want an overlay line of that name, got none", name)
	}
}

func TestStrictAgrees(t *testing.T) {
	tests := map[string]Exchange{
		"reservation":                        reserve(),
		"dni of the published example":       reserve(received(`{"dni":"+12345"}`)),
		"dni without a plus":                 reserve(received(`{"dni":"442079460001"}`)),
		"correlation id echoed":              reserve(sentHeader(correlation, "c1")),
		"exhausted":                          reserve(refused(404, dniError)),
		"found by shared_id":                 handoff(),
		"both ids: shared_id decides":        handoff(to("/v1/a/p/handoff_state?shared_id=s1&id=other")),
		"found by id":                        handoff(to("/v1/a/p/handoff_state?id=i1"), received(`{"id":"i1","data":{}}`)),
		"no state":                           handoff(refused(404, handoffError)),
		"attributes and data are open":       handoff(received(`{"id":"i1","shared_id":"s1","data":{"anything":{"at":["all"]}}}`)),
		"asked wrongly on purpose":           handoff(responseOnly, to("/v1/a/p/handoff_state?nope=1&nope=2"), refused(400, handoffError)),
		"shared_id that needs escaping":      handoff(to("/v1/a/p/handoff_state?shared_id=a%2Bb%26c%2Fd%20e"), received(`{"id":"i1","shared_id":"a+b&c/d e","data":{}}`)),
		"semicolon in a shared_id":           handoff(to("/v1/a/p/handoff_state?shared_id=a;b"), received(`{"id":"i1","shared_id":"a;b","data":{}}`)),
		"colons and quotes in text":          handoff(received(`{"id":"i1","shared_id":"s1","data":{"a\":\"b":"::\\","c":"\"x\":1"}}`)),
		"undocumented path with any query":   handoff(to("/handoff_state?x=1")),
		"equal names in different objects":   handoff(received(`{"id":"i1","shared_id":"s1","data":{"id":1,"data":{"id":2}}}`)),
		"charset in another case":            reserve(gotHeader("Content-Type", "application/json; charset=UTF-8")),
		"a request that never got an answer": reserve(status(0), received("")),
	}
	c := newChecker(t)
	for name, x := range tests {
		t.Run(name, func(t *testing.T) {
			report := c.Check(x)
			if all := append(lines(report.Published), lines(report.Strict)...); len(all) != 0 {
				t.Errorf("want nothing, got %q", all)
			}
		})
	}
}

// However a member is spelled, the second of its name is found, at its own place.
func TestRepeatedMembers(t *testing.T) {
	tests := []struct{ name, data, want string }{
		{"plain", `{"a":1,"a":1}`, "/data/a"},
		{"escaped", `{"a":1,"\u0061":1}`, "/data/a"},
		{"in an array", `{"x":[0,{"a":":","a":"\\"}]}`, "/data/x/1/a"},
		{"needs escaping", `{"a/b~":1,"a/b~":1}`, "/data/a~1b~0"},
		{"empty name", `{"":1,"":1}`, "/data/"},
		{"behind a quoted colon", `{"\":":1,"\":":1}`, `/data/":`},
	}
	c := newChecker(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			report := c.Check(handoff(received(`{"id":"i1","shared_id":"s1","data":` + tt.data + `}`)))
			if len(report.Published) != 0 || len(report.Strict) != 1 {
				t.Fatalf("want one strict problem, got %q and %q", lines(report.Published), lines(report.Strict))
			}
			if got := report.Strict[0].Pointer; got != tt.want {
				t.Errorf("pointer: want %q, got %q", tt.want, got)
			}
		})
	}
}

// The rule on the asked id has three ways to fail and only one line in the overlay.
func TestFoundBy(t *testing.T) {
	tests := []struct {
		name, url, body, want string
	}{
		{"shared_id left out", "?shared_id=s1", `{"id":"i1","data":{}}`, "response /shared_id: want the one asked for, got none"},
		{"shared_id in another case", "?shared_id=s1", `{"id":"i1","shared_id":"S1","data":{}}`, "response /shared_id: want the one asked for, got another"},
		{"id of another call", "?id=i1", `{"id":"i2","shared_id":"s1","data":{}}`, "response /id: want the one asked for, got another"},
	}
	c := newChecker(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			report := c.Check(handoff(to("/v1/a/p/handoff_state"+tt.url), received(tt.body)))
			if len(report.Strict) != 1 {
				t.Fatalf("strict: want one problem, got %q", lines(report.Strict))
			}
			p := report.Strict[0]
			if got := fmt.Sprintf("%s %s: %s", p.Where, p.Pointer, p.Message); got != tt.want {
				t.Errorf("want %q, got %q", tt.want, got)
			}
		})
	}
}
