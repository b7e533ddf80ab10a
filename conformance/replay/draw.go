package replay

import (
	"math/rand/v2"
	"time"

	"github.com/dnispool/dnispool/conformance/scenario"
)

// draws is a stream of random numbers that the scenario's seed repeats: one for each client of a concurrently, from 1,
// and, as client 0, one for the step itself. None depends on another, so what one of them draws changes nothing else.
func (p *player) draws(st *scenario.Step, client int) *rand.Rand {
	return rand.New(rand.NewPCG(p.seed, uint64(st.Index)<<32|uint64(client)))
}

// callers is the stream for the next caller that a client takes through a journey. It is none of draws.
func (cl *client) callers() *rand.Rand {
	const journeys = 1 << 63
	cl.drawn++
	return rand.New(rand.NewPCG(cl.seed, journeys|uint64(cl.number)<<32|uint64(cl.drawn)))
}

// starts says when each client begins, counted from the beginning of the step; nil: all at one barrier.
func (p *player) starts(st *scenario.Step, a *scenario.Concurrently, clients int) []time.Duration {
	switch {
	case a.Start.Every > 0:
		return poisson(p.draws(st, 0), clients, a.Start.Every)
	case a.Start.Spread > 0:
		return evenly(clients, a.Start.Spread)
	}
	return nil
}

// poisson draws the first n moments of a Poisson process: the time before each, the first too, is exponential.
func poisson(r *rand.Rand, n int, every time.Duration) []time.Duration {
	at := make([]time.Duration, n)
	var last time.Duration
	for i := range at {
		last += time.Duration(r.ExpFloat64() * float64(every))
		at[i] = last
	}
	return at
}

// evenly divides a time by n moments, the first at its beginning.
func evenly(n int, over time.Duration) []time.Duration {
	at := make([]time.Duration, n)
	for i := range at {
		at[i] = over * time.Duration(i) / time.Duration(n)
	}
	return at
}
