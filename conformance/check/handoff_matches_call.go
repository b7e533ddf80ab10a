package check

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// handoffMatchesCall holds each reply against its question, and what it shows against the call whose state it is.
func handoffMatchesCall() Check {
	return Check{Rule: finding.Rule{Name: "handoff-matches-call", Invariant: "I19", Says: "A handoff state belongs to one call: its id, its shared_id and its data agree, and shared_id wins over id."},
		clocks: true,
		judge: func(_ context.Context, v *view) (out finding.Outcome) {
			for i := range v.Reads {
				r := &v.Reads[i]
				if r.Outcome != history.OK {
					continue
				}
				out.Cases++
				v.judgeReply(&out, r)
				v.judgeOrigin(&out, r)
				if r.Call != nil && r.Echo != nil {
					v.judgeData(&out, r)
				}
				if r.Call != nil && r.GotID != "" {
					v.judgeDuplicates(&out, r)
				}
			}
			if out.Cases == 0 {
				return finding.NotJudged("no handoff state was read")
			}
			return out
		}}
}

// judgeReply holds the reply against the question. That an id is missing is the contract's business.
func (v *view) judgeReply(out *finding.Outcome, r *reading.Question) {
	const rule = "the reply and what the client asked for"
	switch {
	case r.AskedSharedID != "" && r.GotSharedID != "" && r.GotSharedID != r.AskedSharedID:
		out.Add(finding.Violation{
			Text: fmt.Sprintf("asked for shared_id %q, got the state of shared_id %q", r.AskedSharedID, r.GotSharedID), Rule: rule,
			Cause: "F55 id wins over shared_id, F51 the state of another call", Timeless: true, Ops: reading.Copies(r.Op),
		})
	case r.AskedSharedID == "" && r.AskedID != "" && r.GotID != "" && r.GotID != r.AskedID:
		out.Add(finding.Violation{
			Text: fmt.Sprintf("asked for id %q, got the state of id %q", r.AskedID, r.GotID), Rule: rule,
			Cause: "F51 the state of another call", Timeless: true, Ops: reading.Copies(r.Op),
		})
	}
}

// judgeOrigin: a state comes from a call, so there is none under a shared_id before a call can have come to a number
// that was reserved with it.
func (v *view) judgeOrigin(out *finding.Outcome, r *reading.Question) {
	if r.Group == nil || r.Group.Held == 0 || r.Group.Held > reading.Crowd || !v.NamesOne() || v.Reroutes || r.Call != nil && r.Call.Soonest <= r.To {
		return
	}
	for a := r.Group.Attempts; a != nil; a = a.Sharer {
		if a.Lease == nil || v.Called(a.Lease, r.To) {
			return
		}
	}
	out.Add(finding.Violation{
		Text: fmt.Sprintf("there was a state of %s at %s, before any call can have come to a number that was reserved with it", r.Asked(), round(r.Op.End)),
		Rule: "a state is of a call that was given the shared_id with its attributes, and no call had been placed", Certainty: v.unless(true),
		Cause: "F51 states mixed up, F48 another tenant's state", Ops: reading.Copies(r.Group.Attempts.Op, r.Op),
	})
}

// judgeData holds what the agent wrote against the call whose state it is.
func (v *view) judgeData(out *finding.Outcome, r *reading.Question) {
	c, e := r.Call, r.Echo
	own := r.ByID && e.Nonce != "" && e.Nonce == c.Op.Nonce
	if own && r.GotSharedID != "" && c.Op.SharedID != "" && r.GotSharedID != c.Op.SharedID && v.SharedBy(r.Project, r.GotSharedID) > 0 {
		out.Add(finding.Violation{
			Text: fmt.Sprintf("the call reserved with shared_id %q is returned under shared_id %q, which is another's", c.Op.SharedID, r.GotSharedID),
			Rule: "the nonce in the data names the reservation, and the other shared_id was sent with another", Cause: "F51 states mixed up", Timeless: true, Ops: reading.Copies(c.Op, r.Op),
		})
	}
	if e.DNIS == "" || c.Op.Number == "" || e.DNIS == c.Op.Number || reading.SameNumber(e.DNIS, c.Op.Number) {
		return
	}
	x := finding.Violation{
		Text: fmt.Sprintf("the state of the call to %s says that %s was dialled", c.Op.Number, e.DNIS), Rule: "the agent's own word for the number dialled",
		Cause: "F38 the number was changed on the way", Timeless: true, Ops: reading.Copies(c.Op, r.Op),
	}
	if own { // so it was looked up under the number that was dialled
		x.Rule += ", and the attributes are those of the number that was called"
		x.Cause = "F51 states mixed up"
		out.Add(x)
		return
	}
	x.Rule += "; a carrier that brings the call to another number does the same"
	out.AddHazard(x)
}

// judgeDuplicates: of several calls with one shared_id, the reply is about the last or the first, as the platform has
// it, of those that were over, readable and kept when it was asked.
func (v *view) judgeDuplicates(out *finding.Outcome, r *reading.Question) {
	got := r.Call
	s := r.Group
	if v.KeptFor() == 0 || s == nil || !got.Ended() || !v.Ordered() {
		return
	}
	if len(s.Stored) > reading.Crowd || len(s.Calls) > reading.Crowd {
		out.Undecided++
		return
	}
	for i, c := range slices.Concat(s.Stored, s.Calls) {
		if c == got || !v.readable(c, r) {
			continue
		}
		guessed := i >= len(s.Stored) // no reply has shown it, but it must be there
		if guessed && !v.mustBeStored(c) {
			continue
		}
		gotBy := [2]time.Duration{v.endFrom(got), reading.Plus(v.Over(got), v.ReadableWithin())} // when it was written
		later, earlier := v.endFrom(c) > gotBy[1], reading.Plus(v.Over(c), v.ReadableWithin()) < gotBy[0]
		if v.Duplicate == "last" && later || v.Duplicate == "first" && earlier {
			out.Add(finding.Violation{
				Text: fmt.Sprintf("shared_id %q found the call that ended at %s; want the %s one, which ended at %s", r.AskedSharedID, round(got.Op.Bye), v.Duplicate, round(c.Op.Bye)),
				Rule: "both calls were over and readable when it was asked", Cause: "F51 which of several calls a shared_id finds", Certainty: v.unless(guessed || !got.Sure || !c.Sure), Ops: reading.Copies(got.Op, c.Op, r.Op),
			})
			return
		}
	}
}

// mustBeStored reports whether c's state must be found by the shared_id of its reservation: it was certainly due its
// attributes.
func (v *view) mustBeStored(c *reading.Call) bool {
	if c.Meant == nil || !c.Answered() {
		return false
	}
	why, _ := v.excuse(c.Meant, c)
	return why == ""
}
