package aim_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/aim"
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
	p, err := independent.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	target := describe(t, p, o)
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

// describe writes the target file of a platform of which everything is known that its documents say.
func describe(t *testing.T, p *independent.Platform, o independent.Options) (path string) {
	t.Helper()
	dir := t.TempDir()
	var projects []string
	for i, project := range p.Projects() {
		for kind, key := range map[string]string{"dni": project.DNIKey, "handoff": project.HandoffKey} {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d.key", kind, i)), []byte(key), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		projects = append(projects, fmt.Sprintf(`account: %s, project: %s, keys: {dni: {file: dni-%d.key}, handoff: {file: handoff-%d.key}},
  facts: {size: %d, window_min: %s, window_max: %s, cool_down: %s, release: %s, selection: lru, bindings: once, match: dni, visible: 0s, retention: 24h, handoffs: true,
    no_handoff: state, duplicates: last, abandoned: keep, exclusive: true, strays_per_s: 0, failures_max: 0}`,
			project.Account, project.ID, i, i, len(project.Numbers), o.Window, o.Window, o.CoolDown, o.Release))
	}
	text := fmt.Sprintf(`{target: v1, name: independent, base_url: %q, calls: {trunk: {host: %q}}, %s,
  second_project: {%s},
  limits: {requests_per_second: 200, reservations: 45, calls: 100, call: 2m, duration: 30s, patience: 2s},
  consent: {requests_per_second: ours, reservations: ours, calls: ours}}
`, p.URL(), p.SIP(), projects[0], projects[1])
	path = filepath.Join(dir, "target.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// platform is two projects of twenty numbers, and what a defect needs to show.
func platform(needs string, codes ...string) independent.Options {
	o := independent.Options{Projects: independent.DefaultProjects(2, 20), Window: 5 * time.Second, Release: independent.OnHangup, Defects: codes}
	if strings.Contains(needs, "cool-down") {
		o.CoolDown = time.Second
	}
	if strings.Contains(needs, "release on arrival") {
		o.Release = independent.OnArrival
	}
	return o
}

// otherwise are the scenarios in which the correct platform is otherwise than the reference, as far as the documents let it.
var otherwise = []string{
	"contract/correlation-id-is-made", "contract/correlation-id-is-echoed", "contract/legacy-paths-are-off", "contract/reserve-duplicate-keys",
	"contract/reserve-half-a-surrogate-pair", "contract/trailing-slash-is-another-path", "contract/wrong-method-is-405",
	"handoff/last-of-repeated-ids-counts", "routing/number-after-011-binds", "routing/number-in-the-to-header-only",
}

// broken are the results that are not as they should be, whatever their level.
func broken(r finding.Run) (out []finding.Result) {
	for _, x := range r.Results {
		if v := x.Verdict(); v != finding.Passed && !v.Skipped() && !slices.Contains(otherwise, x.ID) {
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
