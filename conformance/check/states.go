package check

import (
	"fmt"
	"slices"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
)

// states is what is known of the states that show each nonce, whichever calls they are of.
type states struct {
	ids    map[string][]string // different ones
	blamed map[string]bool
}

// judgeStates judges states by what they show alone. A platform with ids of its own does not say which calls they are of,
// but a nonce names its reservation.
func (v *view) judgeStates(out *finding.Outcome, takers map[string][]*reading.Call, strays *int) {
	s := states{make(map[string][]string), make(map[string]bool)}
	for i := range v.Reads {
		r := &v.Reads[i]
		if r.Echo == nil || r.Echo.Nonce == "" {
			continue
		}
		nonce := r.Echo.Nonce
		if r.GotID != "" && !slices.Contains(s.ids[nonce], r.GotID) && len(s.ids[nonce]) <= reading.Crowd {
			s.ids[nonce] = append(s.ids[nonce], r.GotID)
		}
		a := v.ByNonce[nonce]
		switch {
		case a == nil && r.Call == nil:
			out.Cases++
			v.fabricated(out, fmt.Sprintf("the state of %s shows", r.Asked()), nonce, reading.Copies(r.Op))
		case a == nil || s.blamed[nonce]:
		case v.sentWithAnother(out, r, a):
		case r.Call == nil && v.ofOtherNumbers(r, a):
			s.blamed[nonce] = true
			out.Cases++
			out.Add(finding.Violation{
				Text:      fmt.Sprintf("the agent of a call to %s was given the attributes of nonce %s, which were reserved with %s", r.Echo.DNIS, nonce, a.Op.Number),
				Rule:      ownWord + ", and by the agent's own word another number was dialled; no clock is needed",
				Cause:     "F47 concurrent arrivals swapped, F38 a diverted number, F37 numbers that look alike",
				Certainty: v.recorded(finding.Certain), Timeless: true, Ops: reading.Copies(a.Op, r.Op),
			})
		case len(s.ids[nonce]) > a.Count && len(takers[nonce]) <= a.Count && v.Once():
			s.blamed[nonce] = true
			out.Cases++
			out.Add(finding.Violation{
				Text:      fmt.Sprintf("the states of %d calls show the attributes of one reservation (nonce %s): ids %q", len(s.ids[nonce]), nonce, s.ids[nonce]),
				Rule:      ownWord + ", each call has an id of its own, and a reservation serves one call; no clock is needed",
				Cause:     "F31 a tie at expiry, F40 stale context, F41 a second call that is bound as well, F42 a carrier's second attempt",
				Certainty: v.recorded(finding.Certain), Timeless: true, Ops: reading.Copies(a.Op, r.Op),
			})
		case r.Call == nil && !v.mayBeTaken(a):
			s.blamed[nonce] = true
			out.Cases++
			*strays++
			out.Add(finding.Violation{
				Text:      fmt.Sprintf("the state of %s shows the attributes of nonce %s, and no call can have come to %s while that reservation was alive", r.Asked(), nonce, a.Op.Number),
				Rule:      ownWord + "; all calls that were placed came to other numbers, before it was made or after it was over",
				Cause:     "F26 a lookup that ignores expiry, F40 stale context, F37 numbers that look alike",
				Certainty: v.recorded(v.unless(true)), Ops: reading.Copies(a.Op, r.Op),
			})
		}
	}
}

// sentWithAnother blames a state under a shared_id whose nonce was sent with other ones only.
func (v *view) sentWithAnother(out *finding.Outcome, r *reading.Question, a *reading.Attempt) bool {
	if r.ByID || r.AskedSharedID == "" || v.SharedBy(r.Project, r.AskedSharedID) == 0 {
		return false
	}
	first := a
	for ; a != nil; a = a.Next {
		if a.Op.SharedID == "" || a.Op.SharedID == r.AskedSharedID {
			return false
		}
	}
	out.Cases++
	out.Add(finding.Violation{
		Text:  fmt.Sprintf("the state of shared_id %q shows the attributes of another reservation: those with nonce %s were sent with shared_id %q", r.AskedSharedID, r.Echo.Nonce, first.Op.SharedID),
		Rule:  "the nonce names the reservation, and the shared_id that was sent with it is another; no clock is needed",
		Cause: "F47 concurrent arrivals swapped, F51 states mixed up, F01 double allocation", Timeless: true, Ops: reading.Copies(first.Op, r.Op),
	})
	return true
}

// ofOtherNumbers reports whether the agent says that a number of the pool was dialled with which none of the reservations
// was made.
func (v *view) ofOtherNumbers(r *reading.Question, a *reading.Attempt) bool {
	if n := v.Lines[r.Echo.At]; n == nil || len(n.Leases) == 0 {
		return false // what a carrier has made of a number, perhaps
	}
	for ; a != nil; a = a.Next {
		if a.Lease == nil || a.Lease.Op.Number == r.Echo.At {
			return false
		}
	}
	return true
}

// mayBeTaken reports whether any call of the history may have taken one of the reservations.
func (v *view) mayBeTaken(a *reading.Attempt) bool {
	if v.Reroutes {
		return true
	}
	for ; a != nil; a = a.Next {
		if a.Lease == nil || v.TakenByAny(a.Lease) {
			return true
		}
	}
	return false
}
