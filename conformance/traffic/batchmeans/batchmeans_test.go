package batchmeans

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestStudent(t *testing.T) {
	t.Parallel()
	for freedom, want := range map[int]float64{19: 2.0930, 24: 2.0639, 30: 2.0423, 39: 2.0227} {
		if got := student(freedom); math.Abs(got-want) > 5e-5 {
			t.Errorf("t with %d degrees of freedom: want %v, got %v", freedom, want, got)
		}
	}
}

func TestSeriesOfTwentyBatches(t *testing.T) {
	t.Parallel()
	s := New(10)
	for batch := range 20 {
		for i := range 10 {
			s.Add(i < batch%2*2) // batches have 0 and 2 hits in turn
		}
	}
	got := s.Interval()
	// mean 1, variance 20/19, half-width 2.0930 * sqrt(20/19/20) / 10
	want := Interval{Share: 0.1, HalfWidth: 0.0480166, Outcomes: 200, Hits: 20, Batches: 20, BatchSize: 10, VMR: 20.0 / 19}
	if math.Abs(got.HalfWidth-want.HalfWidth) > 1e-5 || math.Abs(got.VMR-want.VMR) > 1e-12 {
		t.Errorf("interval: want %+v, got %+v", want, got)
	}
	got.HalfWidth, got.VMR = want.HalfWidth, want.VMR
	if got != want {
		t.Errorf("interval: want %+v, got %+v", want, got)
	}
}

func TestSeriesThatIsTooShortClaimsNothing(t *testing.T) {
	t.Parallel()
	s := New(10)
	for range 199 {
		s.Add(false)
	}
	if got := s.Interval(); !math.IsInf(got.HalfWidth, 1) || got.Batches != 19 {
		t.Errorf("interval of 19 batches: want none, got %+v", got)
	}
	s.Add(false)
	if got := s.Interval(); got.HalfWidth != 3.0/200 {
		t.Errorf("interval without a hit: want 3/200, got %+v", got)
	}
}

func TestSeriesKeepsFewBatches(t *testing.T) {
	t.Parallel()
	s := New(3)
	for i := range 1_000_000 {
		s.Add(i%10 == 0)
	}
	got := s.Interval()
	if got.Batches < 20 || got.Batches >= 40 || got.Share != 0.1 || got.BatchSize%3 != 0 {
		t.Errorf("interval of a million: want 20 to 39 batches and 10 %%, got %+v", got)
	}
}

// TestIntervalCovers: of 200 series that come in clusters, about 95 % hold the true share in their intervals; the
// binomial interval would hold 60 %.
func TestIntervalCovers(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	held, binomial := 0, 0
	const series, n = 200, 10_000
	for range series {
		s := New(250)
		hit := false
		for range n { // a chain that stays as it is nine times in ten: half of all are hits
			if r.IntN(10) == 0 {
				hit = r.IntN(2) == 0
			}
			s.Add(hit)
		}
		i := s.Interval()
		if i.Contains(0.5) {
			held++
		}
		if math.Abs(i.Share-0.5) < 1.96*math.Sqrt(0.25/n) {
			binomial++
		}
	}
	if share := float64(held) / series; share < 0.92 || share > 0.98 {
		t.Errorf("intervals: want the true share in about 95 %%, got it in %.1f %%", 100*share)
	}
	if binomial > series*7/10 {
		t.Errorf("binomial intervals: want them to fail, got the true share in %d of %d", binomial, series)
	}
}
