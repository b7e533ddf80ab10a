package explore_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/explore"
	"github.com/dnispool/dnispool/conformance/explore/offline"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/inorder"
)

// With -race each history takes some twenty times as long: make test draws a sample, make explore judges a thousand.
var (
	knowing     = flag.Int("less", 12, "how many histories are judged with each way of knowing less, and with as many pairs of ways")
	knowingFrom = flag.Uint64("from", 0, "the first seed of these histories")
)

// A platform that is right is not blamed for certain by a judge that knows less than everything, in any one way and in
// pairs of them.
func TestKnowingLessBlamesNobody(t *testing.T) {
	losses := explore.Losses()
	if len(losses) < 25 {
		t.Fatalf("want 25 ways of knowing less, got %d", len(losses))
	}
	seeds := func(yield func(uint64) bool) {
		for seed := *knowingFrom; seed < *knowingFrom+uint64(*knowing) && yield(seed); seed++ {
		}
	}
	seen := make(map[string]bool)
	for s := range inorder.Map(t.Context(), runtime.NumCPU(), seeds, func(seed uint64) sample { return judgedWithLess(t.Context(), seed, losses) }) {
		if s.err != nil {
			t.Fatal(s.err)
		}
		for _, b := range s.blamed {
			t.Error(b)
		}
		o := s.plan.Options
		for _, of := range []string{"profile " + o.Profile, "selection " + o.Selection, "release " + o.Release} {
			seen[of] = true
		}
	}
	for _, of := range []string{
		"profile published", "profile release-on-arrival", "profile gateway", "profile strict-spec", "release arrival", "release answer", "release hangup",
		"selection lru", "selection round-robin", "selection random", "selection lifo", "selection first",
	} {
		if !seen[of] {
			t.Errorf("want histories of %s", of)
		}
	}
}

// sample is one history, and who is blamed with less knowledge of it.
type sample struct {
	plan   explore.Plan
	blamed []string
	err    error
}

func judgedWithLess(ctx context.Context, seed uint64, losses []explore.Loss) (s sample) {
	s.plan = explore.Draw(seed, explore.Limits{})
	h, err := explore.Run(offline.Platform{}, s.plan)
	if err != nil {
		return sample{err: err}
	}
	r := rand.New(rand.NewPCG(seed, 2))
	for _, l := range losses {
		if ctx.Err() != nil {
			return s
		}
		less := l.Without(r, h)
		other := losses[r.IntN(len(losses))]
		s.blamed = slices.Concat(s.blamed, blames(fmt.Sprintf("seed %d without %s", seed, l.Name), less),
			blames(fmt.Sprintf("seed %d without %s and %s", seed, l.Name, other.Name), other.Without(r, less)))
	}
	return s
}

// A search says of which seeds the judge blames for what it does not know.
func TestSearchWithLessKnowledge(t *testing.T) {
	lie := explore.Loss{Name: "the truth", Take: func(_ *rand.Rand, h *explore.History) {
		for i := range h.Ops {
			if o := &h.Ops[i]; o.Kind == history.Reserve {
				o.Number = "none"
			}
		}
	}}
	search := explore.Search{Platform: offline.Platform{}, From: 1, To: 3, Losses: []explore.Loss{lie}}
	total, err := search.Run(t.Context(), func(r explore.Result) error {
		if !strings.HasPrefix(r.Unknown, "the truth") || len(r.Findings) == 0 || r.Findings[0].Name != "dialable-numbers" || r.History.Ops[0].Number != "none" {
			t.Errorf("seed %d: want a judge that is misled, got %q and %v", r.Plan.Seed, r.Unknown, r.Findings)
		}
		return nil
	})
	if err != nil || total.Violations < 3 {
		t.Errorf("want violations, got %v, %v", total, err)
	}
}

func blames(what string, h explore.History) (out []string) {
	for _, j := range explore.Judge(h, check.Default()).Results {
		for _, x := range j.Violations {
			if x.Proven() {
				out = append(out, fmt.Sprintf("%s: %s: %s", what, j.Title(), x.Text))
				break
			}
		}
	}
	return out
}
