package sipua_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/sipua/memnet"
)

// established brings a call up that f may then disturb; at the end the caller hangs up.
func established(t *testing.T, offer string, f func(p *peer, h *history, in func(r req))) {
	t.Helper()
	bubble(t, func(t *testing.T, n *memnet.Network) {
		h := serve(t, n, answerOnly)
		p := newPeer(t, n, theirs, caller)
		p.send(req{method: "INVITE", body: offer})
		pass(time.Second)
		tag := p.last("200").tag("to")
		p.mu.Lock()
		p.log = nil
		p.mu.Unlock()
		f(p, h, func(r req) {
			r.toTag = tag
			p.send(r)
			pass(time.Second)
		})
		p.send(req{method: "BYE", cseq: "99", toTag: tag})
		settle()
		equal(t, "end", short(h.end), "remote bye 0")
	})
}

// A common server answers every hold with sendrecv, and the carrier hangs up.
func TestReInviteIsAnsweredInsideTheDialog(t *testing.T) {
	zero := strings.ReplaceAll(sdp(""), "c=IN IP4 10.0.0.2", "c=IN IP4 0.0.0.0")
	for _, c := range []struct{ name, offer, want string }{
		{"hold", sdp("sendonly"), "recvonly"},
		{"hold both ways", sdp("inactive"), "inactive"},
		{"old hold", zero, "recvonly"},
		{"one way to them", sdp("recvonly"), "sendonly"},
		{"resume", sdp("sendrecv"), "sendrecv"},
		{"nothing said", sdp(""), "sendrecv"},
	} {
		t.Run(c.name, func(t *testing.T) {
			established(t, sdp(""), func(p *peer, h *history, in func(req)) {
				in(req{method: "INVITE", branch: "re", cseq: "2", body: c.offer})
				p.want("200")
				ok := p.last("200")
				equal(t, "direction", strings.Contains(ok.body, "\r\na="+c.want+"\r\n"), true)
				version := "o=- 1 2 IN"
				if c.want == "sendrecv" { // the description is the same as before
					version = "o=- 1 1 IN"
				}
				equal(t, "version", strings.Contains(ok.body, version), true)
				equal(t, "remote SDP", string(h.leg.RemoteSDP()), c.offer)
				equal(t, "calls", h.calls, 1)
			})
		})
	}
}

func TestReInviteWithoutOfferGetsOne(t *testing.T) {
	established(t, sdp(""), func(p *peer, h *history, in func(req)) {
		in(req{method: "INVITE", branch: "hold", cseq: "2", body: sdp("sendonly")})
		in(req{method: "INVITE", branch: "re", cseq: "3"})
		p.want("200 200")
		equal(t, "full offer", strings.Contains(p.last("200").body, "o=- 1 3 IN"), true)
		equal(t, "direction", strings.Contains(p.last("200").body, "a=sendrecv"), true)
	})
}

func TestReInviteWithoutPCMUChangesNothing(t *testing.T) {
	established(t, sdp(""), func(p *peer, h *history, in func(req)) {
		in(req{method: "INVITE", branch: "re", cseq: "2", contact: "<sip:new@10.0.0.9>", body: strings.ReplaceAll(sdp(""), " 8 0 101", " 8")})
		p.want("488")
		equal(t, "remote SDP", string(h.leg.RemoteSDP()), sdp(""))
	})
}

func TestReInviteDuringAnotherIsGlare(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		h := serve(t, n, answerOnly)
		p := newPeer(t, n, theirs, func(p *peer, m msg) {
			if m.seq() != "2" || m.code != 200 { // the first re-INVITE is left without ACK for a while
				caller(p, m)
			}
		})
		p.send(req{method: "INVITE"})
		pass(time.Second)
		tag := p.last("200").tag("to")
		p.send(req{method: "INVITE", branch: "r2", cseq: "2", toTag: tag})
		p.send(req{method: "INVITE", branch: "r3", cseq: "3", toTag: tag})
		pass(300 * time.Millisecond)
		p.want("200 200 491")
		p.ack(p.received()[1])
		pass(10 * time.Second)
		p.want("200 200 491")
		p.send(req{method: "BYE", cseq: "4", toTag: tag})
		settle()
		equal(t, "end", short(h.end), "remote bye 0")
	})
}

func TestReInviteWhileRinging(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		serve(t, n, ring)
		p := newPeer(t, n, theirs, caller)
		p.send(req{method: "INVITE"})
		pass(time.Second)
		p.send(req{method: "INVITE", branch: "re", cseq: "2", toTag: p.last("180").tag("to")})
		pass(time.Second)
		p.want("180 500")
		equal(t, "retry", p.last("500").get("retry-after"), "2")
		p.send(req{method: "CANCEL", branch: "INVITE"})
		settle()
	})
}

