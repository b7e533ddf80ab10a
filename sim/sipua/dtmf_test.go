package sipua_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/sipua/memnet"
)

func TestDigitsComeInAnInfo(t *testing.T) {
	const relay, plain = "Content-Type: application/dtmf-relay", "Content-Type: Application/DTMF;x=y"
	for _, c := range []struct{ name, head, body, want, digit string }{
		{"relay", relay, "Signal=5\r\nDuration=160\r\n", "200", "5"},
		{"relay with blanks, and lines that end otherwise", relay, "duration = 100\nsignal = a\n", "200", "A"},
		{"star by its code", relay, "Signal=10\r\n", "200", "*"},
		{"pound", relay, "Signal=#", "200", "#"},
		{"pound by its code", plain, "11", "200", "#"},
		{"plain", plain, "0\r\n", "200", "0"},
		{"flash", relay, "Signal=16\r\n", "400", ""},
		{"two at once", plain, "42", "400", ""},
		{"a word", relay, "Signal=five\r\n", "400", ""},
		{"no signal", relay, "Duration=160\r\n", "400", ""},
		{"nothing", relay, "", "400", ""},
		{"something else", "Content-Type: application/media_control+xml", "Signal=5", "200", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *memnet.Network) {
				var pressed strings.Builder
				serve(t, n, func(l *sipua.Leg) error {
					l.OnDigit(func(d string) { pressed.WriteString(d) })
					return answerOnly(l)
				})
				p := newPeer(t, n, theirs, caller)
				p.send(req{method: "INVITE"})
				pass(time.Second)
				info := req{method: "INFO", cseq: "2", toTag: p.last("200").tag("to"), head: []string{c.head}, body: c.body}
				p.send(info)
				settle()
				equal(t, "answer", p.last(c.want).method, "INFO")
				p.send(info) // once more, as when the answer is lost
				settle()
				p.send(req{method: "BYE", cseq: "3", toTag: info.toTag})
				settle()
				equal(t, "pressed", pressed.String(), c.digit)
			})
		})
	}
}

// A digit that ends the call is answered first: a phone that waits for the answer does not expect a BYE.
func TestDigitIsAnsweredBeforeItsBye(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		serve(t, n, func(l *sipua.Leg) error {
			pressed := make(chan struct{})
			l.OnDigit(func(string) {
				close(pressed)
				time.Sleep(time.Second) // for as long as a BYE would have to leave, if it could
			})
			if err := answerOnly(l); err != nil {
				return err
			}
			<-pressed
			return l.Bye(context.Background())
		})
		p := newPeer(t, n, theirs, caller)
		p.send(req{method: "INVITE"})
		pass(time.Second)
		p.send(req{method: "INFO", cseq: "2", toTag: p.last("200").tag("to"), head: []string{"Content-Type: application/dtmf"}, body: "1"})
		pass(3 * time.Second)
		var order []string
		for _, m := range p.received() {
			if m.method == "INFO" || m.method == "BYE" {
				order = append(order, m.method)
			}
		}
		equal(t, "order", strings.Join(order, " "), "INFO BYE")
	})
}

func TestDigitIsSent(t *testing.T) {
	dialling(t, callee, func(t *testing.T, e *sipua.Endpoint, p *peer) {
		l, err := e.Dial(t.Context(), call())
		if err != nil {
			t.Fatal(err)
		}
		for form, want := range map[string]string{sipua.DTMFRelay: "Signal=#\r\nDuration=160\r\n", sipua.DTMFPlain: "#"} {
			status, err := l.SendDigit(t.Context(), "#", form)
			if status != 200 || err != nil {
				t.Errorf("%s: got %d, %v", form, status, err)
			}
			info := p.last("INFO")
			equal(t, "type", info.get("content-type"), "application/"+form)
			equal(t, "body", info.body, want)
		}
		for _, digits := range []string{"", "12", "x"} {
			if _, err := l.SendDigit(t.Context(), digits, sipua.DTMFPlain); err == nil {
				t.Errorf("digit %q: want an error", digits)
			}
		}
		equal(t, "bye", l.Bye(t.Context()), nil)
		_, err = l.SendDigit(t.Context(), "1", sipua.DTMFPlain)
		equal(t, "after the end", err, sipua.ErrEnded)
	})
}

func TestDigitThatNobodyAnswers(t *testing.T) {
	deaf := func(p *peer, m msg) {
		if m.method != "INFO" {
			callee(p, m)
		}
	}
	dialling(t, deaf, func(t *testing.T, e *sipua.Endpoint, _ *peer) {
		l, err := e.Dial(t.Context(), call())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = l.SendDigit(ctx, "1", sipua.DTMFPlain)
		equal(t, "impatient", err, context.DeadlineExceeded)
		_, err = l.SendDigit(t.Context(), "1", sipua.DTMFPlain)
		equal(t, "patient", err, sipua.ErrTimeout)
		equal(t, "bye", l.Bye(t.Context()), nil)
	})
}
