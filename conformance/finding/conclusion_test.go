package finding

import (
	"fmt"
	"testing"
)

func results(ss ...Result) []Result { return ss }

var (
	pass         = Result{ID: "a/pass", Level: Must, Status: Passed}
	failMust     = Result{ID: "a/fail", Level: Must, Status: Failed}
	failShould   = Result{ID: "a/should", Level: Should, Status: Failed}
	failMay      = Result{ID: "a/may", Level: May, Status: Failed}
	failNoLevel  = Result{ID: "a/none", Status: Failed}
	unsure       = Result{ID: "a/unsure", Level: Must, Status: Inconclusive}
	unsureShould = Result{ID: "a/unsure-should", Level: Should, Status: Inconclusive}
	broken       = Result{ID: "a/broken", Level: Must, Status: Error}
	brokenShould = Result{ID: "a/broken-should", Level: Should, Status: Error}
	unsupported  = Result{ID: "a/unsupported", Status: Unsupported}
	notAppl      = Result{ID: "a/not-applicable", Status: NotApplicable}
	filtered     = Result{ID: "a/filtered", Status: Filtered}
	waived       = Result{ID: "a/waived", Level: Must, Status: Waived}
)

func TestExitCode(t *testing.T) {
	for _, c := range []struct {
		name string
		run  Run
		want int
		word string
	}{
		{"all passed", Run{Results: results(pass, pass)}, 0, "conformant"},
		{"passed beside every kind of skip", Run{Results: results(pass, failMay, unsupported, notAppl, filtered, waived)}, 0, "conformant"},
		{"a third of what was asked about", Run{Results: results(pass, unsupported, notAppl, filtered)}, 0, "conformant"},
		{"less than a third of it", Run{Results: results(pass, unsupported, notAppl, waived)}, 3, "inconclusive"},
		{"less than a third of it, and broken", Run{Results: results(failMust, unsupported, notAppl, waived)}, 1, "not-conformant"},
		{"less than a third of the lessons", Run{Noun: "lesson", Results: results(pass, unsupported, notAppl, waived)}, 0, "conformant"},
		{"a failed must", Run{Results: results(pass, failMust)}, 1, "not-conformant"},
		{"a failed scenario without a level counts", Run{Results: results(pass, failNoLevel)}, 1, "not-conformant"},
		{"a failed should is a warning", Run{Results: results(pass, failShould)}, 0, "conformant"},
		{"a failed may is a warning", Run{Results: results(pass, failMay)}, 0, "conformant"},
		{"a failed should alone was at least played", Run{Results: results(failShould)}, 0, "conformant"},
		{"a failed should, strict", Run{Results: results(pass, failShould), Strict: true}, 1, "not-conformant"},
		{"a failed may, strict", Run{Results: results(pass, failMay), Strict: true}, 1, "not-conformant"},
		{"strict and all passed", Run{Results: results(pass), Strict: true}, 0, "conformant"},
		{"failed and error: nobody knows what else there is", Run{Results: results(failMust, broken)}, 2, "not-judged"},
		{"failed and inconclusive", Run{Results: results(failMust, unsure)}, 1, "not-conformant"},
		{"nothing at all", Run{}, 2, "not-judged"},
		{"all unsupported", Run{Results: results(unsupported)}, 2, "not-judged"},
		{"all not applicable", Run{Results: results(notAppl)}, 2, "not-judged"},
		{"all filtered", Run{Results: results(filtered)}, 2, "not-judged"},
		{"all waived", Run{Results: results(waived)}, 2, "not-judged"},
		{"one error among passes", Run{Results: results(pass, broken)}, 2, "not-judged"},
		{"an error at should", Run{Results: results(pass, brokenShould)}, 2, "not-judged"},
		{"error and tolerated failure", Run{Results: results(broken, failShould)}, 2, "not-judged"},
		{"error and inconclusive", Run{Results: results(broken, unsure)}, 2, "not-judged"},
		{"inconclusive", Run{Results: results(pass, unsure)}, 3, "inconclusive"},
		{"inconclusive alone", Run{Results: results(unsure)}, 3, "inconclusive"},
		{"inconclusive at should", Run{Results: results(pass, unsureShould)}, 3, "inconclusive"},
		{"inconclusive and tolerated failure", Run{Results: results(unsure, failShould)}, 3, "inconclusive"},
		{"interrupted before anything", Run{Interrupted: true}, 130, "interrupted"},
		{"interrupted after passes", Run{Results: results(pass), Interrupted: true}, 130, "interrupted"},
		{"interrupted after a failure", Run{Results: results(failMust), Interrupted: true}, 130, "interrupted"},
		{"interrupted after an error", Run{Results: results(broken), Interrupted: true}, 130, "interrupted"},
		{"a status nobody knows", Run{Results: results(pass, Result{Status: "green"})}, 2, "not-judged"},
		{"no status", Run{Results: results(pass, Result{})}, 2, "not-judged"},
		{"passed with failures", Run{Results: results(Result{Status: Passed, Failures: []Failure{{Kind: KindCheck}}})}, 1, "not-conformant"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.run.Conclusion().ExitCode(); got != c.want {
				t.Errorf("exit code: want %d, got %d", c.want, got)
			}
			if got := c.run.Conclusion().Verdict(); got != c.word {
				t.Errorf("verdict: want %q, got %q", c.word, got)
			}
		})
	}
}

