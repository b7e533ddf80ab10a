package check

import (
	"fmt"

	"github.com/dnispool/dnispool/conformance/finding"
)

// noFailOpenDrop is the failure that callers notice: lost attributes end in a 404, and the documented rule reads a 404
// as "the call is complete". It is the platform's breach when the attributes were certainly due to the call; a late
// call, a stray or a restart ends in the same way, and is a hazard. A caller who hung up first is not dropped.
func noFailOpenDrop() Check {
	return Check{Name: "no-fail-open-drop", Invariant: "I21", clocks: true,
		Says: "Every answered call can be found by the shared_id that its client holds.",
		judge: func(v *view) (out finding.Outcome) {
			strays := 0
			for _, c := range v.calls {
				s := v.shared[key{c.op.Project, c.op.SharedID}]
				if c.op.SharedID == "" || s == nil || s.last == nil {
					continue
				}
				r := s.last
				if !c.answered() || c.op.EndedBy == "caller" || !v.asksAfter(r, c) {
					continue
				}
				out.Cases++
				if f := s.found; f == nil || f.to < v.endFrom(c) { // else its client has learned what it needs
					v.judgeDrop(&out, &strays, c, r)
				}
			}
			if out.Cases == 0 {
				return finding.NotJudged("no answered call's shared_id was asked for")
			}
			return v.weigh(out, strays)
		}}
}

// asksAfter tells that r was asked when c was over.
func (v *view) asksAfter(r *read, c *call) bool {
	return r.from > v.over(c) || r.from == v.over(c) && follows(r.Op, c.op)
}

func (v *view) judgeDrop(out *finding.Outcome, strays *int, c *call, r *read) {
	x := finding.Violation{
		Text: fmt.Sprintf("fail-open drop: the call to %s was answered, yet there is no handoff state under shared_id %q; "+
			"a client that follows the documented rule takes the call as complete and drops a caller who may need a human", c.op.Number, c.op.SharedID),
		Rule:  "the call was answered and over, and the last answer to its shared_id was 404",
		Cause: "F50 one of the four meanings of 404", Ops: copies(c.op, r.Op),
	}
	why, decided := v.excuseDrop(c, r)
	if why == "" {
		*strays++
		x.Certainty = v.unless(true)
		out.Add(x)
		return
	}
	if !decided {
		out.Undecided++
	}
	x.Rule += "; " + why
	out.AddHazard(x)
}

// excuseDrop says what else than a fault of the platform may have kept the state away.
func (v *view) excuseDrop(c *call, r *read) (why string, decided bool) {
	l := c.meant
	if l == nil {
		return "for which reservation it was placed is not known", false
	}
	if why, decided := v.excuse(l, c); why != "" {
		return why, decided
	}
	if !v.ordered() && (v.sharers(r.Project, c.op.SharedID).held > 1 || !v.once() && v.alsoBound(l, c)) {
		return "other calls may have the same shared_id", false
	}
	atOnce := v.Visible == 0 && v.asksAfter(r, c) && v.kept(c, r)
	if v.Handoffs && !v.readable(c, r) && !atOnce {
		return "the state need not have been readable then", false
	}
	return "", true
}
