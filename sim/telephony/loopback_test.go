package telephony

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/sipua"
)

// told is a platform that says when it has heard of the end of a call.
type told struct {
	*platform
	ended func()
}

type toldSession struct {
	Session
	ended func()
}

func (p told) Arrive(a Arrival) Session { return &toldSession{p.platform.Arrive(a), p.ended} }

func (s *toldSession) Release(cause string) {
	s.Session.Release(cause)
	s.ended()
}

// onLoopback is an edge on a socket, and a caller on another.
func onLoopback(t *testing.T, addr string, p Platform, see func(sipua.Message)) (*Edge, *sipua.Endpoint) {
	t.Helper()
	config := sipua.Config{Listen: addr, Trace: see}
	e, err := listen(t.Context(), config, Default(), p, clock.Real(), slog.New(slog.DiscardHandler), Options{})
	if err != nil {
		t.Fatal(err)
	}
	caller, err := sipua.Listen(t.Context(), sipua.Config{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	return e, caller
}

// The platform may be closed as soon as it has heard of the end of the last call. Its caller hears of that, too.
func TestCloseAnswersTheLastBye(t *testing.T) {
	const rounds = 300
	lost := 0
	for range rounds {
		var mu sync.Mutex
		var sent []string
		ended := make(chan struct{})
		p := told{&platform{bound: true, steps: talk(time.Hour), start: time.Now()}, sync.OnceFunc(func() { close(ended) })}
		e, caller := onLoopback(t, "127.0.0.1:0", p, func(m sipua.Message) {
			mu.Lock()
			defer mu.Unlock()
			if m.Sent {
				sent = append(sent, m.StartLine+", "+m.CSeq)
			}
		})
		d := ordinary()
		d.Target, d.To = e.Addr(), "sip:"+dni+"@"+e.Addr()
		leg, err := caller.Dial(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		var hangUp sync.WaitGroup
		ctx, stop := context.WithCancel(t.Context())
		hangUp.Go(func() { _ = leg.Bye(ctx) })
		<-ended
		if err := e.Close(t.Context()); err != nil {
			t.Error(err)
		}
		mu.Lock()
		if !slices.ContainsFunc(sent, func(s string) bool { return s[:11] == "SIP/2.0 200" && s[len(s)-3:] == "BYE" }) {
			lost++
		}
		mu.Unlock()
		stop()
		hangUp.Wait()
		_ = caller.Close()
	}
	if lost > 0 {
		t.Errorf("want every BYE answered, got %d of %d that were not", lost, rounds)
	}
}

// An address that only the platform's own machine understands is of no use in a session description: 0.0.0.0 means hold.
func TestSessionDescriptionNamesAnAddressOnAWildcard(t *testing.T) {
	for _, late := range []bool{false, true} {
		p := &platform{bound: true, steps: talk(time.Hour), start: time.Now()}
		e, caller := onLoopback(t, "0.0.0.0:0", p, nil)
		_, port, err := net.SplitHostPort(e.Addr())
		if err != nil {
			t.Fatal(err)
		}
		d := ordinary()
		d.Target, d.LateOffer = "127.0.0.1:"+port, late
		d.To = "tel:" + dni // nor does it say how the platform was reached
		leg, err := caller.Dial(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		sdp, err := sipua.ParseSDP(leg.RemoteSDP())
		equal(t, fmt.Sprint("host, late offer ", late), fmt.Sprint(sdp.Host, " ", err), "127.0.0.1 <nil>")
		equal(t, "bye", leg.Bye(t.Context()), nil)
		equal(t, "close", e.Close(t.Context()), nil)
		equal(t, "close", caller.Close(), nil)
	}
}

// A BYE that cannot be sent is not told as one that was: here the caller's connection is gone, and nobody listens at his Contact.
func TestByeThatDoesNotLeave(t *testing.T) {
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	contact := nobody.Addr().String()
	_ = nobody.Close()
	talking, hangUp := make(chan struct{}), make(chan struct{})
	p := &platform{bound: true, steps: talk(0), start: time.Now(), begin: func(context.Context) { close(talking); <-hangUp }}
	config := Default()
	config.Listen = "127.0.0.1:0"
	e, err := Listen(t.Context(), config, p, clock.Real(), slog.New(slog.DiscardHandler), Options{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", e.Addr())
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(c)
	send := func(method, tag string) {
		_, err := fmt.Fprintf(c, "%s sip:%s@%s SIP/2.0\r\nVia: SIP/2.0/TCP %s;branch=z9hG4bK%s\r\nFrom: <sip:+15550100@x>;tag=f\r\nTo: <sip:%s@x>%s\r\nCall-ID: gone\r\n"+
			"CSeq: 1 %s\r\nContact: <sip:c@%s;transport=tcp>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n", method, dni, e.Addr(), contact, method, dni, tag, method, contact)
		if err != nil {
			t.Fatal(err)
		}
	}
	send("INVITE", "")
	tag := ""
	for answered := false; tag == "" || !answered; {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		answered = answered || strings.HasPrefix(line, "SIP/2.0 200")
		if _, its, ok := strings.Cut(line, ";tag="); ok && answered && strings.HasPrefix(line, "To: ") {
			tag = ";tag=" + strings.TrimSpace(its)
		}
	}
	send("ACK", tag)
	<-talking
	if err := c.(*net.TCPConn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	for e.endpoint.Connections() > 0 {
		runtime.Gosched()
	}
	close(hangUp)
	equal(t, "close", e.Close(t.Context()), nil)
	told := p.told()
	if !strings.Contains(told, "bye lost error BYE not sent: ") || strings.Contains(told, "bye left") {
		t.Errorf("want a BYE that was not sent, got %s", told)
	}
}
