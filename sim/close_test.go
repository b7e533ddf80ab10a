package sim_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/journal"
)

// shut closes the platform within d.
func (w *world) shut(d time.Duration) error {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return w.sim.Close(ctx)
}

// rebind expects the platform's ports to be free.
func (w *world) rebind() {
	w.t.Helper()
	for _, a := range []struct{ network, addr string }{{"tcp", w.sim.HTTPAddr()}, {"tcp", w.sim.SIPAddr()}} {
		l, err := net.Listen(a.network, a.addr)
		if err != nil {
			w.t.Errorf("port: want it free, got %v", err)
			continue
		}
		_ = l.Close()
	}
	c, err := net.ListenPacket("udp", w.sim.SIPAddr())
	if err != nil {
		w.t.Errorf("port: want it free, got %v", err)
		return
	}
	_ = c.Close()
}

func TestCloseEndsEveryCall(t *testing.T) {
	w := open(t, "pool: {numbers: 20}"+stays)
	var calls sync.WaitGroup
	for range 10 {
		p := w.hold(w.reserve(`{}`))
		calls.Go(func() {
			if err := p.takeBye(); err != nil {
				t.Error(err)
			}
		})
	}
	if got := w.sim.Calls(); got != 10 {
		t.Errorf("calls: want 10, got %d", got)
	}
	w.must(w.shut(limit))
	calls.Wait()
	w.rebind()
	if got := w.count(journal.ByeSent); got != 10 || w.sim.Calls() != 0 {
		t.Errorf("want every call ended with BYE, got %d, %d still up", got, w.sim.Calls())
	}
	events := w.sim.Journal().Events()
	if last := events[len(events)-1]; last.Kind != journal.Stopped {
		t.Errorf("last: want stopped, got %+v", last)
	}
	for _, e := range events {
		if e.Kind == journal.ByeSent && e.Cause != "shutdown" {
			t.Errorf("want the cause shutdown, got %+v", e)
		}
	}
	if got := w.stats(); got.InCall != 0 || got.Free != 20 {
		t.Errorf("pool: got %+v", got)
	}
	w.must(w.shut(limit)) // a second time does nothing
	if err := w.sim.Start(t.Context()); err == nil || err.Error() != "sim: started already" {
		t.Errorf("start: got %v", err)
	}
	if got := w.count(journal.Stopped); got != 1 {
		t.Errorf("stopped: want once, got %d", got)
	}
}

func TestCloseRefusesCallsThatRing(t *testing.T) {
	w := open(t, "pool: {numbers: 1}\nsip: {answer_after: 1h}")
	p := newPhone(t, w.sim.SIPAddr())
	w.must(p.invite(w.reserve(`{}`), offer))
	_, err := p.await("SIP/2.0 180")
	w.must(err)
	refused := make(chan error, 1)
	go func() {
		code, err := p.code()
		if err == nil && code != "503" {
			err = fmt.Errorf("want 503, got %s", code)
		}
		refused <- err
	}()
	w.must(w.shut(limit))
	w.must(<-refused)
	if got, want := w.ladder(p.id), "reserve-accepted invite bound call-rejected(shutdown) released(hangup) freed(release)"; got != want {
		t.Errorf("want %s, got %s", want, got)
	}
}

// A call that has been answered is up, also while its ACK is on the way: it must not be left hanging.
func TestCloseBetweenAnswerAndAck(t *testing.T) {
	w := open(t, "pool: {numbers: 1}"+stays)
	p := newPhone(t, w.sim.SIPAddr())
	w.must(p.invite(w.reserve(`{}`), offer))
	if code, err := p.code(); err != nil || code != "200" {
		t.Fatalf("got %s, %v", code, err)
	}
	closed := make(chan error, 1)
	go func() { closed <- w.shut(limit) }()
	w.until("the end", func() bool { return w.count(journal.Released) == 1 })
	w.must(p.ack())
	w.must(p.takeBye())
	w.must(<-closed)
}

// A caller that does not answer the BYE costs the time that Close is given, and leaves nothing either.
func TestCloseDoesNotWaitForEver(t *testing.T) {
	w := open(t, "pool: {numbers: 1}"+stays)
	w.hold(w.reserve(`{}`))
	err := w.shut(50 * time.Millisecond)
	if !errors.Is(err, context.DeadlineExceeded) || err.Error() != "sip: 1 calls not finished: context deadline exceeded" {
		t.Errorf("want the deadline, got %v", err)
	}
	if mute, ok := errors.AsType[*sim.Mute](err); !ok || mute.Calls != 1 {
		t.Errorf("want it told from what the platform would do wrong, got %#v", err)
	}
	events := w.sim.Journal().Events()
	if last := events[len(events)-1]; last.Kind != journal.Stopped || last.Detail != "calls whose far end did not answer: 1" {
		t.Errorf("journal: want who did not answer, got %+v", last)
	}
	w.rebind()
}

