package sipua_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/sipua/memnet"
)

func TestCancelWhileRinging(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		h := serve(t, n, func(l *sipua.Leg) error {
			_ = l.Provisional(183, "", sipua.OfferSDP("10.0.0.1", 9))
			<-l.Done()
			return errors.Join(l.Provisional(180, "", nil), l.Answer(context.Background(), nil), l.Reject(486, ""))
		})
		p := newPeer(t, n, theirs, caller)
		p.send(req{method: "INVITE"})
		pass(time.Second)
		p.send(req{method: "CANCEL", branch: "INVITE", head: []string{"Reason: SIP;cause=487"}})
		settle()
		p.want("183 200 487")
		equal(t, "tag in 487", p.last("487").tag("to"), p.last("183").tag("to"))
		equal(t, "tag in 200 to CANCEL", p.last("200").tag("to"), p.last("183").tag("to"))
		equal(t, "SDP in 183", strings.HasPrefix(p.last("183").body, "v=0\r\n"), true)
		equal(t, "afterwards", h.err.Error(), strings.Repeat(sipua.ErrCancelled.Error()+"\n", 2)+sipua.ErrCancelled.Error())
		equal(t, "end", short(h.end), "remote cancel 487")
		equal(t, "reason", header(h.end.Headers, "Reason"), "SIP;cause=487")
	})
}

func TestCancelRightBehindTheInvite(t *testing.T) {
	for i := range 100 {
		bubble(t, func(t *testing.T, n *memnet.Network) {
			h := serve(t, n, ring)
			p := newPeer(t, n, theirs, caller)
			p.send(req{method: "INVITE"})
			p.send(req{method: "CANCEL", branch: "INVITE"})
			settle()
			if got := p.got(); !strings.HasSuffix(got, "200 487") || h.end.How != sipua.HowCancel || h.calls != 1 {
				t.Fatalf("call %d: want 200 and 487 for one call, got %q, end %+v of %d", i, got, h.end, h.calls)
			}
		})
	}
}

func TestCancelThatOvertakesItsInvite(t *testing.T) {
	for _, c := range []struct {
		name, want string
		gap        time.Duration
	}{
		{"at once", "200 487", 0},
		{"while the CANCEL waits", "200 487", 100 * time.Millisecond},
		{"after the CANCEL was refused", "481 487", 10 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *memnet.Network) {
				h := serve(t, n, ring)
				p := newPeer(t, n, theirs, caller)
				p.send(req{method: "CANCEL", branch: "INVITE"})
				time.Sleep(c.gap)
				p.send(req{method: "INVITE"})
				settle()
				got := p.got()
				if got == "487 200" { // two transactions: their order is free
					got = "200 487"
				}
				equal(t, "messages", got, c.want)
				equal(t, "calls", h.calls, 0)
			})
		})
	}
}

func TestCancelOfNothing(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		serve(t, n, ring)
		p := newPeer(t, n, theirs, caller)
		p.send(req{method: "CANCEL", branch: "never"})
		settle()
		p.want("481")
	})
}

func TestCancelCrossesTheAnswer(t *testing.T) {
	answered := 0
	for i := range 60 {
		bubble(t, func(t *testing.T, n *memnet.Network) {
			serve(t, n, func(l *sipua.Leg) error {
				time.Sleep(time.Second)
				return answerOnly(l)
			})
			p := newPeer(t, n, theirs, caller)
			p.send(req{method: "INVITE"})
			time.Sleep(time.Second - time.Duration(i%3-1)*time.Microsecond)
			p.send(req{method: "CANCEL", branch: "INVITE"})
			time.Sleep(time.Second)
			finals := map[string]bool{}
			for _, m := range p.received() {
				if m.method == "INVITE" && m.code >= 200 {
					finals[m.short()] = true
				}
			}
			equal(t, "kinds of final response", len(finals), 1)
			if finals["200"] {
				answered++
				p.send(req{method: "BYE", cseq: "2", toTag: p.last("200").tag("to")})
			}
			settle()
		})
	}
	t.Logf("answered first: %d of 60", answered)
}

func TestLateResponseDoesNotReplaceThe487(t *testing.T) {
	for _, code := range []int{180, 200, 486} {
		bubble(t, func(t *testing.T, n *memnet.Network) {
			h := serve(t, n, ring)
			p := newPeer(t, n, theirs, nil)
			p.send(req{method: "INVITE"})
			pass(time.Second)
			p.send(req{method: "CANCEL", branch: "INVITE"})
			pass(100 * time.Millisecond)
			equal(t, "late response", h.leg.RespondLate(code), sipua.ErrCancelled)
			pass(5 * time.Second)
			p.want("180 200 487 487 487 487")
			settle()
		})
	}
}
