// Package batchmeans says how far a share that was measured can be trusted: of reservations that were refused, of calls
// that went wrong. Refusals come in clusters, because a pool that is full stays so for a while, so the interval that the
// binomial distribution gives is too narrow by half and more. Batches that are much longer than a cluster hardly depend
// on each other: the interval comes from how much they differ.
package batchmeans

import (
	"fmt"
	"math"
)

// Batches that are kept at least, once there are so many outcomes. When there are twice as many, pairs become one.
const enough = 20

// Series takes outcomes in the order in which they happened. It keeps 20 to 40 batches however many outcomes there are.
type Series struct {
	size  int   // outcomes in a batch
	hits  []int // of each full batch
	n     int   // outcomes in the batch that is filled
	hit   int   // hits among them
	total int
	all   int // hits
}

// New makes a series whose batches have size outcomes or more. A batch has to be much longer than what makes outcomes
// depend on each other: of blocking, at least as many arrivals as there are in 20 mean holding times.
func New(size int) *Series { return &Series{size: max(size, 1)} }

// Size is how many arrivals a batch needs for the blocking of a pool that is offered so many erlangs.
func Size(erlangs float64) int { return max(100, int(math.Ceil(20*erlangs))) }

// Add takes one outcome.
func (s *Series) Add(hit bool) {
	s.total++
	s.n++
	if hit {
		s.hit++
		s.all++
	}
	if s.n < s.size {
		return
	}
	s.hits = append(s.hits, s.hit)
	s.n, s.hit = 0, 0
	if len(s.hits) == 2*enough {
		s.halve()
	}
}

func (s *Series) halve() {
	for i := range enough {
		s.hits[i] = s.hits[2*i] + s.hits[2*i+1]
	}
	s.hits = s.hits[:enough]
	s.size *= 2
}

// Interval is a share and what is known of it.
type Interval struct {
	Share     float64 // of all outcomes
	HalfWidth float64 // the true share is within this of Share, with 95 % confidence; +Inf when there are too few batches
	Outcomes  int
	Hits      int
	Batches   int
	BatchSize int
	// VMR is the variance of the hits in a batch over their mean: 1 when outcomes do not depend on each other, more when
	// hits come in clusters. 0 without hits.
	VMR float64
}

// Interval is what is known now.
func (s *Series) Interval() Interval {
	out := Interval{HalfWidth: math.Inf(1), Outcomes: s.total, Hits: s.all, Batches: len(s.hits), BatchSize: s.size}
	if s.total > 0 {
		out.Share = float64(s.all) / float64(s.total)
	}
	k := float64(len(s.hits))
	if k < enough {
		return out
	}
	var sum, squares float64
	for _, h := range s.hits {
		sum += float64(h)
	}
	mean := sum / k
	for _, h := range s.hits {
		squares += (float64(h) - mean) * (float64(h) - mean)
	}
	variance := squares / (k - 1)
	out.HalfWidth = student(len(s.hits)-1) * math.Sqrt(variance/k) / float64(s.size)
	if mean > 0 {
		out.VMR = variance / mean
	}
	if s.all == 0 { // no batch differs from another, and still the share may be this: the rule of three
		out.HalfWidth = 3 / float64(s.total)
	}
	return out
}

// Contains reports whether a share is within the interval.
func (i Interval) Contains(share float64) bool { return math.Abs(share-i.Share) <= i.HalfWidth }

// Relative is the half-width over the share: 0.1 is within 10 %. It is +Inf when nothing was hit.
func (i Interval) Relative() float64 {
	if i.Share == 0 {
		return math.Inf(1)
	}
	return i.HalfWidth / i.Share
}

// String writes the share and its interval in percent.
func (i Interval) String() string {
	if math.IsInf(i.HalfWidth, 1) {
		return fmt.Sprintf("%.3g %% (too few for an interval)", 100*i.Share)
	}
	return fmt.Sprintf("%.3g %% ± %.2g", 100*i.Share, 100*i.HalfWidth)
}

// student is the 97.5th percentile of Student's t distribution, by the expansion of Cornish and Fisher, which is exact to
// four digits from 19 degrees of freedom on.
func student(freedom int) float64 {
	const z = 1.959963984540054
	n := float64(freedom)
	g1 := (math.Pow(z, 3) + z) / 4
	g2 := (5*math.Pow(z, 5) + 16*math.Pow(z, 3) + 3*z) / 96
	g3 := (3*math.Pow(z, 7) + 19*math.Pow(z, 5) + 17*math.Pow(z, 3) - 15*z) / 384
	return z + g1/n + g2/(n*n) + g3/(n*n*n)
}
