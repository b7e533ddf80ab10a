package measure

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// longest is the longest length of time that is told apart from longer ones.
const longest = time.Hour

// Lengths keeps how long something took, to three digits and a microsecond, in as much memory however often it is added to.
type Lengths struct{ h *hdrhistogram.Histogram }

// NewLengths is empty.
func NewLengths() *Lengths { return &Lengths{hdrhistogram.New(1, longest.Microseconds(), 3)} }

// Add takes one length. What is not positive counts as a microsecond.
func (l *Lengths) Add(d time.Duration) {
	_ = l.h.RecordValue(min(max(d, time.Microsecond), longest).Microseconds()) // within its bounds
}

// Merge adds all of other.
func (l *Lengths) Merge(other *Lengths) { l.h.Merge(other.h) }

// Count is how many were added.
func (l *Lengths) Count() int { return int(l.h.TotalCount()) }

// Reset forgets all.
func (l *Lengths) Reset() { l.h.Reset() }

// At is the length that the share p of all does not exceed; 0 when there are none.
func (l *Lengths) At(p float64) time.Duration {
	return micros(l.h.ValueAtQuantile(100 * p))
}

// Percentiles are the usual ones.
func (l *Lengths) Percentiles() Percentiles {
	at := l.h.ValueAtPercentiles([]float64{50, 90, 95, 99, 99.9})
	return Percentiles{
		Count: l.Count(), Mean: time.Duration(l.h.Mean() * float64(time.Microsecond)), Max: micros(l.h.Max()),
		P50: micros(at[50]), P90: micros(at[90]), P95: micros(at[95]), P99: micros(at[99]), P999: micros(at[99.9]),
	}
}

// Curve is the length at each of n even shares from 0 to 1, for a picture.
func (l *Lengths) Curve(n int) []time.Duration {
	if l.Count() == 0 {
		return nil
	}
	shares := make([]float64, n)
	for i := range shares {
		shares[i] = 100 * float64(i) / float64(n-1)
	}
	at := l.h.ValueAtPercentiles(shares)
	out := make([]time.Duration, n)
	for i, p := range shares {
		out[i] = micros(at[p])
	}
	return out
}

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }

// Percentiles of lengths of time, all zero when there were none.
type Percentiles struct {
	Count int           `json:"count"`
	Mean  time.Duration `json:"mean_ns"`
	P50   time.Duration `json:"p50_ns"`
	P90   time.Duration `json:"p90_ns"`
	P95   time.Duration `json:"p95_ns"`
	P99   time.Duration `json:"p99_ns"`
	P999  time.Duration `json:"p999_ns"`
	Max   time.Duration `json:"max_ns"`
}

// Named are the names of the percentiles, in order.
func Named() []string { return []string{"p50", "p90", "p95", "p99", "p99.9", "max"} }

// By returns a percentile by its name.
func (p Percentiles) By(name string) time.Duration {
	switch name {
	case "p50":
		return p.P50
	case "p90":
		return p.P90
	case "p95":
		return p.P95
	case "p99":
		return p.P99
	case "p99.9":
		return p.P999
	}
	return p.Max
}
