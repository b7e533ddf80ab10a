package finding_test

import (
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
)

func TestRules(t *testing.T) {
	r := func(rule string, s finding.Status, reason string) finding.Result {
		return finding.Result{ID: rule + "/x", Requirement: rule, Status: s, Reason: reason}
	}
	for _, c := range []struct {
		results []finding.Result
		want    string
	}{
		{nil, "0 of 0 rules shown, 0 broken."},
		{[]finding.Result{r("a", finding.Passed, ""), r("a", finding.Unsupported, "needs calls: x"), r("b", finding.Passed, "")}, "2 of 2 rules shown, 0 broken."},
		{[]finding.Result{r("a", finding.Passed, ""), r("a", finding.Failed, ""), r("b", finding.Inconclusive, ""), r("c", finding.Error, "")}, "0 of 3 rules shown, 1 broken, 2 undecided."},
		{[]finding.Result{
			r("a", finding.Passed, ""), r("b", finding.Unsupported, "needs calls: state calls.trunk"), r("c", finding.Unsupported, "needs calls: state calls.exec"),
			r("d", finding.NotApplicable, "needs a pool of 3, this one has 20"), r("e", finding.Filtered, "not selected by x"), r("f", finding.Waived, ""),
		}, "Not enough to conclude: 1 of 6 rules shown, 0 broken; 5 not tried: 2 need calls, 1 needs a pool of 3, 1 not selected, 1 for other reasons."},
		{[]finding.Result{
			r("a", finding.Passed, ""), r("b", finding.Unsupported, "writes an account or a key of the reference itself; on a deployment they are others"),
			r("c", finding.Unsupported, "writes an account or a key of the reference itself; on a deployment they are others"),
			r("d", finding.Unsupported, "needs an agent of its own, and the echo agent is what a deployment has"), r("e", finding.Unsupported, "needs http.key_error set up, which nobody can do on a deployment"),
		}, "Not enough to conclude: 1 of 5 rules shown, 0 broken; 4 not tried: 2 write an account or a key of the reference itself, 1 needs an agent of its own, 1 needs http.key_error set up."},
	} {
		if got := (finding.Run{Results: c.results}).Rules().String(); got != c.want {
			t.Errorf("want %s\ngot  %s", c.want, got)
		}
	}
}

func TestHollow(t *testing.T) {
	played := func(status int, n int) (r finding.Result) {
		r = finding.Result{ID: "a", Status: finding.Passed}
		for range n {
			r.Exchanges = append(r.Exchanges, finding.Exchange{Method: "GET", URL: "https://x.example.net/v1/a/p/handoff_state?id=1", OwnKey: true, Status: status})
		}
		return r
	}
	with := func(r finding.Result, change func(*finding.Exchange)) finding.Result {
		for i := range r.Exchanges {
			change(&r.Exchanges[i])
		}
		return r
	}
	reserve := func(x *finding.Exchange) {
		x.Method, x.URL = "POST", "https://x.example.net/v1/conversations/dni-reservation"
	}
	otherKey := func(x *finding.Exchange) { x.OwnKey = false }
	injected := func(x *finding.Exchange) { x.Injected = "reply: 503" }
	of := func(results ...finding.Result) finding.Run { return finding.Run{Results: results} }
	const server = "Date"
	for _, c := range []struct {
		name string
		run  finding.Run
		want string
	}{
		{"nothing", finding.Run{}, ""},
		{"all is well", finding.Run{Results: []finding.Result{played(200, 3), played(401, 3)}}, ""},
		{"only 401", of(played(401, 6)), "all of 6 requests with the run's own keys were answered 401: the keys are not those of this account, project and region, or no longer, and the status does not say which; dnispool target check tries both, so little else was tested"},
		{"401 and 403", of(played(401, 3), played(403, 3)), "all of 6 requests with the run's own keys were answered 401 or 403: the keys are not those of this account, project and region, or no longer, and the status does not say which; dnispool target check tries both, so little else was tested"},
		{"only 401, but for other keys and what a fault has made",
			of(played(401, 6), with(played(404, 2), otherKey), with(played(503, 2), injected)),
			"all of 6 requests with the run's own keys were answered 401: the keys are not those of this account, project and region, or no longer, and the status does not say which; dnispool target check tries both, so little else was tested"},
		{"the handoff key alone", of(played(401, 6), with(played(200, 6), reserve)),
			"all of 6 requests for Get Handoff with the run's own key were answered 401: the other key is taken, so the region is likely right, and this key is wrong, expired, revoked or of another account or project, so little else was tested"},
		{"401 for other keys alone", of(with(played(401, 6), otherKey)), ""},
		{"only 404", of(played(404, 6), with(played(401, 2), otherKey)), "all of 6 requests with the run's own keys were answered 404: the base URL, account or project is likely wrong, or no number was free all along, so little else was tested"},
		{"no state anywhere", of(played(404, 6), with(played(200, 3), reserve)), ""},
		{"rate limited", of(played(429, 6), with(played(404, 8), otherKey), played(404, 2)), "6 of 8 replies were 429: the platform was not heard; lower limits.requests_per_second"},
		{"too few to tell", finding.Run{Results: []finding.Result{played(404, 2)}}, ""},
		{"undecided", finding.Run{Results: []finding.Result{{Status: finding.Inconclusive}, {Status: finding.Inconclusive}}}, "nothing was decided: every scenario that was played is inconclusive"},
	} {
		got := c.run.Hollow()
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || got[0] != c.want) {
			t.Errorf("%s: want %q, got %q", c.name, c.want, got)
		}
	}
	skewed := played(200, 3)
	for i := range skewed.Exchanges {
		x := &skewed.Exchanges[i]
		x.At = time.Date(2026, 1, 1, 9, 1, 0, 0, time.UTC)
		x.ResponseHeaders = []finding.Header{{Name: server, Value: "Thu, 01 Jan 2026 09:00:55 GMT"}}
	}
	if got := (finding.Run{Results: []finding.Result{skewed}}).Hollow(); len(got) != 1 || got[0] != "the platform's clock is about 5s behind this one: times that its agent tells are read with that in mind" {
		t.Errorf("want the skew told, got %q", got)
	}
}
