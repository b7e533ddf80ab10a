package sipua_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
)

// ladder collects a trace as "> INVITE", "< 200 INVITE".
type ladder struct {
	mu   sync.Mutex
	msgs []sipua.Message
}

func (l *ladder) note(m sipua.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.msgs = append(l.msgs, m)
}

func (l *ladder) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var s []string
	for _, m := range l.msgs {
		arrow, what, _ := "<", "", ""
		if m.Sent {
			arrow = ">"
		}
		_, method, _ := strings.Cut(m.CSeq, " ")
		if what = method; strings.HasPrefix(m.StartLine, "SIP/2.0 ") {
			what = m.StartLine[8:11] + " " + method
		}
		s = append(s, arrow+" "+what)
	}
	return strings.Join(s, ", ")
}

// loopback listens on a free port of the loopback address.
func loopback(t *testing.T, c sipua.Config) *sipua.Endpoint {
	t.Helper()
	if c.PacketConn == nil && c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	e, err := sipua.Listen(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return e
}

// noLeak checks that the goroutines that f started are gone soon after it.
func noLeak(t *testing.T, f func()) {
	t.Helper()
	before := runtime.NumGoroutine()
	f()
	for end := time.Now().Add(3 * time.Second); ; time.Sleep(time.Millisecond) { // timers that sipgo leaves behind flash up
		after := runtime.NumGoroutine()
		if after <= before {
			return
		}
		if time.Now().After(end) {
			b := make([]byte, 1<<20)
			t.Fatalf("goroutines: want %d, got %d\n%s", before, after, b[:runtime.Stack(b, true)])
		}
	}
}

func TestCallsOverLoopback(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			noLeak(t, func() {
				var at, from ladder
				platform, err := sipua.Listen(t.Context(), sipua.Config{Listen: "127.0.0.1:0", TCP: true, Trace: at.note, OnCall: func(l *sipua.Leg) {
					_ = l.Provisional(180, "", nil)
					_ = l.Answer(context.Background(), nil)
					_ = l.Bye(context.Background())
				}})
				if err != nil {
					t.Fatal(err)
				}
				carrier, err := sipua.Listen(t.Context(), sipua.Config{Listen: "127.0.0.1:0", TCP: true, Trace: from.note})
				if err != nil {
					t.Fatal(err)
				}
				for range 3 {
					l, err := carrier.Dial(t.Context(), sipua.Dial{Transport: transport, To: "sip:+44@" + platform.Addr(), From: "sip:a@b"})
					if err != nil {
						t.Fatal(err)
					}
					<-l.Done()
					equal(t, "end", short(l.End()), "remote bye 0")
					for platform.Active() > 0 { // until the answer to its BYE is there
						runtime.Gosched()
					}
				}
				equal(t, "close", fmt.Sprint(platform.Close(), carrier.Close()), "<nil> <nil>")
				one := "< INVITE, > 180 INVITE, > 200 INVITE, < ACK, > BYE, < 200 BYE"
				equal(t, "platform", at.String(), strings.Join([]string{one, one, one}, ", "))
				flip := strings.NewReplacer("<", ">", ">", "<").Replace(one)
				equal(t, "carrier", from.String(), strings.Join([]string{flip, flip, flip}, ", "))
				want := "<sip:" + platform.Addr() + ">"
				if transport == "tcp" {
					want = "<sip:" + platform.Addr() + ";transport=tcp>"
				}
				ok := parse([]byte(from.msgs[2].Raw))
				equal(t, "contact", ok.get("contact"), want)
				equal(t, "peer", from.msgs[2].Peer, platform.Addr())
				equal(t, "call id", from.msgs[2].CallID, ok.get("call-id"))
				equal(t, "time", at.msgs[0].At.After(at.msgs[5].At) || at.msgs[0].At.IsZero(), false)
			})
		})
	}
}

