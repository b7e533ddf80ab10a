package finding

import "fmt"

// Sentence is the verdict in one sentence that needs no other: what was concluded about what, and from how much.
func (r Run) Sentence() string {
	c, rules := r.Counts(), r.Rules()
	switch r.Conclusion().ExitCode() {
	case ExitInterrupted:
		return fmt.Sprintf("Interrupted: %s not played to the end, so there is no verdict; %s.", number(len(r.NotPlayed), r.Of()+" was", r.Of()+"s were"), r.soFar())
	case ExitNotJudged:
		switch {
		case r.GaveUp != "" && c.Ran()+c.Error == 0:
			return "Not judged: the run did not begin, so nothing was tested."
		case r.GaveUp != "":
			return fmt.Sprintf("Not judged: the run was given up, and %s not played to the end; %s.", number(len(r.NotPlayed), "scenario was", "scenarios were"), r.soFar())
		case c.Error == 0:
			return "Not judged: nothing was tested."
		case c.Ran() == 0:
			return "Not judged: no " + r.Of() + " could be played to its end."
		}
		return fmt.Sprintf("Not judged: %s not be played to the end, so there is no verdict; %s.", number(c.Error, r.Of()+" could", r.Of()+"s could"), r.soFar())
	case ExitNotConformant:
		return fmt.Sprintf("Not conformant: %s broke %s.", r.target(), r.broken(rules))
	case ExitInconclusive:
		if c.Inconclusive == 0 {
			return fmt.Sprintf("Not enough to conclude: nothing speaks against %s, but only %d of the %s that it was asked about were decided, less than a third.",
				r.target(), rules.Shown+rules.Broken, number(rules.Selected, "rule", "rules"))
		}
		return fmt.Sprintf("Inconclusive: nothing is proven against %s, but %s did not decide.", r.target(), number(c.Inconclusive, r.Of(), r.Of()+"s"))
	}
	did := fmt.Sprintf("%s kept the %s", r.target(), r.tried(rules))
	if rules.Broken > 0 {
		did = fmt.Sprintf("%s broke %s, and must keep none of those", r.target(), r.broken(rules))
	}
	if r.Noun == "" && !rules.ofAll() {
		return "Passed what was selected: " + did + "; too few to call it conformant."
	}
	return "Conformant: " + did + "."
}

// broken says how many of those that were tried are broken.
func (r Run) broken(rules Rules) string {
	if rules.Broken == rules.Total-rules.NotTried && rules.Broken == 1 {
		return "the one rule that was tested" + r.of(rules)
	}
	return fmt.Sprintf("%d of the %s", rules.Broken, r.tried(rules))
}

// tried says how many rules were tried, and of how many where that is not all.
func (r Run) tried(rules Rules) string {
	return number(rules.Total-rules.NotTried, "rule that was tested", "rules that were tested") + r.of(rules)
}

// of says how many rules there are, where some were not tried.
func (r Run) of(rules Rules) string {
	if rules.NotTried == 0 {
		return ""
	}
	return fmt.Sprintf(" (of %d that there are)", rules.Total)
}

// soFar is what was found by scenarios that were played to a verdict.
func (r Run) soFar() string {
	c := r.Counts()
	if c.Ran() == 0 {
		return "nothing was tested"
	}
	return fmt.Sprintf("of %d that were, %d failed", c.Ran(), c.Failed)
}

func (r Run) target() string {
	if r.Target == "" {
		return "the target"
	}
	return r.Target
}

func number(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Brief returns the run without what a report of everything would be long by: the exchanges and SIP messages of scenarios
// that passed, and of those that were played without a failure to show. How long replies took is kept.
func (r Run) Brief() Run {
	results := make([]Result, len(r.Results))
	for i, res := range r.Results {
		if res.Verdict() == Passed {
			res.Exchanges, res.Ladder = nil, nil
		}
		results[i] = res
	}
	r.Results = results
	return r
}
