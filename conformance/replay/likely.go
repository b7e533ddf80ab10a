package replay

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets"
)

// likely says what shows like this where the cause is seldom the platform's own code: keys, names, the way in between, the
// trunk or the agent. It is a hypothesis; "" for none.
func likely(st *scenario.Step, out outcome, m scenario.Mismatch) string {
	switch {
	case notThePlatforms(out) != "":
		return ""
	case st.Verb == scenario.VerbDial && (m.Path == "answered" || m.Path == "status") && out.result["answered"] == false:
		return refusal(out.result["status"], fmt.Sprint(out.result["reason"]))
	case st.Verb == scenario.VerbAwait && m.Path == "ended_by" && m.Want == `"platform"` && out.result["ended_by"] == "caller":
		return targets.OfNoBye.Cause
	case out.exchange != nil && out.exchange.err == nil && strings.HasPrefix(m.Path, "body.data.echo_"):
		return notEchoed(out.exchange.Exchange, m)
	case out.exchange != nil && out.exchange.err == nil && m.Path == "status":
		return unexpected(out.exchange.Exchange)
	}
	return ""
}

func refusal(status any, reason string) string {
	code, _ := status.(int)
	why := cmp.Or(targets.OfRefusal(code).Cause, "the call was not answered")
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
	cause := targets.OfReply(x.Status, x.ResponseBody).Cause
	switch {
	case targets.IsPage(x.ResponseBody):
		return "a page of HTML: " + cause
	case x.Status >= http.StatusInternalServerError:
		return "" // the failure itself says no less
	}
	return cause
}
