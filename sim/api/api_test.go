package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

const (
	reserveURL = "/v1/conversations/dni-reservation"
	handoffURL = "/v1/acme/team/handoff_state"
	goodBody   = `{"attributes":{"shared_id":"s"}}`
)

// ask is one request: the method, the target, the body, then headers as "Name: value".
type ask struct {
	method, target, body string
	headers              []string
}

func reserveAsk(body string, headers ...string) ask {
	return ask{"POST", reserveURL, body, append([]string{"x-api-key: dni-key"}, headers...)}
}

func handoffAsk(query string, headers ...string) ask {
	return ask{"GET", handoffURL + query, "", append([]string{"x-api-key: handoff-key"}, headers...)}
}

func (a ask) send(h http.Handler) *httptest.ResponseRecorder {
	r := httptest.NewRequest(a.method, a.target, strings.NewReader(a.body))
	for _, header := range a.headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func fixedID() Option { return WithIDs(func() string { return "id-1" }) }

// answers checks status, body and the headers that every answer has.
func answers(t *testing.T, w *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	if w.Code != status || w.Body.String() != body {
		t.Errorf("answer: want %d %s\ngot %d %s", status, body, w.Code, w.Body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "X-PolyAI-Correlation-Id": "id-1", "Content-Length": fmt.Sprint(len(body)),
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: want %q, got %q", name, want, got)
		}
	}
}

func dniError(status int, message string) string {
	return fmt.Sprintf(`{"success":false,"error":%q,"message":%q}`, http.StatusText(status), message)
}

func handoffError(message string) string { return fmt.Sprintf(`{"error_message":%q}`, message) }

func TestReserve(t *testing.T) {
	for _, c := range []struct {
		name   string
		ask    ask
		status int
		body   string
	}{
		{"good", reserveAsk(goodBody), 200, `{"dni":"+441632960001"}`},
		{"empty attributes", reserveAsk(`{"attributes":{}}`), 200, `{"dni":"+441632960001"}`},
		{"unknown keys are ignored", reserveAsk(`{"ttl":1,"attributes":{},"x":{}}`), 200, `{"dni":"+441632960001"}`},
		{"query is ignored", ask{"POST", reserveURL + "?a=%zz", goodBody, []string{"X-API-KEY: dni-key"}}, 200, `{"dni":"+441632960001"}`},
		{"any content type", reserveAsk(goodBody, "Content-Type: text/plain"), 200, `{"dni":"+441632960001"}`},
		{"plain content encoding", reserveAsk(goodBody, "Content-Encoding: Identity"), 200, `{"dni":"+441632960001"}`},
		{"no body", reserveAsk(""), 400, dniError(400, "body: want a JSON object, got nothing")},
		{"not JSON", reserveAsk("{"), 400, dniError(400, "body: invalid JSON at offset 1: want a key, got the end")},
		{"an array", reserveAsk("[]"), 400, dniError(400, "body: want a JSON object, got an array")},
		{"something after the object", reserveAsk(goodBody + "x"), 400, dniError(400, "body: invalid JSON at offset 32: want the end, got 'x'")},
		{"repeated key", reserveAsk(`{"attributes":{},"attributes":{}}`), 400, dniError(400, `body: want each key once, got "attributes" again at offset 17`)},
		{"bad UTF-8", reserveAsk("{\"attributes\":{\"a\":\"\xff\"}}"), 400, dniError(400, "body: want UTF-8, got other bytes at offset 20")},
		{"too deep", reserveAsk(nested("[", "]", 65)), 400, dniError(400, "body: want at most 64 levels of nesting, got more at offset 77")},
		{"no attributes", reserveAsk(`{"Attributes":{}}`), 400, dniError(400, "attributes: want an object, got none")},
		{"null attributes", reserveAsk(`{"attributes":null}`), 400, dniError(400, "attributes: want an object, got null")},
		{"string attributes", reserveAsk(`{"attributes":"{}"}`), 400, dniError(400, "attributes: want an object, got a string")},
		{"array attributes", reserveAsk(`{"attributes":[]}`), 400, dniError(400, "attributes: want an object, got an array")},
		{"number attributes", reserveAsk(`{"attributes":0}`), 400, dniError(400, "attributes: want an object, got a number")},
		{"too long", reserveAsk(goodBody + strings.Repeat(" ", 256<<10)), 413, dniError(413, "body: want at most 262144 bytes, got more")},
		{"compressed", reserveAsk(goodBody, "Content-Encoding: gzip"), 415, dniError(415, `content-encoding: want none, got "gzip"`)},
		{"no key", ask{"POST", reserveURL, goodBody, nil}, 401, dniError(401, "key: want one in the x-api-key header, got none")},
		{"empty key", ask{"POST", reserveURL, goodBody, []string{"x-api-key: "}}, 401, dniError(401, "key: want one in the x-api-key header, got none")},
		{"two keys", reserveAsk(goodBody, "x-api-key: dni-key"), 401, dniError(401, "key: want one x-api-key header, got 2")},
		{"unknown key", ask{"POST", reserveURL, goodBody, []string{"x-api-key: nope"}}, 401, dniError(401, "key: want a valid one")},
		{"bearer token", ask{"POST", reserveURL, goodBody, []string{"Authorization: Bearer dni-key"}}, 401, dniError(401, "key: want one in the x-api-key header, got none")},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &fake{}
			answers(t, c.ask.send(New(Default(), b, fixedID())), c.status, c.body)
			if got := len(b.reserved) == 1; got != (c.status == 200) {
				t.Errorf("reserved: want %v, got %v", c.status == 200, got)
			}
		})
	}
}

