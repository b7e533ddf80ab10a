package check

import (
	"context"
	"fmt"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
)

// attributesDelivered is rule E: a call that arrived while its reservation was certainly alive, with nobody else who
// could have taken it, must have been given the attributes. A call that lost them in any other way is a hazard.
func attributesDelivered() Check {
	return Check{Rule: finding.Rule{Name: "attributes-delivered", Invariant: "I9", Says: "A call that arrives within the window is given the attributes of its reservation."},
		empty:  "no answered call for a reservation is known of which an agent said what it was given",
		clocks: true,
		needs:  []string{"window_min"},
		judge: func(_ context.Context, v *view) (out finding.Outcome) {
			switch {
			case !v.Echoing:
				return finding.NotJudged(noEcho)
			case v.WindowMin == 0:
				return finding.NotJudged("the window of the pool is not known")
			case !v.ByNumber():
				return finding.NotJudged("the pool matches callers by their number, which carriers change")
			}
			strays := 0
			for _, c := range v.Calls {
				l := c.Meant
				if l == nil || c.Echo == nil || !c.Answered() {
					continue
				}
				out.Cases++
				if c.Echo.Common || c.Echo.Silent && l.Op.Nonce == "" || l.Op.Nonce == "" && c.Echo.Bound { // which attributes it was given is not known
					out.Doubt("nonce of reservations")
					continue
				}
				if c.Echo.Nonce == "" {
					v.lost(&out, &strays, l, c)
				}
			}
			return v.weigh(out, strays)
		}}
}

// lost is a call whose attributes did not come.
func (v *view) lost(out *finding.Outcome, strays *int, l *reading.Lease, c *reading.Call) {
	got := "no attributes"
	switch {
	case c.Echo.Bound:
		got = "attributes without its nonce"
	case c.Echo.DNIS != "" && c.Echo.DNIS != c.Op.Number: // the platform answered, so it took the number for its own
		got += ", its number having arrived as " + c.Echo.DNIS
	}
	excuse, decided := v.excuse(l, c)
	if excuse == "" {
		*strays++
		out.Add(finding.Violation{
			Text:  fmt.Sprintf("the call to %s arrived %s after its reservation, within the window of %s, and was given %s", c.Op.Number, round(c.Op.End-committed(l.Op)), v.WindowMin, got),
			Rule:  "rule E: the window cannot have closed, and no other call of ours can have taken the reservation",
			Cause: "F29 a window that is too short, F33 a window counted from the wrong event, F36 the number's format, F38 a diverted number, F43 attributes used up and not delivered, F61 a lookup that lags behind", Certainty: v.unless(true),
			Ops: reading.Copies(l.Op, c.Op, c.Echo.Heard),
		})
		return
	}
	if !decided {
		out.Doubt(v.excuseNeeds(l, c)...)
	}
	out.AddHazard(finding.Violation{
		Text: fmt.Sprintf("the call to %s, %s after its reservation, was given %s: %s", c.Op.Number, round(c.Op.End-committed(l.Op)), got, excuse),
		Rule: "a correct pool does the same", Cause: "F29 a late arrival, F39 a stray, F42 a carrier's second attempt", Ops: reading.Copies(l.Op, c.Op, c.Echo.Heard),
	})
}
