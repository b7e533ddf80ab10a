package aim_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/aim"
	"github.com/dnispool/dnispool/conformance/aim/aimtest"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/run"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets/reference"
	"github.com/dnispool/dnispool/fakes/independent"
	"github.com/dnispool/dnispool/scenarios"
)

var defects = flag.Bool("defects", false, "check the independent platform with each of its defects by every scenario that fits")

// checked is what `dnispool check --target` makes of an independent platform.
func checked(t *testing.T, o independent.Options, patterns ...string) finding.Run {
	t.Helper()
	target := aimtest.Describe(t, aimtest.Platform(t, o), o, 30*time.Second)
	plan := run.Plan{
		Tool: "dnispool", Files: scenarios.Files, Dir: "scenarios", Target: reference.Target{}, Seed: 1,
		Filter: scenario.Filter{Patterns: patterns},
	}
	a, err := aim.At(t.Context(), target, os.Getenv, &plan)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Leave(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	loaded, err := run.Load(plan)
	if err != nil {
		t.Fatal(err)
	}
	if err := plan.Fit(t.Context(), &loaded); err != nil {
		t.Fatal(err)
	}
	played, err := loaded.Play(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	a.Conclude(&played)
	return played
}

// platform is two projects of twenty numbers, and what a defect needs to show.
func platform(needs string, codes ...string) independent.Options {
	o := independent.Options{Projects: independent.DefaultProjects(2, 20), Window: 5 * time.Second, Release: independent.OnHangup, Defects: codes}
	if strings.Contains(needs, "calls at the same time") {
		o.Ring = 100 * time.Millisecond // or the agent of one may have begun before the other's comes
	}
	if strings.Contains(needs, "cool-down") {
		o.CoolDown = time.Second
	}
	if strings.Contains(needs, "release on arrival") {
		o.Release = independent.OnArrival
	}
	return o
}

// broken are the results that are not as they should be, whatever their level, but those that are waived.
func broken(r finding.Run) (out []finding.Result) {
	for _, x := range r.Results {
		if v := x.Verdict(); v != finding.Passed && !v.Skipped() {
			out = append(out, x)
		}
	}
	return out
}

// in is a result in a line.
func in(r finding.Result) string {
	if len(r.Failures) == 0 {
		return fmt.Sprintf("%s (%s): %s %s", r.ID, r.Level, r.Verdict(), r.Reason)
	}
	f := r.Failures[0]
	return fmt.Sprintf("%s (%s): %s; likely %s", r.ID, r.Level, f.Headline(), f.Likely)
}

// TestDefectsAreFound by `dnispool check --target`, and the platform without one is not blamed.
func TestDefectsAreFound(t *testing.T) {
	if !*defects {
		t.Skip("minutes: -defects")
	}
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		r := checked(t, platform(""))
		for _, x := range broken(r) {
			t.Errorf("want it passed: %s", in(x))
		}
		if c := r.Conclusion(); c.ExitCode() != finding.ExitConformant {
			t.Errorf("want it conformant, got %v", c)
		}
	})
	for _, d := range independent.Defects() {
		t.Run(d.Code, func(t *testing.T) {
			t.Parallel()
			r := checked(t, platform(d.Needs, d.Code))
			var by []string
			for _, x := range broken(r) {
				by = append(by, in(x))
			}
			t.Logf("%s %s: %d\n%s", d.Code, d.Name, len(by), strings.Join(by[:min(12, len(by))], "\n"))
			if len(by) == 0 {
				t.Errorf("%s %s: want it found, got nothing. %s", d.Code, d.Name, d.Seen)
			}
		})
	}
}
