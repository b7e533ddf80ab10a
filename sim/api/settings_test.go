package api

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// envelope is the body that the docs claim for all errors.
func envelope(code, message string) string {
	return fmt.Sprintf(`{"success":false,"error":%q,"error_id":"id-1","error_code":%q,"error_message":%q,"data":null}`, message, code, message)
}

func gatewayError(message string) string {
	return fmt.Sprintf(`{"message":%q,"request_id":"id-1"}`, message)
}

func TestErrorStyles(t *testing.T) {
	const noKey, noPath = "key: want one in the x-api-key header, got none", "no such path"
	const full, forbidden = "no available route found", "key: not authorized to access this project"
	cases := []struct {
		name   string
		ask    ask
		status int
		want   map[ErrorStyle]string
	}{
		{"exhausted", reserveAsk(goodBody), 404, map[ErrorStyle]string{
			Spec: dniError(404, full), Envelope: envelope("NOT_FOUND", full), Gateway: dniError(404, full), Draft: dniError(404, full)}},
		{"unknown path", ask{"POST", "/v1/conversations/dni", goodBody, nil}, 404, map[ErrorStyle]string{
			Spec: envelope("NOT_FOUND", noPath), Envelope: envelope("NOT_FOUND", noPath), Gateway: gatewayError("no Route matched with those values"), Draft: envelope("NOT_FOUND", noPath)}},
		{"no DNI key", ask{"POST", reserveURL, goodBody, nil}, 401, map[ErrorStyle]string{
			Spec: dniError(401, noKey), Envelope: envelope("UNAUTHORIZED", noKey), Gateway: gatewayError("No API key found in request"), Draft: dniError(401, noKey)}},
		{"no handoff key", ask{"GET", handoffURL, "", nil}, 401, map[ErrorStyle]string{
			Spec: handoffError(noKey), Envelope: envelope("UNAUTHORIZED", noKey), Gateway: gatewayError("No API key found in request"), Draft: handoffError(noKey)}},
		{"bad key", ask{"GET", handoffURL + "?id=1", "", []string{"x-api-key: nope"}}, 401, map[ErrorStyle]string{
			Spec: handoffError("key: want a valid one"), Envelope: envelope("UNAUTHORIZED", "key: want a valid one"), Gateway: gatewayError("Unauthorized"), Draft: handoffError("key: want a valid one")}},
		{"out of scope", ask{"GET", "/v1/acme/other/handoff_state?id=1", "", []string{"x-api-key: handoff-key"}}, 403, map[ErrorStyle]string{
			Spec: handoffError(forbidden), Envelope: envelope("FORBIDDEN", forbidden), Gateway: handoffError(forbidden),
			Draft: `{"success":false,"error_code":"FORBIDDEN","error_message":"` + forbidden + `"}`}},
		{"wrong method", ask{"PUT", reserveURL, "", nil}, 405, map[ErrorStyle]string{
			Spec: dniError(405, "method: want POST, got PUT"), Envelope: envelope("METHOD_NOT_ALLOWED", "method: want POST, got PUT"),
			Gateway: dniError(405, "method: want POST, got PUT"), Draft: dniError(405, "method: want POST, got PUT")}},
	}
	for _, style := range []ErrorStyle{Spec, Envelope, Gateway, Draft} {
		t.Run(string(style), func(t *testing.T) {
			c := Default()
			c.ErrorStyle = style
			h := New(c, &fake{reserve: func(context.Context) (string, error) { return "", ErrNoNumber }}, fixedID())
			for _, one := range cases {
				t.Run(one.name, func(t *testing.T) {
					w := one.ask.send(h)
					answers(t, w, one.status, one.want[style])
					if !json.Valid(w.Body.Bytes()) {
						t.Errorf("body: want JSON, got %s", w.Body)
					}
				})
			}
		})
	}
}

// packed is text, compressed.
func packed(text string) string {
	var b strings.Builder
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}

