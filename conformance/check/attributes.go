package check

import (
	"fmt"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
)

// attributesIntact compares the agent's own copy with what was sent.
func attributesIntact() Check {
	return Check{Name: "attributes-intact", Invariant: "I4", Says: "A bound call is given the attributes exactly as they were sent.",
		judge: func(v *view) (out finding.Outcome) {
			for _, c := range v.calls {
				if c.echo == nil || c.echo.Nonce == "" || c.echo.Attributes == nil {
					continue
				}
				where, sent := v.mangled(c.echo)
				if sent == nil {
					continue
				}
				out.Cases++
				if where != "" {
					out.Add(finding.Violation{
						Text: fmt.Sprintf("attributes of nonce %s differ at %s", c.echo.Nonce, where), Rule: "the agent's own copy of all attributes, compared as JSON",
						Cause: "F45 attributes mangled on the way", Ops: copies(sent, c.op, c.echo.read),
					})
				}
			}
			if out.Cases == 0 {
				return finding.NotJudged("no call's echo_attributes can be compared with what was sent")
			}
			return out
		}}
}

// mangled says where the attributes differ from those of every reservation with the nonce, and gives one of these.
func (v *view) mangled(e *echo) (where string, sent *history.Op) {
	for a := v.byNonce[e.Nonce]; a != nil; a = a.next {
		if len(a.op.Attributes) == 0 {
			continue
		}
		at, same := sameJSON(a.op.Attributes, e.Attributes)
		if same {
			return "", a.op
		}
		where, sent = at, a.op
	}
	return where, sent
}

// attributesDelivered is rule E: a call that arrived while its reservation was certainly alive, with nobody else who
// could have taken it, must have been given the attributes. A call that lost them in any other way is a hazard.
func attributesDelivered() Check {
	return Check{Name: "attributes-delivered", Invariant: "I9", clocks: true, Says: "A call that arrives within the window is given the attributes of its reservation.",
		judge: func(v *view) (out finding.Outcome) {
			switch {
			case !v.echoing:
				return finding.NotJudged(noEcho)
			case v.WindowMin == 0:
				return finding.NotJudged("the window of the pool is not known")
			case !v.byNumber():
				return finding.NotJudged("the pool matches callers by their number, which carriers change")
			}
			strays := 0
			for _, c := range v.calls {
				l := c.meant
				if l == nil || c.echo == nil || !c.answered() {
					continue
				}
				out.Cases++
				if c.echo.Nonce == "" {
					v.lost(&out, &strays, l, c)
				}
			}
			return v.weigh(out, strays)
		}}
}

// lost is a call whose attributes did not come.
func (v *view) lost(out *finding.Outcome, strays *int, l *lease, c *call) {
	got := "no attributes"
	switch {
	case c.echo.Bound:
		got = "attributes without its nonce"
	case c.echo.DNIS != "" && c.echo.DNIS != c.op.Number: // the platform answered, so it took the number for its own
		got += ", its number having arrived as " + c.echo.DNIS
	}
	excuse, decided := v.excuse(l, c)
	if excuse == "" {
		*strays++
		out.Add(finding.Violation{
			Text:  fmt.Sprintf("the call to %s arrived %s after its reservation, within the window of %s, and was given %s", c.op.Number, round(c.op.End-committed(l.op)), v.WindowMin, got),
			Rule:  "rule E: the window cannot have closed, and no other call of ours can have taken the reservation",
			Cause: "F29 a window that is too short, F33 a window counted from the wrong event, F36 the number's format, F61 a lookup that lags behind", Certainty: v.unless(true),
			Ops: copies(l.op, c.op, c.echo.read),
		})
		return
	}
	if !decided {
		out.Undecided++
	}
	out.AddHazard(finding.Violation{
		Text: fmt.Sprintf("the call to %s, %s after its reservation, was given %s: %s", c.op.Number, round(c.op.End-committed(l.op)), got, excuse),
		Rule: "a correct pool does the same", Cause: "F29 a late arrival, F39 a stray, F42 a carrier's second attempt", Ops: copies(l.op, c.op, c.echo.read),
	})
}

// excuse says what else than the platform may have kept c from the attributes of l; "" when nothing can have. decided
// tells that it certainly did.
func (v *view) excuse(l *lease, c *call) (why string, decided bool) {
	switch {
	case c.echo != nil && c.echo.DNIS != "" && !SameNumber(c.echo.DNIS, c.op.Number):
		return fmt.Sprintf("it arrived at %s", c.echo.DNIS), true
	case c.soonest > l.until:
		return "its window had closed", true
	case v.lostAt(l.from, c.latest) < Forever:
		return "the platform was restarted meanwhile", false
	case v.possiblyTaken(l, c):
		return "another call to the number may have taken them", false
	case !v.due(l, c):
		return "its window may have closed", false
	}
	return "", true
}

// committed is the soonest moment at which the platform can have acted on o, by its client's own clock.
func committed(o *history.Op) time.Duration { return max(o.Start, o.Sent) }
