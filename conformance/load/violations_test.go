package load

import (
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/load/measure"
)

// TestWhatIsNotProvenIsNoViolation: what unseen calls or clocks may explain leaves a run without a verdict. It is not counted, by
// a threshold neither.
func TestWhatIsNotProvenIsNoViolation(t *testing.T) {
	t.Parallel()
	none, err := ParseThreshold("violations == 0")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name     string
		found    finding.Outcome
		proven   int
		unproven int
		status   Status
		verdict  string
	}{
		{"nothing", finding.Outcome{}, 0, 0, Passed, "conformant"},
		{"modulo unseen calls", finding.Outcome{Violations: []finding.Violation{{Certainty: finding.ModuloUnseen}}}, 0, 1, Passed, "inconclusive"},
		{"certain", finding.Outcome{Violations: []finding.Violation{{Certainty: finding.Certain}, {Certainty: finding.ModuloClocks}}, Omitted: 2}, 3, 1, Failed, "not-conformant"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.found.Cases = 10
			r := Report{Judged: &finding.HistoryReport{Judgement: finding.Judgement{Operations: 10, Results: []finding.Judged{{Outcome: test.found}}}}}
			r.Measured.Counts.Begun = 10
			r.Measured.Ledger = measure.Counts{}.Ledger()
			r.Thresholds = []Verdict{{Threshold: none.String()}}
			r.settle([]Threshold{none})
			if r.Violations() != test.proven || r.Unproven() != test.unproven || r.Thresholds[0].Status != test.status || r.Conclusion().Verdict() != test.verdict {
				t.Errorf("want %+v, got %d proven, %d unproven, the threshold %s, %s", test, r.Violations(), r.Unproven(), r.Thresholds[0].Status, r.Conclusion().Verdict())
			}
		})
	}
}
