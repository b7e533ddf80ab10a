package finding

import (
	"fmt"
	"slices"
)

// Repeat is what became of a scenario that was played again because it did not pass.
type Repeat struct {
	Was    Status `json:"was"`   // in the earlier run
	Times  int    `json:"times"` // how often it was played now
	Passed int    `json:"passed"`
}

// String is "fixed" when it passed each time, "flaky 2 of 5" when it did not pass two of five times, "failed" when it never did.
func (r Repeat) String() string {
	switch {
	case r.Times == 0:
		return "not played"
	case r.Passed == r.Times:
		return "fixed"
	case r.Passed > 0:
		return fmt.Sprintf("flaky %d of %d", r.Times-r.Passed, r.Times)
	}
	return "failed"
}

// ToRepeat are the ids of what did not pass: it failed, did not decide, or could not be played to its end.
func (r Run) ToRepeat() (ids []string) {
	for _, res := range r.Results {
		if v := res.Verdict(); v != Passed && !v.Skipped() {
			ids = append(ids, res.ID)
		}
	}
	return ids
}

// Repeated makes one run of several in which the same scenarios were played again. Of each scenario the first play that
// failed is shown, or the first that did not pass: a failure that does not come every time is one all the same.
func Repeated(earlier Run, plays []Run) Run {
	if len(plays) == 0 {
		return Run{}
	}
	out := plays[len(plays)-1] // the others ended before it: what is said of the run as a whole, it says
	was := make(map[string]Status)
	for _, res := range earlier.Results {
		was[res.ID] = res.Verdict()
	}
	of := make(map[string][]Result)
	all := Run{}
	out.Duration = 0
	for _, p := range plays {
		out.Duration += p.Duration
		all.Results = append(all.Results, p.Results...)
		for _, res := range p.Results {
			of[res.ID] = append(of[res.ID], res)
		}
	}
	out.Started, out.Endpoints = plays[0].Started, all.Latencies()
	out.Results = make([]Result, len(plays[0].Results))
	for i, res := range plays[0].Results {
		out.Results[i] = worst(of[res.ID])
		if v := out.Results[i].Verdict(); v.Skipped() {
			continue
		}
		r := repeat(was[res.ID], of[res.ID])
		out.Results[i].Repeat = r
		if r.Passed > 0 && r.Passed < r.Times {
			out.Results[i].Warnings = append(slices.Clone(out.Results[i].Warnings), fmt.Sprintf("flaky: of %d times it did not pass %d", r.Times, r.Times-r.Passed))
		}
	}
	return out
}

func worst(all []Result) Result {
	at := all[0]
	for _, res := range all[1:] {
		if at.Verdict() == Passed && res.Verdict() != Passed || at.Verdict() != Failed && res.Verdict() == Failed {
			at = res
		}
	}
	return at
}

func repeat(was Status, all []Result) *Repeat {
	r := &Repeat{Was: was, Times: len(all)}
	for _, res := range all {
		if res.Verdict() == Passed {
			r.Passed++
		}
	}
	return r
}
