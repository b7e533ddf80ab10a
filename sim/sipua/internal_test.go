package sipua

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
)

func TestReadMessage(t *testing.T) {
	for raw, want := range map[string]string{
		"INVITE sip:x SIP/2.0\r\nCall-ID: a b\r\nCSeq:  1   INVITE \r\n\r\nCall-ID: body": "INVITE sip:x SIP/2.0|a b|1 INVITE",
		"SIP/2.0 200 OK\ni:z\ncseq: 2 BYE":                                                "SIP/2.0 200 OK|z|2 BYE",
		"garbage":                                                                         "garbage||",
		"":                                                                                "||",
	} {
		m := readMessage(raw)
		if got := fmt.Sprintf("%s|%s|%s", m.StartLine, m.CallID, m.CSeq); got != want {
			t.Errorf("%q: want %q, got %q", raw, want, got)
		}
	}
}

// reader is a read loop as the gate knows it.
type reader struct {
	*inbox
	woken int
}

func newReader() *reader {
	r := &reader{}
	h := newHandover()
	h.readers = 100
	r.inbox = newInbox(h, func(at time.Time) error {
		if !at.IsZero() {
			r.woken++
		}
		return nil
	})
	return r
}

// got is what came back, and when since start.
func (r *reader) got(start time.Time) string {
	var s []string
	time.Sleep(10 * time.Microsecond) // not in the instant in which something comes back
	for range 20 {
		for m, ok := r.take(); ok; m, ok = r.take() {
			s = append(s, fmt.Sprintf("%s %v", m.data, time.Since(start).Truncate(holdBack/8)))
		}
		time.Sleep(holdBack / 4)
	}
	return strings.Join(s, ", ")
}

func TestGate(t *testing.T) {
	for _, c := range []struct {
		name   string
		do     func(g *gate, pass func(call, message string))
		passed string
		held   string
	}{
		{"nothing before", func(g *gate, pass func(call, message string)) { pass("a", "1") }, "1", ""},
		{"another call", func(g *gate, pass func(call, message string)) { pass("b", "1"); pass("a", "2") }, "1 2", ""},
		{"one on its way", func(g *gate, pass func(call, message string)) { pass("a", "1"); pass("a", "2") }, "1", "2 2ms"},
		{"one that came through", func(g *gate, pass func(call, message string)) { pass("a", "1"); g.leave("a"); pass("a", "2") }, "1 2", ""},
		{"another came through", func(g *gate, pass func(call, message string)) { pass("a", "1"); g.leave("b"); pass("a", "2") }, "1", "2 2ms"},
		{"on its way for a while", func(g *gate, pass func(call, message string)) {
			pass("a", "1")
			time.Sleep(holdBack / 2)
			pass("a", "2")
		}, "1", "2 2ms"},
		{"long ago", func(g *gate, pass func(call, message string)) {
			pass("a", "1")
			time.Sleep(time.Second)
			pass("a", "2")
		}, "1 2", ""},
		{"comes through later", func(g *gate, pass func(call, message string)) {
			pass("a", "1")
			pass("a", "2")
			time.AfterFunc(holdBack/4, func() { g.leave("a") })
		}, "1", "2 500µs"},
		{"several, in order", func(g *gate, pass func(call, message string)) {
			for _, m := range []string{"1", "2", "3", "4"} {
				pass("a", m)
			}
			time.AfterFunc(holdBack/2, func() { g.leave("a") })
		}, "1", "2 1ms, 3 3ms, 4 5ms"},
		{"another call meanwhile", func(g *gate, pass func(call, message string)) { pass("a", "1"); pass("a", "2"); pass("b", "3") }, "1 3", "2 2ms"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g, r, start := newGate(), newReader(), time.Now()
				var passed []string
				c.do(g, func(call, message string) {
					if g.pass([]byte(call), r.inbox, []byte(message), nil) {
						passed = append(passed, message)
					}
				})
				if got := strings.Join(passed, " "); got != c.passed {
					t.Errorf("passed: want %s, got %s", c.passed, got)
				}
				if got := r.got(start); got != c.held {
					t.Errorf("held: want %s, got %s", c.held, got)
				}
			})
		})
	}
}

