package check

import (
	"context"
	"fmt"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// noLostNumber is rule D. It judges the drain, which is made after everything has come to rest: reservations until one
// is refused. What is not given then, and cannot be held by anything that was seen, does not come back. That everything
// is at rest is not assumed: a call that is still up, or a lost reply, may hold its number.
func noLostNumber() Check {
	return Check{Rule: finding.Rule{Name: "no-lost-number", Invariant: "I10, I11", Says: "When all calls are over and all windows have closed, every number can be reserved again."},
		PerProject: true, Drains: true, clocks: true,
		needs: []string{"size", "window_max", "release", "exclusive"},
		judge: func(_ context.Context, v *view) (out finding.Outcome) {
			switch {
			case v.PoolSize() == 0:
				return finding.NotJudged("the size of the pool is not known")
			case len(v.Drain) == 0:
				return finding.NotJudged("the pool was not drained")
			}
			if out = v.countable(); out.NotJudged != "" {
				return out
			}
			end, given := (*history.Op)(nil), make(map[string]bool)
			for _, r := range v.Drain {
				if r.Outcome == history.Refused {
					end = r
					break
				}
				if r.Outcome == history.OK && r.Number != "" {
					given[r.Number] = true
				}
			}
			out.Cases = v.PoolSize()
			switch {
			case end == nil && len(given) >= v.PoolSize():
				return out
			case end == nil:
				return finding.NotJudged("the drain ended before a reservation was refused")
			}
			n := v.possiblyHeld().peak(v.From(end), v.By(end))
			lost := v.PoolSize() - n
			if lost <= 0 {
				if out.Undecided = max(0, v.PoolSize()-len(given)); out.Undecided > 0 {
					out.Need(out.Undecided, v.looselyHeld().needs(v.From(end), v.By(end), v.PoolSize())...)
				}
				return out
			}
			out.Add(finding.Violation{
				Text:      fmt.Sprintf("%d of %d numbers came back after all calls were over and all windows had closed: %d lost", n, v.PoolSize(), lost),
				Rule:      "rule D: reservations were made until one was refused, and nothing that was seen can hold the numbers that were not given",
				Cause:     "F24 no expiry, F13 a reaper that has stopped, F25 a lost hang-up, F28 a cancelled request that holds its number, F10 a number that is never offered",
				Certainty: v.unless(v.Release != reading.OnArrival), Ops: reading.Copies(end),
			})
			return v.weigh(out, v.held(lost))
		}}
}
