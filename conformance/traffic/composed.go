package traffic

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Share is one part of a mixture.
type Share struct {
	Share float64 // of all, 0 to 1
	Of    Distribution
}

// Mixture draws from one of several distributions, each as often as its share says. Shares are made to add up to 1.
func Mixture(parts ...Share) Distribution {
	var total float64
	for _, p := range parts {
		total += p.Share
	}
	m := make(mixture, len(parts))
	for i, p := range parts {
		m[i] = part{p.Share / total, p.Of.of()}
	}
	return Distribution{m}
}

// Sum is one length after the other, each drawn by itself.
func Sum(terms ...Distribution) Distribution {
	s := make(sum, len(terms))
	for i, t := range terms {
		s[i] = t.of()
	}
	slices.SortStableFunc(s, func(a, b law) int { return steps(a) - steps(b) })
	return Distribution{s}
}

// steps orders the terms of a sum: those that jump first. Their lengths are gone through one by one, and what the last
// term says of the rest should be smooth.
func steps(l law) int {
	switch l.(type) {
	case constant:
		return 0
	case mixture, measured:
		return 1
	}
	return 2
}

// Percentile is a point of a measured distribution: the share P, 0 to 1, is not longer than At.
type Percentile struct {
	P  float64
	At time.Duration
}

// Percentiles is a distribution as measured, straight between the points. They ascend, the first is P 0, the last P 1.
func Percentiles(points ...Percentile) Distribution {
	m := make(measured, len(points))
	for i, p := range points {
		m[i] = point{p.P, p.At.Seconds()}
	}
	return Distribution{m}
}

type part struct {
	share float64
	of    law
}

type mixture []part

func (m mixture) draw(r *rand.Rand) float64 {
	return m[Pick(r, m, func(p part) float64 { return p.share })].of.draw(r)
}

// Pick draws one of several, each as often as its share says, and gives its place. The shares add up to 1.
func Pick[E any](r *rand.Rand, of []E, share func(E) float64) int {
	u := r.Float64()
	last := len(of) - 1
	for i, e := range of[:last] {
		if u < share(e) {
			return i
		}
		u -= share(e)
	}
	return last
}

// over is the same figure of every part, weighed by its share.
func (m mixture) over(figure func(law) float64) float64 {
	var total float64
	for _, p := range m {
		total += p.share * figure(p.of)
	}
	return total
}

func (m mixture) mean() float64 { return m.over(law.mean) }
func (m mixture) exceeds(t float64) float64 {
	return m.over(func(l law) float64 { return l.exceeds(t) })
}
func (m mixture) upTo(t float64) float64 { return m.over(func(l law) float64 { return l.upTo(t) }) }
func (m mixture) expect(of func(float64) float64) float64 {
	return m.over(func(l law) float64 { return l.expect(of) })
}

func (m mixture) scaled(factor float64) law {
	out := slices.Clone(m)
	for i := range out {
		out[i].of = out[i].of.scaled(factor)
	}
	return out
}

func (m mixture) text() string {
	parts := make([]string, len(m))
	for i, p := range m {
		parts[i] = fmt.Sprintf("{share: %.6g, of: %s}", p.share, braced(p.of))
	}
	return "mixture: [" + strings.Join(parts, ", ") + "]"
}

type sum []law

func (s sum) draw(r *rand.Rand) float64 {
	var total float64
	for _, l := range s {
		total += l.draw(r)
	}
	return total
}

func (s sum) mean() float64 {
	var total float64
	for _, l := range s {
		total += l.mean()
	}
	return total
}

// exceeds goes through the lengths of the first term, and asks the others for the rest.
func (s sum) exceeds(t float64) float64 {
	if len(s) == 1 {
		return s[0].exceeds(t)
	}
	return s[0].expect(func(x float64) float64 {
		if x > t {
			return 1
		}
		return s[1:].exceeds(t - x)
	})
}

func (s sum) upTo(t float64) float64 {
	if len(s) == 1 {
		return s[0].upTo(t)
	}
	return s[0].expect(func(x float64) float64 {
		if x >= t {
			return t
		}
		return x + s[1:].upTo(t-x)
	})
}

func (s sum) expect(of func(float64) float64) float64 {
	if len(s) == 1 {
		return s[0].expect(of)
	}
	return s[0].expect(func(x float64) float64 {
		return s[1:].expect(func(y float64) float64 { return of(x + y) })
	})
}

func (s sum) scaled(factor float64) law {
	out := make(sum, len(s))
	for i, l := range s {
		out[i] = l.scaled(factor)
	}
	return out
}

func (s sum) text() string {
	terms := make([]string, len(s))
	for i, l := range s {
		terms[i] = braced(l)
	}
	return "sum: [" + strings.Join(terms, ", ") + "]"
}

// point is a percentile: the share p is not longer than at.
type point struct{ p, at float64 }

type measured []point

func (m measured) draw(r *rand.Rand) float64 { return m.at(r.Float64()) }

// at is the length that the share p does not exceed.
func (m measured) at(p float64) float64 {
	i, _ := slices.BinarySearchFunc(m, p, func(a point, p float64) int {
		if a.p < p {
			return -1
		}
		return 1
	})
	i = min(max(i, 1), len(m)-1)
	a, b := m[i-1], m[i]
	return a.at + (b.at-a.at)*(p-a.p)/(b.p-a.p)
}

func (m measured) mean() float64 { return m.upTo(m[len(m)-1].at) }

func (m measured) exceeds(t float64) float64 {
	for i, b := range m {
		switch {
		case t >= b.at:
		case i == 0:
			return 1
		default:
			a := m[i-1]
			return 1 - a.p - (b.p-a.p)*(t-a.at)/(b.at-a.at)
		}
	}
	return 0
}

// upTo adds the pieces between two points, each of which is uniform.
func (m measured) upTo(t float64) float64 {
	var total float64
	for i, b := range m[1:] {
		a := m[i]
		piece := law(uniform{a.at, b.at})
		if a.at == b.at {
			piece = constant(a.at)
		}
		total += (b.p - a.p) * piece.upTo(t)
	}
	return total
}

func (m measured) expect(of func(float64) float64) float64 {
	return byTail(func(q float64) float64 { return of(m.at(1 - q)) })
}

func (m measured) scaled(factor float64) law {
	out := slices.Clone(m)
	for i := range out {
		out[i].at *= factor
	}
	return out
}

func (m measured) text() string {
	points := make([]string, len(m))
	for i, p := range m {
		points[i] = fmt.Sprintf("p%.6g: %s", 100*p.p, seconds(p.at))
	}
	return "percentiles: {" + strings.Join(points, ", ") + "}"
}

// cut is another law whose lengths end at most.
type cut struct {
	law
	most float64
}

func (c cut) draw(r *rand.Rand) float64 { return min(c.law.draw(r), c.most) }
func (c cut) mean() float64             { return c.law.upTo(c.most) }
func (c cut) upTo(t float64) float64    { return c.law.upTo(min(t, c.most)) }
func (c cut) exceeds(t float64) float64 {
	if t >= c.most {
		return 0
	}
	return c.law.exceeds(t)
}
func (c cut) expect(of func(float64) float64) float64 {
	return c.law.expect(func(x float64) float64 { return of(min(x, c.most)) })
}
func (c cut) scaled(factor float64) law { return cut{c.law.scaled(factor), factor * c.most} }
func (c cut) text() string              { return c.law.text() + ", max: " + seconds(c.most) }

// braced is the text of a law inside that of another.
func braced(l law) string {
	if c, ok := l.(constant); ok {
		return c.text()
	}
	return "{" + l.text() + "}"
}
