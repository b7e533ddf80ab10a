package sipua_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/sipua/memnet"
)

// sipgo: takes all of these for good.
func TestMalformedRequestsAreRefused(t *testing.T) {
	without := func(name string) func(string) string {
		return func(s string) string {
			var keep []string
			for l := range strings.SplitSeq(s, "\r\n") {
				if !strings.HasPrefix(l, name+":") {
					keep = append(keep, l)
				}
			}
			return strings.Join(keep, "\r\n")
		}
	}
	replace := func(from, to string) func(string) string {
		return func(s string) string { return strings.Replace(s, from, to, 1) }
	}
	for _, c := range []struct {
		name   string
		r      req
		change func(string) string
		want   string
		header string
	}{
		{"no From", req{method: "INVITE"}, without("From"), "400", ""},
		{"no To", req{method: "INVITE"}, without("To"), "400", ""},
		{"no Call-ID", req{method: "INVITE"}, without("Call-ID"), "400", ""},
		{"no CSeq", req{method: "INVITE"}, without("CSeq"), "400", ""},
		{"no Contact", req{method: "INVITE"}, without("Contact"), "400", ""},
		{"other method in CSeq", req{method: "INVITE"}, replace("1 INVITE", "1 BYE"), "400", ""},
		{"SIP/7.0", req{method: "INVITE"}, replace("SIP/2.0\r\n", "SIP/7.0\r\n"), "505", ""},
		{"too many hops", req{method: "INVITE"}, replace("Max-Forwards: 70", "Max-Forwards: 0"), "483", ""},
		{"OPTIONS may have used its hops", req{method: "OPTIONS"}, replace("Max-Forwards: 70", "Max-Forwards: 0"), "200", ""},
		{"extension required", req{method: "INVITE", head: []string{"Require: 100rel, timer"}}, nil, "420", "Unsupported: 100rel, timer"},
		{"no SDP in the body", req{method: "INVITE", body: "x"}, replace("application/sdp", "application/isup"), "415", "Accept: application/sdp"},
		{"BYE without a dialog", req{method: "BYE"}, nil, "481", ""},
		{"BYE to an unknown dialog", req{method: "BYE", toTag: "x"}, nil, "481", ""},
		{"re-INVITE to an unknown dialog", req{method: "INVITE", toTag: "x"}, nil, "481", ""},
		{"ACK to an unknown dialog", req{method: "ACK", toTag: "x"}, nil, "", ""},
		{"ACK of nothing", req{method: "ACK"}, nil, "", ""},
		{"malformed ACK", req{method: "ACK", toTag: "x"}, without("From"), "", ""},
		{"REGISTER", req{method: "REGISTER"}, nil, "405", "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE"},
		{"FOO", req{method: "FOO"}, nil, "405", "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE"},
		{"REFER", req{method: "REFER"}, nil, "603", ""},
		{"OPTIONS", req{method: "OPTIONS"}, nil, "200", "Accept: application/sdp"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *memnet.Network) {
				calls, told := 0, ""
				endpoint(t, n, ours, sipua.Config{OnCall: func(l *sipua.Leg) { calls++; answer(l) }, OnRejected: func(r sipua.Rejection) {
					told += fmt.Sprint(r.Status)
					equal(t, "a reason", r.Cause != "", true)
				}})
				p := newPeer(t, n, theirs, caller)
				text := p.text(c.r)
				if c.change != nil {
					text = c.change(text)
				}
				p.raw(ours, text)
				pass(200 * time.Millisecond)
				p.want(c.want)
				if name, value, ok := strings.Cut(c.header, ": "); ok {
					equal(t, name, p.last(c.want).get(name), value)
				}
				equal(t, "calls", calls, 0)
				equal(t, "told", told, strings.TrimPrefix(c.want, "200"))
				settle()
			})
		})
	}
}

func TestCallsAboveTheLimitAreRefused(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		var told []string
		e := endpoint(t, n, ours, sipua.Config{MaxCalls: 2, OnCall: answer, OnRefused: func(l *sipua.Leg) {
			told = append(told, l.CallID()+" "+l.RequestURI().User)
		}})
		p := newPeer(t, n, theirs, func(p *peer, m msg) {
			if m.method == "INVITE" && m.code >= 200 {
				p.send(req{method: "ACK", branch: "a" + m.get("call-id"), callID: m.get("call-id"), toTag: m.tag("to")})
			} else if m.code == 0 {
				p.reply(m, 200, "", "")
			}
		})
		for _, id := range []string{"one", "two", "three", "three"} {
			p.send(req{method: "INVITE", branch: id, callID: id})
		}
		pass(200 * time.Millisecond)
		equal(t, "active", e.Active(), 2)
		equal(t, "refused", p.last("503").get("call-id"), "three")
		equal(t, "retry", p.last("503").get("retry-after"), "2")
		equal(t, "told", fmt.Sprint(told), "[three 7001]")
		settle()
		p.send(req{method: "INVITE", branch: "four", callID: "four"})
		settle()
		equal(t, "taken again", p.last("200").get("call-id"), "four")
	})
}

func TestOnCallThatDoesNotAnswer(t *testing.T) {
	var log bytes.Buffer
	for _, c := range []struct {
		name   string
		onCall func(*sipua.Leg)
		want   string
		logged string
	}{
		{"none", nil, "480", ""},
		{"returns", func(*sipua.Leg) {}, "500", ""},
		{"panics", func(*sipua.Leg) { panic("boom") }, "500", "panic=boom"},
		{"panics when answered", func(l *sipua.Leg) { _ = answerOnly(l); panic("later") }, "200 BYE", "panic=later"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *memnet.Network) {
				log.Reset()
				endpoint(t, n, ours, sipua.Config{OnCall: c.onCall, Logger: slog.New(slog.NewTextHandler(&log, nil))})
				p := newPeer(t, n, theirs, caller)
				p.send(req{method: "INVITE"})
				settle()
				p.want(c.want)
				equal(t, "logged", strings.Contains(log.String(), c.logged), true)
				if c.logged == "" {
					equal(t, "log", log.String(), "")
				}
			})
		})
	}
}

// sipgo: logs whole datagrams, at level ERROR, as often as they come.
func TestGarbageIsLoggedInMeasure(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		var log bytes.Buffer
		endpoint(t, n, ours, sipua.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		p := newPeer(t, n, theirs, nil)
		for range 500 {
			p.raw(ours, "garbage"+strings.Repeat("x", 30000)+"\r\n\r\n")
		}
		pass(time.Second)
		lines := strings.Count(log.String(), "\n")
		if lines < 1 || lines > 40 || log.Len() > 600*lines {
			t.Errorf("want 1 to 40 short lines, got %d with %d bytes", lines, log.Len())
		}
		equal(t, "level", strings.Contains(log.String(), "level=ERROR"), false)
		p.raw(ours, "garbage\r\n\r\n")
		pass(time.Second)
		equal(t, "counted", strings.Contains(log.String(), "records_dropped_before="), true)
	})
}
