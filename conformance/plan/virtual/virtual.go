// Package virtual runs the simulator's pool under the traffic of a plan in virtual time, without sockets and with bounded
// memory: to see what a formula leaves out, and to hold the pool itself against the formula.
package virtual

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/dnispool/dnispool/conformance/traffic"
	"github.com/dnispool/dnispool/conformance/traffic/batchmeans"
	"github.com/dnispool/dnispool/sim/pool"
)

// Config is a pool and its callers. Shares are of 0 to 1.
type Config struct {
	Pool     pool.Config // whose numbers are a count
	Arrivals traffic.Arrivals

	Think    traffic.Distribution // from the moment of the reservation to the INVITE
	PostDial traffic.Distribution // from there until the call reaches the platform
	Ring     traffic.Distribution // from there to the answer
	Talk     traffic.Distribution // from there to the hang-up

	Abandoned float64              // share of reservations that no call follows
	Lost      float64              // share of replies that are lost, as long as the client asks again
	Retries   int                  // how often it does
	Timeout   traffic.Distribution // from a lost reply to the next try
	Again     float64              // share of refused callers who ask again
	Backoff   traffic.Distribution // after so long
	Strays    float64              // calls a second to each number that nobody reserved

	WarmUp time.Duration // in which nothing is counted
	Length time.Duration // that is counted; 0: until Calls
	Calls  uint64        // callers that are counted; 0: until Length
	Seed   uint64
}

// Result is what happened to callers who came after the warm-up. Each reservation ends in one of Abandoned to Unbound, or
// is Open.
type Result struct {
	Callers  uint64
	Tries    uint64 // to reserve
	Refused  uint64
	Reserved uint64

	Abandoned uint64 // no call followed
	Lost      uint64 // the reply was lost
	Own       uint64 // the call got its own attributes
	Wrong     uint64 // the call got those of another reservation
	Unbound   uint64 // the call got none
	Open      uint64 // at the end the call had not arrived

	Late      uint64 // calls that arrived after their window, among Wrong and Unbound
	Foreign   uint64 // reservations that were given a number of another pool, where there are several
	Strays    uint64 // calls that nobody had reserved
	StrayHits uint64 // of those, that took a reservation's attributes

	Blocking batchmeans.Interval // share of tries that were refused
	Held     float64             // numbers that were not free, on the average over the moments at which callers came
	// Busy counts calls by how many were up on their number when they arrived, themselves among them: Busy[1] found none.
	// Nil when numbers are held until hang-up.
	Busy []uint64

	Virtual time.Duration // that was counted
}

// busiest is the most calls on one number that are told apart.
const busiest = 1000

// call is a caller between reserving and hanging up.
type call struct {
	number  string
	lease   pool.LeaseID
	ref     pool.CallRef
	at      time.Duration // of the reservation
	tries   int32
	counted bool // it came after the warm-up
}

// Run simulates until the length or the callers are over, or the context is, whose error it then returns with what was
// seen so far.
func Run(ctx context.Context, c Config) (Result, error) {
	all, err := Several(ctx, c, []Share{{Of: 1, Numbers: c.Pool.Numbers.Count}})
	if len(all) == 0 {
		return Result{}, err
	}
	return all[0], err
}

// Share is a part of the callers who have a pool of their own.
type Share struct {
	Of      float64 // of all callers, 0 to 1; those of all shares are 1
	Numbers int     // of their pool
}

// Several is Run where each caller is of one of several shares. Their pools are alike but for the numbers, of which none is in
// two. The results are in the order of the shares; Calls counts the callers of all.
func Several(ctx context.Context, c Config, shares []Share) (out []Result, err error) {
	var runs []*run
	before := 0
	for i, s := range shares {
		own := c
		own.Pool.Numbers = pool.Count(s.Numbers).At(before)
		before += s.Numbers
		r, err := newRun(own, s.Of, uint64(i))
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	arrivals := c.Arrivals.Start(rand.New(rand.NewPCG(c.Seed, streamArrivals)))
	whose := rand.New(rand.NewPCG(c.Seed, streamShares))
	end := never
	if c.Length > 0 {
		end = c.WarmUp + c.Length
	}
	last := c.WarmUp
	counted := uint64(0)
	for n := 0; c.Calls == 0 || counted < c.Calls; n++ {
		at, more := arrivals.Next()
		if !more || at >= end {
			break
		}
		counting := at >= c.WarmUp
		if counting {
			counted++
			last = at
		}
		if n%look == 0 {
			if err = ctx.Err(); err != nil {
				break
			}
		}
		for _, r := range runs {
			r.until(at)
			if r.counting = counting; n%look == 0 {
				r.sample(at)
			}
		}
		r := runs[one(shares, whose)]
		if counting {
			r.seen.Callers++
		}
		r.reserve(at, r.take())
	}
	for _, r := range runs {
		if c.Length > 0 && err == nil {
			last = end
			r.until(end)
		}
		out = append(out, r.result(last))
	}
	return out, err
}

// one draws a share. Where there is one nothing is drawn.
func one(shares []Share, random *rand.Rand) int {
	if len(shares) == 1 {
		return 0
	}
	return traffic.Pick(random, shares, func(s Share) float64 { return s.Of })
}

// look is how many callers come between two looks at the pool, and at the context.
const look = 64

func (r *run) sample(at time.Duration) {
	if !r.counting {
		return
	}
	st := r.pool.Stats(at)
	r.held += uint64(st.Size - st.Free)
	r.samples++
}

func (r *run) result(last time.Duration) Result {
	out := r.seen
	out.Virtual = last - r.config.WarmUp
	out.Blocking = r.blocked.Interval()
	for n := len(out.Busy); n > 0 && out.Busy[n-1] == 0; n-- {
		out.Busy = out.Busy[:n-1]
	}
	out.Open = out.Reserved - out.Abandoned - out.Lost - out.Own - out.Wrong - out.Unbound
	if r.samples > 0 {
		out.Held = float64(r.held) / float64(r.samples)
	}
	return out
}
