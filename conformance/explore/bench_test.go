package explore_test

import (
	"testing"

	"github.com/dnispool/dnispool/conformance/explore"
	"github.com/dnispool/dnispool/conformance/target"
)

// BenchmarkExplore is the whole of exploration on one core, a seed at a time: what counts is operations a second.
func BenchmarkExplore(b *testing.B) { benchmark(b, true) }

// BenchmarkRun is the part that makes the history.
func BenchmarkRun(b *testing.B) { benchmark(b, false) }

func benchmark(b *testing.B, judge bool) {
	ops, seed := 0, uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		seed++
		h, err := explore.Run(target.Offline{}, explore.Draw(seed, explore.Limits{}))
		if err != nil {
			b.Fatal(err)
		}
		if judge {
			explore.Judge(h, nil)
		}
		ops += len(h.Ops)
	}
	b.ReportMetric(float64(ops)/b.Elapsed().Seconds(), "ops/s")
	b.ReportMetric(float64(ops)/float64(seed), "ops/seed")
}
