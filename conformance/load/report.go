package load

import (
	"fmt"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/load/measure"
)

// Report is everything that there is to say of a run.
type Report struct {
	Tool        string // name and version
	Profile     string // name or file
	Summary     string // of the profile
	Arrivals    string
	Target      string
	Seed        uint64
	Calibration Calibration
	Outcome
	Size       int                    // numbers of the pool; 0: not known
	Window     time.Duration          // shortest life of a reservation that is not called; 0: not known
	Judged     *finding.HistoryReport // nil: nothing was recorded, or it could not be judged
	NotJudged  string                 // why not
	Watched    *SoFar                 // what the checks had found when the last caller was done; nil: nothing was recorded
	History    string                 // file
	Again      string                 // the command that runs it again
	JudgeAgain string                 // and the one that judges it again
	HeldBack   int                    // requests that had to wait for the limits of a deployment
	Notes      []string               // what else is to be said
}

// Conclusion is what the run comes to.
func (r Report) Conclusion() finding.Conclusion {
	c := finding.Conclusion{Interrupted: r.Interrupted, NotJudged: r.Measured.Counts.Begun == 0 || !measure.Balanced(r.Measured.Ledger)}
	if r.Judged != nil {
		judged := r.Judged.Conclusion()
		judged.NotJudged = judged.NotJudged && c.NotJudged
		c = c.And(judged)
	}
	c.Inconclusive = c.Inconclusive || len(r.Doubts()) > 0
	for _, v := range r.Thresholds {
		c.Violated = c.Violated || v.Status == Failed
		c.Inconclusive = c.Inconclusive || v.Status == Inconclusive
	}
	return c
}

// Doubts are the reasons for which the run as a whole proves nothing, in sentences; none: it does.
func (r Report) Doubts() (out []string) {
	for _, s := range r.Measured.Stages {
		if !s.Warm && !s.Reached() {
			out = append(out, fmt.Sprintf("the rate of %s was not reached: %.4g of %.4g callers a second began in time, so what is shown is this machine's and not the platform's", s.Name, s.Achieved(), s.Rate()))
		}
	}
	if r.CutOff > r.Measured.Counts.Begun/100 {
		out = append(out, fmt.Sprintf("%d callers of %d were cut off when the grace was over: nobody knows what would have become of them", r.CutOff, r.Measured.Counts.Begun))
	}
	if r.HeldBack > 0 {
		out = append(out, fmt.Sprintf("%d requests were held back to keep to the limits of the target file, and their times count it", r.HeldBack))
	}
	if r.Judged == nil && r.Recorded > 0 {
		out = append(out, "what was recorded could not be judged: "+r.NotJudged)
	}
	if r.Watched != nil && r.Watched.Violations > 0 && r.Judged != nil && r.Violations() == 0 {
		out = append(out, "what was told while it ran is not found in the whole history: "+r.Watched.Last)
	}
	if len(r.Thresholds) == 0 && r.Judged == nil {
		out = append(out, "nothing was demanded and nothing judged: there is no threshold and no history")
	}
	return out
}

// settle decides the thresholds that are about what the checks found in the whole history.
func (r *Report) settle(all []Threshold) {
	r.Measured.Violations = nil
	if r.Judged != nil {
		r.Measured.Violations = new(r.Violations())
	}
	for _, t := range all {
		for i, v := range r.Thresholds {
			if t.Metric == measure.Violations && v.Threshold == t.text {
				r.Thresholds[i] = t.decide(r.Measured)
			}
		}
	}
}

// Violations counts what the checks found and what is proven. What is not leaves the run without a verdict.
func (r Report) Violations() int {
	if r.Judged == nil {
		return 0
	}
	return r.Judged.Proven()
}

// Unproven counts what the checks found besides.
func (r Report) Unproven() int {
	if r.Judged == nil {
		return 0
	}
	return r.Judged.Unproven()
}
