package finding

// NoReason stands where a scenario was skipped and nobody said why.
const NoReason = "no reason given"

// Document is a run as it is written to a file: the run, the name of the format, and what follows from the run, so
// that a reader need not know the rules.
type Document struct {
	Format   string `json:"format"`
	Verdict  string `json:"verdict"`
	ExitCode int    `json:"exit_code"`
	Codes    string `json:"exit_codes,omitempty"` // the version of the exit codes; left out: v1
	Rules    Rules  `json:"rules"`
	Says     string `json:"says"`               // the rules in a sentence
	Sentence string `json:"sentence,omitempty"` // the verdict in one sentence
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
	c := r.Conclusion()
	return Document{
		Format: Format, Verdict: c.Verdict(), ExitCode: c.ExitCode(), Codes: ExitCodes,
		Rules: r.Rules(), Says: r.Rules().String(), Sentence: r.Sentence(), Counts: r.Counts(), Run: r,
	}
}
