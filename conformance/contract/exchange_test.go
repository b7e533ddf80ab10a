package contract

import (
	"net/http"
	"testing"
)

// newChecker is the Checker of the embedded documents.
func newChecker(tb testing.TB) *Checker {
	tb.Helper()
	c, err := New()
	if err != nil {
		tb.Fatalf("New: %v", err)
	}
	return c
}

// lines renders problems the way a report does.
func lines(problems []Problem) []string {
	out := []string{}
	for _, p := range problems {
		out = append(out, p.String())
	}
	return out
}

const correlation = "X-Polyai-Correlation-Id"

func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

// reserve is a reservation with nothing wrong, changed by the edits.
func reserve(edits ...func(*Exchange)) Exchange {
	return edited(Exchange{
		Method:         "POST",
		URL:            "/v1/conversations/dni-reservation",
		RequestHeader:  header("Content-Type", "application/json", "X-Api-Key", "k"),
		RequestBody:    []byte(`{"attributes":{"shared_id":"s1"}}`),
		Status:         200,
		ResponseHeader: header("Content-Type", "application/json", correlation, "c1"),
		ResponseBody:   []byte(`{"dni":"+442079460001"}`),
	}, edits)
}

// handoff is a handoff query with nothing wrong, changed by the edits.
func handoff(edits ...func(*Exchange)) Exchange {
	return edited(Exchange{
		Method:         "GET",
		URL:            "/v1/acme-uk/acme-team-4/handoff_state?shared_id=s1",
		RequestHeader:  header("X-Api-Key", "k"),
		Status:         200,
		ResponseHeader: header("Content-Type", "application/json", correlation, "c1"),
		ResponseBody:   []byte(`{"id":"i1","shared_id":"s1","data":{"handoff_to":null}}`),
	}, edits)
}

func edited(x Exchange, edits []func(*Exchange)) Exchange {
	for _, edit := range edits {
		edit(&x)
	}
	return x
}

func method(m string) func(*Exchange)  { return func(x *Exchange) { x.Method = m } }
func to(url string) func(*Exchange)    { return func(x *Exchange) { x.URL = url } }
func sent(body string) func(*Exchange) { return func(x *Exchange) { x.RequestBody = []byte(body) } }
func status(s int) func(*Exchange)     { return func(x *Exchange) { x.Status = s } }
func received(body string) func(*Exchange) {
	return func(x *Exchange) { x.ResponseBody = []byte(body) }
}
func sentHeader(k, v string) func(*Exchange) { return func(x *Exchange) { set(x.RequestHeader, k, v) } }
func gotHeader(k, v string) func(*Exchange)  { return func(x *Exchange) { set(x.ResponseHeader, k, v) } }
func responseOnly(x *Exchange)               { x.ResponseOnly = true }
func refused(s int, body string) func(*Exchange) {
	return func(x *Exchange) { x.Status, x.ResponseBody = s, []byte(body) }
}

// set writes a header; the empty string removes it.
func set(h http.Header, name, value string) {
	if value == "" {
		h.Del(name)
		return
	}
	h.Set(name, value)
}
