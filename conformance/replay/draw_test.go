package replay

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/scenario"
)

// TestPoissonIsPoisson looks at the gaps of fixed seeds: their mean, their spread, and how many are longer than the
// mean, which is one in e. The bounds are four standard errors.
func TestPoissonIsPoisson(t *testing.T) {
	const n, every = 10_000, 40 * time.Millisecond
	for seed := range uint64(20) {
		p := player{seed: seed}
		at := poisson(p.draws(&scenario.Step{Index: 1}, 0), n, every)
		if len(at) != n || !slices.IsSorted(at) || at[0] <= 0 {
			t.Fatalf("seed %d: want %d moments in order and after 0, got %d from %v", seed, n, len(at), at[:min(3, len(at))])
		}
		var last time.Duration
		squares, long := 0.0, 0
		for _, moment := range at {
			gap := moment - last
			last = moment
			squares += math.Pow(float64(gap)/float64(every), 2)
			if gap > every {
				long++
			}
		}
		within := func(what string, got, want, err float64) {
			t.Helper()
			if math.Abs(got-want) > 4*err {
				t.Errorf("seed %d: %s: want %.4f ± %.4f, got %.4f", seed, what, want, 4*err, got)
			}
		}
		within("mean gap", float64(last)/n/float64(every), 1, 1/math.Sqrt(n))
		within("mean square of the gaps", squares/n, 2, math.Sqrt(20.0/n))
		within("share of long gaps", float64(long)/n, 1/math.E, math.Sqrt(1/math.E*(1-1/math.E)/n))
	}
}

// TestDrawsAreIndependent compares the first gap of many seeds and steps with each other: none repeats, and their mean
// is that of one.
func TestDrawsAreIndependent(t *testing.T) {
	seen := make(map[time.Duration]bool)
	var sum time.Duration
	const n = 1000
	for seed := range uint64(n / 2) {
		for step := range 2 {
			p := player{seed: seed}
			gap := poisson(p.draws(&scenario.Step{Index: step + 1}, 0), 1, time.Hour)[0]
			seen[gap] = true
			sum += gap
		}
	}
	if len(seen) != n {
		t.Errorf("want %d different gaps, got %d", n, len(seen))
	}
	if mean := float64(sum) / n / float64(time.Hour); math.Abs(mean-1) > 4/math.Sqrt(n) {
		t.Errorf("mean first gap: want about 1 h, got %.3f h", mean)
	}
}
