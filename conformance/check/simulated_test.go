package check

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/check/simulated"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
)

// drawn is a platform and its traffic, drawn at random; the pool is right.
func drawn(seed uint64) simulated.Traffic {
	r := rand.New(rand.NewPCG(seed, 1))
	pick := func(of ...float64) float64 { return of[r.IntN(len(of))] }
	of := func(s ...string) string { return s[r.IntN(len(s))] }
	p := simulated.Traffic{
		Seed: seed, Requests: 10 + r.IntN(60), Size: 1 + r.IntN(6), WindowMin: time.Duration(2+r.IntN(20)) * time.Second,
		CoolDown: time.Duration(pick(0, 0, .5, 5) * float64(time.Second)), Release: of("arrival", "answer", "hangup"), Bindings: of("once", "many"), Selection: of("lru", "round-robin", "random"),
		Talk: time.Duration(pick(.5, 5, 30) * float64(time.Second)), Abandon: pick(0, .05, .5), Lost: pick(0, .05, .3), Retry: pick(0, 1), Late: pick(0, .2), Probes: pick(0, .3),
		Twice: pick(0, .2), Refuse: pick(0, .1), Cancel: pick(0, .1), CallerHangsUp: pick(0, .5), Unheard: pick(0, .5, 1), Instant: pick(0, .5), Drain: true,
	}
	p.WindowMax = p.WindowMin + time.Duration(pick(0, 1, 10)*float64(time.Second))
	p.Rate = float64(p.Size) / 10 * pick(.5, 1, 3)
	return p
}

// A pool that is right is never blamed, whatever its clients and the carrier do.
func TestCorrectPoolsAreNeverBlamed(t *testing.T) {
	const histories, shards = 2000, 2
	var mu sync.Mutex
	looked, operations := make(map[string]int), 0
	t.Run("shards", func(t *testing.T) {
		for shard := range shards {
			t.Run(fmt.Sprint(shard), func(t *testing.T) {
				t.Parallel()
				for i := range histories / shards {
					p := drawn(uint64(i*shards + shard))
					all := p.History()
					results := judgeAll(map[string]reading.Facts{"": p.Facts()}, all)
					mu.Lock()
					operations += len(all)
					for _, r := range results {
						looked[r.Name] += r.Cases
						if len(r.Violations) > 0 {
							t.Errorf("%+v: %s: %s: %s %v", p, r.Name, r.Violations[0].Text, r.Violations[0].Rule, r.Violations[0].Ops)
						}
					}
					mu.Unlock()
				}
			})
		}
	})
	t.Logf("%d histories, %d operations, cases: %v", histories, operations, looked)
	for _, c := range Default() {
		if looked[c.Name] == 0 {
			t.Errorf("%s: want cases, got none", c.Name)
		}
	}
}

// validation is the simulated.Traffic of the published figures: 20 numbers, a window of 15 to 16 s, half a second of rest.
func validation(seed uint64, rate float64) simulated.Traffic {
	return simulated.Traffic{
		Seed: seed, Requests: 1500, Rate: rate, Size: 20, WindowMin: 15 * time.Second, WindowMax: 16 * time.Second, CoolDown: 500 * time.Millisecond, Release: "arrival",
		Bindings: "once", Selection: "lru", Talk: 3 * time.Second, Abandon: .05, Lost: .01,
	}
}

// A correct pool is not blamed under the published traffic, faults are found about as often as was computed for it, and
// nothing but the faults is found.
func TestPublishedFigures(t *testing.T) {
	for _, c := range []struct {
		rate                    float64
		spurious, double, heard float64 // parts that are found, at least: by rule B, by rule A from times alone, and by what the agents say
	}{{.9, .95, .25, .6}, {2.3, .9, .25, .6}, {3.7, .75, .25, .6}, {4.6, .65, .2, .6}} {
		t.Run(fmt.Sprint(c.rate), func(t *testing.T) {
			t.Parallel()
			for _, r := range judged(validation(1, c.rate)) {
				if len(r.Violations) > 0 {
					t.Errorf("%s blames a correct pool: %s", r.Name, r.Violations[0].Text)
				}
			}
			lying := validation(2, c.rate)
			lying.Spurious = .02 // more often than published, so that fewer requests show it
			expect(t, lying, c.spurious, "exhaustion-justified")
			twice := validation(3, c.rate)
			twice.Double = .02
			expect(t, twice, c.heard, "no-double-lease", "no-cross-talk", "attributes-delivered", "attributes-intact", "handoff-matches-call", "no-fail-open-drop", "conservation", "rotation", "capacity-respected")
			twice.Unheard = 1
			expect(t, twice, c.double, "no-double-lease", "rotation", "capacity-respected")
		})
	}
}

// expect holds what the first of the checks finds against how many faults there were; the others may find something too.
func expect(t *testing.T, p simulated.Traffic, part float64, checks ...string) {
	t.Helper()
	all, faults := p.Run()
	found := 0
	for _, r := range judgeAll(map[string]reading.Facts{"": p.Facts()}, all) {
		n := len(r.Violations)
		if n > 0 && !slices.Contains(checks, r.Name) {
			t.Errorf("%s: want nothing, got %s", r.Name, r.Violations[0].Text)
		}
		if r.Name == checks[0] {
			found = n
		}
	}
	t.Logf("rate %v: %s found %d of %d", p.Rate, checks[0], found, faults)
	if float64(found) < part*float64(faults) || faults == 0 {
		t.Errorf("%s: want %.0f%% of %d faults found, got %d", checks[0], 100*part, faults, found)
	}
}

func judged(p simulated.Traffic) []finding.Judged {
	return judgeAll(map[string]reading.Facts{"": p.Facts()}, p.History())
}
