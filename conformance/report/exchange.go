package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dnispool/dnispool/conformance/finding"
)

// How much of a body is shown.
const (
	maxBodyBytes = 4096
	maxBodyLines = 60
)

// Request headers that say nothing about a failure, and response headers that do.
var (
	dullRequestHeaders  = []string{"accept", "accept-encoding", "connection", "content-length", "host", "user-agent"}
	tellingReplyHeaders = []string{
		"allow", "location", "retry-after", "www-authenticate", "x-kong-request-id", "x-polyai-correlation-id", "x-request-id",
	}
)

// exchange writes a request and what came back. With all, every header is shown.
func (p *page) exchange(x finding.Exchange, all bool) {
	parts := []string{x.Method + " " + requestTarget(x.URL)}
	for _, h := range x.RequestHeaders {
		if all || tellingRequestHeader(h) {
			parts = append(parts, h.Name+": "+h.Value)
		}
	}
	p.row("sent", p.joined(parts))
	p.body(x.RequestBody)

	parts = []string{outcome(x)}
	for _, h := range x.ResponseHeaders {
		if all || slices.Contains(tellingReplyHeaders, strings.ToLower(h.Name)) {
			parts = append(parts, h.Name+": "+h.Value)
		}
	}
	p.row("got", p.joined(parts))
	if x.Status != 0 && x.ResponseBody == "" && x.Error == "" && !x.Truncated {
		p.row("", "(no body)")
	}
	p.body(x.ResponseBody)
	if x.Injected != "" {
		p.row("", "(with the scenario's own fault put on it: "+x.Injected+")")
	}
	if x.Truncated {
		p.row("", "(the rest of the body was not recorded)")
	}
}

// requestTarget returns path and query: the host is the same for the whole run, and printed at its start.
func requestTarget(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Path == "" && u.RawQuery == "" {
		return raw
	}
	return u.RequestURI()
}

func tellingRequestHeader(h finding.Header) bool {
	name := strings.ToLower(h.Name)
	if name == "content-type" {
		return h.Value != "application/json"
	}
	return !slices.Contains(dullRequestHeaders, name)
}

// outcome says how an exchange ended: 200 application/json, 3.1 ms.
func outcome(x finding.Exchange) string {
	took := human(x.Duration)
	if x.Status == 0 {
		return fmt.Sprintf("no reply after %s: %s (%s)", took, reason(x), certainty(x))
	}
	s := fmt.Sprintf("%d %s, %s", x.Status, contentType(x), took)
	if x.Error != "" {
		s += fmt.Sprintf(", then %s (%s)", x.Error, certainty(x))
	}
	return s
}

func reason(x finding.Exchange) string {
	if x.Error == "" {
		return "no reason recorded"
	}
	return x.Error
}

func certainty(x finding.Exchange) string {
	if x.Definite {
		return "definite: the outcome is known"
	}
	return "indefinite: the request may have taken effect"
}

func contentType(x finding.Exchange) string {
	return cmp.Or(x.ReplyHeader("Content-Type"), "without a content type")
}

// body writes a body: JSON on one line when it fits and indented when not, anything else as it is, and not all of
// it when it is long.
func (p *page) body(s string) {
	if s == "" {
		return
	}
	text, cut := p.shownBody(s)
	p.row("", text)
	p.row("", cut)
}

// shownBody is a body as it is shown, and what to say when that is not all of it.
func (p *page) shownBody(s string) (text, cut string) {
	s = p.pretty(s)
	size := len(s)
	if len(s) > maxBodyBytes {
		end := maxBodyBytes
		for end > 0 && !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end]
	}
	if lines := strings.SplitAfterN(s, "\n", maxBodyLines+1); len(lines) > maxBodyLines {
		s = strings.Join(lines[:maxBodyLines], "")
	}
	if len(s) < size {
		cut = fmt.Sprintf("… (%d of %d bytes shown)", len(s), size)
	}
	return s, cut
}

func (p *page) pretty(s string) string {
	var b bytes.Buffer
	if json.Compact(&b, []byte(s)) != nil {
		return s
	}
	if columns(b.String()) <= p.width-margin {
		return b.String()
	}
	b.Reset()
	if json.Indent(&b, []byte(s), "", "  ") != nil {
		return s
	}
	return strings.TrimRight(b.String(), "\n")
}
