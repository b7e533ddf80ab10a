package contract

import (
	"slices"
	"strings"
	"testing"
)

const (
	dniError     = `{"success":false,"error":"Not Found","message":"no available route found"}`
	handoffError = `{"error_message":"no matching handoff state"}`
)

// One exchange per rule of the published documents. Strict is judged elsewhere, except that it never repeats these.
func TestPublished(t *testing.T) {
	const (
		reserveID = "reserveDni"
		handoffID = "getHandoffState"
	)
	tests := []struct {
		name      string
		exchange  Exchange
		operation string
		want      []string
	}{
		{"reserve", reserve(), reserveID, nil},
		{"handoff by shared_id", handoff(), handoffID, nil},
		{"handoff by id", handoff(to("/v1/a/p/handoff_state?id=i1")), handoffID, nil},
		{"every documented refusal of reserve", reserve(refused(404, dniError)), reserveID, nil},
		{"every documented refusal of handoff", handoff(refused(404, handoffError)), handoffID, nil},

		// Permissive as published: all of these are strict matters.
		{"reservation without dni", reserve(received(`{}`)), reserveID, nil},
		{"misspelled dni", reserve(received(`{"dnii":5}`)), reserveID, nil},
		{"empty dni", reserve(received(`{"dni":""}`)), reserveID, nil},
		{"short dni of the published example", reserve(received(`{"dni":"+12345"}`)), reserveID, nil},
		{"empty error", reserve(refused(500, `{}`)), reserveID, nil},
		{"members beyond the declared", handoff(received(`{"id":"i","data":{},"contained":true}`)), handoffID, nil},
		{"no id in the query", handoff(to("/v1/a/p/handoff_state")), handoffID, nil},
		{"unknown query parameter", handoff(to("/v1/a/p/handoff_state?sharedid=s")), handoffID, nil},
		{"no correlation id", reserve(gotHeader(correlation, "")), reserveID, nil},
		{"empty attributes", reserve(sent(`{"attributes":{}}`)), reserveID, nil},
		{"attributes of any shape and size", reserve(sent(`{"attributes":{"n":123456789012345678901234567890,"x":null,"e":1e999,"a":[{}]}}`)), reserveID, nil},
		{"data of any shape", handoff(received(`{"id":"i1","data":{"a":{"b":[1,null]}}}`)), handoffID, nil},

		// Paths.
		{"absolute URL of any host", reserve(to("https://api.uk-1.platform.polyai.app/v1/conversations/dni-reservation")), reserveID, nil},
		{"behind a prefix", reserve(to("http://127.0.0.1:8080/polyai/eu/v1/conversations/dni-reservation")), reserveID, nil},
		{"handoff behind a prefix", handoff(to("/polyai/v1/a/p/handoff_state?shared_id=s1")), handoffID, nil},
		{"escaped path parameter", handoff(to("/v1/a%2Fb/p/handoff_state?shared_id=s1")), handoffID, nil},
		{"trailing slash", reserve(to("/v1/conversations/dni-reservation/")), "", nil},
		{"empty account", handoff(to("/v1//p/handoff_state?shared_id=s1")), "", nil},
		{"path of another year", reserve(to("/v1/dni-reservation")), "", nil},
		{"another version", reserve(to("/v3/conversations/dni-reservation")), "", nil},
		{"method that is not documented", reserve(method("PUT")), "", nil},
		{"HEAD", handoff(method("HEAD"), received("")), "", nil},
		{"not a URL", reserve(to("http://[::1/x")), "", nil},
		{"unknown path with a page", reserve(to("/nope"), status(404), gotHeader("Content-Type", "text/html"), received("<html>")), "", nil},
		{"unknown path that claims JSON", reserve(to("/nope"), refused(404, `{"message"`)), "",
			[]string{"response: want one JSON value, got a fault at byte 10: unexpected end of JSON input"}},

		// Statuses.
		{"undocumented refusal", reserve(refused(403, dniError)), reserveID,
			[]string{"response status: want one of 200 400 401 404 500, got 403"}},
		{"too many requests", handoff(refused(429, handoffError)), handoffID,
			[]string{"response status: want one of 200 400 401 403 404 500, got 429"}},
		{"permanent redirect", reserve(status(308)), reserveID,
			[]string{"response status: want one of 200 400 401 404 500, got 308"}},
		{"not modified", handoff(status(304), received("")), handoffID,
			[]string{"response status: want one of 200 400 401 403 404 500, got 304"}},
		{"created", reserve(status(201)), reserveID,
			[]string{"response status: want one of 200 400 401 404 500, got 201"}},
		{"no response", reserve(status(0), received("")), reserveID, nil},

		// Request.
		{"no key", reserve(sentHeader("X-Api-Key", "")), reserveID, []string{"request header:x-api-key: missing"}},
		{"no key for the handoff", handoff(sentHeader("X-Api-Key", "")), handoffID, []string{"request header:x-api-key: missing"}},
		{"no body", reserve(sent("")), reserveID, []string{"request: want a JSON value, got an empty body"}},
		{"no content type", reserve(sentHeader("Content-Type", "")), reserveID,
			[]string{`request header:Content-Type: want application/json, got ""`}},
		{"form instead of JSON", reserve(sentHeader("Content-Type", "application/x-www-form-urlencoded")), reserveID,
			[]string{`request header:Content-Type: want application/json, got "application/x-www-form-urlencoded"`}},
		{"no attributes", reserve(sent(`{"shared_id":"s1"}`)), reserveID, []string{"request /attributes: missing"}},
		{"null attributes", reserve(sent(`{"attributes":null}`)), reserveID, []string{"request /attributes: want an object, got null"}},
		{"text attributes", reserve(sent(`{"attributes":"x"}`)), reserveID, []string{"request /attributes: want an object, got a string"}},
		{"array body", reserve(sent(`[]`)), reserveID, []string{"request: want an object, got an array"}},
		{"broken body", reserve(sent(`{"attributes":`)), reserveID,
			[]string{"request: want one JSON value, got a fault at byte 14: unexpected end of JSON input"}},
		{"broken query", handoff(to("/v1/a/p/handoff_state?shared_id=s1&x=%zz")), handoffID,
			[]string{"request query: want a well-formed query, got a broken one"}},
		{"wrong on purpose", reserve(responseOnly, sent(`[`), sentHeader("X-Api-Key", ""), refused(400, dniError)), reserveID, nil},
		{"wrong on purpose does not excuse the answer", reserve(responseOnly, sent(`[`), received(`{"dni":5}`)), reserveID,
			[]string{"response /dni: want a string, got a number"}},

		// Response.
		{"dni is a number", reserve(received(`{"dni":442079460001}`)), reserveID, []string{"response /dni: want a string, got a number"}},
		{"dni is null", reserve(received(`{"dni":null}`)), reserveID, []string{"response /dni: want a string, got null"}},
		{"array", reserve(received(`["+442079460001"]`)), reserveID, []string{"response: want an object, got an array"}},
		{"success is text", reserve(refused(404, `{"success":"false"}`)), reserveID, []string{"response /success: want a boolean, got a string"}},
		{"error_message is null", handoff(refused(404, `{"error_message":null}`)), handoffID,
			[]string{"response /error_message: want a string, got null"}},
		{"id is null", handoff(received(`{"id":null,"shared_id":"s1","data":{}}`)), handoffID, []string{"response /id: want a string, got null"}},
		{"no id and no data", handoff(received(`{"shared_id":"s1"}`)), handoffID,
			[]string{"response /id: missing", "response /data: missing"}},
		{"data is an array", handoff(received(`{"id":"i1","shared_id":"s1","data":[]}`)), handoffID,
			[]string{"response /data: want an object, got an array"}},
		{"two values", reserve(received(`{"dni":"+442079460001"} {"dni":"+442079460002"}`)), reserveID,
			[]string{"response: want one JSON value, got a fault at byte 25: invalid character '{' after top-level value"}},
		{"garbage at the end", reserve(received(`{"dni":"+442079460001"}x`)), reserveID,
			[]string{"response: want one JSON value, got a fault at byte 24: invalid character 'x' after top-level value"}},
		{"empty body", reserve(received("")), reserveID, []string{"response: want a JSON value, got an empty body"}},
		{"not UTF-8", reserve(received("{\"dni\":\"\xff\"}")), reserveID, []string{"response: want JSON in UTF-8, got other bytes"}},
		{"byte order mark", reserve(received("\ufeff{}")), reserveID,
			[]string{"response: want one JSON value, got a fault at byte 1: invalid character 'ï' looking for beginning of value"}},
		{"charset", reserve(gotHeader("Content-Type", "Application/JSON; charset=UTF-8")), reserveID, nil},
		{"problem+json", reserve(refused(404, dniError), gotHeader("Content-Type", "application/problem+json")), reserveID,
			[]string{`response header:Content-Type: want application/json, got "application/problem+json"`}},
		{"gateway's page", reserve(refused(500, "<html>"), gotHeader("Content-Type", "text/html")), reserveID,
			[]string{`response header:Content-Type: want application/json, got "text/html"`}},
		{"no content type", reserve(gotHeader("Content-Type", "")), reserveID,
			[]string{`response header:Content-Type: want application/json, got ""`}},
	}
	c := newChecker(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			report := c.Check(tt.exchange)
			if report.Operation != tt.operation {
				t.Errorf("operation: want %q, got %q", tt.operation, report.Operation)
			}
			if got := lines(report.Published); !slices.Equal(got, tt.want) {
				t.Errorf("published: want %q, got %q", tt.want, got)
			}
			for _, p := range report.Strict {
				if p.Because == "" {
					t.Errorf("strict: want a reason for %q, got none", p)
				}
			}
		})
	}
}