// However many copies of a message come, those of other calls go on at once, and nothing is lost or kept.
func TestGateIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, r := newGate(), newReader()
		passed := 0
		for range 5000 {
			if g.pass([]byte("a"), r.inbox, []byte("INVITE"), nil) {
				passed++
			}
		}
		if start := time.Now(); !g.pass([]byte("b"), r.inbox, nil, nil) || time.Since(start) > 0 {
			t.Error("want the message of another call to pass at once")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		for _, ok := r.take(); ok; _, ok = r.take() {
			passed++
		}
		if passed != 5000 {
			t.Errorf("messages: want 5000, got %d", passed)
		}
		for i := range g.slots {
			if s := &g.slots[i]; s.timer != nil || s.held != nil {
				t.Fatalf("want nothing kept, got %+v", s)
			}
		}
	})
}

// The messages of many calls that wait are bounded in bytes, too, and when none waits none is counted.
func TestGateIsBoundedInBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, r := newGate(), newReader()
		held := func() int {
			g.mu.Lock()
			defer g.mu.Unlock()
			return g.bytes
		}
		long := make([]byte, 60<<10)
		for i := range 10_000 {
			g.pass(fmt.Append(nil, i%500), r.inbox, long, nil)
			if got := held(); got > mostHeldBytes {
				t.Fatalf("want at most %d bytes held, got %d", mostHeldBytes, got)
			}
		}
		if got := held(); got < mostHeldBytes-len(long) {
			t.Errorf("want messages held up to the bound, got %d bytes", got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := held(); got != 0 {
			t.Errorf("want nothing held, got %d bytes", got)
		}
	})
}

func TestGateUnderLoad(t *testing.T) {
	g, r := newGate(), newReader()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 200 {
				call := fmt.Sprint(i, j%3)
				g.pass([]byte(call), r.inbox, nil, nil)
				g.leave(call)
			}
		})
	}
	wg.Wait()
}

func TestFrames(t *testing.T) {
	const bye = "BYE sip:x SIP/2.0\r\nContent-Length: 0\r\n\r\n"
	const invite = "INVITE sip:x SIP/2.0\r\nL : 3\r\n\r\nv=0"
	for _, c := range []struct {
		name, stream string
		want         []string
		pings        int
		err          string
	}{
		{"one", bye, []string{bye}, 0, ""},
		{"two", invite + bye, []string{invite, bye}, 0, ""},
		{"line ends between", invite + "\r\n" + bye, []string{invite, bye}, 0, ""},
		{"sign of life", "\r\n\r\n" + bye + "\r\n\r\n", []string{bye}, 2, ""},
		{"half a header", bye + "INVITE sip:x SIP/2.0\r\n", []string{bye}, 0, ""},
		{"half a body", "A sip:x SIP/2.0\r\nl: 9\r\n\r\nv=0", nil, 0, ""},
		{"no length", "A sip:x SIP/2.0\r\n\r\n" + bye, nil, 0, "no Content-Length over a stream (RFC 3261 20.14)"},
		{"negative length", "A sip:x SIP/2.0\r\nl: -9\r\n\r\n", nil, 0, "a Content-Length that is no number (RFC 3261 20.14)"},
		{"two lengths", "A sip:x SIP/2.0\r\nl: 0\r\nContent-Length: 0\r\n\r\n", nil, 0, "2 Content-Length (RFC 3261 7.3.1)"},
		{"too long", "A sip:x SIP/2.0\r\nl: 65536\r\n\r\n", nil, 0, tooLong.cause.String()},
		{"a header without end", strings.Repeat("x", 65536), nil, 0, tooLong.cause.String()},
	} {
		for _, chunk := range []int{1, 7, 100000} {
			t.Run(fmt.Sprintf("%s by %d", c.name, chunk), func(t *testing.T) {
				var f frames
				var got []string
				pings := 0
				for rest := c.stream; rest != "" && f.lost == nil; {
					n := copy(f.room(), rest[:min(chunk, len(rest))])
					f.filled(n)
					rest = rest[n:]
					for m := f.next(); m != nil; m = f.next() {
						got = append(got, string(m))
					}
					if f.pinged() {
						pings++
					}
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("messages: want %q, got %q", c.want, got)
				}
				if chunk == 1 && pings > c.pings || chunk == 7 && pings != c.pings {
					t.Errorf("pings: want %d, got %d", c.pings, pings)
				}
				if f.lost != nil && f.lost.cause.String() != c.err || f.lost == nil && c.err != "" {
					t.Errorf("lost: want %q, got %v", c.err, f.lost)
				}
			})
		}
	}
}

