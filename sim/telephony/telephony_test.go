package telephony

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/sipua"
)

func TestCallTakesItsCourse(t *testing.T) {
	c := Default()
	c.RingingAfter, c.AnswerAfter = 2*time.Second, 3*time.Second
	p := &platform{bound: true, steps: append([]conversation.Step{{Wait: 4 * time.Second}}, talk(5*time.Second)...)}
	bubble(t, c, p, func(w *world) {
		var progress []string
		d := ordinary()
		start := time.Now()
		d.OnProgress = func(code int, _ string) {
			progress = append(progress, fmt.Sprint(code, " after ", time.Since(start).Truncate(time.Second)))
		}
		leg, outcome := w.dial(context.Background(), d)
		equal(t, "outcome", outcome, "200")
		equal(t, "progress", strings.Join(progress, ", "), "100 after 0s, 180 after 2s")
		equal(t, "active", w.edge.Active(), 1)
		sdp, err := sipua.ParseSDP(leg.RemoteSDP())
		if err != nil || sdp.Host != "10.0.0.1" || sdp.Port != c.MediaPort {
			t.Errorf("sdp: want 10.0.0.1 and port %d, got %+v, %v", c.MediaPort, sdp, err)
		}
		<-leg.Done()
		end := leg.End()
		equal(t, "end", fmt.Sprint(end.By, " ", end.How, " after ", time.Since(start).Truncate(time.Second)), "remote bye after 14s")
	})
	equal(t, "platform", p.told(), `0s arrive +442079460000 from "+15550100", 5s answered, 5s step, 9s step, 14s release agent, 14s write, 14s bye left, 14s finish`)
}

func TestCallerHangsUp(t *testing.T) {
	p := &platform{bound: true, steps: talk(time.Hour)}
	bubble(t, Default(), p, func(w *world) {
		leg, _ := w.dial(context.Background(), ordinary())
		time.Sleep(10 * time.Second)
		if err := leg.Bye(context.Background()); err != nil {
			t.Error(err)
		}
	})
	equal(t, "platform", p.told(), `0s arrive +442079460000 from "+15550100", 0s answered, 0s step, 10s release caller, 10s write, 10s bye lost caller , 10s finish`)
}

// An agent that is at work when the caller hangs up is told to stop, after the number is free and before the caller is told.
func TestCallerHangsUpOnABusyAgent(t *testing.T) {
	p := &platform{bound: true, steps: talk(0)}
	p.begin = func(ctx context.Context) {
		<-ctx.Done()
		p.note("agent stopped")
	}
	bubble(t, Default(), p, func(w *world) {
		leg, _ := w.dial(context.Background(), ordinary())
		time.Sleep(time.Second)
		if err := leg.Bye(context.Background()); err != nil {
			t.Error(err)
		}
	})
	told := p.told()
	if !strings.HasPrefix(told, `0s arrive +442079460000 from "+15550100", 0s answered, 1s release caller, `) || !strings.Contains(told, "1s agent stopped") {
		t.Errorf("platform: got %s", told)
	}
}

func TestCallerGivesUp(t *testing.T) {
	for _, tt := range []struct {
		name string
		set  func(*Config)
	}{
		{"before it rings", func(c *Config) { c.RingingAfter = time.Minute }},
		{"while it rings", func(c *Config) { c.AnswerAfter = time.Minute }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := Default()
			tt.set(&c)
			p := &platform{bound: true}
			bubble(t, c, p, func(w *world) {
				ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
				defer cancel()
				_, outcome := w.dial(ctx, ordinary())
				equal(t, "outcome", outcome, "487 Request Terminated")
			})
			equal(t, "platform", p.told(), `0s arrive +442079460000 from "+15550100", 5s release cancel, 5s write, 5s finish`)
		})
	}
}

func TestNoAck(t *testing.T) {
	p := &platform{bound: true, steps: talk(0)}
	bubble(t, Default(), p, func(w *world) {
		d := ordinary()
		d.SkipAck = true
		leg, _ := w.dial(context.Background(), d)
		<-leg.Done()
		equal(t, "end", leg.End().How, sipua.HowBye)
	})
	equal(t, "platform", p.told(), `0s arrive +442079460000 from "+15550100", 0s answered, 32s release timeout, 32s write, 32s finish`)
}

