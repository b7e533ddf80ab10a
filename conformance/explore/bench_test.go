//go:build unix

package explore_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/explore"
	"github.com/dnispool/dnispool/conformance/explore/offline"
)

// BenchmarkExplore is the whole of exploration on one core, a seed at a time: what counts is operations a second.
func BenchmarkExplore(b *testing.B) { benchmark(b, true) }

// BenchmarkRun is the part that makes the history.
func BenchmarkRun(b *testing.B) { benchmark(b, false) }

func benchmark(b *testing.B, judge bool) {
	ops, seed, started := 0, uint64(0), processorTime(b)
	b.ReportAllocs()
	for b.Loop() {
		seed++
		h, err := explore.Run(offline.Platform{}, explore.Draw(seed, explore.Limits{}))
		if err != nil {
			b.Fatal(err)
		}
		if judge {
			explore.Judge(h, check.Default())
		}
		ops += len(h.Ops)
	}
	b.ReportMetric(float64(ops)/b.Elapsed().Seconds(), "ops/s")
	b.ReportMetric(float64(ops)/(processorTime(b)-started).Seconds(), "ops/cpu-s") // steady on a machine that others use
	b.ReportMetric(float64(ops)/float64(seed), "ops/seed")
}

// processorTime is what this process has used of the processors.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
