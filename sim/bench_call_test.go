//go:build unix

package sim_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"github.com/dnispool/dnispool/sim/sipua"
)

// BenchmarkCall places the same calls from the same phones (INVITE, 180, 200, ACK, then the far side's BYE, over
// loopback UDP) to a whole platform, to a sipua.Endpoint and to sipgo with its dialog cache. Each has a process, and so
// a heap, of its own, and they take turns. The ratios are medians over the turns of the CPU time of the whole process,
// phones included, and of the bytes allocated, while eight phones call as fast as they can; and of how long a call takes from its
// INVITE to the answer to its BYE while one phone calls and nothing else goes on, each turn's the median of its calls:
//
//	cpu-vs-sipgo, B-vs-sipgo        platform : sipgo answering with no platform behind it. 1.15 is wanted, and not reached.
//	cpu-vs-endpoint, B-vs-endpoint  platform : the same SIP plumbing with no platform behind it.
//	took-vs-sipgo                   the same of how long a call takes, which others on the machine disturb least.
//	watched-…-vs-sipgo              a platform with control API and journal, an open page, and a reader of events who has stopped : sipgo.
//
// With -q1 and -q3 they are the quartiles over the turns.
// The reservations are made between the turns.
func BenchmarkCall(b *testing.B) {
	if name := os.Getenv(sideVariable); name != "" {
		serveTurns(b, name)
		return
	}
	platform, watched, endpoint, bare := startSide(b, "platform"), startSide(b, "watched"), startSide(b, "endpoint"), startSide(b, "sipgo")
	watch(b, watched.link(b))
	for range 10 {
		platform.turn(b)
		endpoint.turn(b)
		bare.turn(b)
	}
	for range recordedCalls/callsATurn + 1 { // from then on a call takes the place of another in what is recorded
		watched.turn(b)
	}
	ratios := make(map[string][]float64)
	for b.Loop() {
		p, w, e, s := platform.turn(b), watched.turn(b), endpoint.turn(b), bare.turn(b)
		for name, value := range map[string]float64{
			"µs/call": p.cpu, "µs-sipgo/call": s.cpu, "B/call": p.bytes, "µs-took/call": p.took, "µs-took-sipgo/call": s.took,
			"took-vs-sipgo": p.took / s.took, "watched-took-vs-sipgo": w.took / s.took,
			"cpu-vs-sipgo": p.cpu / s.cpu, "B-vs-sipgo": p.bytes / s.bytes,
			"cpu-vs-endpoint": p.cpu / e.cpu, "B-vs-endpoint": p.bytes / e.bytes, "watched-cpu-vs-sipgo": w.cpu / s.cpu,
		} {
			ratios[name] = append(ratios[name], value)
		}
	}
	b.ReportMetric(0, "ns/op") // of three sides together: means nothing
	for name, values := range ratios {
		if strings.HasSuffix(name, "cpu-vs-sipgo") || strings.HasSuffix(name, "took-vs-sipgo") {
			reportSpread(b, name, values)
			continue
		}
		b.ReportMetric(median(values), name)
	}
}

const (
	sideVariable            = "DNISPOOL_BENCH_SIDE"
	phonesASide, callsATurn = 8, 200
	recordedCalls           = 10_000 // as many as control.conversations keeps
	turnFormat              = "turn %g %g %g\n"
	linkFormat              = "link %s\n" // where the side that is watched can be
)

// cost is µs of CPU time, bytes, and µs from beginning to end, a call.
type cost struct{ cpu, bytes, took float64 }

// side is a process that places a turn of calls for each line that it is sent.
type side struct {
	in  io.Writer
	out *bufio.Scanner
}

func startSide(b *testing.B, name string) *side {
	cmd := exec.Command(os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkCall$", "-test.benchtime=1x")
	cmd.Env = append(os.Environ(), sideVariable+"="+name)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_, _ = io.Copy(io.Discard, out)
		if err := cmd.Wait(); err != nil {
			b.Errorf("%s: %v", name, err)
		}
	})
	return &side{in, bufio.NewScanner(out)}
}

