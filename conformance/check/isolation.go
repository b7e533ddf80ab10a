package check

import (
	"fmt"

	"github.com/dnispool/dnispool/conformance/finding"
)

// isolation: two projects have no number, no agent and no handoff state in common.
func isolation() Check {
	return Check{Name: "isolation", Invariant: "I18", Says: "Two projects share no number, no agent and no handoff state.",
		judge: func(v *view) (out finding.Outcome) {
			owner := make(map[string]*lease) // of each number; nil: several
			for _, l := range v.leases {
				out.Cases++
				first, seen := owner[l.op.Number]
				switch {
				case !seen:
					owner[l.op.Number] = l
				case first != nil && first.op.Project != l.op.Project:
					owner[l.op.Number] = nil
					out.Add(finding.Violation{
						Text: fmt.Sprintf("%s was given to %s and to %s", l.op.Number, first.op.Project, l.op.Project), Rule: "both replies show it",
						Cause: "F05 a number in two pools", Ops: copies(first.op, l.op),
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
	for _, l := range v.leases {
		if seen && l.op.Project != first {
			return 2
		}
		first, seen = l.op.Project, true
	}
	for _, r := range v.reads {
		if seen && r.Project != first {
			return 2
		}
		first, seen = r.Project, true
	}
	return 1
}

// judgeAgents: an agent serves one project, so one name of an agent's project is not heard on the numbers of two.
func (v *view) judgeAgents(out *finding.Outcome, owner map[string]*lease) {
	speaks := make(map[string]*call) // the first call of each agent's project
	blamed := make(map[string]bool)
	for _, c := range v.calls {
		l := owner[c.op.Number]
		if l == nil || c.echo == nil || c.echo.Project == "" || c.echo.DNIS != c.op.Number { // it may have gone elsewhere
			continue
		}
		out.Cases++
		name := c.echo.Project
		first, seen := speaks[name]
		if !seen {
			speaks[name] = c
			continue
		}
		if p := owner[first.op.Number]; p != nil && p.op.Project != l.op.Project && !blamed[name] {
			blamed[name] = true
			out.Add(finding.Violation{
				Text: fmt.Sprintf("%s, a number of %s, and %s, one of %s, were answered by the same agent, of project %s", first.op.Number, p.op.Project, c.op.Number, l.op.Project, name),
				Rule: "the agents' own words, and a key belongs to one agent", Cause: "F44 the wrong agent for a number", Ops: copies(first.op, c.op, first.echo.read, c.echo.read),
			})
		}
	}
}

// judgeTenants: a state is not shown to another project than the one whose number was called.
func (v *view) judgeTenants(out *finding.Outcome, owner map[string]*lease) {
	for _, r := range v.reads {
		if r.call == nil || r.call.echo == nil || r.call.echo.DNIS != r.call.op.Number {
			continue
		}
		if l := owner[r.call.op.Number]; l != nil && l.op.Project != r.Project {
			out.Add(finding.Violation{
				Text: fmt.Sprintf("%s was shown the handoff state of a call to %s, a number of %s", r.Project, l.op.Number, l.op.Project), Rule: "the id in the reply names the call",
				Cause: "F48 another tenant's state", Ops: copies(r.call.op, r.Op),
			})
		}
	}
}