// A caller that is gone costs the platform's BYE its 32 s, and nothing else.
func TestNobodyAnswersTheBye(t *testing.T) {
	p := &platform{bound: true, steps: talk(time.Second)}
	bubble(t, Default(), p, func(w *world) {
		if _, outcome := w.dial(context.Background(), ordinary()); outcome != "200" {
			t.Fatal(outcome)
		}
		_ = w.caller.Close()
	})
	equal(t, "platform", p.told(), `0s arrive +442079460000 from "+15550100", 0s answered, 0s step, 1s release agent, 1s write, 1s bye left, 33s finish`)
}

func TestRefusals(t *testing.T) {
	const arrive = `0s arrive +442079460000 from "+15550100"`
	tests := []struct {
		name    string
		config  func(*Config)
		dial    func(*sipua.Dial)
		bound   bool
		outcome string
		told    string
	}{
		{"number of no pool", nil, func(d *sipua.Dial) { d.To = "sip:+15550199@" + ours }, true,
			"404 Not Found", `0s refused +15550199 from "+15550100": 404 number of no pool`},
		{"with a status of choice", func(c *Config) { c.UnknownNumber = 603 }, func(d *sipua.Dial) { d.To = "sip:nobody@" + ours }, true,
			"603 Decline", `0s refused nobody from "+15550100": 603 number of no pool`},
		{"no number at all", nil, func(d *sipua.Dial) { d.To = "sip:" + ours }, true,
			"404 Not Found", `0s refused  from "+15550100": 404 number of no pool`},
		{"unreserved", func(c *Config) { c.UnreservedDial = Reject }, nil, false, "480 Temporarily Unavailable", arrive + ", 0s release unreserved"},
		{"unreserved, status of choice", func(c *Config) { c.UnreservedDial, c.UnreservedStatus = Reject, 403 }, nil, false,
			"403 Forbidden", arrive + ", 0s release unreserved"},
		{"reserved", func(c *Config) { c.UnreservedDial = Reject }, nil, true, "200", arrive + ", 0s answered, 0s step, 0s release agent, 0s write, 0s bye left, 0s finish"},
		{"unreserved and answered", nil, nil, false, "200", arrive + ", 0s answered, 0s step, 0s release agent, 0s write, 0s bye left, 0s finish"},
		{"no codec", nil, func(d *sipua.Dial) {
			d.SDP = []byte("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 18\r\n")
		}, true, "488 Not Acceptable Here", arrive + ", 0s release no-codec, 0s write, 0s finish"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, d := Default(), ordinary()
			if tt.config != nil {
				tt.config(&c)
			}
			if tt.dial != nil {
				tt.dial(&d)
			}
			p := &platform{bound: tt.bound, steps: talk(0)}
			bubble(t, c, p, func(w *world) {
				_, outcome := w.dial(context.Background(), d)
				equal(t, "outcome", outcome, tt.outcome)
			})
			equal(t, "platform", p.told(), tt.told)
		})
	}
}

func TestLateOffer(t *testing.T) {
	p := &platform{bound: true, steps: talk(time.Second)}
	bubble(t, Default(), p, func(w *world) {
		d := ordinary()
		d.LateOffer = true
		leg, outcome := w.dial(context.Background(), d)
		equal(t, "outcome", outcome, "200")
		sdp, err := sipua.ParseSDP(leg.RemoteSDP())
		if err != nil || sdp.Port != 40000 || sdp.PCMU != 0 {
			t.Errorf("want an offer of PCMU on port 40000, got %+v, %v", sdp, err)
		}
	})
}

func TestBusyNumber(t *testing.T) {
	c := Default()
	c.MaxCallsPerNumber = 2
	p := &platform{bound: true, steps: talk(time.Minute)}
	bubble(t, c, p, func(w *world) {
		first, _ := w.dial(context.Background(), ordinary())
		_, _ = w.dial(context.Background(), ordinary())
		_, outcome := w.dial(context.Background(), ordinary())
		equal(t, "third", outcome, "486 Busy Here")
		if err := first.Bye(context.Background()); err != nil {
			t.Error(err)
		}
		_, outcome = w.dial(context.Background(), ordinary())
		equal(t, "after a hang-up", outcome, "200")
	})
	if got := p.told(); !strings.Contains(got, `refused +442079460000 from "+15550100": 486 busy`) {
		t.Errorf("platform: got %s", got)
	}
}

