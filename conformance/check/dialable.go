package check

import (
	"fmt"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
)

func dialableNumbers() Check {
	return Check{Name: "dialable-numbers", Invariant: "I2, I13", PerProject: true,
		Says: "A successful reservation carries a number of the pool that can be dialled.",
		judge: func(v *view) (out finding.Outcome) {
			known := make(map[string]bool, len(v.Numbers))
			for _, n := range v.Numbers {
				known[n] = true
			}
			judge := func(r *history.Op) {
				out.Cases++
				switch {
				case !dialable(r.Number):
					out.Add(finding.Violation{
						Text: fmt.Sprintf("dni: want a number like +442079460000, got %q", r.Number),
						Rule: "the reply itself shows it", Cause: "F14 a full pool that is not treated as an error", Ops: copies(r),
					})
				case len(known) > 0 && !known[r.Number]:
					out.Add(finding.Violation{
						Text: fmt.Sprintf("dni: %s is not one of the pool's %d numbers", r.Number, len(v.Numbers)),
						Rule: "the pool's numbers are known", Cause: "F15 an overflow number returned as success", Ops: copies(r),
					})
				}
			}
			for _, l := range v.leases {
				judge(l.op)
			}
			for _, a := range v.doubts {
				if a.op.Outcome == history.OK { // a success without a number
					judge(a.op)
				}
			}
			return out
		}}
}

// dialable tells a number in E.164: +, a digit that is not 0, and 4 to 14 more.
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
