package rehearse

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// place is where keys are not to be.
type place string

// The header x-api-key is where they belong: that of Reserve DNI at Reserve DNI, and that of Get Handoff there.
const (
	InHeaders     place = "in-headers"      // in no URL and no body
	InTheirHeader place = "in-their-header" // in no other header of HTTP, and not the one's key at the other
	OutOfCalls    place = "out-of-calls"    // in no message of SIP
)

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (p *place) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	return strictyaml.PickAt(file, n, "keys", p, InHeaders, InTheirHeader, OutOfCalls)
}

// keys is whether the client keeps its keys out of where they do not belong: whoever reads logs there has them.
func keys(v *view, p place) judgement {
	j := judgement{met: true, want: "the keys in the header x-api-key and nowhere else"}
	found := func(format string, args ...any) {
		j.met, j.final = false, true
		j.got = fmt.Sprintf("sent a key in "+format+", from where it gets into logs", args...)
	}
	if p == OutOfCalls {
		if len(v.leaks) > 0 {
			found("the SIP message %s", v.leaks[0])
		}
		return j
	}
	all := keysOf(v.project)
	for _, r := range v.requests {
		path, _, _ := strings.Cut(r.URL, "?")
		switch {
		case p == InTheirHeader:
			if h := v.misplaced(r, all); h != "" {
				found("the header %s of %s %s", h, r.Method, path)
			}
		case holds(r.URL, all):
			found("the URL of %s %s", r.Method, path)
		case holds(r.RequestBody, all):
			found("the body of %s %s", r.Method, path)
		}
	}
	return j
}

// misplaced is the header that has one of all keys, which does not belong there; "" for none.
func (v *view) misplaced(r Request, all []string) string {
	own := v.project.DNIKey
	if r.Kind == Handoff {
		own = v.project.HandoffKey
	}
	for _, h := range r.RequestHeaders {
		not := all
		if strings.EqualFold(h.Name, "X-Api-Key") {
			if h.Value == own || r.Kind == Other {
				continue
			}
			not = slices.DeleteFunc(slices.Clone(all), func(k string) bool { return k == own })
		}
		if holds(h.Value, not) || holds(credentials(h), not) {
			return h.Name
		}
	}
	return ""
}

// credentials are those of a header with Basic authentication, as they are meant (RFC 7617); "" for any other.
func credentials(h finding.Header) string {
	scheme, rest, _ := strings.Cut(h.Value, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return ""
	}
	plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(rest))
	if err != nil {
		return ""
	}
	return string(plain)
}

// fewestOfKey are the characters of a key that is told from other text.
const fewestOfKey = 6

// keysOf are the keys of a project that can be told from other text.
func keysOf(p sim.Project) []string {
	return slices.DeleteFunc([]string{p.DNIKey, p.HandoffKey}, func(k string) bool { return len(k) < fewestOfKey })
}

// holds reports whether one of the keys is in a text, as it is or as a URL has it.
func holds(text string, keys []string) bool {
	meant, err := url.QueryUnescape(text)
	if err != nil {
		meant = text
	}
	return slices.ContainsFunc(keys, func(k string) bool { return strings.Contains(text, k) || strings.Contains(meant, k) })
}
