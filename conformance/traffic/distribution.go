// Package traffic says when callers come and how long things take: arrival processes and lengths of time as plain
// values that are drawn with a seed and also know their own mean and tail, so that a load test plays what a plan has
// calculated. It is pure: no clock, no goroutine, no I/O.
package traffic

import (
	"math"
	"math/rand/v2"
	"time"
)

// Distribution is a length of time that varies, as set-up and talk do. The zero value is always 0s. In YAML, and on the
// command line, where braces may be left out:
//
//	4s                                          always the same
//	{min: 200ms, max: 1s}                       uniform
//	{mean: 4s}                                  exponential
//	{median: 2.5s, p95: 6s}                     lognormal; p99 may stand for p95, and max cuts the tail
//	{mean: 180s, cv: 1.2}                       lognormal, by mean and standard deviation over mean
//	{percentiles: {p0: 1s, p50: 2s, p100: 9s}}  as measured, straight between the points
//	{mixture: [{share: 0.95, of: 4s}, {share: 0.05, of: 120s}]}
//	{sum: [{median: 200ms, p95: 1s}, {median: 2.5s, p95: 6s}]}
type Distribution struct{ law law }

// law is one family of distributions. Lengths are in seconds and never negative.
type law interface {
	draw(r *rand.Rand) float64
	mean() float64
	exceeds(t float64) float64                 // P(X > t)
	upTo(t float64) float64                    // E[min(X, t)], t > 0
	expect(of func(x float64) float64) float64 // E[of(X)]
	scaled(factor float64) law                 // the law of factor times X
	text() string                              // without braces
}

// longest is the longest that is drawn, in seconds: the tail of a lognormal law has no end, a time.Duration has.
const longest = 100 * 365 * 24 * 3600

func (d Distribution) of() law {
	if d.law == nil {
		return constant(0)
	}
	return d.law
}

// Draw returns one length.
func (d Distribution) Draw(r *rand.Rand) time.Duration { return duration(d.of().draw(r)) }

// Mean is the expected length.
func (d Distribution) Mean() time.Duration { return duration(d.of().mean()) }

// MeanUpTo is the expected length of what ends at limit at the latest: E[min(X, limit)].
func (d Distribution) MeanUpTo(limit time.Duration) time.Duration {
	if limit <= 0 {
		return 0
	}
	return duration(d.of().upTo(limit.Seconds()))
}

// Exceeds is the probability of more than t.
func (d Distribution) Exceeds(t time.Duration) float64 {
	if t < 0 {
		return 1
	}
	return d.of().exceeds(t.Seconds())
}

// Quantile is the length that the share p of all does not exceed, to a relative 1e-9; p is 0 to 1.
func (d Distribution) Quantile(p float64) time.Duration {
	low, high := 0.0, 1e-3
	for d.of().exceeds(high) > 1-p && high < longest {
		low, high = high, 2*high
	}
	for range 60 {
		middle := (low + high) / 2
		if d.of().exceeds(middle) > 1-p {
			low = middle
		} else {
			high = middle
		}
	}
	return duration(high).Round(time.Microsecond)
}

// Scaled is the distribution of factor times the length.
func (d Distribution) Scaled(factor float64) Distribution { return Distribution{d.of().scaled(factor)} }

// String writes the distribution as it is read, without braces.
func (d Distribution) String() string { return d.of().text() }

// MarshalText implements encoding.TextMarshaler: JSON has a distribution as text.
func (d Distribution) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Distribution) UnmarshalText(text []byte) (err error) {
	*d, err = Parse(string(text))
	return err
}

// Set implements flag.Value.
func (d *Distribution) Set(text string) error { return d.UnmarshalText([]byte(text)) }

func duration(seconds float64) time.Duration {
	return time.Duration(math.Round(min(seconds, longest) * float64(time.Second)))
}