// The channel is free when the BYE leaves: a client that has seen it may call again, whenever the BYE is answered.
func TestChannelIsFreeAtTheBye(t *testing.T) {
	c := Default()
	c.MaxCallsPerNumber = 1
	p := &platform{bound: true, steps: talk(time.Second)}
	bubble(t, c, p, func(w *world) {
		if _, outcome := w.dial(context.Background(), ordinary()); outcome != "200" {
			t.Fatal(outcome)
		}
		_ = w.caller.Close() // nobody answers its BYE
		time.Sleep(2 * time.Second)
		conn, err := w.net.Listen("10.0.0.3:5060")
		if err != nil {
			t.Fatal(err)
		}
		w.caller, err = sipua.Listen(context.Background(), sipua.Config{PacketConn: conn})
		if err != nil {
			t.Fatal(err)
		}
		_, outcome := w.dial(context.Background(), ordinary())
		equal(t, "outcome", outcome, "200")
	})
}

func TestShutdown(t *testing.T) {
	p := &platform{bound: true, steps: talk(time.Hour)}
	bubble(t, Default(), p, func(w *world) {
		leg, _ := w.dial(context.Background(), ordinary())
		time.Sleep(time.Second)
		if err := w.edge.Close(context.Background()); err != nil {
			t.Error(err)
		}
		<-leg.Done()
		equal(t, "end", fmt.Sprint(leg.End().By, " ", leg.End().How), "remote bye")
	})
	equal(t, "platform", p.told(), `0s arrive +442079460000 from "+15550100", 0s answered, 0s step, 1s release shutdown, 1s write, 1s bye left, 1s finish`)
}

// While the last calls end no more are taken.
func TestCallDuringShutdown(t *testing.T) {
	p := &platform{bound: true, steps: talk(time.Hour)}
	bubble(t, Default(), p, func(w *world) {
		d := ordinary()
		d.SkipAck = true // so that the platform has to wait before it can say BYE
		leg, _ := w.dial(context.Background(), d)
		closed := make(chan error, 1)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		go func() { closed <- w.edge.Close(ctx) }()
		synctest.Wait()
		_, outcome := w.dial(context.Background(), ordinary())
		equal(t, "outcome", outcome, "503 Service Unavailable")
		equal(t, "close", fmt.Sprint(<-closed), "sip: 1 calls not finished: context deadline exceeded")
		_ = leg
	})
	equal(t, "platform", p.told(), `0s arrive +442079460000 from "+15550100", 0s answered, 0s release shutdown, 0s write, `+
		`0s refused +442079460000 from "+15550100": 503 shutdown, 10s leave, 10s bye lost error BYE not sent: endpoint: closed, 10s finish`)
}

func TestCallersNumberAndHeaders(t *testing.T) {
	h := func(nameAndValue ...string) (out []sipua.Header) {
		for i := 0; i < len(nameAndValue); i += 2 {
			out = append(out, sipua.Header{Name: nameAndValue[i], Value: nameAndValue[i+1]})
		}
		return out
	}
	const pai, privacy = "P-Asserted-Identity", "Privacy"
	tests := []struct {
		name, from string
		headers    []sipua.Header
		want       string
	}{
		{"From", `"Al" <sip:+15550100@x>`, nil, `"+15550100"`},
		{"tel", `<tel:+1-555-0100>`, nil, `"+15550100"`},
		{"a name", `<sip:alice@x>`, nil, `"alice"`},
		{"anonymous", `"Anonymous" <sip:anonymous@anonymous.invalid>`, nil, `""`},
		{"asserted", `"Anonymous" <sip:anonymous@anonymous.invalid>`, h(pai, "<sip:+15550101@x>"), `"+15550101"`},
		{"asserted with a name", `<sip:x@x>`, h(pai, `"Bob \"B\" <b>" <sip:+15550101@x;user=phone>`), `"+15550101"`},
		{"asserted twice", `<sip:x@x>`, h(pai, "<sip:+15550101@x>", pai, "<tel:+15550102>"), `"+15550101"`},
		{"asserted name before a number", `<sip:x@x>`, h(pai, "<sip:alice@x>", pai, "<tel:+15550102>"), `"+15550102"`},
		{"asserted number before a name", `<sip:x@x>`, h(pai, "<tel:+15550102>", pai, "<sip:alice@x>"), `"+15550102"`},
		{"asserted name alone", `<sip:x@x>`, h(pai, "<sip:alice@x>"), `"alice"`},
		{"asserted name and number in one list", `<sip:x@x>`, h(pai, `"Al, <tel:+1>" <sip:alice@x>, <tel:+15550102>`), `"+15550102"`},
		{"asserted list without brackets", `<sip:x@x>`, h(pai, "sip:alice@x , tel:+1-555-0102"), `"+15550102"`},
		{"asserted nonsense", `<sip:+15550100@x>`, h(pai, "nonsense", pai, "<tel:+15550102>"), `"+15550102"`},
		{"private", `<sip:+15550100@x>`, h(pai, "<sip:+15550101@x>", privacy, "header;ID;critical"), `""`},
		{"private, in words", `<sip:+15550100@x>`, h(privacy, "user; id"), `""`},
		{"not private", `<sip:+15550100@x>`, h(privacy, "none"), `"+15550100"`},
		{"headers", `<sip:+15550100@x>`, h("X-Case", "1", "x-case-Low", "2", "X-", "3", "Y-Other", "4"), `"+15550100" X-Case=1 x-case-Low=2`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &platform{bound: true, steps: talk(0)}
			bubble(t, Default(), p, func(w *world) {
				d := ordinary()
				d.From, d.Headers = tt.from, tt.headers
				_, outcome := w.dial(context.Background(), d)
				equal(t, "outcome", outcome, "200")
			})
			got, _, _ := strings.Cut(p.told(), ",")
			equal(t, "arrival", got, "0s arrive +442079460000 from "+tt.want)
		})
	}
}

