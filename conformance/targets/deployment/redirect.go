package deployment

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/targets/world"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/sipua"
)

// maxRedirects is how often a call is sent on at most.
const maxRedirects = 5

// explained is a call that came to nothing, and why, which its reason does not say.
type explained struct {
	world.Call
	why string
}

// Reason implements targets.Call.
func (e explained) Reason() string { return e.Call.Reason() + ", " + e.why }

// call places a call by one carrier, and follows redirects as a carrier does (RFC 3261, 8.1.3.4): to the Contact that is wanted
// most, then, where that one does not answer or is out of service, to the next. Never to a host that the target file does not list,
// nor to another number: whoever wrote the file has answered for these alone. unfollowed says why a redirect is what came of it.
func (l *trunk) call(ctx context.Context, host string, carrier *pstn.Carrier, p pstn.Dial) (c *pstn.Call, unfollowed string, err error) {
	seen := []string{"sip:" + p.To + "@" + host}
	var open []string // Contacts, the one to be tried next in front
	for {
		c, err = carrier.Dial(ctx, p)
		switch {
		case c == nil || err != nil || c.Answered():
			return c, "", err
		case redirects(c.Status()):
			open = append(contacts(c.EndHeaders()), open...)
			unfollowed = "and it names no Contact to follow"
		case !elsewhere(c):
			return c, "", nil
		}
		next := ""
		for next == "" && len(open) > 0 {
			if refusal := l.refuses(ctx, open[0], p.To, seen); refusal != "" {
				unfollowed = fmt.Sprintf("not followed to %s: %s", open[0], refusal)
			} else {
				next = open[0]
			}
			open = open[1:]
		}
		if next == "" {
			if !redirects(c.Status()) {
				unfollowed = ""
			}
			return c, unfollowed, nil
		}
		seen = append(seen, next)
		p.Contact, p.CallID = next, c.ID()
		u, _ := sipua.ParseURI(next) // read before
		p.Transport = cmp.Or(strings.ToLower(u.Params["transport"]), p.Transport)
	}
}

// redirects reports whether a status sends the caller to its Contacts. 305 and 380 ask for more than another place.
func redirects(status int) bool { return status >= 300 && status <= 302 }

// contacts are the URIs that a redirect names, those with the highest q first; one without has 1.
func contacts(headers []sipua.Header) (uris []string) {
	type wanted struct {
		uri string
		q   float64
	}
	var all []wanted
	for _, h := range headers {
		if !strings.EqualFold(h.Name, "Contact") && !strings.EqualFold(h.Name, "m") {
			continue
		}
		for _, value := range sipua.SplitValues(h.Value) {
			u, err := sipua.ParseURI(value)
			if err != nil {
				continue
			}
			w := wanted{u.Raw, 1}
			_, params, _ := strings.Cut(value, ">")
			for _, param := range strings.Split(params, ";") {
				name, text, _ := strings.Cut(strings.TrimSpace(param), "=")
				if q, err := strconv.ParseFloat(text, 64); err == nil && strings.EqualFold(name, "q") {
					w.q = q
				}
			}
			all = append(all, w)
		}
	}
	slices.SortStableFunc(all, func(a, b wanted) int { return cmp.Compare(b.q, a.q) })
	for _, w := range all {
		uris = append(uris, w.uri)
	}
	return uris
}

// refuses says why a redirect of a call to a number is not followed to a Contact; "" when it is.
func (l *trunk) refuses(ctx context.Context, contact, number string, seen []string) string {
	u, err := sipua.ParseURI(contact)
	transport := strings.ToLower(u.Params["transport"])
	host := net.JoinHostPort(u.Host, strconv.Itoa(cmp.Or(u.Port, 5060)))
	switch {
	case len(seen) > maxRedirects:
		return fmt.Sprintf("it was sent on %d times before", maxRedirects)
	case err != nil || u.Scheme != "sip" || !slices.Contains([]string{"", "udp", "tcp"}, transport):
		return "this trunk calls sip: over udp and tcp alone"
	case slices.ContainsFunc(seen, func(uri string) bool { return strings.EqualFold(uri, contact) }):
		return "the call was there before"
	case u.User != "" && !reading.SameNumber(dialled(number), u.Dialled()):
		return "another number than was dialled"
	case !l.lists(ctx, host):
		return "calls.trunk lists no such host; it may be named under redirects"
	}
	return ""
}

// dialled is the number in what a scenario dials, which may be a URI.
func dialled(to string) string {
	if u, err := sipua.ParseURI(to); err == nil && u.User != "" {
		return u.Dialled()
	}
	return to
}

// lists reports whether the target file names a host, by the name or one of its addresses.
func (l *trunk) lists(ctx context.Context, host string) bool {
	address, port, err := net.SplitHostPort(host)
	if err != nil {
		return false
	}
	for _, listed := range l.hosts {
		name, listedPort, err := net.SplitHostPort(listed)
		if err != nil || listedPort != port {
			continue
		}
		if strings.EqualFold(name, address) {
			return true
		}
		if addresses, err := net.DefaultResolver.LookupHost(ctx, name); err == nil && slices.Contains(addresses, address) {
			return true
		}
	}
	return false
}
