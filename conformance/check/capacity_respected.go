package check

import (
	"context"
	"fmt"

	"github.com/dnispool/dnispool/conformance/finding"
)

// capacityRespected is rule C: a reservation was certainly alive from its reply until its earliest end.
func capacityRespected() Check {
	return Check{Rule: finding.Rule{Name: "capacity-respected", Invariant: "I15", Says: "Never more live reservations than the pool has numbers."},
		empty:      "no reservation succeeded",
		PerProject: true, clocks: true,
		judge: func(_ context.Context, v *view) (out finding.Outcome) {
			if v.PoolSize() == 0 || !v.Timed() {
				return finding.NotJudged("the size, the window or the release rule of the pool is not known")
			}
			s := sweep{make([]event, 0, 2*len(v.Leases))}
			for _, l := range v.Leases {
				s.add(span{l.Replied, l.Earliest})
			}
			out.Cases = len(v.Leases)
			for _, e := range s.steps() {
				if e.delta <= v.PoolSize() {
					continue
				}
				x := finding.Violation{
					Text:      fmt.Sprintf("%d reservations were live at %s, the pool has %d numbers", e.delta, round(e.at), v.PoolSize()),
					Rule:      "rule C: each of them had been answered, and none can have ended",
					Cause:     "F01 double allocation, F15 overflow numbers",
					Certainty: v.unless(true),
				}
				for _, l := range v.Leases {
					if l.Replied <= e.at && e.at < l.Earliest && len(x.Ops) < 20 {
						x.Ops = append(x.Ops, *l.Op)
					}
				}
				out.Add(x)
				return v.weigh(out, e.delta-v.PoolSize())
			}
			return out
		}}
}