func TestReInviteWithoutAckEndsTheCall(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		h := serve(t, n, answerOnly)
		p := newPeer(t, n, theirs, func(p *peer, m msg) {
			if m.seq() != "2" {
				caller(p, m)
			}
		})
		p.send(req{method: "INVITE"})
		pass(time.Second)
		p.send(req{method: "INVITE", branch: "re", cseq: "2", toTag: p.last("200").tag("to")})
		settle()
		equal(t, "end", short(h.end), "local timeout 408")
		equal(t, "last", p.received()[len(p.received())-1].short(), "BYE")
	})
}

func TestTargetRefresh(t *testing.T) {
	for _, method := range []string{"INVITE", "UPDATE"} {
		t.Run(method, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *memnet.Network) {
				serve(t, n, func(l *sipua.Leg) error {
					_ = answerOnly(l)
					time.Sleep(10 * time.Second)
					return l.Bye(context.Background())
				})
				p := newPeer(t, n, theirs, caller)
				moved := newPeer(t, n, "10.0.0.3:5070", caller)
				p.send(req{method: "INVITE"})
				pass(time.Second)
				p.send(req{method: method, branch: "re", cseq: "2", toTag: p.last("200").tag("to"), contact: "<sip:c@10.0.0.3:5070>"})
				settle()
				p.want("200 200")
				moved.want("BYE")
				equal(t, "target", moved.last("BYE").start, "BYE sip:c@10.0.0.3:5070 SIP/2.0")
			})
		})
	}
}

func TestOtherRequestsInADialog(t *testing.T) {
	for _, c := range []struct {
		r    req
		want string
	}{
		{req{method: "INFO", cseq: "2"}, "200"},
		{req{method: "INFO", cseq: "2", head: []string{"Content-Type: application/media_control+xml"}, body: "<x/>"}, "200"},
		{req{method: "INFO", cseq: "2", head: []string{"Content-Type: application/dtmf-relay"}}, "400"},
		{req{method: "OPTIONS", cseq: "2"}, "200"},
		{req{method: "UPDATE", cseq: "2"}, "200"},
		{req{method: "UPDATE", cseq: "2", body: sdp("sendonly")}, "200"},
		{req{method: "UPDATE", cseq: "2", body: "m=audio"}, "488"},
		{req{method: "REFER", cseq: "2", head: []string{"Refer-To: <sip:x@y>"}}, "603"},
		{req{method: "NOTIFY", cseq: "2"}, "405"},
		{req{method: "PRACK", cseq: "2"}, "405"},
		{req{method: "INFO", cseq: "1"}, "500"},
		{req{method: "INFO", cseq: "2", fromTag: "another"}, "481"},
		{req{method: "INFO", cseq: "2", callID: "another"}, "481"},
		{req{method: "ACK", cseq: "7"}, ""},
	} {
		t.Run(c.r.method+" "+c.want, func(t *testing.T) {
			established(t, sdp(""), func(p *peer, h *history, in func(req)) {
				in(c.r)
				p.want(c.want)
				if c.r.method == "UPDATE" && c.r.body == sdp("sendonly") {
					equal(t, "held", strings.Contains(p.last("200").body, "a=recvonly"), true)
				}
			})
		})
	}
}

func TestRecordRouteIsFollowed(t *testing.T) {
	for _, c := range []struct{ name, record, start, route string }{
		{"loose", "<sip:10.0.0.8:5080;lr>, <sip:10.0.0.9;lr>", "BYE sip:c@10.0.0.2:5060 SIP/2.0", "<sip:10.0.0.8:5080;lr> <sip:10.0.0.9;lr>"},
		{"strict", "<sip:10.0.0.8:5080>, <sip:10.0.0.9;lr>", "BYE sip:10.0.0.8:5080 SIP/2.0", "<sip:10.0.0.9;lr> <sip:c@10.0.0.2:5060>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *memnet.Network) {
				serve(t, n, takeCall)
				p := newPeer(t, n, theirs, caller)
				proxy := newPeer(t, n, "10.0.0.8:5080", caller)
				p.send(req{method: "INVITE", head: []string{"Record-Route: " + c.record}})
				settle()
				p.want("180 200")
				equal(t, "copied", strings.Join(p.last("200").head["record-route"], ", "), c.record)
				proxy.want("BYE")
				equal(t, "start line", proxy.last("BYE").start, c.start)
				equal(t, "route", strings.Join(proxy.last("BYE").head["route"], " "), c.route)
			})
		})
	}
}
