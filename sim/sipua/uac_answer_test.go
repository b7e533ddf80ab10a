package sipua_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/sipua/memnet"
)

func TestForkedAnswers(t *testing.T) {
	dialling(t, func(p *peer, m msg) {
		switch m.method {
		case "INVITE":
			p.reply(m, 200, "b1", "")
			p.reply(m, 200, "b2", "")
			time.AfterFunc(500*time.Millisecond, func() { p.reply(m, 200, "b2", "") })
		case "BYE":
			p.reply(m, 200, "", "")
		}
	}, func(t *testing.T, e *sipua.Endpoint, p *peer) {
		l, err := e.Dial(t.Context(), call())
		if err != nil {
			t.Fatal(err)
		}
		pass(5 * time.Second)
		equal(t, "bye", l.Bye(t.Context()), nil)
		seen := map[string]int{}
		for _, m := range p.received() {
			seen[m.method+" "+m.tag("to")]++
		}
		equal(t, "messages", fmt.Sprint(seen), "map[ACK b1:1 ACK b2:2 BYE b1:1 BYE b2:1 INVITE :1]")
	})
}

func TestLongQueue(t *testing.T) {
	dialling(t, func(p *peer, m msg) {
		switch m.method {
		case "INVITE":
			go func() {
				for range 30 {
					p.reply(m, 182, "b1", "")
					time.Sleep(10 * time.Second)
				}
				p.reply(m, 200, "b1", "")
			}()
		case "BYE":
			p.reply(m, 200, "", "")
		}
	}, func(t *testing.T, e *sipua.Endpoint, p *peer) {
		d, queued := call(), 0
		d.OnProgress = func(int, string) { queued++ }
		l, err := e.Dial(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "queued", queued, 30)
		equal(t, "bye", l.Bye(t.Context()), nil)
	})
}

func TestProgressInOrder(t *testing.T) {
	for range 50 {
		dialling(t, func(p *peer, m msg) {
			switch m.method {
			case "INVITE":
				for _, c := range []int{100, 181, 180, 183, 200} {
					p.reply(m, c, "b1", "")
				}
			case "BYE":
				p.reply(m, 200, "", "")
			}
		}, func(t *testing.T, e *sipua.Endpoint, p *peer) {
			d, progress := call(), ""
			d.OnProgress = func(code int, _ string) { progress += fmt.Sprint(code, " ") }
			l, err := e.Dial(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "progress", progress, "100 181 180 183 ")
			equal(t, "bye", l.Bye(t.Context()), nil)
		})
	}
}

func TestRepeatedAnswerIsAcknowledgedAgain(t *testing.T) {
	for _, skip := range []bool{false, true} {
		t.Run(fmt.Sprint("skip ACK ", skip), func(t *testing.T) {
			dialling(t, func(p *peer, m msg) {
				switch m.method {
				case "INVITE":
					for i := range 3 {
						time.AfterFunc(time.Duration(i)*500*time.Millisecond, func() { p.reply(m, 200, "b1", sdp("")) })
					}
				case "BYE":
					p.reply(m, 200, "", "")
				}
			}, func(t *testing.T, e *sipua.Endpoint, p *peer) {
				d := call()
				d.LateOffer, d.SkipAck = true, skip
				l, err := e.Dial(t.Context(), d)
				if err != nil {
					t.Fatal(err)
				}
				pass(5 * time.Second)
				equal(t, "bye", l.Bye(t.Context()), nil)
				if skip {
					p.want("INVITE BYE")
					return
				}
				p.want("INVITE ACK ACK ACK BYE")
				for _, ack := range p.received()[1:4] {
					equal(t, "number", ack.seq(), p.received()[0].seq())
					equal(t, "answer", ack.body, p.received()[1].body)
				}
			})
		})
	}
}

