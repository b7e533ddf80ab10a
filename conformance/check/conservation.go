package check

import (
	"fmt"
	"maps"
	"slices"

	"github.com/dnispool/dnispool/conformance/history"
)

// conservation: attributes come from reservations, so no more calls are given attributes than reservations can have
// been made, of each number and in all. It needs neither clocks nor nonces.
func conservation() Check {
	return Check{Name: "conservation", Invariant: "I22", Says: "No more calls are given attributes than there are reservations.",
		judge: func(v *view) (out Outcome) {
			switch {
			case !v.echoing:
				return notJudged(noEcho)
			case !v.once():
				return notJudged("a reservation may serve several calls")
			case !v.Exclusive:
				return notJudged("somebody else may be using the pool")
			}
			bound := make(map[string][]*call)
			var all []*call
			for _, c := range v.calls {
				if c.echo == nil || !c.echo.Bound {
					continue
				}
				all = append(all, c)
				at := c.op.Number
				if _, ours := v.lines[c.echo.DNIS]; ours { // a carrier may have changed it
					at = c.echo.DNIS
				}
				bound[at] = append(bound[at], c)
			}
			out.Cases = len(v.leases) + len(v.doubts)
			for _, number := range slices.Sorted(maps.Keys(bound)) {
				made := len(v.doubts)
				if l := v.lines[number]; l != nil {
					made += len(l.leases)
				}
				if n := len(bound[number]); n > made {
					v.overspent(&out, fmt.Sprintf("%d calls to %s were given attributes, of %d reservations that it can have had", n, number, made), bound[number])
				}
			}
			if made := len(v.leases) + len(v.doubts); len(all) > made && len(out.Violations) == 0 {
				v.overspent(&out, fmt.Sprintf("%d calls were given attributes, of %d reservations that can have been made", len(all), made), all)
			}
			return out
		}}
}

func (v *view) overspent(out *Outcome, text string, calls []*call) {
	x := Violation{
		Text: text, Rule: "the agents' own words against all reservations that succeeded or may have; no clock is needed",
		Cause: "F40 stale context on a free number, F42 a reservation that is read more than once",
	}
	for _, c := range calls[:min(len(calls), 20)] {
		x.Ops = append(x.Ops, *c.op)
	}
	out.add(x)
}

// Ledger says what became of the reservations of one project.
type Ledger struct {
	Reserved  int `json:"reserved"`   // successful reservations, without the drain
	Bound     int `json:"bound"`      // whose attributes a call was given, known from an agent's own word
	Lost      int `json:"lost"`       // called, and the call was given no attributes or another's
	Unknown   int `json:"unknown"`    // called, and nobody asked what the agent was given
	Expired   int `json:"expired"`    // not called, and the window is over
	Live      int `json:"live"`       // not called, and the window may be open
	Refused   int `json:"refused"`    // reservations refused for want of a number
	InDoubt   int `json:"in_doubt"`   // reservations of unknown outcome
	Calls     int `json:"calls"`      // calls that may have reached the platform
	Answered  int `json:"answered"`   // of those
	Unbound   int `json:"unbound"`    // calls whose agent said that it was given nothing
	Questions int `json:"questions"`  // for handoff states
	NotFound  int `json:"not_found"`  // of those, answered with 404
	DrainedOf int `json:"drained_of"` // reservations of the drain
}

func (v *view) ledger() (l Ledger) {
	called := make(map[*lease]*call, len(v.leases))
	took := make(map[string]bool, len(v.byNonce))
	for _, c := range v.calls {
		if m := c.meant; m != nil {
			called[m] = c
		}
		if !c.reached {
			continue
		}
		l.Calls++
		if c.answered() {
			l.Answered++
		}
		if c.echo != nil && !c.echo.Bound {
			l.Unbound++
		}
		if c.echo != nil {
			took[c.echo.Nonce] = true
		}
	}
	for _, r := range v.reads {
		l.Questions++
		if r.Outcome == history.Refused {
			l.NotFound++
		}
	}
	for _, r := range v.reserves {
		if r.Outcome == history.Refused {
			l.Refused++
		}
	}
	l.InDoubt, l.DrainedOf = len(v.doubts), len(v.drain)
	for _, a := range v.leases {
		c := called[a]
		switch {
		case a.op.Drain:
			continue
		case a.op.Nonce != "" && took[a.op.Nonce]:
			l.Bound++
		case c == nil && a.until < v.last:
			l.Expired++
		case c == nil:
			l.Live++
		case c.echo != nil:
			l.Lost++
		default:
			l.Unknown++
		}
		l.Reserved++
	}
	return l
}
