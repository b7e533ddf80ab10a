package plan

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// draws is how many cases are looked at to say in how many of a hundred a number serves. They are the same every time.
const draws = 4000

// z95 is how many standard deviations above the mean a rate stays in 95 cases of a hundred.
const z95 = 1.6448536269514722

// spread draws every uncertain input by itself and returns the numbers that serve in 5 % and in 95 % of the cases. More
// traffic never needs fewer numbers, so the traffic is what is sorted.
func (m model) spread() (low, high int) {
	r := rand.New(rand.NewPCG(1, 1))
	cases := make([]struct{ rate, erlangs float64 }, draws)
	for i := range cases {
		p := point{
			float64(m.Rate) * (1 + m.Growth) * max(0, 1+m.Forecast*r.NormFloat64()),
			m.SetUp.at(r.Float64()), m.Talks.at(r.Float64()), m.Abandoned.at(r.Float64()), m.Window.at(r.Float64()), m.CoolDown.at(r.Float64()),
		}
		cases[i].rate, cases[i].erlangs = p.rate, m.erlangs(p)
	}
	slices.SortFunc(cases, func(a, b struct{ rate, erlangs float64 }) int { return cmp.Compare(a.erlangs, b.erlangs) })
	at := func(share float64) int {
		c := cases[int(share*draws)]
		return m.numbers(c.erlangs, c.rate)
	}
	return at(0.05), at(0.95)
}

// swings moves one uncertain input at a time. The rate goes from what it stays above in 95 cases of a hundred to what it
// stays below.
func (m model) swings() []Swing {
	rate := m.likely().rate
	spread := z95 * m.Forecast
	out := []Swing{}
	for _, s := range []struct {
		input string
		r     Range
		of    func(*point) *float64
	}{
		{"rate", Range{rate * max(0, 1-spread), rate, rate * (1 + spread)}, func(p *point) *float64 { return &p.rate }},
		{"set-up", m.SetUp, func(p *point) *float64 { return &p.setUp }},
		{"talk", m.Talks, func(p *point) *float64 { return &p.talks }},
		{"abandoned", m.Abandoned, func(p *point) *float64 { return &p.abandoned }},
		{"window", m.Window, func(p *point) *float64 { return &p.window }},
		{"cool-down", m.CoolDown, func(p *point) *float64 { return &p.coolDown }},
	} {
		if !s.r.Uncertain() {
			continue
		}
		ends := [2]int{}
		for i, v := range []float64{s.r.Low, s.r.High} {
			p := m.likely()
			*s.of(&p) = v
			ends[i] = m.numbers(m.erlangs(p), p.rate)
		}
		out = append(out, Swing{s.input, ends[0], ends[1]})
	}
	slices.SortStableFunc(out, func(a, b Swing) int { return b.width() - a.width() })
	return out
}