// sipgo: a request that is sent before the socket is in its pool, or to a new peer, leaves from a port of its own.
func TestRequestsLeaveFromTheListeningPort(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := servePeer(t, conn, func(p *peer, m msg) { callee(p, m) })
	for range 20 {
		e := loopback(t, sipua.Config{})
		l, err := e.Dial(t.Context(), sipua.Dial{Target: p.addr, To: "sip:x@y", From: "sip:a@b"})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "bye", l.Bye(t.Context()), nil)
		all := p.received()
		for _, m := range all[len(all)-3:] {
			equal(t, m.method, m.from, e.Addr())
		}
	}
}

func TestOtherAddresses(t *testing.T) {
	for _, c := range []struct{ name, listen, target string }{
		{"IPv6", "[::1]:0", ""},
		{"a name", "127.0.0.1:0", "localhost"},
	} {
		for _, transport := range []string{"udp", "tcp"} {
			t.Run(c.name+" "+transport, func(t *testing.T) {
				if probe, err := net.ListenPacket("udp", c.listen); err != nil {
					t.Skipf("this machine has no %s: %v", c.listen, err)
				} else {
					_ = probe.Close()
				}
				platform := loopback(t, sipua.Config{Listen: c.listen, TCP: true, OnCall: answer})
				carrier := loopback(t, sipua.Config{Listen: c.listen, TCP: true})
				target := platform.Addr()
				if c.target != "" {
					_, port, _ := net.SplitHostPort(target)
					target = c.target + ":" + port
				}
				l, err := carrier.Dial(t.Context(), sipua.Dial{Target: target, Transport: transport, To: "sip:x@y", From: "sip:a@b"})
				if err != nil {
					t.Fatal(err)
				}
				equal(t, "bye", l.Bye(t.Context()), nil)
			})
		}
	}
}

func TestWildcardAddressAdvertisesTheRouteToThePeer(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := servePeer(t, conn, callee)
	e := loopback(t, sipua.Config{Listen: "0.0.0.0:0"})
	l, err := e.Dial(t.Context(), sipua.Dial{Target: p.addr, To: "sip:x@y", From: "sip:a@b"})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "bye", l.Bye(t.Context()), nil)
	_, port, _ := net.SplitHostPort(e.Addr())
	equal(t, "contact", p.received()[0].get("contact"), "<sip:127.0.0.1:"+port+">")
	equal(t, "local host", l.LocalHost(), "127.0.0.1")
}

// sipgo: sends it to the port in the caller's Contact, where nobody need listen.
func TestByeGoesOverTheCallersConnection(t *testing.T) {
	hangup := make(chan struct{})
	e := loopback(t, sipua.Config{TCP: true, OnCall: func(l *sipua.Leg) {
		_ = answerOnly(l)
		<-hangup
		_ = l.Bye(context.Background())
	}})
	s := dialStream(t, e.Addr())
	s.send(req{method: "INVITE", uri: "sip:7001@" + e.Addr(), contact: "<sip:c@127.0.0.1:9;transport=tcp>"})
	ok := s.next()
	equal(t, "answer", ok.short(), "200")
	equal(t, "contact", ok.get("contact"), "<sip:"+e.Addr()+";transport=tcp>")
	s.send(req{method: "ACK", toTag: ok.tag("to")})
	close(hangup)
	bye := s.next()
	equal(t, "bye", bye.start, "BYE sip:c@127.0.0.1:9;transport=tcp SIP/2.0")
	p := &peer{addr: s.LocalAddr().String()}
	res := strings.Replace(p.text(req{method: "BYE", via: bye.get("via"), cseq: bye.seq()}), "BYE sip:7001@10.0.0.1 SIP/2.0", "SIP/2.0 200 OK", 1)
	if _, err := s.Write([]byte(res)); err != nil {
		t.Fatal(err)
	}
	for e.Active() > 0 {
		runtime.Gosched()
	}
}

