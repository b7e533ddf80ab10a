package sipua_test

import (
	"fmt"
	"regexp"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/sipua/memnet"
)

// TestNetworkOverUDP: an INVITE that is lost is answered when it comes again, and one that is doubled is one call.
func TestNetworkOverUDP(t *testing.T) {
	for _, c := range []struct {
		name  string
		fate  []sipua.Fault // of one INVITE after the other
		calls int
		asked int
		want  string // what a caller gets who sends his INVITE twice, as a regular expression
	}{
		{"clean", nil, 1, 2, "180 180 200 BYE"},
		{"the first is lost", []sipua.Fault{{Drop: true}}, 1, 2, "180 200 BYE"},
		{"both are lost", []sipua.Fault{{Drop: true}, {Drop: true}}, 0, 2, ""},
		{"the first comes three times", []sipua.Fault{{Copies: 2}}, 1, 2, "180( 180){1,3} 200 BYE"}, // what comes before the first 180 has nothing repeated
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *memnet.Network) {
				var calls int
				var asked []sipua.Incoming
				endpoint(t, n, ours, sipua.Config{
					OnCall: func(l *sipua.Leg) {
						calls++
						_ = l.Provisional(180, "", nil)
						time.Sleep(time.Second)
						_ = l.Answer(t.Context(), nil)
						_ = l.Bye(t.Context())
					},
					Network: func(i sipua.Incoming) sipua.Fault {
						asked = append(asked, i)
						if k := len(asked) - 1; k < len(c.fate) {
							return c.fate[k]
						}
						return sipua.Fault{}
					},
				})
				p := newPeer(t, n, theirs, caller)
				for range 2 {
					p.send(req{method: "INVITE", uri: "sip:7002@10.0.0.1", body: sdp("")})
					pass(500 * time.Millisecond)
				}
				settle()
				if got := p.got(); !regexp.MustCompile("^" + c.want + "$").MatchString(got) {
					t.Errorf("messages: want %s, got %s", c.want, got)
				}
				equal(t, "calls", calls, c.calls)
				want := sipua.Incoming{CallID: "cid1", Dialled: "7002", To: "7001", Peer: theirs}
				equal(t, "asked", fmt.Sprint(len(asked), asked[0]), fmt.Sprint(c.asked, want))
			})
		})
	}
}

// TestNetworkOverTCP: no transport keeps a message from being lost on the way, and what follows it over the connection is read.
func TestNetworkOverTCP(t *testing.T) {
	var calls, asked atomic.Int32
	e := loopback(t, sipua.Config{TCP: true,
		OnCall: func(l *sipua.Leg) {
			calls.Add(1)
			_ = l.Reject(486, "")
		},
		Network: func(sipua.Incoming) sipua.Fault {
			if asked.Add(1) == 1 {
				return sipua.Fault{Drop: true}
			}
			return sipua.Fault{Copies: 1}
		},
	})
	s := dialStream(t, e.Addr())
	s.send(req{method: "INVITE", callID: "lost", branch: "1"})
	s.send(req{method: "OPTIONS", callID: "between", branch: "2"})
	equal(t, "behind the lost one", s.next().short(), "200")
	s.send(req{method: "INVITE", callID: "doubled", branch: "3"})
	for m := s.next(); m.short() != "486"; m = s.next() {
		equal(t, "before the refusal", m.short(), "100")
	}
	s.send(req{method: "OPTIONS", callID: "behind", branch: "4"})
	for m := s.next(); m.short() != "200"; m = s.next() { // the copy is answered as the INVITE was
		equal(t, "again", m.short(), "486")
	}
	equal(t, "calls", calls.Load(), int32(1))
	equal(t, "asked", asked.Load(), int32(2))
}

// TestTheSameInviteOverTCPAfterItsCall is no second call: a copy that was held up on its way may come that late (RFC 6026 7.1, whose timer
// L runs over every transport).
func TestTheSameInviteOverTCPAfterItsCall(t *testing.T) {
	var calls atomic.Int32
	e := loopback(t, sipua.Config{TCP: true, OnCall: func(l *sipua.Leg) {
		calls.Add(1)
		_ = l.Answer(t.Context(), nil)
	}})
	s := dialStream(t, e.Addr())
	invite := req{method: "INVITE", callID: "one", branch: "1", body: sdp("")}
	s.send(invite)
	answer := s.next()
	for ; answer.short() != "200"; answer = s.next() {
		equal(t, "before the answer", answer.short(), "100")
	}
	s.send(req{method: "ACK", callID: "one", branch: "2", toTag: answer.tag("To")})
	s.send(req{method: "BYE", callID: "one", branch: "3", toTag: answer.tag("To"), cseq: "2"})
	equal(t, "BYE", s.next().short(), "200")
	s.send(invite)
	s.send(req{method: "OPTIONS", callID: "behind", branch: "4"})
	equal(t, "behind the copy", s.next().get("CSeq"), "1 OPTIONS")
	equal(t, "calls", calls.Load(), int32(1))
}
