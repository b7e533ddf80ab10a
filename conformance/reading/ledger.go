package reading

import (
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
)

// Ledger says what became of the reservations.
func (v *Reading) Ledger() (l finding.Ledger) {
	called := make(map[*Lease]*Call, len(v.Leases))
	took := make(map[string]bool, len(v.ByNonce))
	for _, c := range v.Calls {
		if m := c.Meant; m != nil {
			called[m] = c
		}
		if !c.Reached {
			continue
		}
		l.Calls++
		if c.Answered() {
			l.Answered++
		}
		if c.Echo != nil && !c.Echo.Bound {
			l.Unbound++
		}
		if c.Echo != nil {
			took[c.Echo.Nonce] = true
		}
	}
	for _, r := range v.Reads {
		l.Questions++
		if r.Outcome == history.Refused {
			l.NotFound++
		}
	}
	for _, r := range v.Reserves {
		if r.Outcome == history.Refused {
			l.Refused++
		}
	}
	l.InDoubt, l.DrainedOf = len(v.Doubts), len(v.Drain)
	for _, a := range v.Leases {
		c := called[a]
		switch {
		case a.Op.Drain:
			continue
		case a.Op.Nonce != "" && took[a.Op.Nonce]:
			l.Bound++
		case c == nil && a.Until < v.Last:
			l.Expired++
		case c == nil:
			l.Live++
		case c.Echo != nil:
			l.Lost++
		default:
			l.Unknown++
		}
		l.Reserved++
	}
	return l
}
