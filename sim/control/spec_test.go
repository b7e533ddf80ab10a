package control_test

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/dnispool/dnispool/specs"
)

// document is the API as it is described.
var document = sync.OnceValues(func() (routers.Router, error) {
	text, err := specs.Control()
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	doc.Servers = nil // the tests listen elsewhere
	openapi3filter.RegisterBodyDecoder("application/yaml", openapi3filter.PlainBodyDecoder)
	openapi3filter.RegisterBodyDecoder("application/x-pem-file", openapi3filter.PlainBodyDecoder)
	return legacy.NewRouter(doc)
})

// spoken are the operations that some test has had answered with a success.
var spoken sync.Map

// described holds every exchange against the document.
type described struct{ t *testing.T }

func (d described) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return res, err
	}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") { // which has no end
		spoken.Store(r.Method+" "+r.URL.Path, true)
		return res, nil
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(body))
	if err == nil {
		d.hold(r, res, body)
	}
	return res, err
}

func (d described) hold(r *http.Request, res *http.Response, body []byte) {
	router, err := document()
	if err != nil {
		d.t.Fatal(err)
	}
	found, vars, err := router.FindRoute(&http.Request{Method: r.Method, URL: r.URL})
	if err != nil {
		if res.StatusCode < 400 {
			d.t.Errorf("%s %s: want it described, got %d: %v", r.Method, r.URL.Path, res.StatusCode, err)
		}
		return
	}
	in := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: vars, Route: found},
		Status:                 res.StatusCode, Header: res.Header,
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	}
	in.SetBodyBytes(body)
	if err := openapi3filter.ValidateResponse(d.t.Context(), in); err != nil {
		d.t.Errorf("%s %s: %v\n%.600s", r.Method, r.URL.Path, err, body)
	}
	if res.StatusCode < 400 {
		spoken.Store(found.Method+" "+found.Path, true)
	}
}

// TestMain sees to it that no operation is described, or served, that no test has used.
func TestMain(m *testing.M) { exit(m.Run(), m) }

// undone lists the operations of the document that no test has had answered.
func undone() (out []string) {
	text, _ := specs.Control()
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return []string{err.Error()}
	}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			if _, ok := spoken.Load(method + " " + path); !ok {
				out = append(out, method+" "+path)
			}
		}
	}
	slices.Sort(out)
	return out
}
