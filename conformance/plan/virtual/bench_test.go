//go:build unix

package virtual

import (
	"context"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/traffic"
	"github.com/dnispool/dnispool/sim/pool"
)

// BenchmarkRun is whole calls, drawn, reserved, delivered and hung up, while four fifths of the numbers are in use. It
// reports calls a second of one core, and x-pool: the time of a call over that of the three operations on the pool alone.
func BenchmarkRun(b *testing.B) {
	for _, n := range []int{20, 1000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := Config{Pool: pool.Default(), PostDial: traffic.PostDialDelay(), Talk: traffic.Talk(), Seed: 1}
			c.Pool.Numbers = pool.Count(n)
			hold := c.PostDial.Mean() + c.Talk.Mean()
			c.Arrivals.Rates = traffic.Steady(traffic.Rate(0.8 * float64(n) / hold.Seconds()))
			c.Length, c.WarmUp = time.Hour, 10*hold
			r, err := newRun(c, 1, 0)
			if err != nil {
				b.Fatal(err)
			}
			calls := 0
			arrivals := c.Arrivals.Start(r.times)
			one := func() {
				at, _ := arrivals.Next()
				r.until(at)
				r.reserve(at, r.take())
				calls++
			}
			for range 3 * n {
				one()
			}
			calls = 0
			start := processorTime(b)
			for b.Loop() {
				one()
			}
			took := processorTime(b) - start
			b.ReportMetric(float64(calls)/took.Seconds(), "calls/cpu-s")
			b.ReportMetric(float64(took)/float64(calls)/alone(b, c.Pool, n*4/5, calls), "x-pool")
		})
	}
}

// alone is the time of the processor, in nanoseconds, that reserving, a call's arrival and the hang-up of any other take on
// a pool of which so many numbers are in use.
func alone(b *testing.B, config pool.Config, used, rounds int) float64 {
	p, err := pool.New(config)
	if err != nil {
		b.Fatal(err)
	}
	up := make([]pool.CallRef, used)
	now := time.Duration(0)
	any := rand.New(rand.NewPCG(1, 1))
	one := func(i int) {
		now += time.Millisecond
		r, _ := p.Reserve(now, nil, "")
		a := p.Arrive(now, r.Number, "")
		p.Hangup(now, up[i])
		up[i] = a.Call
	}
	for i := range used {
		one(i)
	}
	start := processorTime(b)
	for range rounds {
		one(any.IntN(used))
	}
	return float64(processorTime(b)-start) / float64(rounds)
}

// BenchmarkManyCalls is a hundred million calls for 20 numbers in one run, of which 16 are held.
func BenchmarkManyCalls(b *testing.B) {
	for b.Loop() {
		c := held(20, 4, traffic.LognormalMean(4*time.Second, 0.6))
		c.Calls = 100_000_000
		start := processorTime(b)
		r, err := Run(context.Background(), c)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(r.Callers)/(processorTime(b)-start).Seconds(), "calls/cpu-s")
		b.ReportMetric(float64(resident(b))/1e6, "MB")
	}
}

func processorTime(b *testing.B) time.Duration {
	u := usage(b)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// resident is the most memory that this process has had, in bytes, as Linux counts it.
func resident(b *testing.B) int64 { return usage(b).Maxrss * 1024 }

func usage(b *testing.B) syscall.Rusage {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u
}
