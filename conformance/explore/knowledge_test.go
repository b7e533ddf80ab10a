package explore_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/explore"
	"github.com/dnispool/dnispool/conformance/explore/offline"
)

var knowing = flag.Int("less", 15, "how many histories are judged with each way of knowing less")

// A platform that is right is not blamed for certain by a judge that knows less than everything, in any one way and in
// pairs of them.
func TestKnowingLessBlamesNobody(t *testing.T) {
	losses := explore.Losses()
	if len(losses) < 25 {
		t.Fatalf("want 25 ways of knowing less, got %d", len(losses))
	}
	for seed := range uint64(*knowing) {
		h, err := explore.Run(offline.Platform{}, explore.Draw(seed, explore.Limits{}))
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(seed, 2))
		for i, l := range losses {
			less := l.Without(r, h)
			blames(t, fmt.Sprintf("seed %d without %s", seed, l.Name), less)
			other := losses[r.IntN(len(losses))]
			if i%3 == 0 {
				blames(t, fmt.Sprintf("seed %d without %s and %s", seed, l.Name, other.Name), other.Without(r, less))
			}
		}
	}
}

func blames(t *testing.T, what string, h explore.History) {
	t.Helper()
	for _, j := range explore.Judge(h, check.Default()).Results {
		for _, x := range j.Violations {
			if x.Proven() {
				t.Errorf("%s: %s: %s", what, j.Title(), x.Text)
				break
			}
		}
	}
}
