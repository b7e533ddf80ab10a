package check

import (
	"context"
	"fmt"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/jsonvalue"
	"github.com/dnispool/dnispool/conformance/reading"
)

// handoffVisible follows each question over time: once found, a state stays, and it is there soon after the call. A
// question is judged by the calls that are known to be its answer: the one whose id is asked for, or those that a reply
// has shown under the shared_id.
func handoffVisible() Check {
	return Check{Rule: finding.Rule{Name: "handoff-visible", Invariant: "I20", Says: "A handoff state can be read soon after the call, and from then on every time."},
		empty:  "of no question for a handoff state it is known which call it is about",
		clocks: true,
		needs:  []string{"visible", "retention"},
		judge: func(_ context.Context, v *view) (out finding.Outcome) {
			if v.KeptFor() == 0 {
				return finding.NotJudged(unknownStates)
			}
			stood := make(map[*reading.Call]*reading.Question, len(v.Calls))
			byID, byShared := make([]*answers, len(v.Calls)), make([]*answers, v.SharedIDs())
			for i := range v.Reads {
				r := &v.Reads[i]
				v.judgeChange(&out, stood, r)
				var a *answers
				switch {
				case r.Group != nil:
					if a = byShared[r.Group.Index]; a == nil {
						a = &answers{calls: v.sharedAnswers(r.Group), sure: v.namesOne(), shared: true}
						byShared[r.Group.Index] = a
					}
				case r.AskedCall != nil && r.AskedCall.Op.Project == r.Project:
					if a = byID[r.AskedCall.Index]; a == nil {
						a = &answers{calls: v.answersByID(r.AskedCall)}
						byID[r.AskedCall.Index] = a
					}
				}
				if a != nil && len(a.calls) > 0 && !a.blamed {
					out.Cases++
					v.judgeAsked(&out, a, r)
				}
			}
			return out
		}}
}

const unknownStates = "how soon a handoff state is readable, and for how long, is not known"

// judgeChange holds a state against what was read of it before: once its call is over and it can be read, it stays as it
// is. stood are the states of calls that were over; nil: one that was blamed.
func (v *view) judgeChange(out *finding.Outcome, stood map[*reading.Call]*reading.Question, r *reading.Question) {
	c := r.Call
	if c == nil || r.GotID == "" || r.Outcome != history.OK || r.From <= reading.Plus(v.Over(c), v.ReadableWithin()) {
		return
	}
	before, seen := stood[c]
	switch {
	case !seen:
		stood[c] = r
		return
	case before == nil || before.GotID != r.GotID:
		return
	}
	out.Cases++
	where, same := jsonvalue.Difference(before.Data, r.Data)
	if same {
		return
	}
	stood[c] = nil
	out.Add(finding.Violation{
		Text:  fmt.Sprintf("the state of %s changed at %s between %s and %s, after the call had ended at %s", r.Asked(), where, round(before.Op.End), round(r.Op.Start), round(c.Op.Bye)),
		Rule:  "the call was over and its state readable at both times, so nobody had anything to add",
		Cause: "F53 replicas that answer in turn, a state that is written and then replaced", Certainty: v.unless(!c.Sure), Ops: reading.Copies(c.Op, before.Op, r.Op),
	})
}

// answers is what is known of one question so far.
type answers struct {
	calls  []*reading.Call   // those that it must find once they are over; none where a platform may have its reasons
	sure   finding.Certainty // that nobody has seen another call that is its answer as well
	shared bool              // asked by shared_id: the calls are those that replies have shown
	found  *reading.Question // the first that was found when the call was certainly over
	blamed bool
}

func (v *view) answersByID(c *reading.Call) []*reading.Call {
	if !v.IDsAgree || !v.Echoing {
		return nil
	}
	if l := v.Lines[c.Op.Number]; l == nil || len(l.Leases) == 0 || l.Leases[0].Op.Project != c.Op.Project {
		return nil // whose number it was is not known
	}
	return []*reading.Call{c}
}

func (v *view) sharedAnswers(s *reading.Group) []*reading.Call {
	if len(s.Stored) > reading.Crowd {
		return nil
	}
	// Several calls under one shared_id may be a conflict, which is answered as if there were none.
	if !v.Ordered() && (s.Held > 1 || len(s.Stored) > 1 || !v.Once()) {
		return nil
	}
	return s.Stored
}

// namesOne is how sure it is that a shared_id which names one call of the history names no other one. Where others use the
// pool, one of them may have sent the same, and to find two may be a conflict.
func (v *view) namesOne() finding.Certainty {
	if v.Ordered() || v.NamesOne() {
		return finding.Certain
	}
	return finding.ModuloUnseen
}

// shownFor is how sure it is that the question is about c. A state without an id, which is joined by what the agent said of
// its reservation, may be that of a call which nobody saw and which was given the same attributes.
func (v *view) shownFor(a *answers, c *reading.Call) finding.Certainty {
	if a.sure != finding.Certain {
		return a.sure
	}
	return v.unless((a.shared || c != a.calls[0]) && !c.Sure)
}

func (v *view) judgeAsked(out *finding.Outcome, a *answers, r *reading.Question) {
	switch r.Outcome {
	case history.OK:
		if a.found == nil && r.Call != nil && r.From > v.Over(r.Call) {
			a.found = r
		}
	case history.Refused:
		v.judgeMissing(out, a, r)
	}
}

func (v *view) judgeMissing(out *finding.Outcome, a *answers, r *reading.Question) {
	if f := a.found; f != nil && r.From > f.To && v.kept(f.Call, r) && v.findable(f.Call) {
		a.blamed = true
		out.Add(finding.Violation{
			Text:  fmt.Sprintf("the state of %s was there at %s and gone at %s, after the call had ended at %s", r.Asked(), round(f.Op.End), round(r.Op.Start), round(f.Call.Op.Bye)),
			Rule:  "the call was over at both times, and states are kept for longer",
			Cause: "F53 replicas that answer in turn, a record that reading deletes, F54 it is not kept for as long as was said", Certainty: v.shownFor(a, f.Call), Ops: reading.Copies(f.Call.Op, f.Op, r.Op),
		})
		return
	}
	for _, c := range a.calls {
		if v.readable(c, r) && v.findable(c) {
			a.blamed = true
			out.Add(finding.Violation{
				Text:  fmt.Sprintf("there was no state of %s at %s, %s after the call had ended; want one after %s", r.Asked(), round(r.Op.Start), round(r.Op.Start-c.Op.Bye), v.Visible),
				Rule:  "the call was answered, it is known to be the answer to this question, and its state is kept for longer",
				Cause: "F49 the state is written late, F54 it is not kept", Certainty: v.shownFor(a, c), Ops: reading.Copies(c.Op, r.Op),
			})
			return
		}
	}
	c := a.calls[0]
	if due := reading.Plus(v.Over(c), v.ReadableWithin()); r.From > due && (r.From < reading.Plus(v.endFrom(c), v.KeptFor())) {
		out.Doubt(unstated(v.Facts, "abandoned")...) // its caller hung up, the platform was restarted, or it had no handoff
	}
}
