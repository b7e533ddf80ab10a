package check

import (
	"context"
	"fmt"
	"sync"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// exhaustionJustified is rule B. It counts, for each 404, the numbers that can have been held at some instant of the
// request. A request of unknown outcome may hold one more.
func exhaustionJustified() Check {
	return Check{Rule: finding.Rule{Name: "exhaustion-justified", Invariant: "I12", Says: "A reservation is refused only while no number is free."},
		empty:      "no reservation was refused",
		PerProject: true, clocks: true,
		needs: []string{"size", "window_max", "release", "exclusive"},
		judge: func(_ context.Context, v *view) (out finding.Outcome) {
			var refusals []*history.Op
			for _, r := range v.Reserves {
				if r.Outcome == history.Refused {
					refusals = append(refusals, r)
				}
			}
			if len(refusals) == 0 {
				return out
			}
			if out = v.countable(); out.NotJudged != "" {
				return out
			}
			steps, certain, loose := v.possiblyHeld(), v.certainlyHeld(), sync.OnceValue(v.looselyHeld)
			out.Cases = len(refusals)
			strays := 0
			for _, r := range refusals {
				n := steps.peak(v.From(r), v.By(r))
				if n >= v.PoolSize() {
					if certain.peak(v.From(r)+1, v.By(r)) < v.PoolSize() {
						out.Doubt(loose().needs(v.From(r), v.By(r), v.PoolSize())...)
					}
					continue
				}
				out.Add(finding.Violation{
					Text:      fmt.Sprintf("refused at %s although at most %d of %d numbers can have been held", round(r.End), n, v.PoolSize()),
					Rule:      "rule B: counting every number that any reservation, call or lost reply can have held at any instant of the request",
					Cause:     "F12 the loser of a race gives up, F13 a reaper that has stopped, F10 numbers that are never offered, F16 a 404 that means something else, F20 numbers taken out of the pool, F24 no expiry, F25 a lost hang-up",
					Certainty: v.unless(v.Release != reading.OnArrival), Ops: reading.Copies(r),
				})
				strays = max(strays, v.PoolSize()-n)
			}
			return v.weigh(out, v.held(strays))
		}}
}