func TestStatusSettings(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Config)
		ask    ask
		status int
		body   string
	}{
		{"key_error 403", func(c *Config) { c.KeyError = 403 }, ask{"POST", reserveURL, goodBody, nil}, 403, dniError(403, "key: want one in the x-api-key header, got none")},
		{"key_error 404", func(c *Config) { c.KeyError = 404 }, ask{"GET", handoffURL + "?id=1", "", []string{"x-api-key: nope"}}, 404, handoffError("key: want a valid one")},
		{"key_error 403, gateway", func(c *Config) { c.KeyError, c.ErrorStyle = 403, Gateway }, ask{"GET", handoffURL + "?id=1", "", []string{"x-api-key: nope"}}, 403, gatewayError("Forbidden")},
		{"scope_error 404", func(c *Config) { c.ScopeError = 404 }, ask{"GET", "/v1/acme/other/handoff_state?id=1", "", []string{"x-api-key: handoff-key"}}, 404, handoffError("key: not authorized to access this project")},
		{"oversize_status 400", func(c *Config) { c.MaxBody, c.OversizeStatus = 31, 400 }, reserveAsk(goodBody), 400, dniError(400, "body: want at most 31 bytes, got more")},
		{"declared_only, type", func(c *Config) { c.ContentType, c.DeclaredOnly = JSONRequired, true }, reserveAsk(goodBody), 400, dniError(400, `content-type: want application/json, got ""`)},
		{"declared_only, coding", func(c *Config) { c.DeclaredOnly = true }, reserveAsk(goodBody, "Content-Encoding: gzip"), 400, dniError(400, `content-encoding: want none, got "gzip"`)},
		{"declared_only, size", func(c *Config) { c.MaxBody, c.DeclaredOnly = 31, true }, reserveAsk(goodBody), 400, dniError(400, "body: want at most 31 bytes, got more")},
		{"declared_only, method", func(c *Config) { c.DeclaredOnly = true }, ask{"PUT", reserveURL, "", nil}, 400, dniError(400, "method: want POST, got PUT")},
		{"declared_only, a handoff's 403", func(c *Config) { c.DeclaredOnly = true }, ask{"GET", "/v1/acme/other/handoff_state?id=1", "", []string{"x-api-key: handoff-key"}}, 403, handoffError("key: not authorized to access this project")},
		{"declared_only, a reservation's 403", func(c *Config) { c.KeyError, c.DeclaredOnly = 403, true }, ask{"POST", reserveURL, goodBody, nil}, 401, dniError(401, "key: want one in the x-api-key header, got none")},
		{"duplicate_keys refused", func(*Config) {}, reserveAsk(`{"attributes":{"a":1,"\u0061":2}}`), 400, dniError(400, `body: want each key once, got "\u0061" again at offset 21`)},
		{"duplicate_keys last", func(c *Config) { c.Duplicates = Last }, reserveAsk(`{"attributes":5,"attributes":{"a":1,"a":2}}`), 200, `{"dni":"+441632960001"}`},
		{"gzip refused", func(*Config) {}, reserveAsk(packed(goodBody), "Content-Encoding: gzip"), 415, dniError(415, `content-encoding: want none, got "gzip"`)},
		{"gzip", func(c *Config) { c.ContentEncoding = Gzip }, reserveAsk(packed(goodBody), "Content-Encoding: GZIP"), 200, `{"dni":"+441632960001"}`},
		{"gzip not used", func(c *Config) { c.ContentEncoding = Gzip }, reserveAsk(goodBody), 200, `{"dni":"+441632960001"}`},
		{"gzip that is none", func(c *Config) { c.ContentEncoding = Gzip }, reserveAsk(goodBody, "Content-Encoding: gzip"), 400, dniError(400, "body: want gzip, as the Content-Encoding says")},
		{"gzip cut short", func(c *Config) { c.ContentEncoding = Gzip }, reserveAsk(packed(goodBody)[:30], "Content-Encoding: gzip"), 400, dniError(400, "body: want gzip, as the Content-Encoding says")},
		{"gzip of a lot", func(c *Config) { c.ContentEncoding = Gzip }, reserveAsk(packed(strings.Repeat(" ", 10<<20)), "Content-Encoding: gzip"), 413, dniError(413, "body: want at most 262144 bytes, got more")},
		{"another coding", func(c *Config) { c.ContentEncoding = Gzip }, reserveAsk(goodBody, "Content-Encoding: br"), 415, dniError(415, `content-encoding: want gzip or none, got "br"`)},
		{"max_body fits", func(c *Config) { c.MaxBody = len(goodBody) }, reserveAsk(goodBody), 200, `{"dni":"+441632960001"}`},
		{"max_depth", func(c *Config) { c.MaxDepth = 2 }, reserveAsk(`{"attributes":{"a":[]}}`), 400, dniError(400, "body: want at most 2 levels of nesting, got more at offset 19")},
		{"strict_body", func(c *Config) { c.StrictBody = Reject }, reserveAsk(`{"attributes":{},"ttl":1}`), 400, dniError(400, `body: want no key but attributes, got "ttl"`)},
		{"json-required", func(c *Config) { c.ContentType = JSONRequired }, reserveAsk(goodBody, "Content-Type: application/json"), 200, `{"dni":"+441632960001"}`},
		{"json-required, charset", func(c *Config) { c.ContentType = JSONRequired }, reserveAsk(goodBody, "Content-Type: Application/JSON; charset=utf-8"), 200, `{"dni":"+441632960001"}`},
		{"json-required, other", func(c *Config) { c.ContentType = JSONRequired }, reserveAsk(goodBody, "Content-Type: text/plain"), 415, dniError(415, `content-type: want application/json, got "text/plain"`)},
		{"json-required, none", func(c *Config) { c.ContentType = JSONRequired }, reserveAsk(goodBody), 415, dniError(415, `content-type: want application/json, got ""`)},
		{"json-required, not UTF-8", func(c *Config) { c.ContentType = JSONRequired }, reserveAsk(goodBody, "Content-Type: "+strings.Repeat("\xbf", 50)), 415,
			"{\"success\":false,\"error\":\"Unsupported Media Type\",\"message\":\"content-type: want application/json, got \\\"…\\\"\"}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			conf := Default()
			c.change(&conf)
			answers(t, c.ask.send(New(conf, &fake{}, fixedID())), c.status, c.body)
		})
	}
}