func TestReserveBackendErrors(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		body   string
	}{
		{ErrNoNumber, 404, `{"success":false,"error":"Not Found","message":"no available route found"}`},
		{fmt.Errorf("pool: %w", ErrNoNumber), 404, `{"success":false,"error":"Not Found","message":"no available route found"}`},
		{ErrUnauthorized, 401, dniError(401, "key: want a valid one")},
		{ErrForbidden, 403, dniError(403, "key: not authorized to access this project")},
		{ErrNotFound, 500, dniError(500, "internal error")},
		{errors.New("secret detail"), 500, dniError(500, "internal error")},
	} {
		t.Run(c.err.Error(), func(t *testing.T) {
			b := &fake{reserve: func(context.Context) (string, error) { return "", c.err }}
			var seen Rejection
			h := New(Default(), b, fixedID(), OnRejected(func(r Rejection) { seen = r }))
			answers(t, reserveAsk(goodBody).send(h), c.status, c.body)
			if seen.Err != c.err || seen.Asked != (c.status == 404) || seen.Status != c.status || seen.CorrelationID != "id-1" || seen.Method != "POST" || seen.Path != reserveURL {
				t.Errorf("rejection: got %+v", seen)
			}
		})
	}
}

func TestAttributesArriveByteForByte(t *testing.T) {
	for _, attributes := range []string{
		`{}`, `{ "b" : 1.0 , "a":1e400}`, "{\n\t\"é\": \"\\u00e9\\/<&>\"}", `{"n":123456789012345678901234567890,"x":[null,{}]}`,
	} {
		for _, body := range []string{`{"attributes": ` + attributes + ` }`, `{"x":"` + strings.Repeat("y", 500) + `","attributes":` + attributes + `}`} {
			b := &fake{}
			reserveAsk(body).send(New(Default(), b))
			if len(b.reserved) != 1 || b.reserved[0] != attributes {
				t.Errorf("attributes: want %s, got %s", attributes, b.reserved)
			}
		}
	}
}

