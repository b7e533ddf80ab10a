//go:build unix

package sim_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim"
)

// soakVariable asks for the long soak: 50,000 calls instead of 2,000.
const soakVariable = "DNISPOOL_SOAK"

// BenchmarkSoak makes two reservations for each call, one of which nobody calls, places the calls, lets every SIP timer
// run out (32 s) and looks at what is left of them. What is kept on purpose, handoff records and journal, is set to one
// of each. left-B/call and left-goroutines are to be 0, but for tables, some MiB of them: Go does not shrink a map again.
func BenchmarkSoak(b *testing.B) {
	calls := 2_000
	if os.Getenv(soakVariable) != "" {
		calls = 50_000
	}
	w := open(b, fmt.Sprintf("pool: {numbers: %d, window: 1s}\nhandoff: {max_records: 1}\njournal: {events: 1}", 100*callsATurn))
	phones := make([]*phone, phonesASide)
	for i := range phones {
		phones[i] = newPhone(b, w.sim.SIPAddr())
	}
	w.reserveMany(callsATurn) // opens the connections
	goroutines, heap := runtime.NumGoroutine(), heapInUse()
	for b.Loop() {
		start := time.Now()
		for range calls / callsATurn {
			callAll(b, phones, w.reserveMany(2 * callsATurn)[:callsATurn])
		}
		b.ReportMetric(float64(calls)/time.Since(start).Seconds(), "calls/s")
	}
	w.idle()
	during := heapInUse()
	leftGoroutines, leftHeap := settled(goroutines, heap)
	if leftGoroutines > goroutines {
		b.Errorf("goroutines: want %d, got %d", goroutines, leftGoroutines)
	}
	total := calls * b.N
	perCall := (float64(leftHeap) - float64(heap)) / float64(total)
	b.ReportMetric(float64(during-heap)/(1<<20), "MiB-at-the-end")
	b.ReportMetric(perCall, "left-B/call")
	b.ReportMetric(float64(leftGoroutines-goroutines), "left-goroutines")
	if perCall > 200 && leftHeap > heap+4<<20 {
		b.Errorf("memory: want nothing left of a call, got %.0f bytes", perCall)
	}
	w.conserved()
}

// BenchmarkCallsAtOnce has as many calls up as the platform takes by default, each bound to a reservation of its own, and
// then stops it. KiB/call is the heap of platform and callers together; ms-to-stop ends when every caller has been told.
func BenchmarkCallsAtOnce(b *testing.B) {
	const calls, diallers = 2000, 50
	for b.Loop() {
		w := open(b, fmt.Sprintf("pool: {numbers: %d}\nagent: {echo: {talk: forever}}", calls))
		carrier, err := pstn.New(b.Context(), pstn.Config{Platform: w.sim.SIPAddr()})
		w.must(err)
		numbers := w.reserveMany(calls)
		heap, start := heapInUse(), time.Now()
		var wg sync.WaitGroup
		for d := range diallers {
			wg.Go(func() {
				for i := d; i < calls; i += diallers {
					if c, err := carrier.Dial(b.Context(), pstn.Dial{To: numbers[i], From: "+442079460500"}); err != nil || !c.Answered() {
						b.Errorf("call to %s: want it answered, got %v", numbers[i], err)
					}
				}
			})
		}
		wg.Wait()
		b.ReportMetric(float64(w.sim.Calls()), "calls-up")
		b.ReportMetric(float64(calls)/time.Since(start).Seconds(), "calls/s")
		b.ReportMetric(float64(heapInUse()-heap)/calls/(1<<10), "KiB/call")
		start = time.Now()
		ctx, cancel := context.WithTimeout(b.Context(), sim.ShutdownGrace)
		w.must(w.sim.Close(ctx))
		cancel()
		b.ReportMetric(float64(time.Since(start).Microseconds())/1000, "ms-to-stop")
		w.must(carrier.Close())
	}
	b.ReportMetric(0, "ns/op") // of many things together: means nothing
}

// settled waits until no call's timer can be left, or until everything is as it was, and counts.
func settled(goroutines int, heap uint64) (int, uint64) {
	for end := time.Now().Add(35 * time.Second); time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		if n, h := runtime.NumGoroutine(), heapInUse(); n <= goroutines && h <= heap {
			return n, h
		}
	}
	return runtime.NumGoroutine(), heapInUse()
}

func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkStart makes and starts a platform with its default configuration. ms-to-ready, from New to the return of
// Start, is to be far below 200; MiB-idle is the resident memory of a process that does nothing else, to be below 40.
func BenchmarkStart(b *testing.B) {
	c := parse(b, "profile: published")
	c.HTTP.Listen, c.SIP.Listen = "127.0.0.1:0", "127.0.0.1:0"
	start := func() (*sim.Sim, time.Duration) {
		began := time.Now()
		s, err := sim.New(c, echo)
		if err == nil {
			err = s.Start(b.Context())
		}
		if err != nil {
			b.Fatal(err)
		}
		return s, time.Since(began)
	}
	if os.Getenv(sideVariable) != "" {
		s, _ := start()
		defer s.Close(context.Background())
		status, err := os.ReadFile("/proc/self/status")
		if err != nil {
			b.Fatal(err)
		}
		_, rss, _ := strings.Cut(string(status), "VmRSS:")
		fmt.Println("rss", strings.Fields(rss)[0])
		return
	}
	var took []float64
	for b.Loop() {
		s, d := start()
		took = append(took, float64(d.Microseconds())/1000)
		if err := s.Close(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(median(took), "ms-to-ready")
	if mib, ok := idle(b); ok {
		b.ReportMetric(mib, "MiB-idle")
	}
}

// idle asks a process of its own for its resident memory; false where the system does not tell.
func idle(b *testing.B) (mib float64, ok bool) {
	if runtime.GOOS != "linux" {
		return 0, false
	}
	cmd := exec.Command(os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkStart$", "-test.benchtime=1x")
	cmd.Env = append(os.Environ(), sideVariable+"=idle")
	out, err := cmd.Output()
	if err != nil {
		b.Fatal(err)
	}
	_, rss, found := strings.Cut(string(out), "rss ")
	var kib float64
	if _, err := fmt.Sscan(rss, &kib); !found || err != nil {
		b.Fatalf("rss: got %q, %v", out, err)
	}
	return kib / 1024, true
}
