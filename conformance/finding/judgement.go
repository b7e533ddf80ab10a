package finding

import (
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// Judged is what one check says about one project, or about all of them.
type Judged struct {
	Rule
	Project string // "" for all
	Outcome
}

// Title names the check, and the project when it is about one.
func (j Judged) Title() string {
	if j.Project == "" {
		return j.Name
	}
	return j.Name + " of " + j.Project
}

// Judgement is everything that can be said about a history.
type Judgement struct {
	Operations int
	Results    []Judged
	Ledgers    map[string]Ledger // by project
	Warnings   []string          // about the history itself: its clocks, what it lacks, requests that failed
	Patterns   []Pattern         // what is to be said once, before the violations
}

// Violations counts the breaches, those that are not kept among them.
func (j Judgement) Violations() (n int) {
	for _, r := range j.Results {
		n += len(r.Violations) + r.Omitted
	}
	return n
}

// Unproven counts those of the breaches that cannot be held against the platform.
func (j Judgement) Unproven() (n int) {
	for _, r := range j.Results {
		for _, v := range r.Violations {
			if !v.Proven() {
				n++
			}
		}
	}
	return n
}

// Proven counts those that can.
func (j Judgement) Proven() int { return j.Violations() - j.Unproven() }

// Conclusion is what the judgement comes to. named says that the checks were asked for by their names: one that could
// not be applied is inconclusive then, and else a gap that the report shows. What clocks or unseen calls may explain is
// inconclusive, and what contradicts a fact that is assumed. So is a history in which no check could decide anything; one without operations was not judged.
func (j Judgement) Conclusion(named bool) Conclusion {
	var c Conclusion
	decided := 0
	for _, r := range j.Results {
		undecided := r.Cases > 0 && r.Undecided >= r.Cases && len(r.Violations) == 0
		c.Inconclusive = c.Inconclusive || r.GaveUp != "" || r.Assumed != "" || named && (r.NotJudged != "" || undecided)
		if r.NotJudged == "" {
			decided += r.Cases - r.Undecided
		}
		for _, v := range r.Violations {
			c.Violated = c.Violated || v.Proven()
			c.Inconclusive = c.Inconclusive || !v.Proven()
		}
	}
	c.Inconclusive = c.Inconclusive || j.Operations > 0 && decided <= 0 && !c.Violated
	c.NotJudged = j.Operations == 0
	return c
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

// Finding is one violation of one check.
type Finding struct {
	Rule
	Project   string // whose operations were judged; "" for all
	Violation Violation
}

// Findings are the first violations of all checks, one a check and project.
func (j Judgement) Findings() (out []Finding) {
	for _, r := range j.Results {
		if len(r.Violations) > 0 {
			out = append(out, Finding{Rule: r.Rule, Project: r.Project, Violation: r.Violations[0]})
		}
	}
	return out
}

// HistoryReport is what there is to say of the histories of one run.
type HistoryReport struct {
	Files  []string
	Source string        // what was played
	Eps    time.Duration // how far the generators' clocks may be apart
	Named  bool          // the checks were asked for by their names
	// Unnamed says that no generator is named: whether other histories are parts of the same run cannot be told.
	Unnamed bool
	Judgement
}

// Conclusion is what the report comes to.
func (r HistoryReport) Conclusion() Conclusion { return r.Judgement.Conclusion(r.Named) }

// Counterexample is the smallest history found that breaks a check.
type Counterexample struct {
	Finding
	World   string       // the platform, as a scenario's given writes it
	History []history.Op // all of it
	Tries   int          // runs that it took
}
