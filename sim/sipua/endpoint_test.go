package sipua_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/sipua/memnet"
)

// pair is a platform that answers and a carrier that dials, joined by a network.
func pair(t *testing.T, n *memnet.Network, platform, carrier sipua.Config) (p, c *sipua.Endpoint) {
	t.Helper()
	return endpoint(t, n, theirs, platform), endpoint(t, n, ours, carrier)
}

func TestBothSidesSeeTheSameCall(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		var leg *sipua.Leg
		_, c := pair(t, n, sipua.Config{OnCall: func(l *sipua.Leg) { leg = l; answer(l) }}, sipua.Config{})
		d := call()
		d.RequestURI = "sip:2071838750;phone-context=+44@carrier.example"
		d.From = `"A \"B\" C" <sip:+15550100@carrier.example>`
		d.CallID = "my-own-id"
		d.Headers = []sipua.Header{{Name: "P-Asserted-Identity", Value: "<tel:+1>"}, {Name: "P-Asserted-Identity", Value: "<sip:+1@x>"}}
		l, err := c.Dial(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		<-l.Done()
		settle()
		equal(t, "call id", leg.CallID()+" "+l.CallID(), "my-own-id my-own-id")
		equal(t, "dialled", leg.RequestURI().Dialled(), "+442071838750")
		equal(t, "to", leg.To().Raw, "sip:+442071838750@carrier.example")
		equal(t, "from", leg.From().Dialled(), "+15550100")
		equal(t, "display", leg.FromDisplay(), `A "B" C`)
		equal(t, "headers", strings.Join(leg.Header("p-asserted-identity"), " "), "<tel:+1> <sip:+1@x>")
		all := func(string) bool { return true }
		equal(t, "all headers", header(leg.Headers(all), "CSeq")+header(leg.Headers(all), "Privacy"), header(l.Headers(all), "CSeq"))
		asked := func(name string) bool { return strings.HasPrefix(name, "P-") || name == "CSeq" }
		equal(t, "some headers", fmt.Sprint(leg.Headers(asked)), "[{CSeq "+header(l.Headers(all), "CSeq")+"} {P-Asserted-Identity <tel:+1>} {P-Asserted-Identity <sip:+1@x>}]")
		equal(t, "offer", string(leg.Offer()), string(l.Offer()))
		equal(t, "local host", leg.LocalHost()+" "+l.LocalHost(), "10.0.0.2 10.0.0.1")
		equal(t, "ends", short(leg.End())+", "+short(l.End()), "local bye 200, remote bye 0")
		equal(t, "outcome", header(l.End().Headers, "X-Outcome"), "ok")
	})
}

func TestCloseWhileCallsAreUp(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		var mu sync.Mutex
		ends := map[string]int{}
		note := func(l *sipua.Leg) {
			<-l.Done()
			mu.Lock()
			defer mu.Unlock()
			ends[short(l.End())]++
		}
		p, c := pair(t, n, sipua.Config{OnCall: func(l *sipua.Leg) {
			if l.RequestURI().User == "answered" {
				_ = answerOnly(l)
			}
			note(l)
		}}, sipua.Config{})
		var wg sync.WaitGroup
		for i := range 10 {
			d := call()
			d.To = []string{"sip:answered@x", "sip:ringing@x"}[i%2]
			wg.Go(func() {
				if l, err := c.Dial(t.Context(), d); err == nil {
					note(l)
				} else {
					equal(t, "dial", err, sipua.ErrClosed)
				}
			})
		}
		pass(time.Second)
		equal(t, "active", fmt.Sprint(p.Active(), c.Active()), "10 10")
		start := time.Now()
		equal(t, "close", errors.Join(p.Close(), c.Close()), nil)
		equal(t, "took", time.Since(start), time.Duration(0))
		wg.Wait()
		equal(t, "active", fmt.Sprint(p.Active(), c.Active()), "0 0")
		equal(t, "ends", fmt.Sprint(ends), "map[local error 0:15]")
		_, err := c.Dial(t.Context(), call())
		equal(t, "dial", err, sipua.ErrClosed)
		settle()
	})
}

func TestShutdownEndsEveryCallPolitely(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		p := newPeer(t, n, theirs, func(p *peer, m msg) {
			switch {
			case m.code > 0:
				caller(p, m)
			case m.method == "INVITE":
				p.reply(m, 180, "b1", "")
			case m.method == "CANCEL":
				p.reply(m, 200, "b1", "")
				m.method, m.head["cseq"] = "INVITE", []string{m.seq() + " INVITE"}
				p.reply(m, 487, "b1", "")
			case m.method == "BYE":
				p.send(req{method: "INVITE", branch: "more", callID: "more"})
				p.reply(m, 200, "", "")
			}
		})
		e := endpoint(t, n, ours, sipua.Config{OnCall: func(l *sipua.Leg) {
			if l.CallID() == "answered" {
				_ = answerOnly(l)
			}
			<-l.Done()
		}})
		p.send(req{method: "INVITE", branch: "one", callID: "answered"})
		pass(10 * time.Millisecond)
		p.send(req{method: "ACK", branch: "ack", callID: "answered", toTag: p.last("200").tag("to")})
		p.send(req{method: "INVITE", branch: "two", callID: "ringing"})
		pass(time.Second)
		failed := make(chan error, 1)
		go func() { _, err := e.Dial(t.Context(), call()); failed <- err }()
		pass(time.Second)
		equal(t, "active", e.Active(), 3)
		equal(t, "shutdown", e.Shutdown(t.Context()), nil)
		equal(t, "dial", errors.Is(<-failed, context.Canceled), true)
		pass(time.Second)
		count := map[string]int{}
		for _, m := range p.received() {
			count[m.short()+" "+m.get("call-id")]++
		}
		for _, want := range []string{"BYE answered", "503 ringing", "503 more"} {
			if count[want] == 0 {
				t.Errorf("want %s, got %v", want, count)
			}
		}
		equal(t, "cancelled", strings.Contains(p.got(), "CANCEL"), true)
		settle()
	})
}

