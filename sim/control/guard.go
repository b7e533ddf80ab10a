package control

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/dnispool/dnispool/sim/control/page"
)

// guard lets nobody in who must not: a page of another site, which reaches a loopback port through the browser of
// whoever looks at it, and who has no token where one is wanted.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		switch {
		case !s.knows(r.Host):
			refuse(w, http.StatusForbidden, `host: want localhost, an IP address or a name in control.hosts, got %q`, r.Host)
		case foreign(r):
			refuse(w, http.StatusForbidden, "origin: want none or the API's own, got %q", r.Header.Get("Origin"))
		case !s.admits(r):
			w.Header().Set("WWW-Authenticate", "Bearer")
			refuse(w, http.StatusUnauthorized, "token: want the simulator's own as a bearer token, or as token in the query: the link that the simulator prints has it")
		default:
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			next.ServeHTTP(w, r)
		}
	})
}

// knows reports whether a Host header is one of the server's. A name can be made to lead anywhere, an IP address cannot.
func (s *Server) knows(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return true
	}
	return slices.ContainsFunc(s.hosts, func(known string) bool { return known == "*" || strings.EqualFold(known, name) })
}

// foreign reports whether a request comes from a page of another origin.
func foreign(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" && r.Header.Get("Sec-Fetch-Mode") != "navigate" {
		return true
	}
	origins := r.Header.Values("Origin")
	for _, origin := range origins {
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host) {
			return true
		}
	}
	return false
}

// admits reports whether the request shows the token, or needs none: the files of the page say nothing of a simulator.
func (s *Server) admits(r *http.Request) bool {
	if s.token == "" || r.URL.Path == "/v1/ready" || r.URL.Path == "/v1/live" || strings.HasPrefix(r.URL.Path, page.Assets) {
		return true
	}
	shown := r.URL.Query().Get("token")
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		shown = strings.TrimSpace(token)
	}
	return subtle.ConstantTimeCompare([]byte(shown), []byte(s.token)) == 1
}
