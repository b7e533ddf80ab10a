package check

import (
	"fmt"

	"github.com/dnispool/dnispool/conformance/finding"
)

const ownWord = "each nonce was sent with one reservation, so the call that carries it was given that one's attributes"

// noCrossTalk reads what the agents say. A nonce names the reservation that a call was given. Whether the platform
// broke a promise by that is another question: a late call is, to a correct pool, the caller of whoever has the number
// now, and a call without a reservation is its caller too. Both are hazards. A breach is what no order of events allows:
// a nonce that nobody sent, of another number, of a reservation that was over, or given twice; and any other nonce
// where the call's own reservation was certainly waiting for it.
func noCrossTalk() Check {
	return Check{Name: "no-cross-talk", Invariant: "I4, I5, I6, I7", Says: "A call is given the attributes of the reservation it was placed for, or none, and never twice.",
		judge: func(v *view) (out finding.Outcome) {
			if !v.echoing {
				return finding.NotJudged(noEcho)
			}
			takers, swapped := v.takers(), make(map[*call]bool)
			strays := 0
			for _, c := range v.calls {
				if c.echo == nil {
					continue
				}
				out.Cases++
				if c.echo.Nonce != "" && !swapped[c] {
					v.judgeNonce(&out, c, takers, swapped, &strays)
				}
			}
			return v.weigh(out, strays)
		}}
}

// takers are the calls that were given each nonce, in order of their arrival.
func (v *view) takers() map[string][]*call {
	out := make(map[string][]*call, len(v.byNonce))
	for _, c := range v.calls {
		if c.echo != nil && c.echo.Nonce != "" {
			c.nth = len(out[c.echo.Nonce])
			out[c.echo.Nonce] = append(out[c.echo.Nonce], c)
		}
	}
	return out
}

func (v *view) judgeNonce(out *finding.Outcome, c *call, takers map[string][]*call, swapped map[*call]bool, strays *int) {
	nonce := c.echo.Nonce
	a := v.byNonce[nonce]
	switch {
	case a == nil:
		v.fabricated(out, c)
		return
	case c.nth >= a.count && v.once():
		out.Add(finding.Violation{
			Text: fmt.Sprintf("two calls were given the attributes of one reservation (nonce %s)", nonce), Rule: ownWord + ", and a reservation serves one call; no clock is needed",
			Cause: "F31 a tie at expiry, F42 a carrier's second attempt", Ops: copies(takers[nonce][0].op, c.op, a.op, c.echo.read),
		})
		return
	case c.nth >= a.count && v.Bindings == "":
		out.Undecided++
	}
	if c.op.Nonce == nonce {
		return
	}
	if o := counterpart(c, takers); o != nil {
		swapped[o] = true
		out.Add(finding.Violation{
			Text:  fmt.Sprintf("calls to %s and %s were given each other's attributes", c.op.Number, o.op.Number),
			Rule:  ownWord + ", and the call that it was for was given this one's; no clock is needed",
			Cause: "F47 concurrent arrivals swapped", Ops: copies(c.op, o.op, a.op, c.echo.read, o.echo.read),
		})
		return
	}
	x := finding.Violation{Text: foreign(c), Rule: ownWord, Cause: "F30 a late arrival on a number that was given again", Ops: copies(a.op, c.op, c.echo.read)}
	own := c.meant
	if own != nil {
		x.Ops = append(copies(own.op), x.Ops...)
	}
	switch {
	case !v.mayTake(c, a):
		x.Rule += "; that one had another number, or was certainly over when the call arrived"
		x.Cause = "F37 numbers that look alike, F40 stale context, F01 double allocation, F47 calls mixed up"
		out.Add(x)
	case own != nil && c.answered() && v.due(own, c) && !v.possiblyTaken(own, c):
		x.Rule += "; its own reservation was certainly waiting on that number, and no other call of ours can have taken it"
		x.Cause = "F01 double allocation, F06 a repair loop, F07 a late release of somebody else's lease"
		x.Certainty = v.unless(true)
		*strays++
		out.Add(x)
	default:
		if c.op.Nonce == "" {
			x.Cause = "F39 a stray takes a reservation"
		}
		x.Rule += "; that one may have been waiting on the number when the call arrived, and who calls is not checked"
		out.AddHazard(x)
	}
}

func foreign(c *call) string {
	if c.op.Nonce == "" {
		return fmt.Sprintf("call to %s, placed without a reservation, was given the attributes of another caller", c.op.Number)
	}
	return fmt.Sprintf("call to %s was given the attributes of another reservation: want nonce %s, got %s", c.op.Number, c.op.Nonce, c.echo.Nonce)
}

// fabricated is a nonce that nobody sent. Where others use the pool, they may have.
func (v *view) fabricated(out *finding.Outcome, c *call) {
	x := finding.Violation{
		Text: fmt.Sprintf("call to %s was given attributes that nobody sent (nonce %s)", c.op.Number, c.echo.Nonce), Rule: "no reservation of this history has that nonce",
		Cause: "F40 stale context, F48 another tenant's", Ops: copies(c.op, c.echo.read),
	}
	if v.Exclusive {
		out.Add(x)
		return
	}
	x.Rule += "; somebody else may be using the pool"
	out.Undecided++
	out.AddHazard(x)
}

// counterpart is the call that was meant for c's nonce and was given c's.
func counterpart(c *call, takers map[string][]*call) *call {
	if c.op.Nonce == "" {
		return nil
	}
	for _, o := range takers[c.op.Nonce] {
		if o.op.Nonce == c.echo.Nonce && o != c && o.op.Number != c.op.Number {
			return o
		}
	}
	return nil
}

// mayTake tells that a correct pool can have bound c to a reservation with the nonce that it was given: one on the
// number at which c arrived, that may have been waiting then.
func (v *view) mayTake(c *call, a *attempt) bool {
	for ; a != nil; a = a.next {
		l := a.lease
		switch {
		case c.latest < a.from:
		case l == nil:
			if c.soonest <= a.until || !v.once() { // calls may have kept it alive for one another
				return true
			}
		case l.op.Number != c.op.Number && l.op.Number != c.echo.DNIS:
		case !l.tooLate(c), !v.once() && c.soonest <= l.latest: // it may serve more than one call
			return true
		}
	}
	return false
}
