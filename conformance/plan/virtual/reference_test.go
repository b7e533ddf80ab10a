package virtual

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/traffic"
	"github.com/dnispool/dnispool/sim/pool"
)

// TestRefusalsComeInClusters holds the variance over the mean of refusals among 2,000 callers against the reference: it is
// by how much the interval of independent refusals would be too narrow, and grows with the pool.
func TestRefusalsComeInClusters(t *testing.T) {
	t.Parallel()
	const size = 2000
	for _, test := range []struct {
		numbers   int
		erlangs   float64
		of        string
		want      float64
		refused   float64
		forATenth float64 // callers, to know the share within 10 %; 0: not said
	}{
		{20, 12.031, "mean: 4s, cv: 0.57", 3.5, 0.01, 135_000}, {20, 15.249, "mean: 4s, cv: 0.57", 3.6, 0.05, 0},
		{50, 37.901, "mean: 4s, cv: 0.57", 5.1, 0.01, 0}, {100, 84.064, "mean: 4s, cv: 0.57", 8.4, 0.01, 323_000},
		{20, 12.031, "mean: 4s", 3.9, 0.01, 0}, {20, 15.249, "mean: 4s", 4.4, 0.05, 0}, {50, 37.901, "mean: 4s", 7.0, 0.01, 0}, {100, 84.064, "mean: 4s", 11.5, 0.01, 0},
	} {
		t.Run(fmt.Sprint(test.numbers, " ", test.of, " ", test.refused), func(t *testing.T) {
			t.Parallel()
			batches := int(*callers) / 100
			mean, vmr := clusters(t, held(test.numbers, traffic.Rate(test.erlangs/4), distribution(t, test.of)), size, batches)
			if math.Abs(vmr-test.want) > 0.25*test.want || math.Abs(mean/size-test.refused) > 0.1*test.refused {
				t.Errorf("among %d callers: want %.3g refused with %.2g times the variance of a Poisson process, got %.3g and %.3g", size, test.refused, test.want, mean/size, vmr)
			}
			if got := z95Squared * vmr / (0.01 * test.refused); test.forATenth > 0 && math.Abs(got-test.forATenth) > 0.25*test.forATenth {
				t.Errorf("callers to know the share within 10 %%: want about %.0f, got %.0f", test.forATenth, got)
			}
		})
	}
}

// z95Squared is what the half-width of an interval of 95 % is over the standard deviation, squared.
const z95Squared = 3.84

// clusters is the mean of what is refused among size callers, and the variance over it.
func clusters(t *testing.T, c Config, size, batches int) (mean, vmr float64) {
	t.Helper()
	r, err := newRun(c, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	arrivals := c.Arrivals.Start(rand.New(rand.NewPCG(c.Seed, streamArrivals)))
	r.counting = true
	counts := make([]float64, 0, batches)
	var before uint64
	for range batches + 1 { // the first is for the pool to fill
		for range size {
			at, _ := arrivals.Next()
			r.until(at)
			r.reserve(at, r.take())
		}
		counts = append(counts, float64(r.seen.Refused-before))
		before = r.seen.Refused
	}
	counts = counts[1:]
	for _, n := range counts {
		mean += n / float64(batches)
	}
	for _, n := range counts {
		vmr += (n - mean) * (n - mean) / float64(batches-1) / mean
	}
	return mean, vmr
}

// TestRest holds how long a number rests between two leases against the reference, quantile by quantile. The mean is the same
// for all that choose numbers: Little's law; see erlang.Rest.
func TestRest(t *testing.T) {
	t.Parallel()
	shares := []float64{0.0001, 0.001, 0.01, 0.05, 0.5, 0.95, 0.99}
	for _, test := range []struct {
		numbers   int
		rate      traffic.Rate
		selection pool.Selection
		mean      float64
		want      []float64
	}{
		{20, 3, pool.SelectLRU, 2.76, []float64{0.002, 0.021, 0.17, 0.63, 2.62, 5.31, 6.63}},
		{20, 3, pool.SelectRandom, 2.76, []float64{0.000, 0.002, 0.021, 0.11, 1.75, 8.67, 13.7}},
		{20, 3, pool.SelectLIFO, 2.76, []float64{0.000, 0.000, 0.003, 0.018, 0.37, 12.4, 41.4}},
		{50, 5, pool.SelectLRU, 6.03, []float64{1.68, 2.23, 3.03, 3.83, 5.96, 8.46, 9.58}},
		{50, 5, pool.SelectRandom, 6.03, []float64{0.000, 0.006, 0.059, 0.30, 4.14, 18.1, 27.9}},
	} {
		t.Run(fmt.Sprint(test.selection, test.numbers), func(t *testing.T) {
			t.Parallel()
			c := held(test.numbers, test.rate, distribution(t, "mean: 4s, cv: 0.57"))
			c.Pool.Selection = test.selection
			gaps := rests(t, c, 10*int(*callers))
			mean := 0.0
			for _, g := range gaps {
				mean += g / float64(len(gaps))
			}
			if math.Abs(mean-test.mean) > 0.02*test.mean {
				t.Errorf("mean: want %.3g s, got %.4g", test.mean, mean)
			}
			for i, p := range shares {
				near := 0.03
				if p <= 0.01 || p >= 0.99 { // 20 of 200,000 are shorter than the first
					near = 0.1
				}
				got := gaps[int(p*float64(len(gaps)))]
				if math.Abs(got-test.want[i]) > near*test.want[i]+0.0011 { // the reference has three digits after the point
					t.Errorf("%g of all: want up to %.3f s, got %.4f", p, test.want[i], got)
				}
			}
		})
	}
}

// rests are how many seconds numbers were free before they were reserved again, in order of length. When the number that was
// free for longest is next, all that were free before it must come first.
func rests(t *testing.T, c Config, reservations int) (gaps []float64) {
	t.Helper()
	p, err := pool.New(c.Pool)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(c.Seed, 9))
	arrivals, calls := c.Arrivals.Start(random), newQueue()
	numbers := p.Numbers()
	type release struct {
		at     time.Duration
		before int // reservations until then
		free   int // numbers, itself among them
	}
	freed := map[string]release{}
	order := map[string]int{}
	reserved := 0
	for i, n := range numbers {
		order[n] = i
	}
	for len(gaps) < reservations {
		at, _ := arrivals.Next()
		for e, due := calls.pop(at); due; e, due = calls.pop(at) {
			p.Arrive(e.at, numbers[e.call], "")
			freed[numbers[e.call]] = release{e.at, reserved, p.Stats(e.at).Free}
		}
		r, ok := p.Reserve(at, nil, "")
		if !ok {
			continue
		}
		reserved++
		if last, used := freed[r.Number]; used {
			gaps = append(gaps, (at - last.at).Seconds())
			if n := reserved - last.before; c.Pool.Selection == pool.SelectLRU && n < last.free {
				t.Errorf("%s: want it after the %d others that were free, got it after %d", r.Number, last.free-1, n-1)
			}
		}
		calls.push(event{at: at + c.PostDial.Draw(random), call: int32(order[r.Number])})
	}
	slices.Sort(gaps)
	return gaps
}