func TestMethods(t *testing.T) {
	for _, c := range []struct{ target, allow string }{{reserveURL, "POST"}, {handoffURL + "?id=1", "GET"}} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", "post"} {
			b := &fake{}
			w := ask{method, c.target, goodBody, []string{"x-api-key: dni-key"}}.send(New(Default(), b))
			if method == c.allow {
				continue
			}
			if w.Code != 405 || w.Header().Get("Allow") != c.allow || len(b.reserved)+len(b.asked) != 0 {
				t.Errorf("%s %s: want 405 with Allow %s, got %d with %q", method, c.target, c.allow, w.Code, w.Header().Get("Allow"))
			}
		}
	}
}

func TestUnauthorizedNamesAScheme(t *testing.T) {
	if got := (ask{"POST", reserveURL, goodBody, nil}).send(New(Default(), &fake{})).Header().Get("WWW-Authenticate"); got != "Key" {
		t.Errorf("WWW-Authenticate: want Key, got %q", got)
	}
}

func TestPaths(t *testing.T) {
	const no, dni, handoff = "", "dni", "handoff"
	for _, c := range []struct {
		target, strict, legacy, scope string
	}{
		{"/v1/conversations/dni-reservation", dni, dni, ""},
		{"/v1/conversations/dni%2Dreservation", dni, dni, ""}, // the same path by RFC 3986
		{"/v1/conversations/dni-reservation/", no, no, ""},
		{"//v1/conversations/dni-reservation", no, no, ""},
		{"/v1//conversations/dni-reservation", no, no, ""},
		{"/v1%2Fconversations/dni-reservation", no, no, ""},
		{"/V1/conversations/dni-reservation", no, no, ""},
		{"/v1/conversations/dni-reservation/x", no, no, ""},
		{"/v1/reserve-dni", no, dni, ""},
		{"/v1/dni-reservation", no, dni, ""},
		{"/v3/conversations/dni-reservation", no, dni, ""},
		{"/v1/a/p/handoff_state", handoff, handoff, "a/p"},
		{"/v1/a/p/handoff_state/", no, no, ""},
		{"/v1/a/p/handoff-state", no, no, ""},
		{"/v1/a/handoff_state", no, handoff, "v1/a"}, // with legacy paths: account v1
		{"/v1//p/handoff_state", no, no, ""},
		{"/v1/a//handoff_state", no, no, ""},
		{"/v1/a/b/p/handoff_state", no, no, ""},
		{"/v1/a%2Fb/p/handoff_state", no, no, ""},
		{"/v1/a%2fp/handoff_state", no, no, ""},
		{"/a/p/handoff_state", no, handoff, "a/p"},
		{"/v3/a/p/handoff_state", no, handoff, "a/p"},
		{"/v1/handoff_state", no, handoff, "/"},
		{"/handoff_state", no, no, ""},
		{"/", no, no, ""},
	} {
		t.Run(c.target, func(t *testing.T) {
			for legacy, want := range map[bool]string{false: c.strict, true: c.legacy} {
				conf, b := Default(), &fake{}
				conf.LegacyPaths = legacy
				h := New(conf, b)
				codes := []int{
					ask{"POST", c.target, goodBody, []string{"x-api-key: dni-key"}}.send(h).Code,
					ask{"GET", c.target + "?id=1", "", []string{"x-api-key: handoff-key"}}.send(h).Code,
				}
				wanted := map[string]string{no: "[404 404]", dni: "[200 405]", handoff: "[405 200]"}[want]
				if got := fmt.Sprint(codes); got != wanted {
					t.Errorf("legacy %v: want POST and GET %s, got %s", legacy, wanted, got)
				}
				if want == handoff && b.scopes[0] != c.scope {
					t.Errorf("scope: want %s, got %s", c.scope, b.scopes[0])
				}
			}
		})
	}
}

