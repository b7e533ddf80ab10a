package specs_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/specs"
)

func controlRouter(t *testing.T) routers.Router {
	t.Helper()
	text, err := specs.Control()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return router
}

// controlled is the control API of a simulator that is starting, and how to make it ready.
func controlled(t *testing.T, token string) (*control.Server, func() *sim.Sim) {
	t.Helper()
	c, err := sim.Default(sim.DefaultProfile)
	if err != nil {
		t.Fatal(err)
	}
	c.HTTP.Listen, c.SIP.Listen = "127.0.0.1:0", "127.0.0.1:0"
	c.Control = sim.Control{Listen: "127.0.0.1:0", Token: token}
	s, err := control.Listen(t.Context(), c.Control, control.WithVersion("v1.2.3"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s, func() *sim.Sim {
		p, err := sim.New(c, func(sim.Project) (conversation.Agent, error) { return agent.Echo(agent.EchoConfig{}), nil })
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := p.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
		s.Ready(p)
		return p
	}
}

// held sends a request and holds its reply against the document.
func held(t *testing.T, router routers.Router, r *http.Request) (status int, body string) {
	t.Helper()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	route, params, err := router.FindRoute(r)
	if err != nil {
		t.Fatalf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	in := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route},
		Status:                 res.StatusCode, Header: res.Header, Body: io.NopCloser(strings.NewReader(string(b))),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	}
	if err := openapi3filter.ValidateResponse(t.Context(), in); err != nil {
		t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	return res.StatusCode, string(b)
}

func request(t *testing.T, method, url, token string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r
}

func TestEveryReplyOfTheControlAPIIsDeclared(t *testing.T) {
	router := controlRouter(t)
	s, start := controlled(t, "t0ken")
	base := "http://" + s.Addr()
	paths := []string{"/v1/live", "/v1/ready", "/v1/info", "/v1/config"}
	play := func(name string, want map[string]int, change func(*http.Request)) {
		for _, p := range paths {
			r := request(t, http.MethodGet, base+p, "t0ken")
			change(r)
			if status, body := held(t, router, r); status != want[p] {
				t.Errorf("%s: GET %s: want %d, got %d %s", name, p, want[p], status, body)
			}
		}
	}
	as := func(statuses ...int) map[string]int {
		out := make(map[string]int)
		for i, p := range paths {
			out[p] = statuses[i]
		}
		return out
	}
	unchanged := func(*http.Request) {}
	play("starting", as(200, 503, 503, 503), unchanged)
	start()
	play("ready", as(200, 200, 200, 200), unchanged)
	play("without the token", as(200, 200, 401, 401), func(r *http.Request) { r.Header.Del("Authorization") })
	play("a foreign host", as(403, 403, 403, 403), func(r *http.Request) { r.Host = "evil.example" })
	play("a foreign page", as(403, 403, 403, 403), func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") })
	s.Stopping()
	play("stopping", as(200, 503, 200, 200), unchanged)
}
