package check

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// hard are histories of one number in which something lasts for as long as everything else: what is compared with all
// that came meanwhile makes a cost that grows with the square of the operations.
func hard() map[string]func(n int) (reading.Facts, []history.Op) {
	calls := func(facts reading.Facts, first op, gap, window float64, echo bool) func(n int) (reading.Facts, []history.Op) {
		return func(n int) (reading.Facts, []history.Op) {
			all := []op{first}
			for i := 1; len(all) < n; i++ {
				at, nonce, id := gap*float64(i), fmt.Sprint("x", i), fmt.Sprint("c", i)
				all = append(all, reserved(at, at+gap/10, "a").nonce(nonce).shared(nonce), dialled(at+gap/5, at+gap*.3, "a").nonce(nonce).shared(nonce).id(id).over(at+gap*.4))
				if echo {
					all = append(all, heard(at+gap/2, id, nonce, "a"))
				}
			}
			end := gap * float64(n)
			if all[0].Outcome == history.Indefinite || all[0].Kind != history.Call {
				all[0].End = sec(end)
			}
			return with(facts, func(f *reading.Facts) { f.WindowMin, f.WindowMax, f.Size = sec(window), sec(window+1), 1 }), ops(all[:n]...)
		}
	}
	open := dialled(0, .1, "a").id("open").unknown()
	many := with(roh, func(f *reading.Facts) { f.Bindings = "many" })
	return map[string]func(n int) (reading.Facts, []history.Op){
		"call-left-open":         calls(roh, open, 1, 10, true),
		"call-never-over":        calls(many, dialled(0, .1, "a").id("up"), 1, 10, true),
		"reservation-left-open":  calls(roh, timedOut(0, 1), 1, 10, true),
		"window-of-many-calls":   calls(roa, reserved(0, .1, "b"), .001, 3600, true),
		"window-of-silent-calls": calls(roa, reserved(0, .1, "b"), .001, 3600, false),
		"all-at-once": func(n int) (reading.Facts, []history.Op) {
			all := make([]op, 0, n)
			for i := range n / 2 {
				at := float64(i) / 1000
				all = append(all, reserved(at, float64(n), "a").nonce(fmt.Sprint("x", i)), refused(at, float64(n)))
			}
			return roh, ops(all...)
		},
		"restarts": func(n int) (reading.Facts, []history.Op) {
			f, all := calls(roa, reserved(0, .1, "b"), 1, 10, true)(n / 2)
			out := make([]op, 0, n)
			for _, o := range all {
				at := o.Start + time.Millisecond
				out = append(out, op(o), op{Kind: history.Restart, Outcome: history.Indefinite, Start: at, End: at})
			}
			return f, ops(out...)
		},
	}
}

// BenchmarkHard judges histories that are hard to judge, of two sizes. growth is how many times as long one operation of
// the larger takes: 1 where the cost grows with the number of operations, 4 where it grows with its square.
func BenchmarkHard(b *testing.B) {
	const small, large = 50_000, 200_000
	all := hard()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		of := all[name]
		b.Run(name, func(b *testing.B) {
			per := func(n int) float64 {
				f, all := of(n)
				facts := map[string]reading.Facts{"": f}
				b.ResetTimer()
				start := time.Now()
				for range b.N {
					judgeAll(facts, all)
				}
				return float64(time.Since(start).Nanoseconds()) / float64(b.N) / float64(n)
			}
			few, many := per(small), per(large)
			b.ReportMetric(many, "ns/operation")
			b.ReportMetric(many/few, "growth")
		})
	}
}
