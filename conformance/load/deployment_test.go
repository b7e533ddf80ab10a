package load_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/load"
	"github.com/dnispool/dnispool/conformance/load/measure"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/deployment"
	"github.com/dnispool/dnispool/conformance/targets/live"
	"github.com/dnispool/dnispool/conformance/targets/targetfile"
)

// deployed is the reference as a deployment, with the limits that a target file has when it says nothing.
func deployed(t *testing.T) *deployment.Target {
	t.Helper()
	s, err := live.Reference(t.Context(), "", nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	p, _ := s.Project("")
	text := fmt.Sprintf(`{target: v1, name: d, base_url: "%s", account: %s, project: %s, keys: {dni: {env: DNI}, handoff: {env: HANDOFF}},
facts: {size: 20, window_min: 120s, window_max: 120s, release: hangup}}`, s.BaseURL(), p.Account, p.Project)
	f, problems := targetfile.Parse("d.yaml", []byte(text), time.Now())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	d, err := deployment.New(f, targetfile.Source{Getenv: func(name string) string {
		return map[string]string{"DNI": p.DNIKey, "HANDOFF": p.HandoffKey}[name]
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Gate.Close)
	return d
}

func parsed(t *testing.T, text string) load.Profile {
	t.Helper()
	p, problems := load.Parse("p.yaml", []byte(text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return p
}

// TestADeploymentIsAskedNoMoreThanItsLimits: a load beyond them is refused before anything is sent; and one that is offered all
// the same goes through the gate, which holds it back, and proves nothing.
func TestADeploymentIsAskedNoMoreThanItsLimits(t *testing.T) {
	t.Parallel()
	d := deployed(t)
	p := parsed(t, "{load: v1, arrivals: 30/s, for: 500ms, calls: false, journey: {reserve_timeout: 300ms, retries: 0}}")
	cost := p.Cost(d.File.Facts.Facts)
	err := d.Allows(deployment.Load{Requests: cost.Requests, Held: cost.Held, Calls: cost.Calls})
	want := "limits.requests_per_second: want 30 or more for this profile, got 5; offer less, or raise it with a line under consent that says who allowed it\n" +
		"limits.reservations: want 3.6e+03 or more for this profile, got 10; offer less, or raise it with a line under consent that says who allowed it"
	if err == nil || err.Error() != want {
		t.Errorf("limits: want %s\ngot  %v", want, err)
	}
	s, err := d.Open(t.Context(), targets.World{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	begun := time.Now()
	out, err := load.Run(context.Background(), load.Plan{Profile: p, Stage: s, Seed: 1, Prefix: "d-"})
	if err != nil {
		t.Fatal(err)
	}
	used := d.Gate.Used()
	if most := int(5*time.Since(begun).Seconds()) + 1; used.Requests > most || used.Held > 10 {
		t.Errorf("requests: want %d at most and 10 numbers, got %+v", most, used)
	}
	r := load.Report{Outcome: out, HeldBack: d.Gate.HeldBack()}
	if doubts := strings.Join(r.Doubts(), "; "); !strings.Contains(doubts, "were held back to keep to the limits") || !measure.Balanced(out.Measured.Ledger) {
		t.Errorf("doubts: want the gate named, got %q", doubts)
	}
}

func TestCost(t *testing.T) {
	t.Parallel()
	d := deployed(t)
	p := parsed(t, "{load: v1, arrivals: 6/min, for: 10m, journey: {think: 1s, talk: 9s}}")
	cost := p.Cost(d.File.Facts.Facts)
	if got := cost.String(); got != "about 60 callers, 0.3 requests a second and 1 numbers held at one time, 0.9 calls up at one time and 9 minutes of calls together" {
		t.Errorf("cost: got %s", got)
	}
	if err := d.Allows(deployment.Load{Requests: cost.Requests, Held: cost.Held, Calls: cost.Calls, Call: cost.Call}); err == nil || !strings.Contains(err.Error(), "calls: want calls.trunk or calls.exec") {
		t.Errorf("calls: want a way to place them, got %v", err)
	}
}
