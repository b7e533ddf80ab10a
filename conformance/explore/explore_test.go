package explore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/explore"
	"github.com/dnispool/dnispool/conformance/explore/offline"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/pool"
)

func named(t *testing.T, names ...string) []check.Check {
	t.Helper()
	checks, err := check.Named(names...)
	if err != nil {
		t.Fatal(err)
	}
	return checks
}

// seeds is how many the default suite explores: `dnispool explore` does more.
const seeds = 100

func TestTheCorrectReferenceIsNeverBlamed(t *testing.T) {
	total, err := explore.Search{Platform: offline.Platform{}, From: 1, To: seeds}.Run(t.Context(), func(r explore.Result) error {
		for _, f := range r.Findings {
			t.Errorf("seed %d: %s %s: %s", r.Plan.Seed, f.Project, f.Name, f.Violation.Text)
		}
		return nil
	})
	if err != nil || total.Seeds != seeds || total.Operations < 50*seeds || total.Stopped {
		t.Errorf("want %d seeds and many operations, got %+v, %v", seeds, total, err)
	}
}

func TestTheSameSeedGivesTheSameHistory(t *testing.T) {
	for seed := range uint64(20) {
		var texts [2]bytes.Buffer
		for i := range texts {
			h, err := explore.Run(offline.Platform{}, explore.Draw(seed, explore.Limits{}))
			if err != nil {
				t.Fatal(err)
			}
			if err := h.Write(&texts[i], seed); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(texts[0].Bytes(), texts[1].Bytes()) {
			t.Errorf("seed %d: two runs differ", seed)
		}
	}
}

func TestWorkersDoNotChangeTheOrder(t *testing.T) {
	run := func(workers int) (out []string) {
		_, err := explore.Search{Platform: offline.Platform{}, From: 5, To: 24, Workers: workers}.Run(t.Context(), func(r explore.Result) error {
			out = append(out, fmt.Sprint(r.Plan.Seed, len(r.History.Ops)))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if one, many := strings.Join(run(1), "\n"), strings.Join(run(7), "\n"); one != many {
		t.Errorf("one worker:\n%s\nseven:\n%s", one, many)
	}
}

func TestSearchStops(t *testing.T) {
	endless := explore.Search{Platform: offline.Platform{}, From: 1, To: 1 << 60}
	t.Run("when it is told", func(t *testing.T) {
		stop := errors.New("stop")
		if total, err := endless.Run(t.Context(), func(explore.Result) error { return stop }); !errors.Is(err, stop) || total.Seeds != 1 {
			t.Errorf("got %+v, %v", total, err)
		}
	})
	t.Run("when it is interrupted", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		total, err := endless.Run(ctx, func(explore.Result) error { cancel(); return nil })
		if err != nil || !total.Stopped || total.Seeds == 0 {
			t.Errorf("got %+v, %v", total, err)
		}
	})
	t.Run("when the time is up", func(t *testing.T) {
		limited := endless
		limited.For = 50 * time.Millisecond
		total, err := limited.Run(t.Context(), func(explore.Result) error { return nil })
		if err != nil || !total.Stopped || total.Duration > 10*time.Second {
			t.Errorf("got %+v, %v", total, err)
		}
	})
}

// rareDouble gives one reservation in so many a number that another holds. Which one follows from its attributes.
type rareDouble struct {
	sim.Pool
	every uint64
	held  pool.Reservation
}

func (p *rareDouble) Reserve(now time.Duration, attributes []byte, ani string) (pool.Reservation, bool) {
	h := fnv.New64a()
	h.Write(attributes)
	if h.Sum64()%p.every == 0 && p.held.Expires > now {
		return p.held, true
	}
	r, ok := p.Pool.Reserve(now, attributes, ani)
	if ok {
		p.held = r
	}
	return r, ok
}

func rarely(every uint64) offline.Platform {
	return offline.Platform{Parts: func(uint64, clock.Clock) sim.Parts {
		return sim.Parts{Pool: func(_ sim.Project, p sim.Pool) sim.Pool { return &rareDouble{Pool: p, every: every} }}
	}}
}

func TestARareDoubleAllocationIsFoundAndShrunk(t *testing.T) {
	on := rarely(10_000)
	var found explore.Result
	stop := errors.New("found")
	total, err := explore.Search{Platform: on, From: 1, To: 2000, Checks: named(t, "no-double-lease")}.Run(t.Context(), func(r explore.Result) error {
		if len(r.Findings) == 0 {
			return nil
		}
		found = r
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatalf("want a double allocation found, got %v, %v", total, err)
	}
	s, ok := explore.Shrink(t.Context(), on, offline.Platform{}, found.Plan, named(t, "no-double-lease")[0])
	if !ok || len(s.History.Ops) > 6 {
		t.Fatalf("want at most 6 operations, got %d: %v", len(s.History.Ops), s.History.Ops)
	}
	t.Logf("found after %d operations of %d seeds; shrunk from %d operations to %d in %d tries", total.Operations, total.Seeds, len(found.History.Ops), len(s.History.Ops), s.Tries)
}
