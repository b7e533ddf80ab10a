package sipua_test

import (
	"bytes"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/sipua/memnet"
)

func addrPort(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// Who waits for the answer to his BYE must find the call over on this side as well.
func TestOnEndRunsBeforeTheByeIsAnswered(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		var order []string
		h := serve(t, n, func(l *sipua.Leg) error {
			l.OnEnd(func(end sipua.End) {
				select {
				case <-l.Done():
					order = append(order, "done")
				default:
				}
				order = append(order, short(end))
				time.Sleep(time.Millisecond)
			})
			return answerOnly(l)
		})
		p := newPeer(t, n, theirs, func(p *peer, m msg) {
			if m.get("cseq") == "2 BYE" {
				order = append(order, "200 received")
			}
			caller(p, m)
		})
		p.send(req{method: "INVITE"})
		pass(time.Second)
		p.send(req{method: "BYE", cseq: "2", toTag: p.last("200").tag("to")})
		settle()
		equal(t, "order", strings.Join(order, ", "), "remote bye 0, 200 received")
		late := ""
		h.leg.OnEnd(func(end sipua.End) { late = short(end) })
		equal(t, "after the end", late, "remote bye 0")
	})
}

func TestOnEndThatPanics(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		var log bytes.Buffer
		e := endpoint(t, n, ours, sipua.Config{Logger: slog.New(slog.NewTextHandler(&log, nil)), OnCall: func(l *sipua.Leg) {
			l.OnEnd(func(sipua.End) { panic("boom") })
			_ = l.Provisional(180, "", nil)
			<-l.Done()
		}})
		p := newPeer(t, n, theirs, caller)
		p.send(req{method: "INVITE"})
		pass(time.Second)
		p.send(req{method: "CANCEL", branch: "INVITE"})
		settle()
		p.want("180 200 487")
		equal(t, "active", e.Active(), 0)
		equal(t, "logged", strings.Contains(log.String(), "panic=boom"), true)
	})
}

func TestArgumentsOfALegAreChecked(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		bad := sipua.Header{Name: "X", Value: "a\r\nb"}
		const header = `header X: want text without control characters, got "a\r\nb"`
		serve(t, n, func(l *sipua.Leg) error {
			for _, c := range []struct {
				err  error
				want string
			}{
				{l.Provisional(200, "", nil), "status: want 101 to 199, got 200"},
				{l.Provisional(180, "a\r\nb", nil), `reason: want text without control characters, got "a\r\nb"`},
				{l.Reject(200, ""), "status: want 300 to 699, got 200"},
				{l.Reject(486, "", bad), header},
				{l.Answer(t.Context(), nil, bad), header},
				{l.Bye(t.Context(), bad), header},
				{l.Reject(499, ""), ""},
				{l.Answer(t.Context(), nil), sipua.ErrEnded.Error()},
			} {
				got := ""
				if c.err != nil {
					got = c.err.Error()
				}
				equal(t, "error", got, c.want)
			}
			return nil
		})
		p := newPeer(t, n, theirs, caller)
		p.send(req{method: "INVITE"})
		settle()
		p.want("499")
		equal(t, "phrase of the class", p.last("499").start, "SIP/2.0 499 Bad Request")
	})
}

func TestHeadersOfOursCanBeReplaced(t *testing.T) {
	dialling(t, func(p *peer, m msg) { p.reply(m, 486, "b1", "") }, func(t *testing.T, e *sipua.Endpoint, p *peer) {
		d := call()
		d.Headers = []sipua.Header{{Name: "contact", Value: "<sip:elsewhere>"}, {Name: "User-Agent", Value: "SBC"}, {Name: "Max-Forwards", Value: "3"}}
		_, _ = e.Dial(t.Context(), d)
		inv := p.received()[0]
		equal(t, "headers", strings.Join(append(append(inv.head["contact"], inv.head["user-agent"]...), inv.head["max-forwards"]...), " "), "<sip:elsewhere> SBC 3")
	})
}
