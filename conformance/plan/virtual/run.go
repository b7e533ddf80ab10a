package virtual

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/dnispool/dnispool/conformance/traffic"
	"github.com/dnispool/dnispool/conformance/traffic/batchmeans"
	"github.com/dnispool/dnispool/sim/pool"
)

// run is one simulation.
type run struct {
	config Config
	pool   *pool.Pool
	events *queue
	calls  []call
	unused []int32 // of calls
	window time.Duration

	numbers []string
	others  bool     // there are other pools
	first   int      // the digits of the first number
	up      []uint16 // calls that are up on each number; nil when there is at most one

	times, fates *rand.Rand // how long things take, and what becomes of calls
	counting     bool
	blocked      *batchmeans.Series
	held         uint64 // numbers, summed over samples
	samples      uint64
	seen         Result
}

// The streams of random numbers: what one of them draws changes nothing in another.
const (
	streamArrivals = iota + 1
	streamTimes
	streamFates
	streamShares
	streams // are so many; each share of the callers has its own
)

// newRun is the part of a simulation that is of a share of the callers, the i-th.
func newRun(c Config, share float64, i uint64) (*run, error) {
	p, err := pool.New(c.Pool)
	if err != nil {
		return nil, err
	}
	r := &run{
		config: c, pool: p, events: newQueue(), numbers: p.Numbers(), others: share < 1, window: c.Pool.Window + c.Pool.Lag,
		times: rand.New(rand.NewPCG(c.Seed, streamTimes+i*streams)), fates: rand.New(rand.NewPCG(c.Seed, streamFates+i*streams)),
	}
	r.first = digits(r.numbers[0])
	if c.Pool.Release != pool.ReleaseHangup {
		r.up, r.seen.Busy = make([]uint16, len(r.numbers)), make([]uint64, busiest+1)
	}
	longest := c.Think.Mean() + c.PostDial.Mean() + c.Ring.Mean() + c.Talk.Mean()
	peak, _ := c.Arrivals.Rates.Peak()
	r.blocked = batchmeans.New(batchmeans.Size(min(share*float64(peak)*longest.Seconds(), float64(len(r.numbers)))))
	if c.Strays > 0 {
		r.events.push(event{at: r.nextStray(0), kind: strays})
	}
	return r, nil
}

// until lets everything happen that is due by t.
func (r *run) until(t time.Duration) {
	for {
		e, due := r.events.pop(t)
		if !due {
			return
		}
		switch e.kind {
		case arrives:
			r.arrive(e.at, e.call)
		case answered:
			r.pool.Answer(e.at, r.calls[e.call].ref)
			r.after(e.at, r.config.Talk, e.call, hangsUp)
		case hangsUp:
			r.hangUp(e.at, e.call)
		case asksAgain:
			r.reserve(e.at, e.call)
		case strays:
			r.stray(e.at)
		}
	}
}

// after lets something happen to a call after a time that is drawn.
func (r *run) after(at time.Duration, d traffic.Distribution, i int32, k kind) {
	r.events.push(event{at + d.Draw(r.times), i, k})
}

// hit reports whether something happens that has the chance p.
func (r *run) hit(p float64) bool { return p > 0 && r.fates.Float64() < p }

// reserve is one try of a caller.
func (r *run) reserve(at time.Duration, i int32) {
	c := &r.calls[i]
	c.tries++
	lease, ok := r.pool.Reserve(at, nil, "")
	if c.counted {
		r.seen.Tries++
		r.blocked.Add(!ok)
	}
	if !ok {
		c.tally(&r.seen.Refused)
		if r.hit(r.config.Again) {
			r.after(at, r.config.Backoff, i, asksAgain)
			return
		}
		r.leave(i)
		return
	}
	c.tally(&r.seen.Reserved)
	if r.others && !r.has(lease.Number) {
		c.tally(&r.seen.Foreign)
	}
	switch {
	case int(c.tries) <= r.config.Retries && r.hit(r.config.Lost):
		c.tally(&r.seen.Lost)
		r.after(at, r.config.Timeout, i, asksAgain)
	case r.hit(r.config.Abandoned):
		c.tally(&r.seen.Abandoned)
		r.leave(i)
	default:
		c.number, c.lease, c.at = lease.Number, lease.Lease, at
		r.after(at+r.config.Think.Draw(r.times), r.config.PostDial, i, arrives)
	}
}

// arrive is a call that reaches the platform.
func (r *run) arrive(at time.Duration, i int32) {
	c := &r.calls[i]
	a := r.pool.Arrive(at, c.number, "")
	c.ref = a.Call
	switch {
	case a.Bound && a.Lease == c.lease:
		c.tally(&r.seen.Own)
	case a.Bound:
		c.tally(&r.seen.Wrong)
	default:
		c.tally(&r.seen.Unbound)
	}
	if at >= c.at+r.window {
		c.tally(&r.seen.Late)
	}
	r.pickUp(at, i)
}

// pickUp is a call from its arrival on.
func (r *run) pickUp(at time.Duration, i int32) {
	c := &r.calls[i]
	if r.up != nil {
		n := &r.up[r.line(c.number)]
		*n++
		c.tally(&r.seen.Busy[min(*n, busiest)])
	}
	if r.config.Pool.Release == pool.ReleaseAnswer {
		r.after(at, r.config.Ring, i, answered)
		return
	}
	r.after(at+r.config.Ring.Draw(r.times), r.config.Talk, i, hangsUp)
}

func (r *run) hangUp(at time.Duration, i int32) {
	c := &r.calls[i]
	r.pool.Hangup(at, c.ref)
	if r.up != nil {
		r.up[r.line(c.number)]--
	}
	r.leave(i)
}

// stray is a call that nobody reserved, to any number.
func (r *run) stray(at time.Duration) {
	r.events.push(event{at: r.nextStray(at), kind: strays})
	i := r.take()
	c := &r.calls[i]
	c.number = r.numbers[r.fates.IntN(len(r.numbers))]
	a := r.pool.Arrive(at, c.number, "")
	c.ref = a.Call
	c.tally(&r.seen.Strays)
	if a.Bound {
		c.tally(&r.seen.StrayHits)
	}
	r.pickUp(at, i)
}

func (r *run) nextStray(at time.Duration) time.Duration {
	gap := r.fates.ExpFloat64() / (r.config.Strays * float64(len(r.numbers)))
	return at + time.Duration(min(gap, math.MaxInt32)*float64(time.Second))
}

// take is a call that begins now.
func (r *run) take() int32 {
	if n := len(r.unused); n > 0 {
		i := r.unused[n-1]
		r.unused = r.unused[:n-1]
		r.calls[i] = call{counted: r.counting}
		return i
	}
	r.calls = append(r.calls, call{counted: r.counting})
	return int32(len(r.calls) - 1)
}

func (r *run) leave(i int32) { r.unused = append(r.unused, i) }

// tally counts a call that came after the warm-up.
func (c *call) tally(n *uint64) {
	if c.counted {
		*n++
	}
}

// line is the place of a number in the pool's list: they are generated one after the other.
func (r *run) line(number string) int { return digits(number) - r.first }

// has reports whether a number is of the pool.
func (r *run) has(number string) bool {
	n := r.line(number)
	return n >= 0 && n < len(r.numbers)
}

// digits are the last nine of a number.
func digits(number string) int {
	n := 0
	for _, d := range []byte(number[max(0, len(number)-9):]) {
		n = 10*n + int(d-'0')
	}
	return n
}
