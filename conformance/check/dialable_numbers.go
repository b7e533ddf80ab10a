package check

import (
	"context"
	"fmt"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

func dialableNumbers() Check {
	return Check{Rule: finding.Rule{Name: "dialable-numbers", Invariant: "I2, I13", Says: "A successful reservation carries a number of the pool that can be dialled."},
		empty:      "no reservation succeeded",
		PerProject: true,
		judge: func(_ context.Context, v *view) (out finding.Outcome) {
			known := make(map[string]bool, len(v.Numbers))
			for _, n := range v.Numbers {
				known[n] = true
			}
			told := make(map[string]bool)
			judge := func(r *history.Op) {
				out.Cases++
				written := v.Written(r)
				switch {
				case !dialable(written):
					if written != "" && told[written] { // a form, which is the same every time
						return
					}
					told[written] = true
					out.Add(finding.Violation{
						Text: fmt.Sprintf("dni: want a number like +442079460000, got %q", written),
						Rule: "the reply itself shows it", Cause: "F14 a full pool that is not treated as an error", Ops: reading.Copies(r),
					})
				case len(known) > 0 && !known[r.Number]:
					out.Add(finding.Violation{
						Text: fmt.Sprintf("dni: %s is not one of the pool's %d numbers", r.Number, len(v.Numbers)),
						Rule: "the pool's numbers are known", Cause: "F15 an overflow number returned as success", Ops: reading.Copies(r),
					})
				}
			}
			for _, l := range v.Leases {
				judge(l.Op)
			}
			for _, a := range v.Doubts {
				if a.Op.Outcome == history.OK { // a success without a number
					judge(a.Op)
				}
			}
			return out
		}}
}

// dialable reports whether a number is in E.164: +, a digit that is not 0, and 4 to 14 more.
func dialable(s string) bool {
	if len(s) < 6 || len(s) > 16 || s[0] != '+' || s[1] == '0' {
		return false
	}
	for i := 1; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