func TestLegacyHandoffByPost(t *testing.T) {
	ok := `{"id":"CA1","shared_id":"s","data":{"handoff_to":"Q","handoff_reason":null}}`
	for _, c := range []struct {
		name   string
		ask    ask
		status int
		body   string
	}{
		{"good", ask{"POST", "/handoff", `{"shared_id":"s","x":1}`, []string{"Authorization: bearer  handoff-key"}}, 200, ok},
		{"no shared_id", ask{"POST", "/handoff", `{"id":"1"}`, []string{"Authorization: Bearer handoff-key"}}, 400, handoffError("query: want id or shared_id, got neither")},
		{"number", ask{"POST", "/handoff", `{"shared_id":1}`, []string{"Authorization: Bearer handoff-key"}}, 400, handoffError("shared_id: want a string, got a number")},
		{"no body", ask{"POST", "/handoff", ``, []string{"Authorization: Bearer handoff-key"}}, 400, handoffError("body: want a JSON object, got nothing")},
		{"other scheme", ask{"POST", "/handoff", `{}`, []string{"Authorization: Basic handoff-key"}}, 401, handoffError("key: want one in the Authorization header, got none")},
		{"key in the other header", ask{"POST", "/handoff", `{}`, []string{"x-api-key: handoff-key"}}, 401, handoffError("key: want one in the Authorization header, got none")},
		{"GET", ask{"GET", "/handoff", ``, nil}, 405, handoffError("method: want POST, got GET")},
	} {
		t.Run(c.name, func(t *testing.T) {
			conf := Default()
			conf.LegacyPaths = true
			answers(t, c.ask.send(New(conf, &fake{}, fixedID())), c.status, c.body)
		})
	}
}

func TestRateLimit(t *testing.T) {
	now := time.Unix(0, 0)
	conf := Default()
	conf.RateLimit, conf.RateBurst = 2, 3
	b := &fake{}
	h := New(conf, b, fixedID(), WithNow(func() time.Time { return now }))
	for range 3 {
		answers(t, reserveAsk(goodBody).send(h), 200, `{"dni":"+441632960001"}`)
	}
	w := reserveAsk(goodBody).send(h)
	answers(t, w, 429, dniError(429, "rate limit: want at most 2 requests per second"))
	if got := w.Header().Get("Retry-After"); got != "1" {
		t.Errorf("Retry-After: want 1, got %q", got)
	}
	if got := handoffAsk("?id=1").send(h).Code; got != 200 {
		t.Errorf("another key: want 200, got %d", got)
	}
	now = now.Add(499 * time.Millisecond)
	if got := reserveAsk(goodBody).send(h).Code; got != 429 {
		t.Errorf("before half a second: want 429, got %d", got)
	}
	now = now.Add(time.Millisecond)
	if got := reserveAsk(goodBody).send(h).Code; got != 200 {
		t.Errorf("after half a second: want 200, got %d", got)
	}
	conf.ErrorStyle, conf.RateBurst = Gateway, 1
	h = New(conf, b, fixedID(), WithNow(func() time.Time { return now }))
	reserveAsk(goodBody).send(h)
	answers(t, reserveAsk(goodBody).send(h), 429, gatewayError("API rate limit exceeded"))
}

func TestRateLimitMemoryIsBounded(t *testing.T) {
	now := time.Unix(0, 0)
	l := newLimiter(1, 2)
	l.now = func() time.Time { return now }
	for i := range 3 * maxBuckets {
		l.take(fmt.Sprint("key", i))
	}
	if len(l.buckets) > maxBuckets+1 {
		t.Errorf("buckets: want at most %d, got %d", maxBuckets+1, len(l.buckets))
	}
	if l.take("key0") != 0 || l.take("key0") == 0 {
		t.Error("a key that is known keeps its bucket: want one token left, got another number")
	}
	now = now.Add(2 * time.Second)
	l.take("new")
	if len(l.buckets) != 1 {
		t.Errorf("buckets when all but one are full: want 1, got %d", len(l.buckets))
	}
	now = now.Add(-time.Hour)
	if l.take("new") != 0 || l.take("new") == 0 {
		t.Error("a clock that goes back: want the token that was left and no more")
	}
}
