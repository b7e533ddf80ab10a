package judge

import (
	"encoding/json"
	"io"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/check/linear"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
)

// Format names the form of the JSON report. It changes when a reader of the old form would be misled.
const Format = "dnispool.judgement/v1"

// document is the report for a machine. Durations are whole nanoseconds; what is left out was empty.
type document struct {
	Format     string                  `json:"format"`
	ExitCode   int                     `json:"exit_code"`
	Source     string                  `json:"source,omitempty"`
	Files      []string                `json:"files"`
	Eps        time.Duration           `json:"eps_ns,omitempty"`
	Operations int                     `json:"operations"`
	Warnings   []string                `json:"warnings,omitempty"`
	Checks     []checked               `json:"checks"`
	Ledgers    map[string]check.Ledger `json:"ledgers"`
	Linear     map[string]searched     `json:"linear,omitempty"`
}

// checked is what one check says about one project, or about all of them.
type checked struct {
	Name       string      `json:"name"`
	Invariant  string      `json:"invariant"`
	Says       string      `json:"says"`
	Project    string      `json:"project,omitempty"`
	NotJudged  string      `json:"not_judged,omitempty"`
	Cases      int         `json:"cases"`
	Undecided  int         `json:"undecided,omitempty"`
	Violations []violation `json:"violations,omitempty"`
	Omitted    int         `json:"omitted,omitempty"` // violations
	Hazards    []violation `json:"hazards,omitempty"`
	Unlisted   int         `json:"unlisted,omitempty"` // hazards
}

type violation struct {
	Text       string            `json:"text"`
	Rule       string            `json:"rule"`
	Cause      string            `json:"cause"`
	Certainty  finding.Certainty `json:"certainty,omitempty"`
	P          float64           `json:"p,omitempty"`
	Operations []operation       `json:"operations"`
}

// operation is one as the history has it, and where.
type operation struct {
	history.Op
	Where string `json:"where,omitempty"`
}

type searched struct {
	Status  linear.Status `json:"status"`
	Reason  string        `json:"reason,omitempty"`
	Numbers []number      `json:"numbers,omitempty"` // those that are not ok
}

type number struct {
	Number    string            `json:"number"`
	Status    linear.Status     `json:"status"`
	Reason    string            `json:"reason,omitempty"`
	Certainty finding.Certainty `json:"certainty,omitempty"`
	LeftOut   []operation       `json:"left_out,omitempty"`
}

// JSON writes the report for a machine.
func (r Report) JSON(w io.Writer) error {
	d := document{
		Format: Format, ExitCode: r.ExitCode(), Source: r.Source, Files: r.Files, Eps: r.eps, Operations: len(r.Ops),
		Warnings: r.Warnings, Checks: []checked{}, Ledgers: r.Ledgers,
	}
	for _, res := range r.Results {
		d.Checks = append(d.Checks, checked{
			Name: res.Check.Name, Invariant: res.Check.Invariant, Says: res.Check.Says, Project: res.Project, NotJudged: res.NotJudged,
			Cases: res.Cases, Undecided: res.Undecided, Violations: findings(res.Violations), Omitted: res.Omitted, Hazards: findings(res.Hazards), Unlisted: res.Unlisted,
		})
	}
	for name, res := range r.Linear {
		if d.Linear == nil {
			d.Linear = make(map[string]searched)
		}
		d.Linear[name] = searchedOf(res)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(d)
}

func findings(all []finding.Violation) (out []violation) {
	for _, v := range all {
		out = append(out, violation{Text: v.Text, Rule: v.Rule, Cause: v.Cause, Certainty: v.Certainty, P: v.P, Operations: located(v.Ops)})
	}
	return out
}

func located(ops []history.Op) []operation {
	out := make([]operation, len(ops))
	for i, o := range ops {
		out[i] = operation{Op: o, Where: o.Where()}
	}
	return out
}

func searchedOf(res linear.Result) searched {
	out := searched{Status: res.Status, Reason: res.Reason}
	for _, n := range res.Numbers {
		if n.Status != linear.OK {
			out.Numbers = append(out.Numbers, number{Number: n.Number, Status: n.Status, Reason: n.Reason, Certainty: n.Certainty, LeftOut: located(n.LeftOut)})
		}
	}
	return out
}
