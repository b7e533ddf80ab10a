package scenario

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// sipName is a header name by RFC 3261 section 25.1.
var sipName = regexp.MustCompile("^[A-Za-z0-9.!%*_+`'~-]+$")

// stackHeaders are the headers of an INVITE that its dialog, its route and its body decide, in their long and compact
// forms and in lower case: a second one, or another value, would make it another call or none.
var stackHeaders = map[string]bool{
	"via": true, "v": true, "from": true, "f": true, "to": true, "t": true, "call-id": true, "i": true, "cseq": true,
	"contact": true, "m": true, "max-forwards": true, "route": true, "record-route": true, "allow": true,
	"content-type": true, "c": true, "content-length": true, "l": true,
}

// callerHeaders are the headers that other keys of dial write, by those keys.
var callerHeaders = map[string]string{"p-asserted-identity": "from", "privacy": "withheld"}

// checkSIPHeaders reports headers of an INVITE that a scenario cannot set.
func (l *loader) checkSIPHeaders(n *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	if len(n.Content) == 0 {
		l.problem(n, "headers: want at least one header, got an empty mapping")
	}
	seen := map[string]string{}
	for key := range strictyaml.Pairs(n) {
		name := strings.ToLower(key.Value)
		switch before, twice := seen[name]; {
		case !sipName.MatchString(key.Value):
			l.problem(key, "headers: want a name of letters, digits and -.!%%*_+`'~, got %q", key.Value)
		case stackHeaders[name]:
			l.problem(key, "headers: want a header that the SIP stack does not write itself, got %s", key.Value)
		case callerHeaders[name] != "":
			l.problem(key, "headers: want the key %s of dial for %s", callerHeaders[name], key.Value)
		case twice:
			l.problem(key, "headers: want each header once, got %s and %s", before, key.Value)
		}
		seen[name] = key.Value
	}
}
