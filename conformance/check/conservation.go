package check

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
)

// conservation: attributes come from reservations, so no more calls are given attributes than reservations can have
// been made, of each number and in all. It needs neither clocks nor nonces.
func conservation() Check {
	return Check{Rule: finding.Rule{Name: "conservation", Invariant: "I22", Says: "No more calls are given attributes than there are reservations."},
		empty: "no reservation can have been made",
		needs: []string{"bindings", "exclusive"},
		judge: func(_ context.Context, v *view) (out finding.Outcome) {
			switch {
			case !v.Echoing:
				return finding.NotJudged(noEcho)
			case !v.Once():
				return finding.NotJudged("a reservation may serve several calls")
			case !v.Unshared():
				return finding.NotJudged("somebody else may be using the pool")
			}
			bound := make(map[string][]*reading.Call)
			var all []*reading.Call
			for _, c := range v.Calls {
				if c.Echo == nil || !c.Echo.Bound {
					continue
				}
				all = append(all, c)
				at := c.Op.Number
				if _, ours := v.Lines[c.Echo.At]; ours { // a carrier may have changed it
					at = c.Echo.At
				}
				bound[at] = append(bound[at], c)
			}
			out.Cases = len(v.Leases) + len(v.Doubts)
			for _, number := range slices.Sorted(maps.Keys(bound)) {
				made := len(v.Doubts)
				if l := v.Lines[number]; l != nil {
					made += len(l.Leases)
				}
				if n := len(bound[number]); n > made {
					v.overspent(&out, fmt.Sprintf("%d calls to %s were given attributes, of %d reservations that it can have had", n, number, made), bound[number])
				}
			}
			if made := len(v.Leases) + len(v.Doubts); len(all) > made && len(out.Violations) == 0 {
				v.overspent(&out, fmt.Sprintf("%d calls were given attributes, of %d reservations that can have been made", len(all), made), all)
			}
			return out
		}}
}

func (v *view) overspent(out *finding.Outcome, text string, calls []*reading.Call) {
	x := finding.Violation{
		Text: text, Rule: "the agents' own words against all reservations that succeeded or may have; no clock is needed",
		Cause: "F40 stale context on a free number, F42 a reservation that is read more than once",
	}
	for _, c := range calls[:min(len(calls), 20)] {
		x.Ops = append(x.Ops, *c.Op)
	}
	out.Add(x)
}
