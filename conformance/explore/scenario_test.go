package explore_test

import (
	"errors"
	"testing"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/contract"
	"github.com/dnispool/dnispool/conformance/explore"
	"github.com/dnispool/dnispool/conformance/explore/offline"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/replay"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets/reference"
	"github.com/dnispool/dnispool/fakes/mutants"
)

// find explores until a check is broken, and shrinks what was found.
func find(t *testing.T, on explore.Platform, name string) explore.Shrunk {
	t.Helper()
	var found explore.Result
	stop := errors.New("found")
	total, err := explore.Search{Platform: on, From: 1, To: 300, Checks: named(t, name)}.Run(t.Context(), func(r explore.Result) error {
		if len(r.Findings) == 0 {
			return nil
		}
		found = r
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatalf("want %s broken, got %v, %v", name, total, err)
	}
	s, ok := explore.Shrink(t.Context(), on, offline.Platform{}, found.Plan, named(t, name)[0])
	if !ok {
		t.Fatalf("seed %d: %s is not broken the second time", found.Plan.Seed, name)
	}
	t.Logf("seed %d, after %d operations: shrunk from %d operations to %d in %d tries", found.Plan.Seed, total.Operations, len(found.History.Ops), len(s.History.Ops), s.Tries)
	return s
}

func TestACounterexampleReplaysOverHTTPAndSIP(t *testing.T) {
	checker, err := contract.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ mutant, check string }{
		{"check-then-act", "no-double-lease"},
		{"no-expiry", "no-lost-number"},
		{"stale-context", "no-cross-talk"},
		{"unfenced-hangup", "no-double-lease"},
		{"loser-gives-up", "exhaustion-justified"},
		{"format-not-normalised", "attributes-delivered"},
		{"restart-forgets", "no-double-lease"},
		{"never-offered", "no-lost-number"},
		{"truncated-attributes", "attributes-intact"},
	} {
		t.Run(test.mutant, func(t *testing.T) {
			m, ok := mutants.Named(test.mutant)
			if !ok {
				t.Fatalf("no mutant %s", test.mutant)
			}
			broken, err := offline.Mutant(test.mutant)
			if err != nil {
				t.Fatal(err)
			}
			text, err := explore.Scenario(broken, find(t, broken, test.check))
			if err != nil {
				t.Fatal(err)
			}
			on := reference.Target{}
			s, problems := scenario.Parse("found.yaml", text, scenario.Options{CheckNames: check.Names(), Formats: on.Formats(), Given: on.Given, Fault: on.Fault})
			if err := problems.Err(); err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			right := replay.Play(t.Context(), s, on, replay.Options{Seed: 1, Checker: checker})
			wrong := replay.Play(t.Context(), s, reference.Target{Mutant: &m}, replay.Options{Seed: 1, Checker: checker})
			if right.Status != finding.Passed || wrong.Status != finding.Failed {
				t.Errorf("on the correct reference %s %s, on the mutant %s %s\n%s", right.Status, reasons(right), wrong.Status, reasons(wrong), text)
			}
		})
	}
}

func reasons(r finding.Result) string {
	text := r.Reason
	for _, f := range r.Failures {
		text += "; " + f.Path + ": want " + f.Want + ", got " + f.Got
	}
	return text
}
