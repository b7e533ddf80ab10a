package check

import (
	"context"

	"github.com/dnispool/dnispool/conformance/check/linear"
	"github.com/dnispool/dnispool/conformance/finding"
)

// linearizable searches for a legal order of everything that happened to each number, where the other checks compare
// two operations at a time. Where the search runs out of time it says so: that is no pass.
func linearizable() Check {
	return Check{Rule: finding.Rule{
		Name: "linearizable", Invariant: "I1, I3, I5, I6", Says: "What happened to each number has an order in which a pool can have done it.",
	},
		PerProject: true, OnRequest: true, sited: true, clocks: true,
		judge: func(ctx context.Context, v *view) (out finding.Outcome) {
			r := linear.Search(ctx, v.Reading)
			if r.Status == linear.NotJudged {
				return finding.NotJudged("%s", r.Reason)
			}
			out.Picture = r.Picture()
			for _, n := range r.Numbers {
				out.Cases++
				switch n.Status {
				case linear.Unknown:
					out.Undecided++
					out.GaveUp = n.Number + ": " + n.Reason
				case linear.Illegal:
					out.Add(finding.Violation{
						Text: n.Number + ": " + n.Reason, Rule: "every order of its operations was tried, expiries within their windows included",
						Cause:     "F01 check-then-act, F07 a late release of somebody else's lease, F31 a tie at expiry, F41 a second call that is bound as well",
						Certainty: n.Certainty, Ops: n.LeftOut[:min(len(n.LeftOut), 20)],
					})
				}
			}
			return out
		}}
}