func TestByeDialsTheContactWhenTheConnectionIsGone(t *testing.T) {
	hangup, done := make(chan struct{}), make(chan sipua.End, 1)
	e := loopback(t, sipua.Config{TCP: true, OnCall: func(l *sipua.Leg) {
		_ = answerOnly(l)
		<-hangup
		_ = l.Bye(context.Background())
		done <- l.End()
	}})
	moved := loopback(t, sipua.Config{TCP: true})
	s := dialStream(t, e.Addr())
	s.send(req{method: "INVITE", contact: "<sip:c@" + moved.Addr() + ";transport=tcp>"})
	ok := s.next()
	s.send(req{method: "ACK", toTag: ok.tag("to")})
	s.send(req{method: "OPTIONS", cseq: "2"}) // its answer says that the ACK was read
	equal(t, "options", s.next().short(), "200")
	_ = s.Close()
	time.Sleep(20 * time.Millisecond) // until the close is seen; else the BYE would be lost with the connection, as TCP has it
	close(hangup)
	select {
	case end := <-done:
		equal(t, "end", short(end), "local bye 481")
	case <-time.After(10 * time.Second):
		t.Error("want the BYE at the Contact, got none")
	}
}

func TestPeerThatRefusesTheConnection(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := closed.Addr().String()
	_ = closed.Close()
	e := loopback(t, sipua.Config{TCP: true})
	_, err = e.Dial(t.Context(), sipua.Dial{Target: addr, Transport: "tcp", To: "sip:x@y", From: "sip:a@b"})
	equal(t, "error", fmt.Sprint(err), "call: not sent: dial tcp "+addr+": connect: connection refused")
	equal(t, "active", e.Active(), 0)
}

func TestCloseWithOpenConnections(t *testing.T) {
	noLeak(t, func() {
		e, err := sipua.Listen(t.Context(), sipua.Config{Listen: "127.0.0.1:0", TCP: true, OnCall: func(l *sipua.Leg) {
			_ = l.Provisional(180, "", nil)
			<-l.Done()
		}})
		if err != nil {
			t.Fatal(err)
		}
		idle, calling := dialStream(t, e.Addr()), dialStream(t, e.Addr())
		calling.send(req{method: "INVITE"})
		equal(t, "rings", calling.next().short(), "180")
		start := time.Now()
		equal(t, "close", e.Close(), nil)
		if d := time.Since(start); d > time.Second {
			t.Errorf("close: want it at once, got %v", d)
		}
		for _, s := range []*stream{idle, calling} {
			_ = s.SetReadDeadline(time.Now().Add(5 * time.Second))
			_, err := s.r.ReadByte()
			equal(t, "connection", err, io.EOF)
		}
	})
}

// sipgo: opens a socket of its own, for good, for a request that finds ours closed.
func TestCloseAtAnyMomentLeavesNoSocket(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			before := openFiles(t)
			noLeak(t, func() {
				for i := range 100 {
					closeInTheMiddle(t, transport, time.Duration(i)*20*time.Microsecond)
				}
			})
			for end := time.Now().Add(3 * time.Second); openFiles(t) > before; time.Sleep(time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("open files: want %d, got %d", before, openFiles(t))
				}
			}
		})
	}
}

// closeInTheMiddle closes both sides of a call some time after it began.
func closeInTheMiddle(t *testing.T, transport string, after time.Duration) {
	onCall := func(l *sipua.Leg) {
		_ = l.Provisional(180, "", nil)
		if after%3 == 0 {
			_ = l.Answer(context.Background(), nil)
			_ = l.Bye(context.Background())
		}
		<-l.Done()
	}
	platform, err := sipua.Listen(t.Context(), sipua.Config{Listen: "127.0.0.1:0", TCP: true, OnCall: onCall})
	if err != nil {
		t.Fatal(err)
	}
	carrier, err := sipua.Listen(t.Context(), sipua.Config{Listen: "127.0.0.1:0", TCP: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), after)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() {
		_, _ = carrier.Dial(ctx, sipua.Dial{Target: platform.Addr(), Transport: transport, To: "sip:x@y", From: "sip:a@b"})
	})
	<-ctx.Done()
	wg.Go(func() { _ = carrier.Close() })
	wg.Go(func() { _ = platform.Close() })
	wg.Wait()
}

func openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("open files can only be counted where there is /proc: ", err)
	}
	return len(files)
}
