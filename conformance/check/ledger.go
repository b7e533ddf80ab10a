package check

import "github.com/dnispool/dnispool/conformance/history"

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
