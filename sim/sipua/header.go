package sipua

import (
	"fmt"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// ownHeaders are written by this package alone: a second one would break the dialog.
var ownHeaders = []string{"Via", "From", "To", "Call-ID", "CSeq", "Content-Length"}

// Check says what is wrong with a header that is to be sent.
func (h Header) Check() error { return checkHeaders([]Header{h}) }

// checkHeaders keeps a value that a user wrote from becoming a header, or a message, of its own.
func checkHeaders(hs []Header) error {
	for _, h := range hs {
		if h.Name == "" || strings.ContainsFunc(h.Name, notToken) {
			return fmt.Errorf("header: want a name of letters, digits and -.!%%*_+`'~, got %q", h.Name)
		}
		if slices.ContainsFunc(ownHeaders, func(own string) bool { return strings.EqualFold(own, h.Name) }) {
			return fmt.Errorf("header: %s is written by the dialog, it cannot be set", h.Name)
		}
		if err := checkText("header "+h.Name, h.Value); err != nil {
			return err
		}
	}
	return nil
}

// checkText refuses control characters.
func checkText(noun, s string) error {
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return fmt.Errorf("%s: want text without control characters, got %q", noun, s)
	}
	return nil
}

func notToken(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-.!%*_+`'~", r))
}

func addHeaders(m sip.Message, hs []Header) {
	for _, h := range hs {
		m.AppendHeader(sip.NewHeader(h.Name, h.Value))
	}
}

// defaults are the headers of ours that the user did not set.
func defaults(ours, users []Header) []Header {
	return slices.DeleteFunc(ours, func(h Header) bool {
		return slices.ContainsFunc(users, func(u Header) bool { return strings.EqualFold(u.Name, h.Name) })
	})
}

// product is the User-Agent or Server header.
func (e *Endpoint) product(name string) []Header {
	if e.config.UserAgent == "" {
		return nil
	}
	return []Header{{name, e.config.UserAgent}}
}

// message is what sipgo's requests and responses have in common and its Message lacks.
type message interface{ Headers() []sip.Header }

// payload copies the headers that say something, not those that carry the message.
func payload(m message) []Header {
	var out []Header
	for _, h := range m.Headers() {
		switch h.(type) {
		case *sip.ViaHeader, *sip.FromHeader, *sip.ToHeader, *sip.CallIDHeader, *sip.CSeqHeader, *sip.MaxForwardsHeader,
			*sip.ContentLengthHeader, *sip.RouteHeader, *sip.RecordRouteHeader:
		default:
			out = append(out, Header{h.Name(), h.Value()})
		}
	}
	return out
}

// values splits the comma list of a header.
func values(m message, name string) []string {
	var out []string
	for _, h := range m.Headers() {
		if !strings.EqualFold(h.Name(), name) {
			continue
		}
		out = append(out, SplitValues(h.Value())...)
	}
	return out
}

// SplitValues takes the comma list of a header apart (RFC 3261 7.3.1); it leaves alone commas inside of quotes and of < >, and leaves
// out empty values.
func SplitValues(value string) (out []string) {
	eachValue([]byte(value), func(v []byte) bool {
		if len(v) > 0 {
			out = append(out, string(v))
		}
		return true
	})
	return out
}

func tagOf(p sip.HeaderParams) string {
	t, _ := p.Get("tag")
	return t
}

// reasonOf is the phrase for a code; codes without one of their own get that of their class.
func reasonOf(code int) string {
	if r, ok := reasons[code]; ok {
		return r
	}
	return map[int]string{1: "Session Progress", 2: "OK", 3: "Moved Temporarily", 4: "Bad Request", 5: "Server Internal Error", 6: "Decline"}[code/100]
}

var reasons = map[int]string{
	100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued", 183: "Session Progress", 200: "OK", 202: "Accepted", 302: "Moved Temporarily",
	400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout", 415: "Unsupported Media Type", 416: "Unsupported URI Scheme",
	420: "Bad Extension", 480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 482: "Loop Detected", 483: "Too Many Hops",
	484: "Address Incomplete", 486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here", 491: "Request Pending",
	500: "Server Internal Error", 503: "Service Unavailable", 505: "Version Not Supported", 600: "Busy Everywhere", 603: "Decline",
}
