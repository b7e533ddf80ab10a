package check

import (
	"fmt"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
)

func handoffMatchesCall() Check {
	return Check{Name: "handoff-matches-call", Invariant: "I19", clocks: true,
		Says: "A handoff state belongs to one call: its id, its shared_id and its data agree, and shared_id wins over id.",
		judge: func(v *view) (out finding.Outcome) {
			for i := range v.reads {
				r := &v.reads[i]
				if r.Outcome != history.OK {
					continue
				}
				out.Cases++
				v.judgeReply(&out, r)
				if r.call != nil && r.echo != nil {
					v.judgeData(&out, r)
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
func (v *view) judgeReply(out *finding.Outcome, r *read) {
	const rule = "the reply and what the client asked for"
	switch {
	case r.AskedSharedID != "" && r.GotSharedID != "" && r.GotSharedID != r.AskedSharedID:
		out.Add(finding.Violation{
			Text: fmt.Sprintf("asked for shared_id %q, got the state of shared_id %q", r.AskedSharedID, r.GotSharedID), Rule: rule,
			Cause: "F55 id wins over shared_id, F51 the state of another call", Ops: copies(r.Op),
		})
	case r.AskedSharedID == "" && r.AskedID != "" && r.GotID != "" && r.GotID != r.AskedID:
		out.Add(finding.Violation{
			Text: fmt.Sprintf("asked for id %q, got the state of id %q", r.AskedID, r.GotID), Rule: rule,
			Cause: "F51 the state of another call", Ops: copies(r.Op),
		})
	}
}

// judgeData holds what the agent wrote against the call whose state it is.
func (v *view) judgeData(out *finding.Outcome, r *read) {
	c, e := r.call, r.echo
	own := e.Nonce != "" && e.Nonce == c.op.Nonce
	if own && r.GotSharedID != "" && c.op.SharedID != "" && r.GotSharedID != c.op.SharedID && v.sharers(r.Project, r.GotSharedID).held > 0 {
		out.Add(finding.Violation{
			Text: fmt.Sprintf("the call reserved with shared_id %q is returned under shared_id %q, which is another's", c.op.SharedID, r.GotSharedID),
			Rule: "the nonce in the data names the reservation, and the other shared_id was sent with another", Cause: "F51 states mixed up", Ops: copies(c.op, r.Op),
		})
	}
	if e.DNIS == "" || c.op.Number == "" || e.DNIS == c.op.Number || SameNumber(e.DNIS, c.op.Number) {
		return
	}
	x := finding.Violation{
		Text: fmt.Sprintf("the state of the call to %s says that %s was dialled", c.op.Number, e.DNIS), Rule: "the agent's own word for the number dialled",
		Cause: "F38 the number was changed on the way", Ops: copies(c.op, r.Op),
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
func (v *view) judgeDuplicates(out *finding.Outcome, r *read) {
	got := r.call
	s := r.about
	if !v.Handoffs || s == nil || !got.op.Ended || !v.ordered() {
		return
	}
	if len(s.stored) > crowd {
		out.Undecided++
		return
	}
	for _, c := range s.stored {
		if c == got || !v.readable(c, r) {
			continue
		}
		gotBy := [2]time.Duration{v.endFrom(got), add(v.over(got), v.Visible)} // when it was written
		later, earlier := v.endFrom(c) > gotBy[1], add(v.over(c), v.Visible) < gotBy[0]
		if v.Duplicate == "last" && later || v.Duplicate == "first" && earlier {
			out.Add(finding.Violation{
				Text: fmt.Sprintf("shared_id %q found the call that ended at %s; want the %s one, which ended at %s", r.AskedSharedID, round(got.op.Bye), v.Duplicate, round(c.op.Bye)),
				Rule: "both calls were over and readable when it was asked", Cause: "F51 which of several calls a shared_id finds", Ops: copies(got.op, c.op, r.Op),
			})
			return
		}
	}
}

// endFrom is the soonest end of a call.
func (v *view) endFrom(c *call) time.Duration { return c.op.Bye - v.Eps - v.Signal }

// readable tells that the state of c, which is known to be stored where r asked, must have been there: long enough
// after the call, and still kept.
func (v *view) readable(c *call, r *read) bool {
	return r.from > add(v.over(c), v.Visible) && v.kept(c, r)
}

// kept tells that nothing can have removed the state of c before r.
func (v *view) kept(c *call, r *read) bool {
	switch {
	case !c.op.Ended || !c.answered():
		return false
	case c.op.EndedBy == "caller" && v.Abandoned != "keep": // some platforms drop the state of those who hang up
		return false
	case v.Retention > 0 && r.to >= add(v.endFrom(c), v.Retention):
		return false
	}
	return v.lostAt(v.endFrom(c), r.to) == Forever
}
