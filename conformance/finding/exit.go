package finding

// Exit codes of the tool. They are an API.
const (
	ExitConformant    = 0
	ExitNotConformant = 1
	ExitNotJudged     = 2
	ExitInconclusive  = 3
	ExitInterrupted   = 130
)

// ExitCode returns what the process must exit with. The first line that holds decides:
//
//	130  the run was interrupted, whatever had been found by then: the rest is unknown
//	  1  a scenario failed, and its level is must or the run is strict: one proof is enough, errors beside it or not
//	  2  a scenario was an error, or none was played to a verdict: nothing tested is never green
//	  3  a scenario was inconclusive, at any level: no proof against the target, and none for it
//	  0  otherwise; failures at level should or may are warnings
func (r Run) ExitCode() int {
	c := r.Counts()
	switch {
	case r.Interrupted:
		return ExitInterrupted
	case c.Failed > c.Tolerated:
		return ExitNotConformant
	case c.Error > 0 || c.Ran() == 0:
		return ExitNotJudged
	case c.Inconclusive > 0:
		return ExitInconclusive
	}
	return ExitConformant
}

// Verdict says the exit code in words: conformant, not-conformant, not-judged, inconclusive or interrupted.
func (r Run) Verdict() string {
	switch r.ExitCode() {
	case ExitConformant:
		return "conformant"
	case ExitNotConformant:
		return "not-conformant"
	case ExitInconclusive:
		return "inconclusive"
	case ExitInterrupted:
		return "interrupted"
	}
	return "not-judged"
}

// NoReason stands where a scenario was skipped and nobody said why.
const NoReason = "no reason given"

// Document is a run as it is written to a file: the run, the name of the format, and what follows from the run, so
// that a reader need not know the rules.
type Document struct {
	Format   string `json:"format"`
	Verdict  string `json:"verdict"`
	ExitCode int    `json:"exit_code"`
	Counts   Counts `json:"counts"`
	Run
}

// Document returns the run with what follows from it, and with each result's Verdict as its status. A skip never
// goes without a reason, if only to say that none was given. It redacts nothing: see Redactor.
func (r Run) Document() Document {
	results := make([]Result, len(r.Results))
	for i, res := range r.Results {
		results[i] = res
		results[i].Status = res.Verdict()
		if res.Status.Skipped() && res.Reason == "" {
			results[i].Reason = NoReason
		}
	}
	r.Results = results
	return Document{Format: Format, Verdict: r.Verdict(), ExitCode: r.ExitCode(), Counts: r.Counts(), Run: r}
}
