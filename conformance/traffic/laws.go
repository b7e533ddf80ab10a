package traffic

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// Constant is always d.
func Constant(d time.Duration) Distribution { return Distribution{constant(d.Seconds())} }

// Exponential has this mean and no memory.
func Exponential(mean time.Duration) Distribution { return Distribution{exponential(mean.Seconds())} }

// Uniform is anything from low to high with equal chance.
func Uniform(low, high time.Duration) Distribution {
	return Distribution{uniform{low.Seconds(), high.Seconds()}}
}

// Lognormal has half of its lengths below median and 95 % below p95. It is what set-up and reply times look like.
func Lognormal(median, p95 time.Duration) Distribution {
	return Distribution{byPercentile(median, p95, z95)}
}

// LognormalMean is the lognormal distribution with this mean and coefficient of variation: standard deviation over mean.
func LognormalMean(mean time.Duration, cv float64) Distribution {
	variance := math.Log1p(cv * cv)
	return Distribution{lognormal{mu: math.Log(mean.Seconds()) - variance/2, sigma: math.Sqrt(variance), byMean: true}}
}

type constant float64

func (c constant) draw(*rand.Rand) float64 { return float64(c) }
func (c constant) mean() float64           { return float64(c) }
func (c constant) upTo(t float64) float64  { return min(float64(c), t) }
func (c constant) exceeds(t float64) float64 {
	if float64(c) > t {
		return 1
	}
	return 0
}
func (c constant) expect(of func(float64) float64) float64 { return of(float64(c)) }
func (c constant) scaled(factor float64) law               { return constant(factor * float64(c)) }
func (c constant) text() string                            { return seconds(float64(c)) }

type exponential float64

func (e exponential) draw(r *rand.Rand) float64 { return float64(e) * r.ExpFloat64() }
func (e exponential) mean() float64             { return float64(e) }
func (e exponential) exceeds(t float64) float64 { return math.Exp(-t / float64(e)) }
func (e exponential) upTo(t float64) float64    { return -float64(e) * math.Expm1(-t/float64(e)) }
func (e exponential) expect(of func(float64) float64) float64 {
	return byTail(func(q float64) float64 { return of(-float64(e) * math.Log(q)) })
}
func (e exponential) scaled(factor float64) law { return exponential(factor * float64(e)) }
func (e exponential) text() string              { return "mean: " + seconds(float64(e)) }

type uniform struct{ low, high float64 }

func (u uniform) draw(r *rand.Rand) float64 { return u.low + r.Float64()*(u.high-u.low) }
func (u uniform) mean() float64             { return (u.low + u.high) / 2 }
func (u uniform) exceeds(t float64) float64 {
	switch {
	case t < u.low:
		return 1
	case t >= u.high:
		return 0
	}
	return (u.high - t) / (u.high - u.low)
}
func (u uniform) upTo(t float64) float64 {
	switch {
	case t <= u.low:
		return t
	case t >= u.high:
		return u.mean()
	}
	return t - (t-u.low)*(t-u.low)/2/(u.high-u.low)
}
func (u uniform) expect(of func(float64) float64) float64 {
	return byTail(func(q float64) float64 { return of(u.high - q*(u.high-u.low)) })
}
func (u uniform) scaled(factor float64) law { return uniform{factor * u.low, factor * u.high} }
func (u uniform) text() string              { return "min: " + seconds(u.low) + ", max: " + seconds(u.high) }

// How many standard deviations of a normal distribution lie below a percentile.
const (
	z95 = 1.6448536269514722
	z99 = 2.3263478740408408
)

// lognormal is the law whose logarithm is normal. The last two say how it is written.
type lognormal struct {
	mu, sigma  float64
	byMean     bool
	percentile float64 // z95 or z99
}

func byPercentile(median, high time.Duration, z float64) lognormal {
	mu := math.Log(median.Seconds())
	return lognormal{mu: mu, sigma: (math.Log(high.Seconds()) - mu) / z, percentile: z}
}

func (l lognormal) draw(r *rand.Rand) float64 { return math.Exp(l.mu + l.sigma*r.NormFloat64()) }
func (l lognormal) mean() float64             { return math.Exp(l.mu + l.sigma*l.sigma/2) }
func (l lognormal) exceeds(t float64) float64 {
	if t <= 0 {
		return 1
	}
	return above((math.Log(t) - l.mu) / l.sigma)
}
func (l lognormal) upTo(t float64) float64 {
	z := (math.Log(t) - l.mu) / l.sigma
	return l.mean()*above(l.sigma-z) + t*above(z)
}
func (l lognormal) expect(of func(float64) float64) float64 {
	return byTail(func(q float64) float64 { return of(math.Exp(l.mu + l.sigma*math.Sqrt2*math.Erfcinv(2*q))) })
}
func (l lognormal) scaled(factor float64) law {
	l.mu += math.Log(factor)
	return l
}
func (l lognormal) text() string {
	switch {
	case l.byMean:
		return fmt.Sprintf("mean: %s, cv: %.4g", seconds(l.mean()), math.Sqrt(math.Expm1(l.sigma*l.sigma)))
	case l.percentile == z99:
		return "median: " + seconds(math.Exp(l.mu)) + ", p99: " + seconds(math.Exp(l.mu+z99*l.sigma))
	}
	return "median: " + seconds(math.Exp(l.mu)) + ", p95: " + seconds(math.Exp(l.mu+z95*l.sigma))
}

// above is the probability that a standard normal variable exceeds z.
func above(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }

// seconds writes a length as YAML has it, without the noise of floating point.
func seconds(s float64) string { return duration(s).Round(time.Microsecond).String() }
