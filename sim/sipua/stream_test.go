package sipua_test

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
)

// What has arrived takes effect, also when whoever sent it is gone before it can be answered.
// sipgo: forgets a connection that is closed, and with it the requests that are still on their way through it.
func TestLastWordsOverTCP(t *testing.T) {
	rounds := 100
	if testing.Short() {
		rounds = 20
	}
	for _, c := range []struct {
		name  string
		first string // the answer after which the caller says its last words
		last  req
		want  string // became of the leg
	}{
		{"BYE", "200", req{method: "BYE", cseq: "2"}, "remote bye 0"},
		{"CANCEL", "180", req{method: "CANCEL", branch: "INVITE"}, "remote cancel 487"},
		{"ACK", "200", req{method: "ACK", branch: "ack"}, "acknowledged"},
	} {
		for _, reset := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, reset %v", c.name, reset), func(t *testing.T) {
				ends := make(chan string, 1)
				e := loopback(t, sipua.Config{TCP: true, OnCall: func(l *sipua.Leg) {
					if c.first == "180" {
						_ = ring(l)
					} else if err := answerOnly(l); err == nil && c.name == "ACK" {
						ends <- "acknowledged"
						return
					}
					<-l.Done()
					ends <- short(l.End())
				}})
				for i := range rounds {
					s := dialStream(t, e.Addr())
					id := fmt.Sprint("call", i)
					s.send(req{method: "INVITE", callID: id, contact: "<sip:c@127.0.0.1:1;transport=tcp>"})
					m := s.next()
					for m.short() != c.first {
						m = s.next()
					}
					last := c.last
					last.callID = id
					if last.method != "CANCEL" {
						last.toTag = m.tag("to")
					}
					if last.method == "BYE" {
						s.send(req{method: "ACK", branch: "ack", callID: id, toTag: last.toTag})
					}
					s.send(last)
					if reset {
						_ = s.Conn.(*net.TCPConn).SetLinger(0)
					}
					_ = s.Close()
					select {
					case got := <-ends:
						equal(t, "end", got, c.want)
					case <-time.After(10 * time.Second):
						t.Fatalf("round %d: want the leg to end, it does not", i)
					}
				}
			})
		}
	}
}

// TestInviteAndCancelInOneBreath, after which the connection is closed: each is a call that was cancelled, or, where the order was lost
// on a busy machine, a refusal that is told.
func TestInviteAndCancelInOneBreath(t *testing.T) {
	ends := make(chan string, 1)
	e := loopback(t, sipua.Config{TCP: true,
		OnCall: func(l *sipua.Leg) {
			_ = ring(l)
			<-l.Done()
			ends <- short(l.End())
		},
		OnRejected: func(r sipua.Rejection) {
			if r.Method == "INVITE" { // a CANCEL whose INVITE comes later than it waits is refused, and takes effect all the same
				ends <- fmt.Sprint(r.Status, " ", r.Cause)
			}
		},
	})
	for i := range 40 {
		s := dialStream(t, e.Addr())
		p := &peer{addr: s.LocalAddr().String()}
		id := fmt.Sprint("call", i)
		via := "SIP/2.0/TCP " + p.addr + ";branch=z9hG4bK" + id
		if _, err := s.Write([]byte(p.text(req{method: "INVITE", callID: id, via: via}) + p.text(req{method: "CANCEL", callID: id, via: via}))); err != nil {
			t.Fatal(err)
		}
		_ = s.Close()
		select {
		case got := <-ends:
			if got != "remote cancel 487" && got != "487 a CANCEL came before it" {
				t.Errorf("round %d: want it cancelled, got %s", i, got)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("round %d: want the call cancelled, nothing is told of it", i)
		}
	}
}
