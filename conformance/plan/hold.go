package plan

import (
	"math"
	"time"

	"github.com/dnispool/dnispool/conformance/traffic"
)

// point is one possible value of every input that is not quite known.
type point struct{ rate, setUp, talks, abandoned, window, coolDown float64 }

// likely is the point at which everything is as expected.
func (in Inputs) likely() point {
	return point{float64(in.Rate) * (1 + in.Growth), in.SetUp.Likely, in.Talks.Likely, in.Abandoned.Likely, in.Window.Likely, in.CoolDown.Likely}
}

// setUp is what lies between a reservation and its call: its mean up to a limit, and the chance that it takes longer.
type setUp interface {
	MeanUpTo(limit time.Duration) time.Duration
	Exceeds(t time.Duration) float64
}

// delay is the set-up as it is known.
func (in Inputs) delay() setUp { return traffic.Sum(in.Think, in.PostDial) }

// waiting is the mean number of seconds that a number waits for its call:
// E[pending] = (1-a) E[min(D, W)] + a W.
func (p point) waiting(d setUp) float64 {
	limit := seconds(p.window / p.setUp)
	return (1-p.abandoned)*p.setUp*d.MeanUpTo(limit).Seconds() + p.abandoned*p.window
}

// late is the share of reservations whose call comes after the window.
func (p point) late(d setUp) float64 {
	return (1 - p.abandoned) * d.Exceeds(seconds(p.window/p.setUp))
}

// held is the mean number of seconds that a number is not free after a reservation:
// E[hold] = E[pending] + ((1-a) P(D <= W)) (ring + talk) + C, where nothing, ring, or ring and talk counts by the rule.
func (p point) held(in Inputs, d setUp, release Release) float64 {
	hold := p.waiting(d) + p.coolDown
	bound := 1 - p.abandoned - p.late(d)
	if release != OnArrival {
		hold += bound * in.Ring.Mean().Seconds()
	}
	if release == OnHangup {
		hold += bound * p.talks * in.Talk.Mean().Seconds()
	}
	return hold
}

func (p point) hold(in Inputs, release Release) float64 { return p.held(in, in.delay(), release) }

// wasted is how many further reservations there are for each that a client knows of, because replies were lost: every one
// of them holds a number for the whole window.
func (in Inputs) wasted() float64 {
	var sum float64
	for k := 1; k <= in.Retries && k < 1000; k++ {
		sum += math.Pow(in.Lost, float64(k))
	}
	return sum
}

// reservations is how many there are a second when none is refused, those included whose reply is lost.
func (p point) reservations(in Inputs) float64 { return p.rate * (1 + in.wasted()) }

// erlangs is what is offered: A = rate (E[hold] + wasted (W + C)).
func (p point) erlangs(in Inputs, d setUp, release Release) float64 {
	return p.rate * (p.held(in, d, release) + in.wasted()*(p.window+p.coolDown))
}

// pending is how many numbers wait for a call on the average when none is refused.
func (p point) pending(in Inputs, d setUp) float64 {
	return p.rate * (p.waiting(d) + in.wasted()*p.window)
}

func (in Inputs) offered() float64 { return in.likely().erlangs(in, in.delay(), OnHangup) }

// peakedness is 1 unless callers come several at a time.
func (in Inputs) peakedness(release Release) float64 {
	p, d := in.likely(), in.delay()
	together := float64(in.Batch)
	if in.share > 0 {
		together = 1 + in.share*(together-1)
	}
	return traffic.Peakedness(together, p.held(in, d, release), func(t float64) float64 { return p.stillHeld(in, d, release, t) })
}

// stillHeld is P(H > t). When a call counts, its set-up is taken as its mean: talk differs more.
func (p point) stillHeld(in Inputs, d setUp, release Release, t float64) float64 {
	if t -= p.coolDown; t < 0 {
		return 1
	}
	uncalled := 0.0
	if t < p.window {
		uncalled = p.abandoned
	}
	if release != OnHangup {
		if t >= p.window {
			return 0
		}
		return uncalled + (1-p.abandoned)*d.Exceeds(seconds(t/p.setUp))
	}
	t -= p.setUp*d.MeanUpTo(seconds(p.window/p.setUp)).Seconds() + in.Ring.Mean().Seconds()
	return uncalled + (1-p.abandoned)*in.Talk.Exceeds(seconds(t/p.talks))
}

// curve is a set-up that was looked at once at many lengths, and is read between them: a sum of distributions is slow.
type curve struct {
	from, step    float64 // logarithms of seconds
	means, beyond []float64
}

// curvePoints on a decade of lengths leave an error below one in a thousand.
const curvePoints = 24

func newCurve(d setUp, to float64) *curve {
	const (
		shortest    = 0.005
		nearlyNever = 1e-300 // has a logarithm
	)
	c := &curve{from: math.Log(shortest), step: math.Ln10 / curvePoints}
	for x := c.from; ; x += c.step {
		t := seconds(math.Exp(x))
		c.means = append(c.means, d.MeanUpTo(t).Seconds())
		c.beyond = append(c.beyond, math.Log(max(d.Exceeds(t), nearlyNever)))
		if x > math.Log(to) {
			return c
		}
	}
}

func (c *curve) at(t time.Duration, of []float64) float64 {
	x := (math.Log(t.Seconds()) - c.from) / c.step
	i := min(max(int(x), 0), len(of)-2)
	part := min(max(x-float64(i), 0), 1)
	return of[i] + part*(of[i+1]-of[i])
}

// MeanUpTo implements setUp.
func (c *curve) MeanUpTo(t time.Duration) time.Duration { return seconds(c.at(t, c.means)) }

// Exceeds implements setUp.
func (c *curve) Exceeds(t time.Duration) float64 {
	p := math.Exp(c.at(t, c.beyond))
	if p < 1e-200 {
		return 0
	}
	return p
}