func TestHandoff(t *testing.T) {
	ok := `{"id":"CA1","data":{"handoff_to":"Q","handoff_reason":null}}`
	okShared := func(shared string) string {
		return `{"id":"CA1","shared_id":` + shared + `,"data":{"handoff_to":"Q","handoff_reason":null}}`
	}
	neither := handoffError("query: want id or shared_id, got neither")
	for _, c := range []struct {
		name   string
		ask    ask
		status int
		body   string
		asked  Query
	}{
		{"by id", handoffAsk("?id=CA1"), 200, ok, Query{ID: "CA1", HasID: true}},
		{"by shared_id", handoffAsk("?shared_id=s"), 200, okShared(`"s"`), Query{SharedID: "s", HasSharedID: true}},
		{"by both", handoffAsk("?id=CA1&shared_id=s"), 200, okShared(`"s"`), Query{ID: "CA1", HasID: true, SharedID: "s", HasSharedID: true}},
		{"encoded", handoffAsk("?shared_id=%2B%2F%25%26+%23%C3%A9%22"), 200, okShared(`"+/%& #é\""`), Query{SharedID: `+/%& #é"`, HasSharedID: true}},
		{"semicolon is data", handoffAsk("?shared_id=a;b"), 200, okShared(`"a;b"`), Query{SharedID: "a;b", HasSharedID: true}},
		{"equals is data", handoffAsk("?shared_id=a=b"), 200, okShared(`"a=b"`), Query{SharedID: "a=b", HasSharedID: true}},
		{"encoded name", handoffAsk("?%69d=CA1"), 200, ok, Query{ID: "CA1", HasID: true}},
		{"last one counts", handoffAsk("?id=CA0&id=CA1"), 200, ok, Query{ID: "CA1", HasID: true}},
		{"others are ignored", handoffAsk("?x=1&id=CA1&&ID=2"), 200, ok, Query{ID: "CA1", HasID: true}},
		{"space is data", handoffAsk("?id=%20CA1"), 200, ok, Query{ID: " CA1", HasID: true}},
		{"long", handoffAsk("?id=" + strings.Repeat("9", 1000)), 200, ok, Query{ID: strings.Repeat("9", 1000), HasID: true}},
		{"neither", handoffAsk(""), 400, neither, Query{}},
		{"empty is none", handoffAsk("?id=&shared_id"), 400, neither, Query{}},
		{"last one is empty", handoffAsk("?id=CA1&id="), 400, neither, Query{}},
		{"bad encoding", handoffAsk("?shared_id=%zz"), 400, handoffError(`query: want percent-encoded UTF-8, got "shared_id=%zz"`), Query{}},
		{"bad UTF-8", handoffAsk("?id=CA1&shared_id=%ff"), 400, handoffError(`query: want percent-encoded UTF-8, got "shared_id=%ff"`), Query{}},
		{"no key", ask{"GET", handoffURL + "?id=CA1", "", nil}, 401, handoffError("key: want one in the x-api-key header, got none"), Query{}},
		{"unknown key", ask{"GET", handoffURL + "?id=CA1", "", []string{"x-api-key: dni-key"}}, 401, handoffError("key: want a valid one"), Query{}},
		{"other project", ask{"GET", "/v1/acme/other/handoff_state?id=CA1", "", []string{"x-api-key: handoff-key"}}, 403, handoffError("key: not authorized to access this project"), Query{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &fake{}
			answers(t, c.ask.send(New(Default(), b, fixedID())), c.status, c.body)
			var asked Query
			if len(b.asked) > 0 {
				asked = b.asked[0]
			}
			if asked != c.asked {
				t.Errorf("query: want %+v, got %+v", c.asked, asked)
			}
		})
	}
}

func TestHandoffBackend(t *testing.T) {
	for _, c := range []struct {
		name   string
		record Record
		err    error
		status int
		body   string
	}{
		{"no data", Record{ID: "CA1"}, nil, 200, `{"id":"CA1","data":{}}`},
		{"found by id, with its shared_id", Record{ID: "CA1", SharedID: "s\n", HasSharedID: true}, nil, 200, `{"id":"CA1","shared_id":"s\n","data":{}}`},
		{"unknown", Record{}, ErrNotFound, 404, handoffError("no matching handoff state")},
		{"no number is not an answer here", Record{}, ErrNoNumber, 500, handoffError("internal error")},
		{"broken", Record{}, errors.New("secret detail"), 500, handoffError("internal error")},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &fake{handoff: func(context.Context) (Record, error) { return c.record, c.err }}
			answers(t, handoffAsk("?id=CA1").send(New(Default(), b, fixedID())), c.status, c.body)
		})
	}
}

func TestScopeIsTakenFromThePath(t *testing.T) {
	b := &fake{}
	ask{"GET", "/v1/ws-1%20a/PROJECT-%C3%A9/handoff_state?id=1", "", []string{"x-api-key: handoff-key"}}.send(New(Default(), b))
	if len(b.scopes) != 1 || b.scopes[0] != "ws-1 a/PROJECT-é" {
		t.Errorf("scope: want ws-1 a/PROJECT-é, got %q", b.scopes)
	}
}

