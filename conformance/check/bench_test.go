package check

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/dnispool/dnispool/conformance/check/simulated"
	"github.com/dnispool/dnispool/conformance/reading"
)

// BenchmarkJudge judges a history by all checks. Memory is what the process holds at its peak, the history included.
func BenchmarkJudge(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p := simulated.Busy(n)
			all := p.History()
			if len(all) < n {
				b.Fatalf("want %d operations, got %d", n, len(all))
			}
			all = all[:n]
			facts := map[string]reading.Facts{"": p.Facts()}
			runtime.GC()
			b.ReportAllocs()
			for b.Loop() {
				for _, r := range judgeAll(facts, all) {
					if len(r.Violations) > 0 {
						b.Fatalf("%s: %s %v", r.Name, r.Violations[0].Text, r.Violations[0].Ops)
					}
				}
			}
			b.StopTimer()
			perOp := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / float64(n)
			b.ReportMetric(perOp, "ns/operation")
			b.ReportMetric(1e9/perOp, "operations/s")
			d := reading.Of(facts, all)
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.HeapAlloc)/1e6, "MB-live")
			b.ReportMetric(float64(m.Sys)/1e6, "MB-sys")
			runtime.KeepAlive(d)
			runtime.KeepAlive(all)
		})
	}
}
