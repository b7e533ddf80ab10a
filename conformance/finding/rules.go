package finding

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Rules says how many of the requirements that scenarios are about a run has looked at. A requirement that several
// scenarios are about is one rule.
type Rules struct {
	Total    int      `json:"total"`
	Selected int      `json:"selected,omitempty"` // the run was asked to look at them
	Shown    int      `json:"shown"`              // some scenario about it passed, and none failed
	Broken   int      `json:"broken"`             // some scenario about it failed
	Open     int      `json:"open"`               // tried, and neither
	NotTried int      `json:"not_tried"`
	Why      []Reason `json:"-"` // reasons for what was not tried, the most frequent first; IDs are requirements
}

// A run that has decided less than one in leastOf of the rules that it was asked about is not enough to conclude from: a
// deployment of which nothing but its two endpoints is known shows one in twelve, one that is well known a half.
const leastOf = 3

// Enough reports whether so many of the rules that the run was asked about are decided that it says something of the target.
func (r Rules) Enough() bool { return leastOf*(r.Shown+r.Broken) >= r.Selected }

// ofAll reports the same of all rules that there are, selected or not.
func (r Rules) ofAll() bool { return leastOf*(r.Shown+r.Broken) >= r.Total }

// Rules counts the run's rules.
func (r Run) Rules() Rules {
	var order []string
	about := make(map[string][]Result)
	for _, res := range r.Results {
		rule := cmp.Or(res.Requirement, res.ID)
		if _, seen := about[rule]; !seen {
			order = append(order, rule)
		}
		about[rule] = append(about[rule], res)
	}
	out := Rules{Total: len(order)}
	wanted := func(r Result) bool { return r.Status != Filtered }
	has := func(all []Result, s Status) bool {
		return slices.ContainsFunc(all, func(r Result) bool { return r.Verdict() == s })
	}
	for _, rule := range order {
		if slices.ContainsFunc(about[rule], wanted) {
			out.Selected++
		}
		switch all := about[rule]; {
		case has(all, Failed):
			out.Broken++
		case has(all, Passed):
			out.Shown++
		case slices.ContainsFunc(all, func(r Result) bool { return !r.Verdict().Skipped() }):
			out.Open++
		default:
			out.NotTried++
			out.because(rule, all[0])
		}
	}
	if n := len(r.NotPlayed); n > 0 { // what they are about is not known, so each counts for one
		out.Total, out.Selected, out.NotTried = out.Total+n, out.Selected+n, out.NotTried+n
		out.Why = append(out.Why, Reason{Text: "not played to the end", IDs: r.NotPlayed})
	}
	slices.SortStableFunc(out.Why, func(a, b Reason) int { return cmp.Compare(len(b.IDs), len(a.IDs)) })
	return out
}

// because notes why a rule was not tried, by the first part of its reason: what comes after a colon is particular.
func (r *Rules) because(rule string, res Result) {
	why, _, _ := strings.Cut(cmp.Or(res.Reason, NoReason), ":")
	if res.Status == Filtered {
		why = "not selected"
	}
	i := slices.IndexFunc(r.Why, func(o Reason) bool { return o.Text == why })
	if i < 0 {
		i = len(r.Why)
		r.Why = append(r.Why, Reason{Text: why})
	}
	r.Why[i].IDs = append(r.Why[i].IDs, rule)
}

// verbs are those that reasons begin with, and what they are of many.
var verbs = map[string]string{"asks": "ask", "has": "have", "holds": "hold", "needs": "need", "sends": "send", "supposes": "suppose", "waits": "wait", "writes": "write"}

// short is the reason without what explains it, as "writes an account" of "writes an account; on a deployment it is another",
// said of one or of many.
func (r Reason) short(many bool) string {
	text, _, _ := strings.Cut(r.Text, ";")
	text, _, _ = strings.Cut(text, ", and ")
	text, _, _ = strings.Cut(text, ", which ")
	text, _, _ = strings.Cut(text, ", this one ")
	verb, rest, _ := strings.Cut(text, " ")
	if of, known := verbs[verb]; many && known {
		return of + " " + rest
	}
	return text
}

// mostReasons are named in the sentence.
const mostReasons = 3

// String is the sentence with which every report begins, as "41 of 96 rules shown, 0 broken; 55 not tried: 30 need calls".
func (r Rules) String() string {
	s := fmt.Sprintf("%d of %d rules shown, %d broken", r.Shown, r.Total, r.Broken)
	if !r.Enough() && r.Broken == 0 {
		s = "Not enough to conclude: " + s
	}
	if r.Open > 0 {
		s += fmt.Sprintf(", %d undecided", r.Open)
	}
	if r.NotTried == 0 {
		return s + "."
	}
	var why []string
	rest := r.NotTried
	for _, reason := range r.Why[:min(len(r.Why), mostReasons)] {
		rest -= len(reason.IDs)
		why = append(why, fmt.Sprintf("%d %s", len(reason.IDs), reason.short(len(reason.IDs) > 1)))
	}
	if rest > 0 {
		why = append(why, fmt.Sprintf("%d for other reasons", rest))
	}
	return fmt.Sprintf("%s; %d not tried: %s.", s, r.NotTried, strings.Join(why, ", "))
}
