package virtual

import (
	"context"
	"math"
	"math/rand/v2"
	"time"

	"github.com/dnispool/dnispool/conformance/plan"
	"github.com/dnispool/dnispool/conformance/traffic"
)

// mostDays bounds how often a day is simulated.
const mostDays = 10_000

// Day simulates the day of a plan, by the rule of its inputs and with the numbers that are likely, as often as fits the length
// and once at least. It says of each interval what share of its tries was refused. Each day begins with an empty pool. The error is that
// of the context.
func Day(ctx context.Context, p plan.Plan, length Length, seed uint64) error {
	c := of(p, p.Cases[0].Release, p.Cases[0].Likely-p.Spare)
	c.Arrivals.Rates = nil
	for _, s := range p.Inputs.Day {
		growth := traffic.Rate(1 + p.Inputs.Growth)
		c.Arrivals.Rates = append(c.Arrivals.Rates, traffic.Segment{From: growth * s.From, To: growth * s.To, For: s.For})
	}
	days := max(float64(length.Time)/float64(c.Arrivals.Rates.Length()), float64(length.Callers)/c.Arrivals.Rates.Calls(c.Arrivals.Rates.Length()))
	tries, refused := make([]uint64, len(p.Day)), make([]uint64, len(p.Day))
	for range int(min(max(math.Ceil(days), 1), mostDays)) {
		c.Seed = seed
		if err := c.day(ctx, tries, refused); err != nil {
			return err
		}
		seed++
	}
	for i := range p.Day {
		if tries[i] > 0 {
			p.Day[i].Simulated = new(float64(refused[i]) / float64(tries[i]))
		}
	}
	return nil
}

// day adds up what is tried and refused in each segment of the arrivals.
func (c Config) day(ctx context.Context, tries, refused []uint64) error {
	r, err := newRun(c, 1, 0)
	if err != nil {
		return err
	}
	r.counting = true
	arrivals := c.Arrivals.Start(rand.New(rand.NewPCG(c.Seed, streamArrivals)))
	next, more := arrivals.Next()
	var end time.Duration
	for i, s := range c.Arrivals.Rates {
		end += s.For
		before := r.seen
		for n := 0; more && next < end; n++ {
			if n%look == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			r.until(next)
			r.reserve(next, r.take())
			next, more = arrivals.Next()
		}
		r.until(end)
		tries[i] += r.seen.Tries - before.Tries
		refused[i] += r.seen.Refused - before.Refused
	}
	return nil
}
