package aim_test

import (
	"flag"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/dnispool/dnispool/fakes/independent"
)

var (
	sampleSeed = flag.Uint64("sample-seed", 0, "draw the sample of defects by this; 0 draws one")
	sampleSize = flag.Int("sample", 3, "how many defects to draw")
)

// shownBy is one scenario that shows a defect in a second or two.
var shownBy = map[string]string{
	"F36": "routing/number-without-plus-binds",
	"F45": "core/big-integers-arrive-unchanged",
	"F48": "auth/another-accounts-project-is-403",
	"F51": "handoff/duplicate-shared-id-last",
	"F55": "handoff/shared-id-wins-over-id",
	"F63": "core/reserved-number-is-answered",
	"F10": "pool/half-a-pool-at-once-is-served",
	"F12": "pool/half-a-pool-at-once-is-served",
	"F19": "pool/half-a-pool-at-once-is-served",
	"F57": "pool/half-a-pool-at-once-is-served",
	"F14": "pool/exhaustion-is-404",
	"F15": "pool/exhaustion-is-404",
	"F01": "pool/half-a-pool-at-once-is-served",
	"F03": "pool/half-a-pool-at-once-is-served",
	"F08": "pool/drained-pool-lets-a-number-rest",
}

// TestASampleOfDefectsIsFound by one scenario each, and that scenario does not blame the platform without the defect.
func TestASampleOfDefectsIsFound(t *testing.T) {
	t.Parallel()
	seed := *sampleSeed
	if seed == 0 {
		seed = rand.Uint64N(1_000_000) + 1
	}
	all := independent.Defects()
	all = slices.DeleteFunc(all, func(d independent.Defect) bool { return shownBy[d.Code] == "" })
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var by []string
	for _, d := range all[:min(*sampleSize, len(all))] {
		by = append(by, shownBy[d.Code])
		t.Run(d.Code, func(t *testing.T) {
			t.Parallel()
			r := checked(t, platform(d.Needs, d.Code), shownBy[d.Code])
			if len(broken(r)) == 0 {
				t.Errorf("-sample-seed %d: %s %s: want it found by %s, got nothing: %s", seed, d.Code, d.Name, shownBy[d.Code], r.Sentence())
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		for _, x := range broken(checked(t, platform(""), by...)) {
			t.Errorf("-sample-seed %d: want it passed: %s", seed, in(x))
		}
	})
}
