package load

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/load/measure"
	"github.com/dnispool/dnispool/conformance/targets/live"
	"github.com/dnispool/dnispool/conformance/targets/simulator"
	"github.com/dnispool/dnispool/sim/simtest"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// TestLoadOnAProject: the reference, and a simulator that serves, take many calls at one time with the echo agent as an ADK
// project, and each caller finds its own context.
func TestLoadOnAProject(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("skipped: there is no python3 on the PATH, and this test runs an ADK project")
	}
	project, err := filepath.Abs("../../scenarios/agent-adk")
	if err != nil {
		t.Fatal(err)
	}
	given := "pool: {numbers: 30}\nagent: {adk: " + project + "}\n"
	served := simtest.Start(t, simtest.Options{Config: given})
	for name, open := range map[string]func() (*live.Stage, error){
		"reference": func() (*live.Stage, error) { return started(t, given), nil },
		"simulator": func() (*live.Stage, error) {
			s, err := simulator.Live(t.Context(), simulator.Where{Control: served.Control.URL()}, 1)
			if err == nil {
				t.Cleanup(func() { _ = s.Close() })
			}
			return s, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			stage, err := open()
			if err != nil {
				t.Fatal(err)
			}
			out, err := Run(context.Background(), Plan{
				Profile: profile(t, `
load: v1
arrivals: 20/s
for: 1s
journey:
  think: {min: 0s, max: 20ms}
  talk: {min: 100ms, max: 300ms}
thresholds: [wrong_context == 0]
`),
				Stage: stage, Seed: 1, Prefix: "t-" + name + "-",
			})
			if err != nil {
				t.Fatal(err)
			}
			c := out.Measured.Counts
			if !measure.Balanced(out.Measured.Ledger) || c.Begun < 5 || c.Own != c.ByPlatform || c.Own == 0 || out.Thresholds[0].Status != Passed {
				t.Errorf("want every caller to find its own context, got %+v, %+v", c, out.Thresholds)
			}
		})
	}
}

// TestLoadWithoutPython: nothing is offered, and what is missing is said.
func TestLoadWithoutPython(t *testing.T) {
	t.Parallel()
	n, problems := strictyaml.Parse("given", []byte("agent: {adk: {project: ../../scenarios/agent-adk, python: python-that-is-not-here}}"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	_, err := live.Reference(t.Context(), "given", n, 1)
	if err == nil || !strings.Contains(err.Error(), "agent: python: want python-that-is-not-here on the PATH") {
		t.Errorf("want it said, got %v", err)
	}
}
