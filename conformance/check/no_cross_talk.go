package check

import (
	"context"
	"fmt"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

const ownWord = "each nonce was sent with one reservation, so the call that carries it was given that one's attributes"

// noCrossTalk reads what the agents say. A nonce names the reservation that a call was given. Whether the platform
// broke a promise by that is another question: a late call is, to a correct pool, the caller of whoever has the number
// now, and a call without a reservation is its caller too. Both are hazards. A breach is what no order of events allows:
// a nonce that nobody sent, of another number, of a reservation that was over, or given twice; and any other nonce
// where the call's own reservation was certainly waiting for it.
func noCrossTalk() Check {
	return Check{Rule: finding.Rule{Name: "no-cross-talk", Invariant: "I4, I5, I6, I7", Says: "A call is given the attributes of the reservation it was placed for, or none, and never twice."},
		empty:  "no call is known of which an agent said what it was given",
		clocks: true, heard: true,
		judge: func(_ context.Context, v *view) (out finding.Outcome) {
			if !v.Echoing {
				return finding.NotJudged(noEcho)
			}
			takers, strangers := v.takers()
			swapped := make(map[*reading.Call]bool)
			strays := 0
			for _, c := range v.Calls {
				if c.Echo == nil {
					continue
				}
				out.Cases++
				if c.Echo.Nonce != "" && !swapped[c] {
					v.judgeNonce(&out, c, takers, strangers, swapped, &strays)
				}
			}
			v.judgeStates(&out, takers, &strays)
			return v.weigh(out, strays)
		}}
}

// exchange is the nonce that a call was placed for and the one that it was given.
type exchange struct{ own, given string }

// takers are the calls that were given each nonce, in order of their arrival; strangers are those that were given another
// one than their own.
func (v *view) takers() (takers map[string][]*reading.Call, strangers map[exchange][]*reading.Call) {
	takers, strangers = make(map[string][]*reading.Call, len(v.ByNonce)), make(map[exchange][]*reading.Call)
	for _, c := range v.Calls {
		if c.Echo == nil || c.Echo.Nonce == "" {
			continue
		}
		takers[c.Echo.Nonce] = append(takers[c.Echo.Nonce], c)
		if e := (exchange{c.Op.Nonce, c.Echo.Nonce}); e.own != "" && e.own != e.given {
			strangers[e] = append(strangers[e], c)
		}
	}
	return takers, strangers
}

func (v *view) judgeNonce(out *finding.Outcome, c *reading.Call, takers map[string][]*reading.Call, strangers map[exchange][]*reading.Call, swapped map[*reading.Call]bool, strays *int) {
	nonce := c.Echo.Nonce
	a := v.ByNonce[nonce]
	switch {
	case a == nil:
		v.fabricated(out, fmt.Sprintf("call to %s was given", c.Op.Number), nonce, reading.Copies(c.Op, c.Echo.Heard))
		return
	case c.Nth >= a.Count && v.Once():
		out.Add(finding.Violation{
			Text: fmt.Sprintf("two calls were given the attributes of one reservation (nonce %s)", nonce), Rule: ownWord + ", and a reservation serves one call; no clock is needed",
			Cause: "F31 a tie at expiry, F40 stale context, F41 a second call that is bound as well, F42 a carrier's second attempt", Timeless: true, Certainty: v.recorded(v.heardOf(c)), Ops: reading.Copies(takers[nonce][0].Op, c.Op, a.Op, c.Echo.Heard),
		})
		return
	case c.Nth >= a.Count && v.Bindings == "":
		out.Doubt("bindings")
	}
	if c.Nonce() == nonce {
		v.judgeOwn(out, c, a)
		return
	}
	if o := counterpart(c, strangers); o != nil {
		swapped[o] = true
		out.Add(finding.Violation{
			Text:  fmt.Sprintf("calls to %s and %s were given each other's attributes", c.Op.Number, o.Op.Number),
			Rule:  ownWord + ", and the call that it was for was given this one's; no clock is needed",
			Cause: "F47 concurrent arrivals swapped", Timeless: true, Ops: reading.Copies(c.Op, o.Op, a.Op, c.Echo.Heard, o.Echo.Heard),
		})
		return
	}
	x := finding.Violation{Text: foreign(c), Rule: ownWord, Cause: "F30 a late arrival on a number that was given again", Ops: reading.Copies(a.Op, c.Op, c.Echo.Heard)}
	own := c.Meant
	if own != nil {
		x.Ops = append(reading.Copies(own.Op), x.Ops...)
	}
	switch {
	case !v.mayTake(c, a):
		x.Rule += "; that one had another number, or was certainly over when the call arrived"
		x.Certainty = v.recorded(v.unless(!c.Sure || v.keptAlive(c, a)))
		x.Cause = "F26 a lookup that ignores expiry, F37 numbers that look alike, F40 stale context, F01 double allocation, F47 calls mixed up"
		out.Add(x)
	case own != nil && c.Answered() && v.Due(own, c) && !v.PossiblyTaken(own, c):
		x.Rule += "; its own reservation was certainly waiting on that number, and no other call of ours can have taken it"
		x.Cause = "F01 double allocation, F06 a repair loop, F07 a late release of somebody else's lease"
		x.Certainty = v.unless(true)
		*strays++
		out.Add(x)
	default:
		if c.Op.Nonce == "" {
			x.Cause = "F39 a stray takes a reservation"
		}
		x.Rule += "; that one may have been waiting on the number when the call arrived, and who calls is not checked"
		out.AddHazard(x)
	}
}

// heardOf is how sure it is that c's state is not that of a call which nobody has seen.
func (v *view) heardOf(c *reading.Call) finding.Certainty { return v.unless(!c.Sure) }

// judgeOwn is about a call that was given the attributes it was placed for: it must not have come after their end.
func (v *view) judgeOwn(out *finding.Outcome, c *reading.Call, a *reading.Attempt) {
	if v.mayTake(c, a) {
		return
	}
	out.Add(finding.Violation{
		Text:  fmt.Sprintf("call to %s was given the attributes of its own reservation (nonce %s), which was over", c.Op.Number, c.Echo.Nonce),
		Rule:  ownWord + "; its window had closed when the call arrived, or another call had taken it",
		Cause: "F26 a lookup that ignores expiry, F40 stale context, F24 no expiry", Certainty: v.recorded(v.unless(!c.Sure || v.keptAlive(c, a))), Ops: reading.Copies(a.Op, c.Op, c.Echo.Heard),
	})
}

// recorded is sure, unless a reservation with a nonce of the history may not be in it.
func (v *view) recorded(sure finding.Certainty) finding.Certainty {
	if v.Recorded() {
		return sure
	}
	return finding.ModuloUnseen
}

// keptAlive reports whether a call that nobody has seen can have kept alive, until c arrived, a reservation of the nonce on
// c's number, because it serves several.
func (v *view) keptAlive(c *reading.Call, a *reading.Attempt) bool {
	for ; a != nil && !v.Once(); a = a.Next {
		if l := a.Lease; l != nil && (l.Op.Number == c.Op.Number || l.Op.Number == c.Echo.At) {
			return true
		}
	}
	return false
}

func foreign(c *reading.Call) string {
	if c.Op.Nonce == "" {
		return fmt.Sprintf("call to %s, placed without a reservation, was given the attributes of another caller", c.Op.Number)
	}
	return fmt.Sprintf("call to %s was given the attributes of another reservation: want nonce %s, got %s", c.Op.Number, c.Op.Nonce, c.Echo.Nonce)
}

// fabricated is a nonce that nobody sent. Where others use the pool, they may have.
func (v *view) fabricated(out *finding.Outcome, who, nonce string, ops []history.Op) {
	x := finding.Violation{
		Text: fmt.Sprintf("%s attributes that nobody sent (nonce %s)", who, nonce), Rule: "no reservation of this history has that nonce",
		Cause: "F40 stale context, F48 another tenant's", Timeless: true, Ops: ops,
	}
	if v.Unshared() && !v.Nameless {
		out.Add(x)
		return
	}
	x.Rule += "; somebody else may be using the pool"
	needs := unstated(v.Facts, "exclusive")
	if v.Nameless {
		x.Rule = "what names some of the reservations is not recorded"
		needs = append(needs, "nonce of reservations")
	}
	out.Doubt(needs...)
	out.AddHazard(x)
}

// counterpart is the call that was meant for what c was given, and was given what c was meant for.
func counterpart(c *reading.Call, strangers map[exchange][]*reading.Call) *reading.Call {
	all := strangers[exchange{c.Echo.Nonce, c.Op.Nonce}]
	for _, o := range all[:min(len(all), reading.Crowd)] {
		if o.Op.Number != c.Op.Number {
			return o
		}
	}
	return nil
}

// mayTake reports whether a correct pool can have bound c to a reservation with the nonce that it was given: one on the
// number at which c arrived, that may have been waiting then.
func (v *view) mayTake(c *reading.Call, a *reading.Attempt) bool {
	for ; a != nil; a = a.Next {
		l := a.Lease
		switch {
		case c.Latest < a.From:
		case l == nil:
			if c.Soonest <= a.Until || !v.Once() { // calls may have kept it alive for one another
				return true
			}
		case l.Op.Number != c.Op.Number && l.Op.Number != c.Echo.At:
		case !l.TooLate(c), !v.Once() && c.Soonest <= l.Latest: // it may serve more than one call
			return true
		}
	}
	return false
}
