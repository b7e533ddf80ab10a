package finding

import (
	"cmp"
	"slices"
)

// Counts says how many results have which status. Every result is counted once, besides in Total; Tolerated is a
// part of Failed.
type Counts struct {
	Total         int `json:"total"`
	Passed        int `json:"passed"`
	Failed        int `json:"failed"`
	Tolerated     int `json:"tolerated"` // failed at level should or may, in a run that is not strict
	Inconclusive  int `json:"inconclusive"`
	Error         int `json:"error"`
	Unsupported   int `json:"unsupported"`
	NotApplicable int `json:"not_applicable"`
	Filtered      int `json:"filtered"`
	Waived        int `json:"waived"`
}

// Counts counts the run's results by their Verdict.
func (r Run) Counts() Counts {
	c := Counts{Total: len(r.Results)}
	for _, res := range r.Results {
		switch res.Verdict() {
		case Passed:
			c.Passed++
		case Failed:
			c.Failed++
			if !res.FailsRun(r.Strict) {
				c.Tolerated++
			}
		case Inconclusive:
			c.Inconclusive++
		case Unsupported:
			c.Unsupported++
		case NotApplicable:
			c.NotApplicable++
		case Filtered:
			c.Filtered++
		case Waived:
			c.Waived++
		default:
			c.Error++
		}
	}
	return c
}

// Ran returns how many scenarios were played to a verdict.
func (c Counts) Ran() int { return c.Passed + c.Failed + c.Inconclusive }

// Of returns the count of one status.
func (c Counts) Of(s Status) int {
	switch s {
	case Passed:
		return c.Passed
	case Failed:
		return c.Failed
	case Inconclusive:
		return c.Inconclusive
	case Error:
		return c.Error
	case Unsupported:
		return c.Unsupported
	case NotApplicable:
		return c.NotApplicable
	case Filtered:
		return c.Filtered
	case Waived:
		return c.Waived
	}
	return 0
}

// Reason is one reason that results of a status share.
type Reason struct {
	Text string
	IDs  []string // of the results, in their order
	Ask  string   // what to ask whoever runs the platform, so that it no longer holds; "" for nothing
}

// Reasons returns the distinct reasons of the results with status s, the most frequent first. A result without one
// is counted under the empty reason.
func (r Run) Reasons(s Status) []Reason {
	var out []Reason
	for _, res := range r.Results {
		if res.Verdict() != s {
			continue
		}
		i := slices.IndexFunc(out, func(o Reason) bool { return o.Text == res.Reason })
		if i < 0 {
			i = len(out)
			out = append(out, Reason{Text: res.Reason, Ask: res.Ask})
		}
		out[i].IDs = append(out[i].IDs, res.ID)
	}
	slices.SortStableFunc(out, func(a, b Reason) int { return cmp.Compare(len(b.IDs), len(a.IDs)) })
	return out
}
