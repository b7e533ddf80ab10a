package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestTargetCheck: each line says what was found, and ends in what to do.
func TestTargetCheck(t *testing.T) {
	for _, c := range []struct {
		name string
		on   http.HandlerFunc
		code int
		want []string
	}{
		{"all is well", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(map[string]int{http.MethodGet: 404, http.MethodPost: 400}[r.Method])
			fmt.Fprint(w, `{}`)
		}, 0, []string{"127.0.0.1 is 127.0.0.1: ok", "handoff key                        404: ok", "DNI key                            400: ok", "clock "}},
		{"wrong keys", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }, 2,
			[]string{"handoff key                        401: the key is wrong, expired, revoked or of another region: ask your PolyAI contact"}},
		{"another's project", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, 2, []string{"403: the key is not for this account and project"}},
		{"a page", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, 2, []string{"200 with a page of HTML: this is no API"}},
		{"a number for nothing", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"dni":"+99920000001"}`) }, 2,
			[]string{"200: a reservation without attributes was taken", "may still be held: +99920000001"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := httptest.NewServer(c.on)
			defer s.Close()
			r := dnispool(t, onTarget(t, s.URL, "acme", "support", ""), "target", "check", "t.yaml")
			for _, want := range c.want {
				if !strings.Contains(r.out, want) {
					t.Errorf("want %q, got %s", want, r.out)
				}
			}
			if r.code != c.code || r.err != "" || strings.Contains(r.out, "demo-") {
				t.Errorf("want %d, and no key, got %+v", c.code, r)
			}
		})
	}
	if r := dnispool(t, t.TempDir(), "target", "chek", "t.yaml"); r.code != 2 || !strings.HasPrefix(r.err, `dnispool target: want init, check or questions, and a file (did you mean "check"?)`) {
		t.Errorf("got %+v", r)
	}
}
