package check

import (
	"context"
	"fmt"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// capacityRespected is rule C: a reservation was certainly alive from its reply until its earliest end.
func capacityRespected() Check {
	return Check{Rule: finding.Rule{Name: "capacity-respected", Invariant: "I15", Says: "Never more live reservations than the pool has numbers."},
		empty:      "no reservation succeeded",
		PerProject: true, clocks: true,
		needs: []string{"size", "window_min", "release"},
		judge: func(_ context.Context, v *view) (out finding.Outcome) {
			const unknown = "the size, the window or the release rule of the pool is not known"
			if v.PoolSize() == 0 {
				return finding.NotJudged(unknown)
			}
			if v.overflow(&out); len(out.Violations) > 0 {
				return out
			}
			if !v.Timed() {
				return finding.NotJudged(unknown)
			}
			s := sweep{make([]event, 0, 2*len(v.Leases))}
			for _, l := range v.Leases {
				s.add(span{l.Replied, l.Earliest})
			}
			out.Cases = len(v.Leases)
			for _, e := range s.steps().events {
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

// overflow counts the different numbers: a pool gives no more of them than it has. Where they are listed, each that is
// not among them is dialable-numbers' to find.
func (v *view) overflow(out *finding.Outcome) {
	if len(v.Numbers) > 0 {
		return
	}
	first := make(map[string]bool, v.PoolSize())
	var more []*history.Op
	for _, l := range v.Leases {
		if !first[l.Op.Number] {
			if first[l.Op.Number] = true; len(first) > v.PoolSize() {
				more = append(more, l.Op)
			}
		}
	}
	if len(more) == 0 {
		return
	}
	out.Cases = len(first)
	out.Add(finding.Violation{
		Text:  fmt.Sprintf("%d different numbers were given, the pool has %d", len(first), v.PoolSize()),
		Rule:  "the replies show the numbers; no clock is needed",
		Cause: "F15 overflow numbers, F05 a number in two pools", Timeless: true, Ops: reading.Copies(more[:min(len(more), 20)]...),
	})
}