// The number dialled is in the Request-URI, or behind a trunk in To.
func TestDialledNumber(t *testing.T) {
	for _, tt := range []struct{ name, requestURI, to, outcome string }{
		{"in the Request-URI", "sip:" + dni + "@" + ours, "sip:trunk@" + ours, "200"},
		{"in To", "sip:trunk@" + ours, "sip:" + dni + "@" + ours, "200"},
		{"escaped", "sip:%2B442079460000@" + ours, "sip:trunk@" + ours, "200"},
		{"in neither", "sip:trunk@" + ours, "sip:trunk@" + ours, "404 Not Found"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &platform{bound: true, steps: talk(0)}
			bubble(t, Default(), p, func(w *world) {
				d := ordinary()
				d.RequestURI, d.To = tt.requestURI, tt.to
				_, outcome := w.dial(context.Background(), d)
				equal(t, "outcome", outcome, tt.outcome)
			})
		})
	}
}

// A call can also break: here its caller asks for a new description and does not acknowledge the answer. That is not a
// hang-up of the caller's.
func TestCallBreaks(t *testing.T) {
	p := &platform{bound: true, steps: talk(time.Hour)}
	bubble(t, Default(), p, func(w *world) {
		conn, err := w.net.Listen("10.0.0.9:5060")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		tag := ""
		send := func(method string, seq int) {
			text := fmt.Sprintf("%s sip:%s@%s SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK%d%s\r\nFrom: <sip:+15550100@x>;tag=f\r\nTo: <sip:%s@x>%s\r\n"+
				"Call-ID: raw\r\nCSeq: %d %s\r\nContact: <sip:c@10.0.0.9:5060>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n", method, dni, ours, seq, method, dni, tag, seq, method)
			if _, err := conn.WriteTo([]byte(text), net.UDPAddrFromAddrPort(netip.MustParseAddrPort(ours))); err != nil {
				t.Error(err)
			}
		}
		await := func(prefix string) {
			buf := make([]byte, 4096)
			for {
				n, _, err := conn.ReadFrom(buf)
				if err != nil {
					t.Error(err)
					return
				}
				if text := string(buf[:n]); strings.HasPrefix(text, prefix) {
					_, to, _ := strings.Cut(text, "\r\nTo: ")
					to, _, _ = strings.Cut(to, "\r\n")
					_, tag, _ = strings.Cut(to, ";tag=")
					tag = ";tag=" + tag
					return
				}
			}
		}
		send("INVITE", 1)
		await("SIP/2.0 200")
		send("ACK", 1)
		time.Sleep(time.Second)
		send("INVITE", 2)
		await("BYE ")
	})
	equal(t, "platform", p.told(), `0s arrive +442079460000 from "+15550100", 0s answered, 0s step, 1m5s release timeout, 1m5s write, 1m5s finish`)
}

func TestMaxCalls(t *testing.T) {
	c := Default()
	c.MaxCalls = 2
	p := &platform{bound: true, steps: talk(time.Minute)}
	bubble(t, c, p, func(w *world) {
		for range 2 {
			if _, outcome := w.dial(context.Background(), ordinary()); outcome != "200" {
				t.Fatal(outcome)
			}
		}
		_, outcome := w.dial(context.Background(), ordinary())
		equal(t, "third", outcome, "503 Service Unavailable")
		const refused = `0s refused +442079460000 from "+15550100": 503 too many calls`
		equal(t, "told", strings.Count(p.told(), refused), 1)
		time.Sleep(2 * time.Minute)
		_, outcome = w.dial(context.Background(), ordinary())
		equal(t, "later", outcome, "200")
	})
}
