package check

import (
	"context"
	"fmt"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// reservedNumberAnswers holds only for calls that the platform itself refused, with a status that is about the number:
// what the carrier does is its own, a platform that is full is another matter (503), and so is a request that it cannot
// use (most of 4xx). A second call to the number may be refused, for by then it is not reserved.
func reservedNumberAnswers() Check {
	return Check{Rule: finding.Rule{Name: "reserved-number-answers", Invariant: "I9", Says: "A number that is reserved can be called: the platform answers."},
		empty:      "no call came to a number that was certainly reserved for it and for nobody else",
		PerProject: true, clocks: true,
		needs: []string{"window_min"},
		judge: func(_ context.Context, v *view) (out finding.Outcome) {
			if v.WindowMin == 0 {
				return finding.NotJudged("the window of the pool is not known")
			}
			strays := 0
			for _, c := range v.Calls {
				l := c.Meant
				if l == nil || !c.Reached || !v.Due(l, c) || v.PossiblyTaken(l, c) {
					continue
				}
				refused := c.Op.Outcome == history.Refused && aboutNumber(c.Op.Status)
				if !refused && !c.Answered() { // which says nothing of the number
					continue
				}
				out.Cases++
				if !refused {
					continue
				}
				x := finding.Violation{
					Text:      fmt.Sprintf("the call to the reserved number %s was refused with %d", c.Op.Number, c.Op.Status),
					Rule:      "the platform's own refusal, of the only call to the number, certainly within the window",
					Cause:     "F62 a limit of calls per number, F63 a dead number, F20 a number taken out of the pool with its reservation, F36 the number's format",
					Certainty: v.unless(true), Ops: reading.Copies(l.Op, c.Op),
				}
				if c.Op.EndedBy != "platform" {
					x.Text += "; whether by the platform or by a carrier is not known"
					x.Rule = "the only call to the number, certainly within the window; carriers refuse calls too"
					out.AddHazard(x)
					out.Doubt("ended_by of calls")
					continue
				}
				strays++
				out.Add(x)
			}
			return v.weigh(out, strays)
		}}
}

// aboutNumber reports whether a SIP status says that a number cannot be called.
func aboutNumber(status int) bool {
	switch status {
	case 403, 404, 410, 480, 484, 486, 500, 600, 603, 604:
		return true
	}
	return false
}