func TestShutdownDoesNotWaitForever(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		p := newPeer(t, n, theirs, func(p *peer, m msg) {
			if m.method == "INVITE" {
				p.ack(m)
			}
		})
		e := endpoint(t, n, ours, sipua.Config{OnCall: func(l *sipua.Leg) { _ = answerOnly(l); <-l.Done() }})
		p.send(req{method: "INVITE"})
		pass(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		start := time.Now()
		equal(t, "shutdown", errors.Is(e.Shutdown(ctx), context.DeadlineExceeded), true)
		equal(t, "took", time.Since(start), 2*time.Second)
		settle()
	})
}

func TestListenErrors(t *testing.T) {
	taken, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for listen, want := range map[string]string{
		"nowhere":                   `listen: want host:port, got "nowhere"`,
		taken.LocalAddr().String():  "listen udp " + taken.LocalAddr().String() + ": bind: address already in use",
		"127.0.0.1:0 with 1.2.3.4:": `advertise: want host or host:port, got "1.2.3.4:"`,
		"127.0.0.1:0 with :5060":    `advertise: want host or host:port, got ":5060"`,
	} {
		addr, advertise, _ := strings.Cut(listen, " with ")
		_, err := sipua.Listen(t.Context(), sipua.Config{Listen: addr, TCP: true, Advertise: advertise})
		equal(t, listen, fmt.Sprint(err), want)
	}
}

func TestAdvertisedAddress(t *testing.T) {
	for advertise, want := range map[string]string{
		"":                  "<sip:10.0.0.1:5060>",
		"sbc.example":       "<sip:sbc.example:5060>",
		"192.0.2.1:15060":   "<sip:192.0.2.1:15060>",
		"[2001:db8::1]:506": "<sip:[2001:db8::1]:506>",
	} {
		bubble(t, func(t *testing.T, n *memnet.Network) {
			e := endpoint(t, n, ours, sipua.Config{Advertise: advertise})
			p := newPeer(t, n, theirs, func(p *peer, m msg) {
				if m.method == "INVITE" {
					p.reply(m, 486, "b", "")
				}
			})
			_, err := e.Dial(t.Context(), call())
			equal(t, "refused", fmt.Sprint(err), "call: refused with 486 X")
			equal(t, "contact", p.received()[0].get("contact"), want)
			equal(t, "via", strings.Contains(p.received()[0].get("via"), strings.Trim(want, "<>")[4:]+";"), true)
			settle()
		})
	}
}

// Nothing of a call may stay longer than sipgo's timers (32 s) keep its transactions.
func TestEndedCallsLeaveNothing(t *testing.T) {
	calls := 1000
	if testing.Short() {
		calls = 100
	}
	bubble(t, func(t *testing.T, n *memnet.Network) {
		p, c := pair(t, n, sipua.Config{OnCall: func(l *sipua.Leg) {
			if l.RequestURI().User == "busy" {
				_ = l.Reject(486, "")
				return
			}
			_ = answerOnly(l)
			_ = l.Bye(context.Background())
		}}, sipua.Config{})
		batch := func(calls int) (heap uint64, goroutines int) {
			var wg sync.WaitGroup
			for i := range calls {
				d := call()
				d.To = []string{"sip:busy@x", "sip:free@x", "sip:free@x"}[i%3]
				wg.Go(func() {
					if l, err := c.Dial(context.Background(), d); err == nil {
						<-l.Done()
					}
				})
				if i%50 == 49 {
					time.Sleep(time.Second)
				}
			}
			wg.Wait()
			settle()
			runtime.GC()
			runtime.GC()
			var s runtime.MemStats
			runtime.ReadMemStats(&s)
			return s.HeapAlloc, runtime.NumGoroutine()
		}
		heap, goroutines := batch(calls) // maps keep the size they once had
		least := int64(math.MaxInt64)
		for range 4 { // a table of the stack's or the runtime's grows in one of them, what a call leaves in each
			heapAfter, goroutinesAfter := batch(calls)
			if goroutinesAfter > goroutines { // fewer: one of an earlier test's has ended
				t.Errorf("goroutines: want %d, got %d", goroutines, goroutinesAfter)
			}
			least, heap = min(least, int64(heapAfter)-int64(heap)), heapAfter
		}
		equal(t, "active", fmt.Sprint(p.Active(), c.Active()), "0 0")
		if least > int64(calls)*50 {
			t.Errorf("heap: want it to stay, got %d bytes more with each %d calls", least, calls)
		}
	})
}