// What is wrong in both passes is said once, on the published side.
func TestStrictDoesNotRepeatPublished(t *testing.T) {
	report := newChecker(t).Check(reserve(received(`{"dni":5}`)))
	if got := lines(report.Published); !slices.Equal(got, []string{"response /dni: want a string, got a number"}) {
		t.Errorf("published: got %q", got)
	}
	if len(report.Strict) != 0 {
		t.Errorf("strict: want nothing, got %q", lines(report.Strict))
	}
}

// A body may hold names and numbers of people. A problem quotes none of it.
func TestProblemsHoldNoValues(t *testing.T) {
	const secret = "+447700900123"
	c := newChecker(t)
	for _, x := range []Exchange{
		reserve(received(`{"dni":"tel:` + secret + `"}`)),
		reserve(received(`{"dni":["` + secret + `"]}`)),
		reserve(received(`{"dni":"` + secret + `"} trailing ` + secret)),
		reserve(refused(404, `{"success":"`+secret+`","error":{"x":"`+secret+`"},"message":"`+secret+`"}`)),
		reserve(sent(`{"attributes":"`+secret+`"}`), sentHeader(correlation, secret)),
		handoff(received(`{"id":"` + secret + `","shared_id":"` + secret + `","data":"` + secret + `"}`)),
		handoff(to("/v1/a/p/handoff_state?shared_id=x&phone=" + strings.ReplaceAll(secret, "+", "%2B"))),
	} {
		report := c.Check(x)
		all := append(lines(report.Published), lines(report.Strict)...)
		if len(all) == 0 {
			t.Errorf("want problems for %s, got none", x.ResponseBody)
		}
		for _, line := range all {
			if strings.Contains(line, secret) || len(line) > 300 {
				t.Errorf("want a short line without values, got %q", line)
			}
		}
	}
}

// A whole page of something else stays a readable report, and a quick one.
func TestManyProblemsAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"dni":"+442079460001"`)
	for i := range 5_000 {
		b.WriteString(`,"` + strings.Repeat("x", 100) + string(rune('a'+i%26)) + `":1`)
		b.WriteString(`,"k` + strings.Repeat("y", i%90) + `":1`)
	}
	b.WriteString(`}`)
	report := newChecker(t).Check(reserve(received(b.String())))
	if n := len(report.Strict); n != 21 {
		t.Fatalf("want 20 problems and one line, got %d", n)
	}
	if last := report.Strict[20].Message; !strings.HasPrefix(last, "and ") || !strings.HasSuffix(last, " more") {
		t.Errorf("want how many more, got %q", last)
	}
}