func (s *side) turn(b *testing.B) (c cost) {
	if _, err := fmt.Fprintln(s.in); err != nil {
		b.Fatal(err)
	}
	for s.out.Scan() {
		if n, _ := fmt.Sscanf(s.out.Text()+"\n", turnFormat, &c.cpu, &c.bytes, &c.took); n == 3 {
			return c
		}
	}
	b.Fatal("the other process has ended")
	return c
}

// link is where a side can be watched.
func (s *side) link(b *testing.B) (link string) {
	for s.out.Scan() {
		if n, _ := fmt.Sscanf(s.out.Text()+"\n", linkFormat, &link); n == 1 {
			return link
		}
	}
	b.Fatal("the other process has ended")
	return ""
}

// serveTurns is the other process.
func serveTurns(b *testing.B, name string) {
	var addr string
	var reserve clients
	numbers := slices.Repeat([]string{"+442071838750"}, callsATurn)
	switch name {
	case "endpoint":
		addr = listenEndpoint(b)
	case "sipgo":
		addr = listenSipgo(b)
	default:
		config := fmt.Sprintf("pool: {numbers: %d}\nsip: {tcp: false}\n", callsATurn) +
			"agent: {start: [{set: {handoff_to: {attribute: want_handoff_to}, shared_id: {attribute: shared_id}}}]}"
		var w *world
		if name == "watched" {
			var link string
			w, link = openWatched(b, config)
			fmt.Printf(linkFormat, link)
		} else {
			w = open(b, config)
		}
		addr = w.sim.SIPAddr()
		var err error
		numbers, err = w.project(0).Pool.Numbers.Expand() // all of them are reserved for each turn
		w.must(err)
		reserve = newLoad(b, w.sim.HTTPAddr(), w.project(0).DNIKey, `{"attributes":{}}`, phonesASide)
		defer w.conserved()
		defer w.idle()
	}
	if reserve == nil { // nobody needs it here, but what it leaves to the collector of garbage is to be the same
		reserve = newLoad(b, serveFreeList(b), "k", `{"attributes":{}}`, phonesASide)
	}
	phones := make([]*phone, phonesASide)
	for i := range phones {
		phones[i] = newPhone(b, addr)
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		reserve.round(b, callsATurn/phonesASide)
		c := callAll(b, phones, numbers)
		reserve.round(b, callsATurn/phonesASide)
		fmt.Printf(turnFormat, c.cpu, c.bytes, callOneByOne(b, phones[0], numbers))
	}
}

func callAll(b *testing.B, phones []*phone, numbers []string) cost {
	start, before := processCPU(b), allocated()
	var wg sync.WaitGroup
	for n, p := range phones {
		wg.Go(func() {
			for i := n; i < len(numbers); i += len(phones) {
				if err := p.callWhole(numbers[i]); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	calls := float64(len(numbers))
	return cost{cpu: float64((processCPU(b) - start).Microseconds()) / calls, bytes: float64(allocated()-before) / calls}
}

// callOneByOne gives the median of how long a call takes, in µs.
func callOneByOne(b *testing.B, p *phone, numbers []string) float64 {
	var took []float64
	for _, number := range numbers {
		start := time.Now()
		if err := p.callWhole(number); err != nil {
			b.Error(err)
			return 0
		}
		took = append(took, float64(time.Since(start).Nanoseconds())/1000)
	}
	return median(took)
}

// callWhole calls until the far side has hung up.
func (p *phone) callWhole(number string) error {
	code, err := p.call(number)
	if err == nil && code == "200" {
		err = p.takeBye()
	}
	if err != nil || code != "200" {
		return fmt.Errorf("call: %s, %v", code, err)
	}
	return nil
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
