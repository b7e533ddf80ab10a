package fit

import (
	"context"
	"slices"

	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets/deployment"
)

// orders are those in which clients who act at the same time are rehearsed, to find out what decides and what it takes. As they
// come, they would come in another order each time, the more so on a busy machine: in one a fact decides or a limit is met, and in
// the next it does not. These two lie far apart: in the one all numbers are given before the first is called, in the other each
// may be free again before the next client comes.
var orders = []likeness{stepwise, clientwise}

// plays are the plays of a scenario that hold with the facts that are known: of clients who act at the same time those in set orders,
// and of any other scenario, and where none of these holds, the one in which they act as they come. Where that does not hold
// either, there are none, and it is returned for what it shows.
func (r *rehearsal) plays(ctx context.Context, s *scenario.Scenario) (plays []ordered, failed rehearsed) {
	if actsAtOnce(s.Steps) {
		for _, order := range orders {
			if played, holds := r.holds(ctx, s, nil, all|order); holds {
				plays = append(plays, ordered{played, all | order})
			}
		}
	}
	if len(plays) > 0 {
		return plays, rehearsed{}
	}
	asTheyCome, holds := r.holds(ctx, s, nil, all)
	if !holds {
		return nil, asTheyCome
	}
	return []ordered{{asTheyCome, all}}, rehearsed{}
}

// ordered is what came of a scenario whose clients acted in an order.
type ordered struct {
	rehearsed
	like likeness
}

// actsAtOnce reports whether clients act at the same time.
func actsAtOnce(steps []scenario.Step) bool {
	return slices.ContainsFunc(steps, func(st scenario.Step) bool { return st.Verb == scenario.VerbConcurrently })
}

// most is the most that any of the plays takes, and the most numbers that one leaves held.
func most(plays []ordered) (used deployment.Usage, left int) {
	for _, p := range plays {
		u := p.used
		used = deployment.Usage{
			Requests: max(used.Requests, u.Requests), Reservations: max(used.Reservations, u.Reservations), Calls: max(used.Calls, u.Calls),
			Answered: max(used.Answered, u.Answered), Throttled: max(used.Throttled, u.Throttled), Strays: max(used.Strays, u.Strays),
			Held: max(used.Held, u.Held), Up: max(used.Up, u.Up), Longest: max(used.Longest, u.Longest),
			CallTime: max(used.CallTime, u.CallTime), Waited: max(used.Waited, u.Waited),
		}
		left = max(left, len(p.held))
	}
	return used, left
}
