package check

import (
	"fmt"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// excuse says what else than the platform may have kept c from the attributes of l; "" when nothing can have. decided
// reports whether it certainly did.
func (v *view) excuse(l *reading.Lease, c *reading.Call) (why string, decided bool) {
	switch {
	case c.Echo != nil && c.Echo.DNIS != "" && !reading.SameNumber(c.Echo.DNIS, c.Op.Number):
		return fmt.Sprintf("it arrived at %s", c.Echo.DNIS), true
	case c.Soonest > l.Until:
		return "its window had closed", true
	case v.LostAt(l.From, c.Latest) < reading.Forever:
		return "the platform was restarted meanwhile", false
	case v.PossiblyTaken(l, c):
		return "another call to the number may have taken them", false
	case !v.Due(l, c):
		return "its window may have closed", false
	}
	return "", true
}

// excuseNeeds names what would decide whether the excuse of excuse holds.
func (v *view) excuseNeeds(l *reading.Lease, c *reading.Call) []string {
	switch {
	case v.LostAt(l.From, c.Latest) < reading.Forever:
		return nil
	case v.PossiblyTaken(l, c):
		return []string{echoed}
	case v.WindowMin == 0:
		return []string{"window_min"}
	case v.WindowMax == 0 && c.Latest >= reading.Plus(l.From, v.WindowMin):
		return []string{"window_max"}
	}
	return nil
}

// committed is the soonest moment at which the platform can have acted on o, by its client's own clock.
func committed(o *history.Op) time.Duration { return max(o.Start, o.Sent) }

// endFrom is the soonest end of a call.
func (v *view) endFrom(c *reading.Call) time.Duration {
	return c.Op.Bye - v.Apart(c.Op) - v.EndsApart()
}

// readable reports whether the state of c, which is known to be stored where r asked, must have been there: long enough
// after the call, and still kept.
func (v *view) readable(c *reading.Call, r *reading.Question) bool {
	return r.From > reading.Plus(v.Over(c), v.ReadableWithin()) && v.kept(c, r)
}

// findable reports whether the state of c is certainly one that is found: by one reading of the contract a call without a
// handoff is answered as if it had no state.
func (v *view) findable(c *reading.Call) bool {
	switch {
	case v.NoHandoff == reading.AsState || c.HandsOff() || v.NoHandoff == "" && v.ShowsNoHandoff():
		return true
	case c.Meant == nil || !v.Echoing || c.Echo != nil && c.Echo.Nonce != c.Nonce():
		return false
	}
	return reading.AsksForHandoff(c.Meant.Op)
}

// kept reports whether nothing can have removed the state of c before r.
func (v *view) kept(c *reading.Call, r *reading.Question) bool {
	switch {
	case !c.Ended() || !c.Answered():
		return false
	case c.Op.EndedBy != "platform" && c.Op.EndedBy != "carrier" && v.Abandoned != "keep": // some platforms drop the state of those who hang up
		return false
	case r.To >= reading.Plus(v.endFrom(c), v.KeptFor()):
		return false
	}
	return v.LostAt(v.endFrom(c), r.To) == reading.Forever
}
