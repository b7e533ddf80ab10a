package report

import (
	"encoding/json"
	"io"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
)

// historyFormat names the form of the report of a history. It changes when a reader of the old form would be misled.
const historyFormat = "dnispool.judgement/v1"

// historyDocument is the report of a history for a machine. Durations are whole nanoseconds; what is left out was empty.
type historyDocument struct {
	Format     string                    `json:"format"`
	ExitCode   int                       `json:"exit_code"`
	Codes      string                    `json:"exit_codes"` // their version
	Source     string                    `json:"source,omitempty"`
	Files      []string                  `json:"files"`
	Eps        time.Duration             `json:"eps_ns,omitempty"`
	Operations int                       `json:"operations"`
	Warnings   []string                  `json:"warnings,omitempty"`
	Patterns   []finding.Pattern         `json:"patterns,omitempty"`
	Checks     []checked                 `json:"checks"`
	ToDecide   []finding.Want            `json:"to_decide_more,omitempty"` // the shortest list first
	Ledgers    map[string]finding.Ledger `json:"ledgers"`
}

// checked is what one check says about one project, or about all of them.
type checked struct {
	Name       string      `json:"name"`
	Invariant  string      `json:"invariant"`
	Says       string      `json:"says"`
	Project    string      `json:"project,omitempty"`
	NotJudged  string      `json:"not_judged,omitempty"`
	Assumed    string      `json:"assumed,omitempty"` // what was found besides, by facts that are assumed
	GaveUp     string      `json:"gave_up,omitempty"`
	Cases      int         `json:"cases"`
	Undecided  int         `json:"undecided,omitempty"`
	Violations []violation `json:"violations,omitempty"`
	Omitted    int         `json:"omitted,omitempty"` // violations
	Hazards    []violation `json:"hazards,omitempty"`
	Unlisted   int         `json:"unlisted,omitempty"` // hazards
}

type violation struct {
	Text       string             `json:"text"`
	Rule       string             `json:"rule"`
	Cause      string             `json:"cause"`
	Certainty  finding.Certainty  `json:"certainty,omitempty"`
	P          float64            `json:"p,omitempty"`
	Rests      []finding.Basis    `json:"rests_on,omitempty"`
	Follows    *finding.Root      `json:"follows,omitempty"`
	FollowedBy []finding.Followed `json:"followed_by,omitempty"`
	Operations []locatedOp        `json:"operations"`
}

// locatedOp is an operation as the history has it, and where.
type locatedOp struct {
	history.Op
	Where string `json:"where,omitempty"`
}

// HistoryJSON writes what there is to say of a history for a machine.
func HistoryJSON(w io.Writer, r finding.HistoryReport) error {
	d := historyDocument{
		Format: historyFormat, ExitCode: r.Conclusion().ExitCode(), Codes: finding.ExitCodes, Source: r.Source, Files: r.Files, Eps: r.Eps, Operations: r.Operations,
		Warnings: r.Warnings, Patterns: r.Patterns, Checks: []checked{}, ToDecide: r.Wants(), Ledgers: r.Ledgers,
	}
	for _, res := range r.Results {
		d.Checks = append(d.Checks, checked{
			Name: res.Name, Invariant: res.Invariant, Says: res.Says, Project: res.Project, NotJudged: res.NotJudged, GaveUp: res.GaveUp, Assumed: res.Assumed,
			Cases: res.Cases, Undecided: res.Undecided, Violations: findings(res.Violations), Omitted: res.Omitted, Hazards: findings(res.Hazards), Unlisted: res.Unlisted,
		})
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(d)
}

func findings(all []finding.Violation) (out []violation) {
	for _, v := range all {
		out = append(out, violation{Text: v.Text, Rule: v.Rule, Cause: v.Cause, Certainty: v.Certainty, P: v.P, Rests: v.Rests, Follows: v.Follows, FollowedBy: v.Followed, Operations: located(v.Ops)})
	}
	return out
}

func located(ops []history.Op) []locatedOp {
	out := make([]locatedOp, len(ops))
	for i, o := range ops {
		out[i] = locatedOp{Op: o, Where: o.Where()}
	}
	return out
}
