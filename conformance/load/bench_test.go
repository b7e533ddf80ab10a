//go:build unix

package load

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/load/measure"
	"github.com/dnispool/dnispool/conformance/targets/live"
	"github.com/dnispool/dnispool/conformance/traffic"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// BenchmarkReservations offers 10,000 reservations a second to the reference in this process, without and with recording, and
// says which rate was reached and how late callers began. What a caller costs is CPU time of both sides.
//
//	go test ./conformance/load -bench Reservations -benchtime 50000x
func BenchmarkReservations(b *testing.B) {
	for _, recorded := range []bool{false, true} {
		b.Run(fmt.Sprintf("recorded=%v", recorded), func(b *testing.B) {
			given, _ := strictyaml.Parse("given", []byte("pool: {numbers: 1000000, window: 5s}"))
			stage, err := live.Reference(b.Context(), "given", given, 1)
			if err != nil {
				b.Fatal(err)
			}
			defer stage.Close()
			p := Default()
			const rate = 10_000
			p.Arrivals = traffic.Arrivals{Rates: traffic.Steady(rate)}
			p.For = time.Duration(b.N) * time.Second / rate
			plan := Plan{Profile: p, Stage: stage, Seed: 1, Prefix: "b-", NoCalls: true}
			if recorded {
				plan.Record = io.Discard
			}
			b.ResetTimer()
			before := cpu()
			out, err := Run(context.Background(), plan)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-us/caller")
			whole := out.Measured.Whole
			b.ReportMetric(whole.Achieved(), "callers/s")
			b.ReportMetric(float64(out.Measured.Times[measure.TimeLag].P99.Microseconds())/1000, "lag-p99-ms")
			b.ReportMetric(float64(out.Measured.Times[measure.TimeReserve].P99.Microseconds())/1000, "reserve-p99-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// cpu is the CPU time of this process so far.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkCalls offers whole journeys over SIP, as fast as 400 a second: reserve, call, hang up, ask for the handoff.
//
//	go test ./conformance/load -run ^$ -bench Calls -benchtime 4000x
func BenchmarkCalls(b *testing.B) {
	given, _ := strictyaml.Parse("given", []byte("pool: {numbers: 5000}"))
	stage, err := live.Reference(b.Context(), "given", given, 1)
	if err != nil {
		b.Fatal(err)
	}
	defer stage.Close()
	p := Default()
	const rate = 400
	p.Arrivals = traffic.Arrivals{Rates: traffic.Steady(rate)}
	p.For = time.Duration(b.N) * time.Second / rate
	p.Journey.Think, p.Journey.Talk = traffic.Constant(0), new(traffic.Constant(time.Second))
	b.ResetTimer()
	before := cpu()
	out, err := Run(context.Background(), Plan{Profile: p, Stage: stage, Seed: 1, Prefix: "b-", Record: io.Discard})
	if err != nil {
		b.Fatal(err)
	}
	c := out.Measured.Counts
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-us/caller")
	b.ReportMetric(float64(c.Own)/out.Measured.Whole.To.Seconds(), "calls/s")
	b.ReportMetric(float64(c.CallFailed+c.CallRefused), "calls-failed")
	b.ReportMetric(float64(out.Measured.Times[measure.TimeLag].P99.Microseconds())/1000, "lag-p99-ms")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkCaller is what the generator itself takes for a caller who reserves, on a platform that takes nothing.
func BenchmarkCaller(b *testing.B) {
	p := Default()
	p.Arrivals.Rates = traffic.Steady(1000)
	p.For = time.Hour
	r, err := Plan{Profile: p, Stage: still{}, Seed: 1, Prefix: "b-", NoCalls: true, Record: io.Discard}.begin()
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	random := rand.New(rand.NewPCG(1, 1))
	b.ReportAllocs()
	for b.Loop() {
		now := r.now()
		c := r.draw(random, now)
		c.project.measure.Due(now)
		c.play(ctx)
	}
}
