package check

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// million is a history of at least n operations of a busy pool that is right.
func million(n int) (reading.Facts, []history.Op) {
	p := traffic{
		seed: 1, requests: n / 9, rate: 40, size: 1000, windowMin: 15 * time.Second, windowMax: 16 * time.Second, coolDown: 500 * time.Millisecond, release: "hangup",
		bindings: "once", selection: "random", talk: 15 * time.Second, abandon: .05, lost: .01, retry: .5, late: .01, probes: .01, twice: .01, drain: true,
	}
	all := simulate(p)
	return p.facts(), all[:min(n, len(all))]
}

// BenchmarkJudge judges a history by all checks. Memory is what the process holds at its peak, the history included.
func BenchmarkJudge(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f, all := million(n)
			if len(all) < n {
				b.Fatalf("want %d operations, got %d", n, len(all))
			}
			facts := map[string]reading.Facts{"": f}
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
