package check

import (
	"math"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
)

// significance is the chance of blaming a platform for its strays, per check.
const significance = 0.001

// exposure is how long reservations waited for their calls, at most: that is when a stray can take one. Those that were
// bound count as well, for a stray could have come to them.
func (v *view) exposure() (total time.Duration) {
	for _, l := range v.Leases {
		total = reading.Plus(total, max(0, min(l.Waited, v.Last+v.Eps)-l.From))
	}
	return total
}

// weigh holds the violations that strays could have caused against the strays that are to be expected. k is how many
// strays it would take. Where as many come often enough, nothing is proven; what a stray cannot explain stays.
func (v *view) weigh(out finding.Outcome, k int) finding.Outcome {
	if v.Strangers() != finding.ModuloStrays || k == 0 {
		return out
	}
	p := atLeast(k, *v.Strays*v.exposure().Seconds())
	kept := out.Violations[:0]
	for _, x := range out.Violations {
		switch {
		case x.Certainty != finding.ModuloStrays:
		case p > significance:
			out.Undecided++
			continue
		default:
			x.P = p
		}
		kept = append(kept, x)
	}
	out.Violations = kept
	return out
}

// unless is how sure a violation is that strays could have caused.
func (v *view) unless(stray bool) finding.Certainty {
	if stray {
		return v.Strangers()
	}
	return finding.Certain
}

// atLeast is the chance of k or more events of a Poisson distribution with this mean. It sums the side that is small,
// so that a tiny chance does not drown in rounding.
func atLeast(k int, mean float64) float64 {
	if k <= 0 {
		return 1
	}
	if mean <= 0 {
		return 0
	}
	logMean := math.Log(mean)
	term := func(i int) float64 {
		lg, _ := math.Lgamma(float64(i + 1))
		return math.Exp(float64(i)*logMean - mean - lg)
	}
	sum := 0.0
	if float64(k) > mean {
		for i := k; ; i++ {
			t := term(i)
			sum += t
			if t <= sum*1e-12 {
				return min(1, sum)
			}
		}
	}
	for i := range k {
		sum += term(i)
	}
	return max(0, 1-sum)
}