func TestCorrelationID(t *testing.T) {
	made := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	for _, c := range []struct {
		name, sent string
		echoed     bool
	}{
		{"sane", "adk-1 2~", true},
		{"longest", strings.Repeat("x", 128), true},
		{"too long", strings.Repeat("x", 129), false},
		{"not ASCII", "é", false},
		{"control character", "a\tb", false},
		{"empty", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &fake{}
			h := New(Default(), b)
			for _, a := range []ask{reserveAsk(goodBody), handoffAsk("?id=1"), reserveAsk(""), {"GET", "/", "", nil}} {
				a.headers = append(a.headers, "x-polyai-correlation-id: "+c.sent)
				got := a.send(h).Header().Get("X-PolyAI-Correlation-Id")
				if c.echoed != (got == c.sent) || !c.echoed && !made.MatchString(got) {
					t.Errorf("%s %s: echo %v, got %q", a.method, a.target, c.echoed, got)
				}
			}
			if len(b.ids) != 2 || c.echoed && (b.ids[0] != c.sent || b.ids[1] != c.sent) || !c.echoed && b.ids[0] == b.ids[1] {
				t.Errorf("backend: want the id of each request, got %q", b.ids)
			}
		})
	}
	if got := CorrelationID(t.Context()); got != "" {
		t.Errorf("other context: want no id, got %q", got)
	}
}

func TestKeyIsJudgedBeforeTheBodyWhenTheBackendCan(t *testing.T) {
	for _, c := range []struct {
		name    string
		backend Backend
		want    int
	}{
		{"cannot", &fake{}, 400},
		{"can", &gate{}, 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := New(Default(), c.backend)
			for _, a := range []ask{
				{"POST", reserveURL, "{", []string{"x-api-key: nope"}},
				{"GET", handoffURL, "", []string{"x-api-key: nope"}},
			} {
				if got := a.send(h).Code; got != c.want {
					t.Errorf("%s: want %d, got %d", a.method, c.want, got)
				}
			}
		})
	}
	var seen Rejection
	h := New(Default(), &gate{}, OnRejected(func(r Rejection) { seen = r }))
	ask{"GET", "/v1/acme/other/handoff_state", "", []string{"x-api-key: handoff-key"}}.send(h)
	if seen.Status != 403 || seen.Asked || seen.Err != ErrForbidden {
		t.Errorf("rejection: want 403 without asking, got %+v", seen)
	}
}

func TestPanicIsA500(t *testing.T) {
	for _, c := range []struct {
		ask  ask
		body string
	}{
		{reserveAsk(goodBody), dniError(500, "internal error")},
		{handoffAsk("?id=1"), handoffError("internal error")},
	} {
		b := &fake{
			reserve: func(context.Context) (string, error) { panic("secret") },
			handoff: func(context.Context) (Record, error) { panic("secret") },
		}
		var seen Rejection
		h := New(Default(), b, fixedID(), OnRejected(func(r Rejection) { seen = r }))
		answers(t, c.ask.send(h), 500, c.body)
		if seen.Err == nil || !strings.HasPrefix(seen.Err.Error(), "panic: secret\n") || !strings.Contains(seen.Err.Error(), "api_test.go") {
			t.Errorf("rejection: want the panic and its stack, got %v", seen.Err)
		}
	}
}

func TestPanicsThatAreNotAnswered(t *testing.T) {
	for _, c := range []struct {
		name string
		h    http.Handler
		want any
	}{
		{"the backend drops the connection", New(Default(), &fake{reserve: func(context.Context) (string, error) { panic(http.ErrAbortHandler) }}), http.ErrAbortHandler},
		{"a hook after the answer", New(Default(), &fake{reserve: func(context.Context) (string, error) { return "", ErrNoNumber }}, OnRejected(func(Rejection) { panic("hook") })), "hook"},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer func() {
				if got := recover(); got != c.want {
					t.Errorf("panic: want %v, got %v", c.want, got)
				}
			}()
			reserveAsk(goodBody).send(c.h)
		})
	}
}
