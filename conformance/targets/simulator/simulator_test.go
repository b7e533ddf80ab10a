package simulator_test

import (
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/contract"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/replay"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/simulator"
	"github.com/dnispool/dnispool/fakes/fault"
	"github.com/dnispool/dnispool/scenarios"
	"github.com/dnispool/dnispool/sim/simtest"
)

var _ targets.Target = (*simulator.Target)(nil)

var whole = flag.Bool("whole", false, "play every bundled scenario, not each tenth one and those with faults inside of the platform")

// breaks reports whether something goes wrong inside of the platform: then the simulator is told so.
func breaks(s *scenario.Scenario) bool {
	return slices.ContainsFunc(s.Steps, func(step scenario.Step) bool {
		f, ok := step.Args.(*scenario.Fault)
		if !ok || f.None {
			return false
		}
		faults, problems := fault.Read("", f.Faults)
		return len(problems) == 0 && faults.Inside()
	})
}

// TestBundledScenarios are played on a simulator, one after the other, with the verdicts that they have in process.
func TestBundledScenarios(t *testing.T) {
	link := simtest.Start(t, simtest.Options{Config: "profile: gateway\ncontrol: {token: planted-token}"}).ControlURL + "/?token=planted-token"
	target, err := simulator.Find(t.Context(), simulator.Where{Control: link})
	if err != nil {
		t.Fatal(err)
	}
	all, problems := scenario.Load(scenarios.Files, ".", scenario.Options{Formats: target.Formats(), Given: target.Given, Fault: target.Fault})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	checker, err := contract.New()
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range all {
		if i%10 != 0 && !breaks(s) && !*whole {
			continue
		}
		t.Run(s.ID, func(t *testing.T) {
			r := replay.Play(t.Context(), s, target, replay.Options{Seed: 1, Checker: checker})
			if r.Verdict() != finding.Passed {
				t.Errorf("want it passed, got %s %s %+v", r.Verdict(), r.Reason, r.Failures)
			}
		})
	}
	if _, err := simulator.Find(t.Context(), simulator.Where{Control: link}); err == nil || !strings.Contains(err.Error(), `session: "dnispool, process `) {
		t.Errorf("a second run at once: want it told who holds the simulator, got %v", err)
	}
	if err := target.Close(t.Context()); err != nil {
		t.Error(err)
	}
	again, err := simulator.Find(t.Context(), simulator.Where{Control: link})
	if err != nil {
		t.Fatalf("a run afterwards: want the simulator, got %v", err)
	}
	if err := again.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
