package sim_test

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"github.com/dnispool/dnispool/sim/sipua"
)

// BenchmarkCall places the same calls from the same phones (INVITE, 180, 200, ACK, then the far side's BYE, over
// loopback UDP) to a whole platform, to a sipua.Endpoint and to sipgo with its dialog cache, in alternating short turns.
// The ratios are medians over the turns, of the CPU time of the whole process, phones included, and of the bytes
// allocated:
//
//	cpu-vs-sipgo, B-vs-sipgo        platform : sipgo answering with no platform behind it. To stay below 1.25.
//	cpu-vs-endpoint, B-vs-endpoint  platform : the same SIP plumbing with no platform behind it.
//
// Garbage is collected between the turns: what the collector has to do hangs on what all three have left behind (sipgo
// remembers a transaction for 32 s), and is proportional to the bytes. The reservations are made between the turns too.
func BenchmarkCall(b *testing.B) {
	w := open(b, fmt.Sprintf("pool: {numbers: %d}\nsip: {tcp: false}\n", callsATurn)+
		"agent: {start: [{set: {handoff_to: {attribute: want_handoff_to}, shared_id: {attribute: shared_id}}}]}")
	platform := newSide(b, w.sim.SIPAddr())
	endpoint, bare := newSide(b, listenEndpoint(b)), newSide(b, listenSipgo(b))
	numbers := slices.Repeat([]string{"+442071838750"}, callsATurn)
	for range 5 {
		platform.turn(b, w.reserveMany(callsATurn))
		endpoint.turn(b, numbers)
		bare.turn(b, numbers)
	}
	ratios := make(map[string][]float64)
	for b.Loop() {
		cpu, bytes := platform.turn(b, w.reserveMany(callsATurn))
		endpointCPU, endpointBytes := endpoint.turn(b, numbers)
		bareCPU, bareBytes := bare.turn(b, numbers)
		for name, value := range map[string]float64{
			"cpu-vs-sipgo": cpu / bareCPU, "cpu-vs-endpoint": cpu / endpointCPU, "µs/call": cpu, "µs-sipgo/call": bareCPU,
			"B-vs-sipgo": bytes / bareBytes, "B-vs-endpoint": bytes / endpointBytes, "B/call": bytes,
		} {
			ratios[name] = append(ratios[name], value)
		}
	}
	b.ReportMetric(0, "ns/op") // of three sides together: means nothing
	for name, values := range ratios {
		b.ReportMetric(median(values), name)
	}
	w.idle()
	w.conserved()
}

const phonesASide, callsATurn = 8, 200

// side is who is called, and its callers.
type side []*phone

func newSide(b *testing.B, addr string) (s side) {
	for range phonesASide {
		s = append(s, newPhone(b, addr))
	}
	return s
}

// turn calls every number and returns µs of CPU time and bytes a call.
func (s side) turn(b *testing.B, numbers []string) (cpu, bytes float64) {
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	start, before := processCPU(b), allocated()
	var wg sync.WaitGroup
	for n, p := range s {
		wg.Go(func() {
			for i := n; i < len(numbers); i += len(s) {
				code, err := p.call(numbers[i])
				if err == nil && code == "200" {
					err = p.takeBye()
				}
				if err != nil || code != "200" {
					b.Errorf("call: %s, %v", code, err)
					return
				}
			}
		})
	}
	wg.Wait()
	calls := float64(len(numbers))
	return float64((processCPU(b) - start).Microseconds()) / calls, float64(allocated()-before) / calls
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func processCPU(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// listenEndpoint answers and hangs up, and that is all.
func listenEndpoint(b *testing.B) string {
	e, err := sipua.Listen(b.Context(), sipua.Config{Listen: "127.0.0.1:0", OnCall: func(l *sipua.Leg) {
		if l.Provisional(180, "", nil) == nil && l.Answer(context.Background(), nil) == nil {
			_ = l.Bye(context.Background())
		}
	}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = e.Close() })
	return e.Addr()
}

// listenSipgo does the same as sipgo's documentation does it.
func listenSipgo(b *testing.B) string {
	ua, err := sipgo.NewUA()
	if err != nil {
		b.Fatal(err)
	}
	server, err := sipgo.NewServer(ua)
	if err != nil {
		b.Fatal(err)
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	host, port, err := sip.ParseAddr(conn.LocalAddr().String())
	if err != nil {
		b.Fatal(err)
	}
	client, err := sipgo.NewClient(ua, sipgo.WithClientConnectionAddr(conn.LocalAddr().String()))
	if err != nil {
		b.Fatal(err)
	}
	dialogs := sipgo.NewDialogServerCache(client, sip.ContactHeader{Address: sip.Uri{Scheme: "sip", Host: host, Port: port}})
	server.OnInvite(func(r *sip.Request, tx sip.ServerTransaction) {
		d, err := dialogs.ReadInvite(r, tx)
		if err != nil {
			b.Error(err)
			return
		}
		defer d.Close()
		answer, err := sipua.AnswerSDP(r.Body(), "127.0.0.1", 9)
		if err != nil || d.Respond(180, "Ringing", nil) != nil || d.RespondSDP(answer) != nil {
			b.Error("not answered", err)
			return
		}
		if err := d.Bye(context.Background()); err != nil {
			b.Error("bye:", err)
		}
	})
	server.OnAck(func(r *sip.Request, tx sip.ServerTransaction) { _ = dialogs.ReadAck(r, tx) })
	server.OnBye(func(r *sip.Request, tx sip.ServerTransaction) { _ = dialogs.ReadBye(r, tx) })
	served := make(chan struct{})
	go func() { defer close(served); _ = server.ServeUDP(conn) }()
	b.Cleanup(func() { _, _ = ua.Close(), conn.Close(); <-served })
	return conn.LocalAddr().String()
}
