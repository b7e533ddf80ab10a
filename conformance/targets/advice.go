package targets

import (
	"net/http"
	"strings"
)

// Advice is for what shows like a fault of the platform and seldom is one: keys, names, the way in between, the trunk.
type Advice struct {
	Cause string // what shows like this, as a hypothesis; "" for nothing known
	Do    string // what whoever wrote the target file can do about it
}

// String is the advice in a line.
func (a Advice) String() string {
	if a.Do == "" {
		return a.Cause
	}
	return a.Cause + ": " + a.Do
}

// OfReply is the advice on the reply to a request that was made as the contract says.
func OfReply(status int, body string) Advice {
	switch {
	case IsPage(body):
		return Advice{"this is no API, or something in between answers in its place", "correct region or base_url, or the proxy in between"}
	case status == http.StatusUnauthorized:
		return Advice{"the key is wrong, expired or revoked, or of another region, which a 401 does not tell apart",
			"where the other key is taken the region is right, so ask for a new one of this; where neither is, state the region that the keys were made for"}
	case status == http.StatusForbidden:
		return Advice{"the key is of another account or project, or it was revoked, which a 403 does not tell apart",
			"correct account and project; a key that was taken for them before has been revoked, so ask for a new one"}
	case status == http.StatusTooManyRequests:
		return Advice{"the platform limits the rate", "come back later, and lower limits.requests_per_second"}
	case status >= http.StatusInternalServerError:
		return Advice{"the platform fails", "tell whoever runs it"}
	}
	return Advice{}
}

// IsPage reports whether a body is a page for people.
func IsPage(body string) bool { return strings.HasPrefix(strings.TrimSpace(body), "<") }

// refusals are the answers of a SIP trunk to a call (RFC 3261).
var refusals = map[int]Advice{
	302: {"the far end sends calls elsewhere, and they are not sent on there", "list that host under calls.trunk.redirects"},
	401: {"the far end wants authentication", "state user and password of calls.trunk"},
	403: {"the trunk or the platform does not let this caller call", "have this address allowed, or state user and password of calls.trunk"},
	404: {"the number is not in service there: the pool's numbers do not lead to this trunk, or it writes them in another form", ""},
	407: {"the far end wants authentication, and user and password are missing or wrong", "state user and password of calls.trunk"},
	408: {"nothing answers at the trunk's host, or nobody picked up in time", ""},
	480: {"nobody can take the call for now", ""},
	486: {"the number or all agents are busy", ""},
	487: {"the caller gave up before it was answered, for nobody picked up in time", ""},
	488: {"the offered media is not accepted: this caller offers G.711", ""},
	503: {"the trunk or the platform is out of service, or has no channel left", "tell whoever runs the trunk"},
}

// OfNoBye is the advice on a call that the platform was to end, and that had to be ended from this side or is still up.
var OfNoBye = Advice{"no BYE came: the agent has not ended the call, or its BYE did not get here (a trunk that keeps it, NAT, a firewall)",
	"ask whoever runs the platform whether its side of the call is over"}

// OfRefusal is the advice on a SIP status other than 200.
func OfRefusal(status int) Advice { return refusals[status] }
