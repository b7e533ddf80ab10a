package control

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// open are the paths that need no token: whoever starts a simulator must be able to wait for it.
var open = []string{"/v1/live", "/v1/ready"}

// guard lets requests through to next that may be answered. A web page that a browser on this machine shows can send
// requests here too, under a name of its own that points here, and must not reset anybody's simulator.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !s.known(r.Host):
			refuse(w, http.StatusForbidden, "host: want localhost, an IP address or one of control.hosts, got "+quoted(r.Host))
		case !sameOrigin(r):
			refuse(w, http.StatusForbidden, "origin: want the simulator's own, got "+quoted(r.Header.Get("Origin")))
		case s.token != "" && !slices.Contains(open, r.URL.Path) && !s.carries(r):
			w.Header().Set("WWW-Authenticate", `Bearer realm="dnispool control"`)
			refuse(w, http.StatusUnauthorized, "token: want \"Authorization: Bearer TOKEN\" or ?token=TOKEN with the token that the simulator printed")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// known reports whether a Host header names this machine. An address needs no list: no page can be served under it
// from elsewhere.
func (s *Server) known(host string) bool {
	name := strings.Trim(hostname(host), "[]")
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	return strings.EqualFold(name, "localhost") ||
		slices.ContainsFunc(s.config.Hosts, func(h string) bool { return strings.EqualFold(h, name) })
}

func hostname(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return hostport
}

// sameOrigin reports whether a request comes from no web page, or from the simulator's own.
func sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}

// carries reports whether r has the token, in a header or, as in the link that is printed, in its query.
func (s *Server) carries(r *http.Request) bool {
	got, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !found {
		got = r.URL.Query().Get("token")
	}
	return subtle.ConstantTimeCompare([]byte(got), []byte(s.token)) == 1
}

// quoted is what a stranger wrote, for a message.
func quoted(s string) string {
	const most = 200
	if len(s) > most {
		s = s[:most]
	}
	return strings.ToValidUTF8(`"`+s+`"`, "")
}
