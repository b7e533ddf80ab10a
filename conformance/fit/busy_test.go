package fit

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/contract"
	"github.com/dnispool/dnispool/conformance/replay"
	"github.com/dnispool/dnispool/conformance/run"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets/reference"
	"github.com/dnispool/dnispool/conformance/targets/targetfile"
	"github.com/dnispool/dnispool/scenarios"
)

// TestABusyMachineFitsTheSame: what a deployment can be played, and what that takes, does not depend on when the requests of
// clients who act at the same time get their turn.
func TestABusyMachineFitsTheSame(t *testing.T) {
	t.Parallel()
	checker, err := contract.New()
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := run.Load(run.Plan{Files: scenarios.Files, Dir: "scenarios", Target: reference.Target{}, Filter: scenario.Filter{Patterns: []string{
		"contention/callers-of-every-manner", "contention/poisson-starts-with-duplicates", "routing/simultaneous-calls-are-not-swapped", "pool/one-client-too-many-is-refused",
	}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, more := range map[string]string{
		"a few facts":              "facts: {size: 20, window_min: 60s, window_max: 60s, exclusive: true}\nlimits: {reservations: 21, calls: 100, requests_per_second: 100}\nconsent: {reservations: x, calls: x, requests_per_second: x}\n",
		"the limits by themselves": "facts: {size: 20, window_min: 60s, window_max: 60s, cool_down: 0s, release: hangup, selection: lru, bindings: once, match: dni, visible: 0s, retention: 24h, exclusive: true}\n",
	} {
		file, problems := targetfile.Parse("t.yaml", []byte("target: v1\nbase_url: http://127.0.0.1:1\naccount: a\nproject: p\nkeys: {dni: {env: D}, handoff: {env: H}}\ncalls: {trunk: {host: '127.0.0.1:1'}}\n"+more), time.Now())
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		r := rehearsal{file: file, options: Options{Load: loaded.Reading(), Seed: 1, Prefix: "r0-"}, play: replay.Options{Seed: 1, Checker: checker}}
		busy := r
		busy.late = func() { time.Sleep(rand.N(4 * time.Millisecond)) }
		for _, s := range loaded.Selected {
			want := r.decide(t.Context(), s).fit
			if got := busy.decide(t.Context(), s).fit; !reflect.DeepEqual(got, want) {
				t.Errorf("%s, %s: want %+v, got %+v", s.ID, name, want, got)
			}
		}
	}
}
