package finding

import "testing"

func TestSentence(t *testing.T) {
	t.Parallel()
	result := func(rule string, s Status, level string) Result {
		return Result{ID: "a/" + rule, Requirement: rule, Status: s, Level: level, Reason: "r"}
	}
	other := func(rule string) Result { return result(rule, Filtered, Must) }
	kept, broken, should := result("kept", Passed, Must), result("broken", Failed, Must), result("should", Failed, Should)
	doubt, failed, left := result("doubt", Inconclusive, Must), result("error", Error, Must), result("left", Unsupported, Must)
	for want, r := range map[string]Run{
		"Conformant: acme kept the 1 rule that was tested.":                                                                                                    {Results: []Result{kept, kept}},
		"Conformant: acme kept the 1 rule that was tested (of 2 that there are).":                                                                              {Results: []Result{kept, left}},
		"Passed what was selected: acme kept the 1 rule that was tested (of 4 that there are); too few to call it conformant.":                                 {Results: []Result{kept, other("a"), other("b"), other("c")}},
		"Passed what was selected: acme broke the one rule that was tested (of 4 that there are), and must keep none of those; too few to call it conformant.": {Results: []Result{should, other("a"), other("b"), other("c")}},
		"Not enough to conclude: nothing speaks against acme, but only 1 of the 4 rules that it was asked about were decided, less than a third.":              {Results: []Result{kept, left, result("y", Unsupported, Must), result("z", Waived, Must), other("a")}},
		"Conformant: acme broke 1 of the 2 rules that were tested, and must keep none of those.":                                                               {Results: []Result{kept, should}},
		"Not conformant: acme broke 1 of the 2 rules that were tested (of 3 that there are).":                                                                  {Results: []Result{kept, broken, left}},
		"Not conformant: acme broke the one rule that was tested.":                                                                                             {Results: []Result{broken}},
		"Inconclusive: nothing is proven against acme, but 1 scenario did not decide.":                                                                         {Results: []Result{kept, doubt}},
		"Not judged: 1 scenario could not be played to the end, so there is no verdict; of 2 that were, 1 failed.":                                             {Results: []Result{kept, broken, failed}},
		"Not judged: no scenario could be played to its end.":                                                                                                  {Results: []Result{failed, failed}},
		"Not judged: nothing was tested.":                                                                        {Results: []Result{left}},
		"Not judged: the run did not begin, so nothing was tested.":                                              {GaveUp: "no such file"},
		"Not judged: the run was given up, and 1 scenario was not played to the end; of 1 that were, 0 failed.":  {GaveUp: "disk full", NotPlayed: []string{"a"}, Results: []Result{kept}},
		"Interrupted: 2 scenarios were not played to the end, so there is no verdict; of 1 that were, 0 failed.": {Interrupted: true, NotPlayed: []string{"a", "b"}, Results: []Result{kept}},
		"Interrupted: 1 scenario was not played to the end, so there is no verdict; nothing was tested.":         {Interrupted: true, NotPlayed: []string{"a"}},
	} {
		r.Target = "acme"
		if got := r.Sentence(); got != want {
			t.Errorf("want %q, got %q", want, got)
		}
	}
}

func TestBriefKeepsWhatAFailureNeeds(t *testing.T) {
	t.Parallel()
	with := func(s Status) Result {
		return Result{Status: s, Exchanges: []Exchange{{Status: 200}}, Ladder: []SIPMessage{{Summary: "BYE"}}}
	}
	before := Run{Results: []Result{with(Passed), with(Failed), with(Error)}}
	after := before.Brief()
	for i, want := range []int{0, 1, 1} {
		if r := after.Results[i]; len(r.Exchanges) != want || len(r.Ladder) != want {
			t.Errorf("%s: want %d exchanges and messages, got %d and %d", r.Status, want, len(r.Exchanges), len(r.Ladder))
		}
	}
	if len(before.Results[0].Exchanges) != 1 {
		t.Error("want the run that was given unchanged, got a change")
	}
}