// Every set of results, strict or not, interrupted or not, against the precedence as a list.
func TestExitCodePrecedence(t *testing.T) {
	parts := results(pass, failMust, failShould, failMay, unsure, broken, unsupported, notAppl, filtered, waived)
	for set := range 1 << len(parts) {
		for flags := range 4 {
			run := Run{Strict: flags&1 > 0, Interrupted: flags&2 > 0}
			has := map[string]bool{}
			for i, p := range parts {
				if set&(1<<i) > 0 {
					run.Results = append(run.Results, p)
					has[p.ID] = true
				}
			}
			filtered, decided := 0, 0
			for _, r := range run.Results {
				switch r.Status {
				case Filtered:
					filtered++
				case Passed, Failed:
					decided++
				}
			}
			lenient := has["a/should"] || has["a/may"]
			rules := []struct {
				holds bool
				code  int
			}{
				{run.Interrupted, 130},
				{has["a/broken"], 2},
				{!has["a/pass"] && !has["a/unsure"] && !lenient && !has["a/fail"], 2},
				{has["a/fail"] || run.Strict && lenient, 1},
				{has["a/unsure"] || 3*decided < len(run.Results)-filtered, 3},
				{true, 0},
			}
			for _, r := range rules {
				if !r.holds {
					continue
				}
				if got := run.Conclusion().ExitCode(); got != r.code {
					t.Fatalf("exit code of %s: want %d, got %d", describe(run), r.code, got)
				}
				break
			}
		}
	}
}

func describe(r Run) string {
	s := fmt.Sprintf("strict=%v interrupted=%v", r.Strict, r.Interrupted)
	for _, res := range r.Results {
		s += " " + res.ID
	}
	return s
}

// What a judgement, a table of mutants and two runs together come to.
func TestConclusions(t *testing.T) {
	certain, clocks := Violation{Certainty: Certain}, Violation{Certainty: ModuloClocks}
	judged := func(o ...Outcome) Judgement {
		j := Judgement{Operations: 1}
		for _, one := range o {
			j.Results = append(j.Results, Judged{Outcome: one})
		}
		return j
	}
	good, bad := MutantRow{}, MutantRow{Scenario: &Kill{}}
	killed, survivor := MutantRow{ID: "M01", Scenario: &Kill{}}, MutantRow{ID: "M02"}
	for _, c := range []struct {
		name string
		got  Conclusion
		want int
	}{
		{"a breach", judged(Outcome{Cases: 2, Violations: []Violation{certain}}).Conclusion(false), 1},
		{"a breach that strays may explain", judged(Outcome{Cases: 2, Violations: []Violation{{Certainty: ModuloStrays}}}).Conclusion(false), 1},
		{"a breach that clocks may explain", judged(Outcome{Cases: 2, Violations: []Violation{clocks}}).Conclusion(false), 3},
		{"both", judged(Outcome{Cases: 2, Violations: []Violation{clocks, certain}}).Conclusion(false), 1},
		{"clean", judged(Outcome{Cases: 1}).Conclusion(true), 0},
		{"a check that could not be applied, among others", judged(Outcome{Cases: 1}, Outcome{NotJudged: "x"}).Conclusion(false), 0},
		{"the same, asked for by name", judged(Outcome{Cases: 1}, Outcome{NotJudged: "x"}).Conclusion(true), 3},
		{"asked for by name, and another is broken", judged(Outcome{Cases: 1, Violations: []Violation{certain}}, Outcome{NotJudged: "x"}).Conclusion(true), 1},
		{"nothing to look at", judged(Outcome{}, Outcome{NotJudged: "x"}).Conclusion(false), 3},
		{"no operations", Judgement{}.Conclusion(false), 2},
		{"a breach that unseen calls may explain", judged(Outcome{Cases: 2, Violations: []Violation{{Certainty: ModuloUnseen}}}).Conclusion(false), 3},
		{"asked for by name, and undecided", judged(Outcome{Cases: 1}, Outcome{Cases: 2, Undecided: 2}).Conclusion(true), 3},
		{"nothing but a search that gave up", judged(Outcome{GaveUp: "x", Cases: 1, Undecided: 1}).Conclusion(false), 3},
		{"everything has two readings", judged(Outcome{Cases: 3, Undecided: 3}).Conclusion(false), 3},
		{"every mutant found", MutantTable{good, killed}.Conclusion(), 0},
		{"a survivor", MutantTable{good, killed, survivor}.Conclusion(), 1},
		{"the correct one blamed", MutantTable{bad, killed}.Conclusion(), 1},
		{"no mutant", MutantTable{}.Conclusion(), 2},
		{"a breach, and a file that cannot be read", Conclusion{Violated: true}.And(Conclusion{NotJudged: true}), 2},
		{"a breach, and one that is inconclusive", Conclusion{Inconclusive: true}.And(Conclusion{Violated: true}), 1},
		{"a breach, interrupted", Conclusion{NotJudged: true, Interrupted: true}.And(Conclusion{Violated: true}), 130},
	} {
		if got := c.got.ExitCode(); got != c.want {
			t.Errorf("%s: want exit code %d, got %d", c.name, c.want, got)
		}
	}
}
