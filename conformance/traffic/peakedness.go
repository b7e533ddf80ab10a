package traffic

import "math"

// Peakedness of callers who come batch at a time, the batches as a Poisson process: the variance over the mean of how many
// lines would be in use if there were no end of them. Of batches of different sizes it is the mean over callers of how many
// come with each. exceeds is P(H > t) of how long each holds a line by itself, in
// seconds, and mean is E[H].
//
// A batch that came t ago has a binomial number of lines left, whose mean is k P(H > t) and whose mean square is that plus
// k (k-1) P(H > t) squared. Batches of a Poisson process add up, so variance over mean is 1 + (k-1) E[min(H, H')] / E[H],
// where H and H' are what two callers hold: k when all hold as long, (k+1)/2 when H is exponential.
func Peakedness(batch, mean float64, exceeds func(t float64) float64) float64 {
	if batch <= 1 || mean <= 0 {
		return 1
	}
	return 1 + (batch-1)*shorter(mean, exceeds)/mean
}

// shorter is E[min(H, H')], the integral of P(H > t) squared.
func shorter(mean float64, exceeds func(t float64) float64) float64 {
	const steps = 400
	low, high := math.Log(mean/1000), math.Log(mean*100)
	step := (high - low) / steps
	total := math.Exp(low) // where nearly all still hold
	for i := range steps {
		t := math.Exp(low + (float64(i)+0.5)*step)
		p := exceeds(t)
		total += p * p * t * step
	}
	return total
}