// However a stream is cut, the same messages come out.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("BYE sip:x SIP/2.0\r\nContent-Length: 1\r\n\r\nxBYE sip:x SIP/2.0\r\nl:0\r\n\r\n"), uint8(3))
	f.Add([]byte("\r\n\r\n\r\nA\r\n :\r\nCONTENT-LENGTH\t:0\r\n\r\n"), uint8(1))
	f.Fuzz(func(t *testing.T, stream []byte, chunk uint8) {
		read := func(size int) (out []string) {
			var f frames
			for rest := stream; len(rest) > 0 && f.lost == nil; {
				n := copy(f.room(), rest[:min(size, len(rest))])
				f.filled(n)
				rest = rest[n:]
				for m := f.next(); m != nil; m = f.next() {
					out = append(out, string(m))
				}
			}
			return out
		}
		if whole, cut := read(1<<20), read(int(chunk)+1); !slices.Equal(whole, cut) {
			t.Errorf("messages: whole %q, in pieces of %d %q", whole, chunk+1, cut)
		}
	})
}

func TestMemo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memo[int]
		want := func(key string, value int, there bool) {
			t.Helper()
			if v, ok := m.get(key); v != value || ok != there {
				t.Errorf("%s: want %d %v, got %d %v", key, value, there, v, ok)
			}
		}
		want("a", 0, false)
		m.put("a", 1, time.Second)
		time.Sleep(900 * time.Millisecond)
		m.put("a", 2, time.Second) // begins anew
		time.Sleep(900 * time.Millisecond)
		want("a", 2, true)
		time.Sleep(time.Second)
		want("a", 0, false)
		m.put("b", 3, time.Second)
		if v, ok := m.take("b"); v != 3 || !ok {
			t.Errorf("take: got %d %v", v, ok)
		}
		want("b", 0, false)
		m.put("c", 4, time.Second)
		m.clear()
		want("c", 0, false)
	})
}

// Every call asks for the headers that its caller has added, and mostly there are none.
func TestHeadersThatAreNotAskedForCostNothing(t *testing.T) {
	l := &Leg{invite: sip.NewRequest(sip.INVITE, sip.Uri{Host: "x"})}
	for _, h := range []sip.Header{&sip.ViaHeader{Host: "x"}, &sip.FromHeader{}, &sip.ToHeader{}, &sip.CSeqHeader{SeqNo: 1}, &sip.ContactHeader{}} {
		l.invite.AppendHeader(h)
	}
	none := func(name string) bool { return name == "Privacy" }
	if n := testing.AllocsPerRun(100, func() { _ = l.Headers(none) }); n != 0 {
		t.Errorf("allocations: want 0, got %v", n)
	}
}

// A request whose goroutine a busy machine runs after the close makes sipgo open a socket of its own, with a reader.
// Neither is left.
func TestCloseWithARequestOnItsWay(t *testing.T) {
	reading := func() bool {
		stacks := make([]byte, 1<<20)
		return strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), ".readUDPConnection(")
	}
	e, err := Listen(t.Context(), Config{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := sip.ParseMessage([]byte("OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: late\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	r := m.(*sip.Request)
	r.SetTransport("UDP")
	r.SetSource("127.0.0.1:9")
	r.SetDestination("127.0.0.1:9")
	e.handover.leaves(r)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	conn, err := e.transport.ClientRequestConnection(t.Context(), r) // what the late goroutine does
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); conn.WriteMsg(r) == nil || reading(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("want the socket closed and no reader left, got %v, reader %t", conn.WriteMsg(r), reading())
		}
	}
}