func TestCloseWhileCallsAndRequestsCome(t *testing.T) {
	w := open(t, "pool: {numbers: 100}\nhttp: {read_timeout: 2s}")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var clients sync.WaitGroup
	for range 8 {
		p := newPhone(t, w.sim.SIPAddr())
		clients.Go(func() {
			for ctx.Err() == nil {
				_, dni, err := w.tryReserve(0, `{}`)
				if err != nil || p.invite(dni, offer) != nil {
					return
				}
				text, err := p.awaitFor(5*time.Second, "SIP/2.0 2", "SIP/2.0 4", "SIP/2.0 5")
				if err == nil && strings.HasPrefix(text, "SIP/2.0 2") && p.ack() == nil {
					_ = p.takeByeFor(5 * time.Second)
				}
			}
		})
	}
	w.until("calls", func() bool { return w.count(journal.ByeSent) > 20 })
	if err := w.shut(limit); err != nil {
		t.Errorf("close: %v", err)
	}
	stop()
	clients.Wait()
	w.rebind()
	if got := w.stats(); got.InCall != 0 {
		t.Errorf("pool: want no number held by a call that is gone, got %+v", got)
	}
}

// Clients open connections in advance; one that was never used must not hold up the end.
func TestCloseWithAnUnusedConnection(t *testing.T) {
	w := open(t, "")
	for range 3 {
		c, err := net.Dial("tcp", w.sim.HTTPAddr())
		w.must(err)
		defer c.Close()
	}
	w.reserve(`{}`) // one more, that is kept alive; the three are accepted by now
	start := time.Now()
	w.must(w.shut(limit))
	if d := time.Since(start); d > time.Second {
		t.Errorf("close: want it at once, took %v", d)
	}
}

// A request that somebody began and does not finish holds up the end no longer than it may, and is no failure.
func TestCloseCutsUnfinishedRequests(t *testing.T) {
	w := open(t, "")
	_, err := fmt.Fprint(w.raw(), "POST /v1/conv")
	w.must(err)
	half := w.raw()
	_, err = fmt.Fprintf(half, "POST %s HTTP/1.1\r\nHost: x\r\nX-Api-Key: demo-dni-key-acme\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n", reservePath)
	w.must(err)
	if line, err := bufio.NewReader(half).ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 100") { // it is being read
		t.Fatalf("want 100 Continue, got %q, %v", line, err)
	}
	w.must(w.shut(100 * time.Millisecond))
	events := w.sim.Journal().Events()
	if last := events[len(events)-1]; last.Kind != journal.Stopped || last.Detail != "http connections cut: 1" {
		t.Errorf("last: want it to say what was cut, got %+v", last)
	}
	w.rebind()
}

func TestCloseOfWhatWasNotStarted(t *testing.T) {
	leavesNothing(t)
	s, err := sim.New(parse(t, "profile: published"), echo)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestStartWithAPortInUse(t *testing.T) {
	leavesNothing(t)
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	taken, takenUDP := tcp.Addr().String(), udp.LocalAddr().String()
	tests := []struct{ name, http, sip, want string }{
		{"http", taken, "127.0.0.1:0", "http: listen tcp " + taken + ": bind: address already in use"},
		{"sip over udp", "127.0.0.1:0", takenUDP, "sip: listen udp " + takenUDP + ": bind: address already in use"},
		{"sip over tcp", "127.0.0.1:0", taken, "sip: listen tcp " + taken + ": bind: address already in use"},
		{"no such address", "192.0.2.1:0", "127.0.0.1:0", "http: listen tcp 192.0.2.1:0: bind: cannot assign requested address"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			leavesNothing(t)
			c := parse(t, "profile: published")
			c.HTTP.Listen, c.SIP.Listen = tt.http, tt.sip
			s, err := sim.New(c, echo)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // it may be tried again
				if err := s.Start(t.Context()); err == nil || err.Error() != tt.want {
					t.Errorf("want %s, got %v", tt.want, err)
				}
			}
			if err := s.Close(t.Context()); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
}
