package sipua_test

import (
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
)

// BenchmarkStrangerInAFlood reports how long somebody else's OPTIONS waits, as medians, while INVITEs come in as fast as one sender can
// send them: 5,000 copies of one, and 5,000 different ones. A call waits for itself alone, so the first must not be the longer.
func BenchmarkStrangerInAFlood(b *testing.B) {
	const invites = 5000
	for _, c := range []struct {
		name string
		id   func(round, i int) string
	}{
		{"copies of one", func(round, _ int) string { return fmt.Sprint("copy", round) }},
		{"different ones", func(round, i int) string { return fmt.Sprint("call", round, ".", i) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			e := listenForFlood(b)
			var waits []time.Duration
			for round := 0; b.Loop(); round++ {
				waits = append(waits, flood(b, e.Addr(), invites, func(i int) string { return c.id(round, i) })...)
			}
			slices.Sort(waits)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(waits[len(waits)/2].Microseconds())/1000, "ms-median")
			b.ReportMetric(float64(waits[len(waits)-1].Microseconds())/1000, "ms-longest")
			b.ReportMetric(float64(len(waits))/float64(b.N), "OPTIONS/flood")
		})
	}
}

func listenForFlood(b *testing.B) *sipua.Endpoint {
	e, err := sipua.Listen(b.Context(), sipua.Config{Listen: "127.0.0.1:0", OnCall: func(l *sipua.Leg) { _ = l.Reject(486, "") }})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = e.Close() })
	return e
}

// flood sends n INVITEs while a stranger asks one question after the other, and gives how long each answer took.
func flood(b *testing.B, addr string, n int, id func(i int) string) []time.Duration {
	send := func(conn net.Conn, text string) {
		if _, err := conn.Write([]byte(text)); err != nil {
			b.Error(err)
		}
	}
	dial := func() net.Conn {
		conn, err := net.Dial("udp", addr)
		if err != nil {
			b.Fatal(err)
		}
		return conn
	}
	sender, stranger := dial(), dial()
	defer stranger.Close()
	var over atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		defer over.Store(true)
		defer sender.Close()
		p := &peer{addr: sender.LocalAddr().String()}
		for i := range n {
			send(sender, p.text(req{method: "INVITE", branch: id(i), callID: id(i), fromTag: id(i)}))
		}
	})
	var waits []time.Duration
	buf := make([]byte, 65536)
	for i := 0; i == 0 || !over.Load(); i++ {
		start := time.Now()
		p := &peer{addr: stranger.LocalAddr().String()}
		send(stranger, p.text(req{method: "OPTIONS", branch: fmt.Sprint("o", i), callID: fmt.Sprint("o", i, p.addr)}))
		_ = stranger.SetReadDeadline(start.Add(30 * time.Second))
		if _, err := stranger.Read(buf); err != nil {
			b.Fatal(err)
		}
		waits = append(waits, time.Since(start))
	}
	wg.Wait()
	return waits
}
