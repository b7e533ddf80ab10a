package check

import (
	"context"
	"fmt"
	"slices"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// noFailOpenDrop is the failure that callers notice: lost attributes end in a 404, and the documented rule reads a 404
// as "the call is complete". It is the platform's breach when the attributes were certainly due to the call; a late
// call, a stray or a restart ends in the same way, and is a hazard. A caller who hung up first is not dropped.
func noFailOpenDrop() Check {
	return Check{Rule: finding.Rule{Name: "no-fail-open-drop", Invariant: "I21", Says: "Every answered call can be found by the shared_id that its client holds."},
		clocks: true,
		judge: func(_ context.Context, v *view) (out finding.Outcome) {
			strays := 0
			for _, c := range v.Calls {
				s := v.Group(c.Op.Project, c.SharedID())
				if c.SharedID() == "" || s == nil || s.Last == nil {
					continue
				}
				r := s.Last
				if !c.Answered() || c.Op.EndedBy == "caller" || !v.asksAfter(r, c) {
					continue
				}
				out.Cases++
				if f := s.Found; f == nil || f.To < v.endFrom(c) || v.ofAnother(f, c, s) { // else its client has learned what it needs
					v.judgeDrop(&out, &strays, c, r)
				}
			}
			if out.Cases == 0 {
				return finding.NotJudged("no answered call's shared_id was asked for")
			}
			return v.weigh(out, strays)
		}}
}

// asksAfter reports whether r was asked when c was over.
func (v *view) asksAfter(r *reading.Question, c *reading.Call) bool {
	return r.From > v.Over(c) || r.From == v.Over(c) && reading.Follows(r.Op, c.Op)
}

// ofAnother reports whether the last state that was found under a shared_id is another call's than c's, and c's was not
// found before: it is no evidence of c.
func (v *view) ofAnother(f *reading.Question, c *reading.Call, s *reading.Group) bool {
	return f.Call != nil && f.ByID && f.GotSharedID != "" && f.Call != c && v.IDsAgree && len(s.Stored) <= reading.Crowd && !slices.Contains(s.Stored, c)
}

func (v *view) judgeDrop(out *finding.Outcome, strays *int, c *reading.Call, r *reading.Question) {
	x := finding.Violation{
		Text: fmt.Sprintf("fail-open drop: the call to %s was answered, yet there is no handoff state under shared_id %q; "+
			"a client that follows the documented rule takes the call as complete and drops a caller who may need a human", c.Op.Number, c.SharedID()),
		Rule:  "the call was answered and over, and the last answer to its shared_id was 404",
		Cause: "F50 one of the four meanings of 404: F36 the number's format, F38 a diverted number, F43 attributes used up and not delivered, F44 the wrong agent, F46 a shared_id that is not stored, F49 a late state, F61 a lookup that lags behind", Ops: reading.Copies(c.Op, r.Op),
	}
	if r.Outcome == history.OK {
		x.Text = fmt.Sprintf("fail-open drop: the call to %s was answered, yet shared_id %q finds the state of another call; what its client does with the caller is what that one needed", c.Op.Number, c.SharedID())
		x.Rule, x.Cause = "the call was answered and over, and no answer to its shared_id has been its state", "F51 which of several calls a shared_id finds"
		x.Ops = reading.Copies(c.Op, r.Call.Op, r.Op)
	}
	why, decided := v.excuseDrop(c, r)
	if why == "" {
		*strays++
		x.Certainty = v.unless(true)
		out.Add(x)
		return
	}
	if !decided {
		out.Doubt(v.dropNeeds(c, r)...)
	}
	x.Rule += "; " + why
	out.AddHazard(x)
}

// excuseDrop says what else than a fault of the platform may have kept the state away.
func (v *view) excuseDrop(c *reading.Call, r *reading.Question) (why string, decided bool) {
	l := c.Meant
	if l == nil {
		return "for which reservation it was placed is not known", false
	}
	if c.Op.EndedBy == "" {
		return "who ended the call is not known, and a caller who hangs up is not dropped", false
	}
	if why, decided := v.excuse(l, c); why != "" {
		return why, decided
	}
	if !v.Ordered() && (v.SharedBy(r.Project, c.SharedID()) > 1 || v.Unnamed || !v.Once() && v.AlsoBound(l, c)) {
		return "other calls may have the same shared_id", false
	}
	if r.Outcome == history.OK && v.Duplicate != "last" {
		return "a shared_id need not find the last of its calls", false
	}
	if r.Outcome == history.OK && reading.Plus(v.Over(r.Call), v.ReadableWithin()) >= v.endFrom(c) {
		return "a later call has taken its place, and nobody has asked before that", true
	}
	atOnce := v.ReadableWithin() == 0 && v.asksAfter(r, c) && v.kept(c, r)
	switch {
	case !v.findable(c):
		return "a call without a handoff may be answered as if it had no state", false
	case v.ReadableWithin() == reading.Forever || v.KeptFor() == 0:
		return unknownStates, false
	case !v.readable(c, r) && !atOnce:
		return "the state need not have been readable then", false
	}
	return "", true
}

// dropNeeds names what would decide whether the excuse of excuseDrop holds.
func (v *view) dropNeeds(c *reading.Call, r *reading.Question) []string {
	l := c.Meant
	switch {
	case l == nil:
		return []string{"nonce of calls"}
	case c.Op.EndedBy == "":
		return []string{"ended_by of calls"}
	}
	if why, _ := v.excuse(l, c); why != "" {
		return v.excuseNeeds(l, c)
	}
	if !v.Ordered() && (v.SharedBy(r.Project, c.SharedID()) > 1 || !v.Once() && v.AlsoBound(l, c)) {
		return unstated(v.Facts, "bindings", "duplicates")
	}
	if v.NoHandoff == reading.NotFound {
		return nil
	}
	return unstated(v.Facts, "visible", "retention")
}
