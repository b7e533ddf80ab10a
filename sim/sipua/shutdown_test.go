package sipua_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/sipua/memnet"
)

// What a peer has asked before the Endpoint shuts down is answered, also when that is the last thing that the Endpoint has to do:
// a peer that gets no 200 to its BYE asks for another 32 s.
func TestShutdownAnswersWhatItHasReceived(t *testing.T) {
	rounds := 500
	if testing.Short() {
		rounds = 100
	}
	for _, c := range []struct {
		name string
		up   bool // the call
		end  req
		want string
	}{
		{"the BYE of a call that is up", true, req{method: "BYE", cseq: "2"}, "200 BYE"},
		{"the BYE of a call that rings", false, req{method: "BYE", cseq: "2"}, "200 BYE, 487 INVITE"},
		{"a CANCEL", false, req{method: "CANCEL", branch: "INVITE"}, "200 CANCEL, 487 INVITE"},
	} {
		for _, transport := range []string{"udp", "tcp"} {
			t.Run(c.name+" over "+transport, func(t *testing.T) {
				lost := 0
				for range rounds {
					if got := endedWhile(t, transport, c.up, c.end); got != c.want {
						if lost++; lost == 1 {
							t.Errorf("answers: want %q, got %q", c.want, got)
						}
					}
				}
				if lost > 0 {
					t.Errorf("want every round answered, got %d of %d that were not", lost, rounds)
				}
			})
		}
	}
}

// A CANCEL that has overtaken its INVITE is answered when that has not come for 200 ms.
func TestShutdownWaitsForAnAnswerNoLongerThanItsContext(t *testing.T) {
	for _, c := range []struct {
		patience, took time.Duration
		err            error
		want           string
	}{
		{time.Second, 200 * time.Millisecond, nil, "481"},
		{100 * time.Millisecond, 100 * time.Millisecond, context.DeadlineExceeded, ""},
	} {
		t.Run(c.patience.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T, n *memnet.Network) {
				e := endpoint(t, n, ours, sipua.Config{})
				p := newPeer(t, n, theirs, nil)
				p.send(req{method: "CANCEL", branch: "INVITE"})
				pass(time.Millisecond)
				ctx, cancel := context.WithTimeout(t.Context(), c.patience)
				defer cancel()
				start := time.Now()
				equal(t, "in time", errors.Is(e.Shutdown(ctx), c.err), true)
				equal(t, "took", time.Since(start), c.took)
				pass(time.Second)
				p.want(c.want)
			})
		})
	}
}

// Whoever closes it finds everything gone afterwards, also who was not the first.
func TestCloseTwiceAtATime(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		conn, err := n.Listen(ours)
		if err != nil {
			t.Fatal(err)
		}
		letGo := make(chan struct{})
		e, err := sipua.Listen(t.Context(), sipua.Config{PacketConn: &heldConn{PacketConn: conn, close: letGo}})
		if err != nil {
			t.Fatal(err)
		}
		first := make(chan error, 1)
		go func() { first <- e.Close() }()
		synctest.Wait()
		equal(t, "closed before the socket", returns(e.Close, letGo), false)
		equal(t, "first", <-first, nil)
		equal(t, "third", e.Close(), nil)
	})
}

// endedWhile has a peer end a call, and the Endpoint shut down as soon as it has heard of that. It gives the answers of the end.
func endedWhile(t *testing.T, transport string, up bool, end req) string {
	t.Helper()
	heard := make(chan struct{})
	e, err := sipua.Listen(t.Context(), sipua.Config{Listen: "127.0.0.1:0", TCP: true, OnCall: func(l *sipua.Leg) {
		l.OnEnd(func(sipua.End) { close(heard) })
		if up {
			_ = answerOnly(l)
		} else {
			_ = ring(l)
		}
		<-l.Done()
	}})
	if err != nil {
		t.Fatal(err)
	}
	p := dialPeer(t, transport, e.Addr())
	defer p.hangUp()
	p.send(req{method: "INVITE"})
	tag := p.next().tag("to")
	if up {
		p.send(req{method: "ACK", toTag: tag})
	}
	if end.method == "BYE" {
		end.toTag = tag
	}
	down := make(chan error, 1)
	go func() {
		<-heard
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		down <- e.Shutdown(ctx)
	}()
	p.send(end)
	equal(t, "shutdown", <-down, nil)
	return p.rest()
}

// direct is a hand-driven caller that has nobody read for it.
type direct struct {
	send   func(req)
	next   func() msg
	rest   func() string // what came until now, or until the other side closed the connection
	hangUp func()
}

func dialPeer(t *testing.T, transport, addr string) direct {
	t.Helper()
	if transport == "tcp" {
		s := dialStream(t, addr)
		return direct{s.send, s.next, func() string {
			return answers(func() (msg, bool) {
				if _, err := s.r.Peek(1); err != nil {
					return msg{}, false
				}
				return s.next(), true
			})
		}, func() { _ = s.Close() }}
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{t: t, conn: conn, addr: conn.LocalAddr().String()}
	b := make([]byte, 1<<16)
	next := func() msg {
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		n, _, err := conn.ReadFrom(b)
		if err != nil {
			t.Fatal(err)
		}
		return parse(b[:n])
	}
	return direct{func(r req) { p.raw(addr, p.text(r)) }, next, func() string {
		p.raw(p.addr, "end") // behind what has come
		return answers(func() (msg, bool) { m := next(); return m, m.start != "end" })
	}, func() { _ = conn.Close() }}
}

// answers lists responses, repeated ones once: "200 BYE, 487 INVITE".
func answers(next func() (msg, bool)) string {
	var list []string
	for m, ok := next(); ok; m, ok = next() {
		if a := m.short() + " " + m.method; m.code > 0 && !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	return strings.Join(list, ", ")
}
