//go:build unix

package sipua_test

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"github.com/dnispool/dnispool/sim/sipua"
)

// BenchmarkCall answers the same calls (INVITE, 200, ACK, BYE, 200 over loopback UDP, from the same few lines of caller) with an Endpoint
// and with sipgo as its documentation does it, in turns, and reports CPU time a call of the whole process:
//
//	cpu-ratio   Endpoint : sipgo with its dialog cache. To stay below 1.25.
//	bare-ratio  Endpoint : sipgo's transactions with a handler that keeps no dialog, repeats nothing and checks nothing.
func BenchmarkCall(b *testing.B) {
	const callers, calls = 8, 400 // calls a turn
	sides := []struct {
		name   string
		listen func(*testing.B) string
		cpu    time.Duration
	}{
		{name: "ours", listen: listenOurs},
		{name: "dialogs", listen: listenDialogs},
		{name: "bare", listen: listenBare},
	}
	var addrs []string
	for _, s := range sides {
		addrs = append(addrs, s.listen(b))
	}
	pool := make([]*benchCaller, callers)
	for i := range pool {
		pool[i] = newBenchCaller(b)
	}
	turn := func(addr string) time.Duration {
		runtime.GC()
		start := processCPU(b)
		var wg sync.WaitGroup
		for _, c := range pool {
			wg.Go(func() {
				for range calls / callers {
					c.call(b, addr)
				}
			})
		}
		wg.Wait()
		return processCPU(b) - start
	}
	for _, a := range addrs {
		turn(a)
	}
	turns := 0
	for b.Loop() {
		for i := range sides {
			at := (i + turns) % len(sides)
			sides[at].cpu += turn(addrs[at])
		}
		turns++
	}
	b.ReportMetric(0, "ns/op") // of three sides together: means nothing
	for _, s := range sides {
		b.ReportMetric(float64(s.cpu.Microseconds())/float64(turns*calls), "µs-"+s.name+"/call")
	}
	b.ReportMetric(float64(sides[0].cpu)/float64(sides[1].cpu), "cpu-ratio")
	b.ReportMetric(float64(sides[0].cpu)/float64(sides[2].cpu), "bare-ratio")
}

func processCPU(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func listenOurs(b *testing.B) string {
	e, err := sipua.Listen(b.Context(), sipua.Config{Listen: "127.0.0.1:0", OnCall: func(l *sipua.Leg) { _ = l.Answer(context.Background(), nil) }})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = e.Close() })
	return e.Addr()
}

// listenSipgo serves with sipgo; handlers sets what it answers.
func listenSipgo(b *testing.B, handlers func(*sipgo.UserAgent, *sipgo.Server, sip.ContactHeader)) string {
	ua, err := sipgo.NewUA()
	if err != nil {
		b.Fatal(err)
	}
	srv, err := sipgo.NewServer(ua)
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
	handlers(ua, srv, sip.ContactHeader{Address: sip.Uri{Scheme: "sip", Host: host, Port: port}})
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.ServeUDP(conn) }()
	b.Cleanup(func() { _, _ = ua.Close(), conn.Close(); <-done })
	return conn.LocalAddr().String()
}

func listenDialogs(b *testing.B) string {
	return listenSipgo(b, func(ua *sipgo.UserAgent, srv *sipgo.Server, contact sip.ContactHeader) {
		cli, err := sipgo.NewClient(ua)
		if err != nil {
			b.Fatal(err)
		}
		dialogs := sipgo.NewDialogServerCache(cli, contact)
		srv.OnInvite(func(r *sip.Request, tx sip.ServerTransaction) {
			d, err := dialogs.ReadInvite(r, tx)
			if err != nil {
				return
			}
			defer d.Close()
			if d.RespondSDP(answerTo(r)) == nil {
				<-d.Context().Done()
			}
		})
		srv.OnAck(func(r *sip.Request, tx sip.ServerTransaction) { _ = dialogs.ReadAck(r, tx) })
		srv.OnBye(func(r *sip.Request, tx sip.ServerTransaction) { _ = dialogs.ReadBye(r, tx) })
	})
}

func listenBare(b *testing.B) string {
	return listenSipgo(b, func(_ *sipgo.UserAgent, srv *sipgo.Server, contact sip.ContactHeader) {
		srv.OnInvite(func(r *sip.Request, tx sip.ServerTransaction) {
			res := sip.NewSDPResponseFromRequest(r, answerTo(r))
			res.AppendHeader(&contact)
			_ = tx.Respond(res)
		})
		srv.OnAck(func(*sip.Request, sip.ServerTransaction) {})
		srv.OnBye(func(r *sip.Request, tx sip.ServerTransaction) {
			_ = tx.Respond(sip.NewResponseFromRequest(r, 200, "OK", nil))
		})
	})
}

// answerTo makes the same answer for each side: all of them read the offer.
func answerTo(r *sip.Request) []byte {
	answer, _ := sipua.AnswerSDP(r.Body(), "127.0.0.1", 9)
	return answer
}

// benchCaller places one call after the other from a socket of its own.
type benchCaller struct {
	conn net.PacketConn
	addr string
	buf  []byte
	n    int
}

func newBenchCaller(b *testing.B) *benchCaller {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	return &benchCaller{conn: conn, addr: conn.LocalAddr().String(), buf: make([]byte, 4096)}
}

const benchOffer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"

func (c *benchCaller) call(b *testing.B, to string) {
	peer, err := net.ResolveUDPAddr("udp", to)
	if err != nil {
		b.Error(err)
		return
	}
	c.n++
	id, tag := fmt.Sprint(c.addr, "-", c.n), ""
	send := func(method string, seq int, body string) {
		kind := ""
		if body != "" {
			kind = "Content-Type: application/sdp\r\n"
		}
		text := fmt.Sprintf("%s sip:+442071838750@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%d%s\r\nFrom: <sip:b@x>;tag=f\r\nTo: <sip:+442071838750@x>%s\r\n"+
			"Call-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:b@%s>\r\nMax-Forwards: 70\r\n%sContent-Length: %d\r\n\r\n%s",
			method, to, c.addr, c.n, method, tag, id, seq, method, c.addr, kind, len(body), body)
		if _, err := c.conn.WriteTo([]byte(text), peer); err != nil {
			b.Error(err)
		}
	}
	send("INVITE", 1, benchOffer)
	tag = c.await(b, id, "INVITE")
	send("ACK", 1, "")
	send("BYE", 2, "")
	c.await(b, id, "BYE")
}

// await reads until the 200 to method and gives its To tag as a parameter.
func (c *benchCaller) await(b *testing.B, id, method string) string {
	_ = c.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	for {
		k, _, err := c.conn.ReadFrom(c.buf)
		if err != nil {
			b.Error(err)
			return ""
		}
		text := string(c.buf[:k])
		if !strings.HasPrefix(text, "SIP/2.0 200") || !strings.Contains(text, id) || !strings.Contains(text, " "+method+"\r\n") {
			continue
		}
		_, tag, _ := strings.Cut(text, "\r\nTo: ")
		tag, _, _ = strings.Cut(tag, "\r\n")
		_, tag, _ = strings.Cut(tag, ";tag=")
		return ";tag=" + tag
	}
}
