package rehearse_test

import (
	"slices"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/rehearse"
)

// TestProgressAgreesWithTheVerdict also of a client that did right by asking for nothing: it met a certificate that nobody
// vouches for.
func TestProgressAgreesWithTheVerdict(t *testing.T) {
	t.Parallel()
	var last []rehearse.State
	r := play(t, named(t, "reserve-untrusted-certificate"), rehearse.Options{
		Arrival: takenThrough(careful()), Progress: func(p rehearse.Progress) { last = p.States },
	})
	if r.Status != finding.Passed || len(last) == 0 || slices.ContainsFunc(last, func(s rehearse.State) bool { return s != rehearse.Met }) {
		t.Errorf("want it passed and each expectation met, got %v: %s", last, told(r))
	}
}
