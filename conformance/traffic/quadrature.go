package traffic

// The tails of a law matter as much as its middle: that one call in a million is late is what a plan must see. So the
// expectation is taken over panels of the tail probability q that shrink by ten towards 0 and towards 1, each by
// Gauss-Legendre with eight points.

var gauss = [...]struct{ at, weight float64 }{
	{0.1834346424956498, 0.3626837833783620},
	{0.5255324099163290, 0.3137066458778873},
	{0.7966664774136267, 0.2223810344533745},
	{0.9602898564975363, 0.1012285362903763},
}

// panels are the bounds of q in the upper half; the lower half is its mirror image.
var panels = [...]float64{0, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5}

// byTail is the integral over q from 0 to 1 of f.
func byTail(f func(q float64) float64) float64 {
	var total float64
	for i := range panels[1:] {
		low, high := panels[i], panels[i+1]
		middle, half := (low+high)/2, (high-low)/2
		for _, g := range gauss {
			for _, q := range [...]float64{middle - half*g.at, middle + half*g.at} {
				total += half * g.weight * (f(q) + f(1-q))
			}
		}
	}
	return total
}
