package replay

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/scenario"
)

// likely says what shows like this where the cause is seldom the platform's own code: keys, names, the way in between, the
// trunk or the agent. It is a hypothesis; "" for none.
func likely(st *scenario.Step, out outcome, m scenario.Mismatch) string {
	switch {
	case st.Verb == scenario.VerbDial && (m.Path == "answered" || m.Path == "status") && out.result["answered"] == false:
		return refusal(out.result["status"], fmt.Sprint(out.result["reason"]))
	case out.exchange != nil && out.exchange.err == nil && strings.HasPrefix(m.Path, "body.data.echo_"):
		return notEchoed(out.exchange.Exchange, m)
	case out.exchange != nil && out.exchange.err == nil && m.Path == "status":
		return unexpected(out.exchange.Exchange)
	}
	return ""
}

// refusal is by the answers to an INVITE of RFC 3261.
func refusal(status any, reason string) string {
	why := map[string]string{
		"302": "the far end sends calls elsewhere, and they are not sent on there",
		"401": "the far end wants authentication: user and password of the trunk",
		"403": "the trunk or the platform does not let this caller call",
		"404": "the number is not in service there: the pool's numbers do not lead to this trunk, or it writes them in another form",
		"407": "the far end wants authentication: user and password of the trunk are missing or wrong",
		"408": "nothing answers at the trunk's host, or nobody picked up in time",
		"480": "nobody can take the call for now",
		"486": "the number or all agents are busy",
		"487": "the caller gave up before it was answered",
		"488": "the offered media is not accepted: this caller offers G.711",
		"503": "the trunk or the platform is out of service, or has no channel left",
	}[fmt.Sprint(status)]
	if why == "" {
		why = "the call was not answered"
	}
	return strings.TrimSpace(fmt.Sprintf("%v %s", status, reason)) + ": " + why
}

// notEchoed is for a state that is there without what the echo agent would have left.
func notEchoed(x finding.Exchange, m scenario.Mismatch) string {
	if x.Status != http.StatusOK || strings.Contains(x.ResponseBody, `"`+strings.TrimPrefix(m.Path, "body.data.")+`"`) {
		return ""
	}
	return "the agent is not the echo agent, or its handoff configuration does not list this key"
}

func unexpected(x finding.Exchange) string {
	html := strings.HasPrefix(strings.TrimSpace(x.ResponseBody), "<")
	switch {
	case html:
		return "a page of HTML: this is no API, or something in between answers in its place"
	case x.Status == http.StatusUnauthorized:
		return "the key is wrong, expired, revoked or of another region"
	case x.Status == http.StatusForbidden:
		return "the key is known and not for this account and project"
	case x.Status == http.StatusTooManyRequests:
		return "the platform limits the rate"
	}
	return ""
}
