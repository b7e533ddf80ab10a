package sipua

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// URI is a sip:, sips: or tel: URI taken apart. User is as on the wire, with its parameters and escapes; of a tel: URI it is the
// number. Params of sip: URIs are those behind the host, of tel: those behind the number; their names are in lower case. Of any other
// scheme only Raw is set.
type URI struct {
	Scheme, User, Host string
	Port               int // 0 when there is none
	Params             map[string]string
	Raw                string
}

// ParseURI takes a URI apart, or the URI of a name-addr such as `"Alice" <sip:alice@example.net>;tag=1`.
func ParseURI(s string) (URI, error) {
	raw := addrSpec(s)
	scheme, rest, ok := strings.Cut(raw, ":")
	if !ok || scheme == "" || strings.ContainsFunc(scheme, notScheme) {
		return URI{}, fmt.Errorf("uri: want scheme:address, got %q", s)
	}
	u := URI{Scheme: strings.ToLower(scheme), Raw: raw}
	switch u.Scheme {
	case "tel":
		u.User, rest, _ = strings.Cut(rest, ";")
		u.Params = parseParams(rest)
		return u, nil
	case "sip", "sips":
		return u, u.parseHostPart(rest)
	}
	return u, nil
}

func (u *URI) parseHostPart(rest string) error {
	rest = strings.TrimPrefix(rest, "//")
	if userinfo, after, ok := strings.Cut(rest, "@"); ok {
		u.User, _, _ = strings.Cut(userinfo, ":")
		rest = after
	}
	rest, _, _ = strings.Cut(rest, "?")
	hostport, params, _ := strings.Cut(rest, ";")
	u.Params = parseParams(params)
	host, port, hasPort := cutPort(hostport)
	if host == "" {
		return fmt.Errorf("uri: want a host, got %q", u.Raw)
	}
	u.Host = host
	if !hasPort {
		return nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return fmt.Errorf("uri: want a port from 0 to 65535, got %q", port)
	}
	u.Port = int(n)
	return nil
}

// cutPort splits host:port; an IPv6 host loses its brackets.
func cutPort(s string) (host, port string, found bool) {
	if inside, ok := strings.CutPrefix(s, "["); ok {
		host, after, _ := strings.Cut(inside, "]")
		port, found = strings.CutPrefix(after, ":")
		return host, port, found
	}
	return strings.Cut(s, ":")
}

// addrSpec takes the URI out of a name-addr.
func addrSpec(s string) string {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, `"`) { // a display name may hold anything, also a '<'
		if end := closingQuote(s); end > 0 {
			s = s[end+1:]
		}
	}
	_, inside, ok := strings.Cut(s, "<")
	if !ok {
		return strings.TrimSpace(s)
	}
	inside, _, _ = strings.Cut(inside, ">")
	return strings.TrimSpace(inside)
}

func closingQuote(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

func parseParams(s string) map[string]string {
	if s == "" {
		return nil
	}
	m := map[string]string{}
	for p := range strings.SplitSeq(s, ";") {
		if k, v, _ := strings.Cut(p, "="); k != "" {
			m[strings.ToLower(strings.TrimSpace(k))] = strings.TrimSpace(v)
		}
	}
	return m
}

func notScheme(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '+' || r == '-' || r == '.')
}

// Dialled is the number (or name) that was dialled, in the form in which it was dialled: parameters (;npdi, ;rn=, ;ext=), a
// password, escapes (%2B) and visual separators are off, and a phone-context of +CC is put before a number without a plus.
// "+442071838750", "00442071838750", "02071838750" and "8750" all stay what they are; so does a name. It is "" when the URI has no user.
func (u URI) Dialled() string {
	user, params, _ := strings.Cut(unescape(u.User), ";")
	number, ok := dialString(user)
	if !ok {
		return user
	}
	if strings.HasPrefix(number, "+") {
		return number
	}
	if cc, ok := dialString(u.phoneContext(params)); ok && strings.HasPrefix(cc, "+") {
		return cc + number
	}
	return number
}

// phoneContext is the phone-context of a tel: URI, or of a sip: URI in either place where it is seen: behind the user or the host.
func (u URI) phoneContext(userParams string) string {
	if v, ok := parseParams(userParams)["phone-context"]; ok {
		return v
	}
	return unescape(u.Params["phone-context"])
}

// dialString drops visual separators (RFC 3966: "-", ".", "(", ")", and blanks). ok is false when what is left is not a number.
func dialString(s string) (number string, ok bool) {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9', r == '*', r == '#':
			b.WriteRune(r)
		case r == '+' && b.Len() == 0:
			b.WriteRune(r)
		case strings.ContainsRune("-.() ", r):
		default:
			return "", false
		}
	}
	number = b.String()
	return number, strings.ContainsAny(number, "0123456789*#")
}

// unescape resolves %2B and its like; text with a broken escape stays as it is.
func unescape(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}
