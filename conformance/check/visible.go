package check

import (
	"fmt"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
)

// handoffVisible follows each question over time: once found, a state stays, and it is there soon after the call. A
// question is judged by the calls that are known to be its answer: the one whose id is asked for, or those that a reply
// has shown under the shared_id.
func handoffVisible() Check {
	return Check{Name: "handoff-visible", Invariant: "I20", clocks: true,
		Says: "A handoff state can be read soon after the call, and from then on every time.",
		judge: func(v *view) (out finding.Outcome) {
			if !v.Handoffs {
				return finding.NotJudged("how soon a handoff state is readable, and for how long, is not known")
			}
			byID, byShared := make([]*answers, len(v.calls)), make([]*answers, len(v.shared))
			for i := range v.reads {
				r := &v.reads[i]
				var a *answers
				switch {
				case r.about != nil:
					if a = byShared[r.about.n]; a == nil {
						a = &answers{calls: v.sharedAnswers(r.about)}
						byShared[r.about.n] = a
					}
				case r.asked != nil && r.asked.op.Project == r.Project:
					if a = byID[r.asked.n]; a == nil {
						a = &answers{calls: v.answersByID(r.asked)}
						byID[r.asked.n] = a
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

// answers is what is known of one question so far.
type answers struct {
	calls  []*call // those that it must find once they are over; none where a platform may have its reasons
	found  *read   // the first that was found when the call was certainly over
	blamed bool
}

func (v *view) answersByID(c *call) []*call {
	if !v.idsAgree || !v.echoing {
		return nil
	}
	if l := v.lines[c.op.Number]; l == nil || len(l.leases) == 0 || l.leases[0].op.Project != c.op.Project {
		return nil // whose number it was is not known
	}
	return []*call{c}
}

func (v *view) sharedAnswers(s *sharers) []*call {
	if len(s.stored) > crowd {
		return nil
	}
	// Several calls under one shared_id may be a conflict, which is answered as if there were none.
	if !v.ordered() && (s.held > 1 || len(s.stored) > 1 || !v.once()) {
		return nil
	}
	return s.stored
}

func (v *view) judgeAsked(out *finding.Outcome, a *answers, r *read) {
	switch r.Outcome {
	case history.OK:
		if a.found == nil && r.call != nil && r.from > v.over(r.call) {
			a.found = r
		}
	case history.Refused:
		v.judgeMissing(out, a, r)
	}
}

func (v *view) judgeMissing(out *finding.Outcome, a *answers, r *read) {
	if f := a.found; f != nil && r.from > f.to && v.kept(f.call, r) {
		a.blamed = true
		out.Add(finding.Violation{
			Text:  fmt.Sprintf("the state of %s was there at %s and gone at %s, after the call had ended at %s", r.question(), round(f.Op.End), round(r.Op.Start), round(f.call.op.Bye)),
			Rule:  "the call was over at both times, and states are kept for longer",
			Cause: "F53 replicas that answer in turn, a record that reading deletes", Ops: copies(f.call.op, f.Op, r.Op),
		})
		return
	}
	for _, c := range a.calls {
		if v.readable(c, r) {
			a.blamed = true
			out.Add(finding.Violation{
				Text:  fmt.Sprintf("there was no state of %s at %s, %s after the call had ended; want one after %s", r.question(), round(r.Op.Start), round(r.Op.Start-c.op.Bye), v.Visible),
				Rule:  "the call was answered, it is known to be the answer to this question, and its state is kept for longer",
				Cause: "F49 the state is written late, F54 it is not kept", Ops: copies(c.op, r.Op),
			})
			return
		}
	}
	c := a.calls[0]
	if due := add(v.over(c), v.Visible); r.from > due && (v.Retention == 0 || r.from < add(v.endFrom(c), v.Retention)) {
		out.Undecided++ // its caller hung up, or the platform was restarted
	}
}
