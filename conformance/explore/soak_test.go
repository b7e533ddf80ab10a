package explore_test

import (
	"flag"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/explore"
	"github.com/dnispool/dnispool/conformance/explore/offline"
	"github.com/dnispool/dnispool/conformance/history"
)

var (
	reservations = flag.Int("reservations", 3000, "how many reservations a soak makes")
	soaks        = flag.Uint64("soaks", 1, "how many soaks there are of each kind, one after the other")
)

// TestSoak: one pool, used for days of virtual time with every fault on, gives no check anything to find, and has lost no
// number when all is over.
func TestSoak(t *testing.T) {
	t.Parallel()
	for release, gap := range map[string]time.Duration{"hangup": 2 * time.Second, "arrival": 500 * time.Millisecond} {
		t.Run(release, func(t *testing.T) {
			o := explore.Options{
				Profile: "published", Projects: 1, Size: 20, Window: 30 * time.Second, CoolDown: time.Second, Release: release, Selection: "lru",
				Reaper: "lag", Lag: time.Second, Bindings: "once", Match: "dni", Visible: 100 * time.Millisecond, Retention: time.Hour,
				Duplicates: "last", Snapshot: "call-end", Unreserved: "answer", Talk: 20 * time.Second, Abandoned: "keep",
				Clients: 50, Journeys: *reservations, Arrivals: "poisson", Gap: gap, Carrier: "usual",
				Faults: explore.Faults{
					Abandon: 0.05, HangUp: 0.2, Lost: 0.02, Retry: 0.7, Cut: 0.01, NoRoute: 0.01, Twice: 0.01, Late: 0.02,
					Same: 0.01, Large: 0.002, Probe: 0.05, Restart: 0.0005,
				},
			}
			for seed := range *soaks {
				soak(t, seed+1, o)
			}
		})
	}
}

func soak(t *testing.T, seed uint64, o explore.Options) {
	h, err := explore.Run(offline.Platform{}, explore.DrawFor(seed, o))
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, op := range h.Ops {
		if op.Kind == history.Reserve && op.Outcome == history.Refused {
			refused++
		}
	}
	if refused == 0 || refused > o.Journeys/2 {
		t.Errorf("seed %d: want a pool that is full now and then, got %d of %d refused", seed, refused, o.Journeys)
	}
	j, judged := explore.Judge(h, check.Default()), 0
	for _, r := range j.Results {
		if r.Cases > 0 {
			judged++
		}
	}
	for _, f := range j.Findings() {
		t.Errorf("seed %d: %s: %s", seed, f.Name, f.Violation.Text)
	}
	if judged < 16 {
		t.Errorf("seed %d: want nearly all checks to have something to look at, got %d", seed, judged)
	}
	t.Logf("seed %d: %d reservations, %d operations, %d refused, %d checks", seed, o.Journeys, len(h.Ops), refused, judged)
}
