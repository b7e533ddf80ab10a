package check

import (
	"fmt"

	"github.com/dnispool/dnispool/conformance/finding"
)

// capacityRespected is rule C: a reservation was certainly alive from its reply until its earliest end.
func capacityRespected() Check {
	return Check{Name: "capacity-respected", Invariant: "I15", PerProject: true, clocks: true,
		Says: "Never more live reservations than the pool has numbers.",
		judge: func(v *view) (out finding.Outcome) {
			if v.size() == 0 || !v.timed() {
				return finding.NotJudged("the size, the window or the release rule of the pool is not known")
			}
			s := sweep{make([]event, 0, 2*len(v.leases))}
			for _, l := range v.leases {
				s.add(span{l.ret, l.earliest})
			}
			out.Cases = len(v.leases)
			for _, e := range s.steps() {
				if e.delta <= v.size() {
					continue
				}
				x := finding.Violation{
					Text:      fmt.Sprintf("%d reservations were live at %s, the pool has %d numbers", e.delta, round(e.at), v.size()),
					Rule:      "rule C: each of them had been answered, and none can have ended",
					Cause:     "F01 double allocation, F15 overflow numbers",
					Certainty: v.unless(true),
				}
				for _, l := range v.leases {
					if l.ret <= e.at && e.at < l.earliest && len(x.Ops) < 20 {
						x.Ops = append(x.Ops, *l.op)
					}
				}
				out.Add(x)
				return v.weigh(out, e.delta-v.size())
			}
			return out
		}}
}
