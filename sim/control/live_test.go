package control_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestThePageIsServedUnderTheRulesOfTheAPI: its files are anybody's, the page itself wants the token.
func TestThePageIsServedUnderTheRulesOfTheAPI(t *testing.T) {
	w := start(t, "control: {token: a-long-secret}")
	for _, c := range []struct {
		method, path string
		status       int
		kind         string
	}{
		{"GET", "/?token=a-long-secret", 200, "text/html; charset=utf-8"},
		{"GET", "/", 401, "application/json"},
		{"GET", "/page/app.js", 200, "text/javascript; charset=utf-8"},
		{"GET", "/page/style.css", 200, "text/css; charset=utf-8"},
		{"GET", "/page/icon.svg", 200, "image/svg+xml"},
		{"GET", "/page/nosuch.js", 404, "text/plain; charset=utf-8"},
		{"POST", "/?token=a-long-secret", 405, "application/json"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, w.server.URL()+c.path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != c.status || res.Header.Get("Content-Type") != c.kind {
			t.Errorf("%s %s: want %d %s, got %d %s", c.method, c.path, c.status, c.kind, res.StatusCode, res.Header.Get("Content-Type"))
		}
		if policy := res.Header.Get("Content-Security-Policy"); c.status == 200 && (!strings.Contains(policy, "default-src 'none'; script-src 'self';") || !strings.Contains(policy, "require-trusted-types-for 'script'")) {
			t.Errorf("%s: want a strict policy, got %q", c.path, policy)
		}
	}
}
