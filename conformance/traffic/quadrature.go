package traffic

// The upper tail of a law matters as much as its middle: that one call in a million is late is what a plan must see. So
// the expectation is taken over panels of the tail probability q = P(X > x), two to a decade towards 0, each by
// Gauss-Legendre with four points. Sums of three go through them twice, so they are not many.

var gauss = [...]struct{ at, weight float64 }{
	{-0.8611363115940526, 0.3478548451374538},
	{-0.3399810435848563, 0.6521451548625461},
	{0.3399810435848563, 0.6521451548625461},
	{0.8611363115940526, 0.3478548451374538},
}

// panels are the bounds of q. Short lengths, where q is near 1, need no care: what is left of them is little.
var panels = [...]float64{
	0, 1e-10, 3e-10, 1e-9, 3e-9, 1e-8, 3e-8, 1e-7, 3e-7, 1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01,
	0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97, 1,
}

// byTail is the integral over q from 0 to 1 of f.
func byTail(f func(q float64) float64) float64 {
	var total float64
	for i := range panels[1:] {
		low, high := panels[i], panels[i+1]
		for _, g := range gauss {
			total += (high - low) / 2 * g.weight * f((low+high)/2+(high-low)/2*g.at)
		}
	}
	return total
}
