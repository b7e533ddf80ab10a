package check

import (
	"context"
	"fmt"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
)

// isolation: two projects have no number, no agent and no handoff state in common.
func isolation() Check {
	return Check{Rule: finding.Rule{Name: "isolation", Invariant: "I18", Says: "Two projects share no number, no agent and no handoff state."},
		empty: "no reservation succeeded",
		judge: func(_ context.Context, v *view) (out finding.Outcome) {
			owner := make(map[string]*reading.Lease) // of each number; nil: several
			for _, l := range v.Leases {
				out.Cases++
				first, seen := owner[l.Op.Number]
				switch {
				case !seen:
					owner[l.Op.Number] = l
				case first != nil && first.Op.Project != l.Op.Project:
					owner[l.Op.Number] = nil
					out.Add(finding.Violation{
						Text: fmt.Sprintf("%s was given to %s and to %s", l.Op.Number, first.Op.Project, l.Op.Project), Rule: "both replies show it",
						Cause: "F05 a number in two pools", Ops: reading.Copies(first.Op, l.Op),
					})
				}
			}
			if v.tenants() > 1 {
				v.judgeAgents(&out, owner)
				v.judgeTenants(&out, owner)
			}
			return out
		}}
}

// tenants counts the projects that reserve or read, up to two.
func (v *view) tenants() int {
	first, seen := "", false
	for _, l := range v.Leases {
		if seen && l.Op.Project != first {
			return 2
		}
		first, seen = l.Op.Project, true
	}
	for _, r := range v.Reads {
		if seen && r.Project != first {
			return 2
		}
		first, seen = r.Project, true
	}
	return 1
}

// judgeAgents: an agent serves one project, so one name of an agent's project is not heard on the numbers of two.
func (v *view) judgeAgents(out *finding.Outcome, owner map[string]*reading.Lease) {
	speaks := make(map[string]*reading.Call) // the first call of each agent's project
	blamed := make(map[string]bool)
	for _, c := range v.Calls {
		l := owner[c.Op.Number]
		if l == nil || c.Echo == nil || c.Echo.Project == "" || c.Echo.At != c.Op.Number { // it may have gone elsewhere
			continue
		}
		out.Cases++
		name := c.Echo.Project
		first, seen := speaks[name]
		if !seen {
			speaks[name] = c
			continue
		}
		if p := owner[first.Op.Number]; p != nil && p.Op.Project != l.Op.Project && !blamed[name] {
			blamed[name] = true
			out.Add(finding.Violation{
				Text: fmt.Sprintf("%s, a number of %s, and %s, one of %s, were answered by the same agent, of project %s", first.Op.Number, p.Op.Project, c.Op.Number, l.Op.Project, name),
				Rule: "the agents' own words, and a key belongs to one agent", Cause: "F44 the wrong agent for a number", Ops: reading.Copies(first.Op, c.Op, first.Echo.Heard, c.Echo.Heard),
			})
		}
	}
}

// judgeTenants: a state is not shown to another project than the one whose number was called.
func (v *view) judgeTenants(out *finding.Outcome, owner map[string]*reading.Lease) {
	for _, r := range v.Reads {
		if r.Call == nil || r.Call.Echo == nil || r.Call.Echo.At != r.Call.Op.Number {
			continue
		}
		if l := owner[r.Call.Op.Number]; l != nil && l.Op.Project != r.Project {
			out.Add(finding.Violation{
				Text: fmt.Sprintf("%s was shown the handoff state of a call to %s, a number of %s", r.Project, l.Op.Number, l.Op.Project), Rule: "the id in the reply names the call, or what the agent says of its attributes does",
				Cause: "F48 another tenant's state", Certainty: v.heardOf(r.Call), Ops: reading.Copies(r.Call.Op, r.Op),
			})
		}
	}
}