func TestLateOffer(t *testing.T) {
	for _, c := range []struct {
		name, offer string
		ack         []byte
		want, err   string
	}{
		{"answered with PCMU", sdp(""), nil, "m=audio 9 RTP/AVP 0", ""},
		{"given answer", sdp(""), []byte("v=0\r\nm=audio 7 RTP/AVP 0\r\n"), "m=audio 7", ""},
		{"no answer", sdp(""), []byte{}, "", ""},
		{"no codec", strings.ReplaceAll(sdp(""), " 8 0 101", " 8"), nil, "", sipua.ErrNoCodec.Error()},
	} {
		t.Run(c.name, func(t *testing.T) {
			dialling(t, func(p *peer, m msg) {
				switch m.method {
				case "INVITE":
					p.reply(m, 200, "b1", c.offer)
				case "BYE":
					p.reply(m, 200, "", "")
				}
			}, func(t *testing.T, e *sipua.Endpoint, p *peer) {
				l, err := e.Dial(t.Context(), sipua.Dial{Target: theirs, To: "sip:x@y", From: "sip:a@b", LateOffer: true, AckSDP: c.ack})
				if c.err != "" {
					equal(t, "error", err.Error(), c.err)
				} else if err == nil {
					equal(t, "bye", l.Bye(t.Context()), nil)
				} else {
					t.Error(err)
				}
				pass(time.Second)
				p.want("INVITE ACK BYE")
				equal(t, "no offer", p.received()[0].body, "")
				equal(t, "answer", strings.Contains(p.received()[1].body, c.want), true)
				equal(t, "empty", p.received()[1].body == "", c.want == "")
			})
		})
	}
}

func TestRouteSetIsReversedForTheCaller(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		e := endpoint(t, n, ours, sipua.Config{})
		proxy := newPeer(t, n, "10.0.0.8:5080", callee)
		newPeer(t, n, theirs, func(p *peer, m msg) {
			if m.method == "INVITE" {
				p.reply(m, 200, "b1", "", "Record-Route: <sip:10.0.0.9;lr>", "Record-Route: <sip:10.0.0.8:5080;lr>")
			}
		})
		l, err := e.Dial(t.Context(), call())
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "bye", l.Bye(t.Context()), nil)
		proxy.want("ACK BYE")
		equal(t, "route", strings.Join(proxy.last("ACK").head["route"], " "), "<sip:10.0.0.8:5080;lr> <sip:10.0.0.9;lr>")
		settle()
	})
}

func TestByeBeforeTheAnswer(t *testing.T) {
	dialling(t, func(p *peer, m msg) {
		if m.method == "INVITE" {
			p.reply(m, 180, "b1", "")
			p.send(req{method: "BYE", callID: m.get("call-id"), fromTag: "b1", toTag: m.tag("from")})
		}
	}, func(t *testing.T, e *sipua.Endpoint, p *peer) {
		_, err := e.Dial(t.Context(), call())
		equal(t, "error", err, sipua.ErrEnded)
		pass(time.Second)
		p.want("INVITE 200")
	})
}

func TestLongInvite(t *testing.T) {
	dialling(t, callee, func(t *testing.T, e *sipua.Endpoint, p *peer) {
		d := call()
		d.Headers = []sipua.Header{{Name: "User-to-User", Value: strings.Repeat("ab", 2000)}}
		l, err := e.Dial(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "header", len(p.received()[0].get("user-to-user")), 4000)
		equal(t, "bye", l.Bye(t.Context()), nil)
	})
}

func TestResponsesWithoutHeadersDoNotHurt(t *testing.T) {
	dialling(t, func(p *peer, m msg) {
		if m.method == "INVITE" {
			for _, code := range []int{180, 200, 486} {
				p.raw(m.from, fmt.Sprintf("SIP/2.0 %d X\r\nVia: %s\r\nCSeq: %s\r\nContent-Length: 0\r\n\r\n", code, m.get("via"), m.get("cseq")))
			}
			p.raw(m.from, "SIP/2.0 200 X\r\nContent-Length: 0\r\n\r\n")
		}
	}, func(t *testing.T, e *sipua.Endpoint, p *peer) {
		_, err := e.Dial(t.Context(), call())
		equal(t, "error", fmt.Sprint(err), `call: want a response with To, got "SIP/2.0 200 X"`)
	})
}
