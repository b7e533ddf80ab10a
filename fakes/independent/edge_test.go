package independent

import (
	"bufio"
	"strings"
	"testing"
	"time"
)

func TestRefusedCalls(t *testing.T) {
	w := start(t, Options{})
	for _, tc := range []struct {
		number, sdp string
		want        int
	}{
		{"+12029999999", "", 404},
		{"", "", 404},
		{"+12025550000", "v=0\r\nm=audio 4000 RTP/AVP 18\r\n", 488},
		{"+12025550000", "v=0\r\nm=video 4000 RTP/AVP 31\r\n", 488},
	} {
		for _, network := range []string{"udp", "tcp"} {
			p := w.phone(network, tc.number)
			p.send("INVITE", tc.sdp)
			if got := p.final(); got != tc.want {
				t.Errorf("%s %q: want %d, got %d", network, tc.number, tc.want, got)
			}
			p.send("ACK", "")
		}
	}
}

func TestAnswerTakesG711(t *testing.T) {
	for offer, want := range map[string]string{
		"": "RTP/AVP 0 8\r\na=sendrecv",
		"m=audio 4000 RTP/AVP 9 8 0\r\na=sendonly":              "RTP/AVP 8\r\na=recvonly",
		"m=video 4 RTP/AVP 31\nm=audio 4 RTP/AVP 0\na=inactive": "RTP/AVP 0\r\na=inactive",
		"m=audio 4000 RTP/AVP 9":                                "",
		"nonsense":                                              "",
	} {
		if got := answerSDP([]byte(offer), "127.0.0.1", 4002); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%q: want %q, got %q", offer, want, got)
		}
	}
}

// TestCopies: an INVITE that is sent again is one call, and a BYE that is not answered is sent again.
func TestCopies(t *testing.T) {
	w := start(t, Options{Projects: DefaultProjects(1, 1)})
	p := w.phone("udp", w.reserved(`{"nonce":"n","shared_id":"s"}`))
	p.send("INVITE", "")
	if status := p.final(); status != 200 {
		t.Fatal(status)
	}
	first := p.to
	p.to = ""
	p.send("INVITE", "")
	if status := p.final(); status != 200 || p.to != first {
		t.Errorf("want the same answer, got %d %s", status, p.to)
	}
	p.send("ACK", "")
	for p.receive().method != "BYE" {
	}
	p.hungUp()
	p.send("BYE", "") // it crossed
	if status := p.final(); status != 200 {
		t.Errorf("a BYE that crossed: got %d", status)
	}
	if nonce := w.state("s").Data.Nonce; nonce != "n" {
		t.Errorf("got %q", nonce)
	}
}

func TestAnswerIsRepeatedUntilAcknowledged(t *testing.T) {
	w := start(t, Options{})
	p := w.phone("udp", w.reserved(`{}`))
	p.send("INVITE", "")
	p.final()
	if status := p.final(); status != 200 {
		t.Errorf("got %d", status)
	}
	p.send("ACK", "")
	p.hungUp()
}

func TestCancel(t *testing.T) {
	w := start(t, Options{Ring: time.Hour, Projects: DefaultProjects(1, 1), Release: OnHangup})
	p := w.phone("udp", w.reserved(`{"shared_id":"s"}`))
	p.send("INVITE", "")
	for p.receive().status != 180 {
	}
	p.send("CANCEL", "")
	got := map[int]bool{p.final(): true, p.final(): true}
	if !got[200] || !got[487] {
		t.Errorf("want 200 for the CANCEL and 487 for the INVITE, got %v", got)
	}
	p.send("ACK", "")
	w.reserved(`{}`) // the number is free again
	if _, status := w.get(0, 0, "shared_id", "s"); status != 404 {
		t.Errorf("want no state of a call that no agent had, got %d", status)
	}
}

func TestOutsideOfCalls(t *testing.T) {
	w := start(t, Options{})
	for method, want := range map[string]int{"OPTIONS": 200, "BYE": 481, "CANCEL": 481, "PUBLISH": 405} {
		p := w.phone("tcp", "+12025550000")
		p.send(method, "")
		if got := p.final(); got != want {
			t.Errorf("%s: want %d, got %d", method, want, got)
		}
	}
	p := w.phone("udp", "x")
	for _, text := range []string{"\r\n\r\n", "nonsense", "INVITE sip:x SIP/2.0\r\nVia: v\r\n\r\n"} { // what cannot be understood hurts nobody
		_, _ = p.conn.Write([]byte(text))
	}
	if got := p.final(); got != 400 {
		t.Errorf("want 400 for what lacks headers, got %d", got)
	}
}

func TestParts(t *testing.T) {
	for uri, want := range map[string]string{
		"sip:+442079460000@gw:5060;user=phone": "+442079460000", "sip:%2B44@h": "+44", "tel:+44;phone-context=x": "+44", "sip:host": "", "sip:a;b=c:pw@h": "a", "": "",
	} {
		if got := userOf(uri); got != want {
			t.Errorf("%q: want %q, got %q", uri, want, got)
		}
	}
	for uri, want := range map[string]string{"sip:a@h": "h:5060", "sip:h:7;lr": "h:7", "sip:a@[::1]": "[::1]:5060", "sip:[::1]:9?x=y": "[::1]:9"} {
		if got := hostOf(uri); got != want {
			t.Errorf("%q: want %q, got %q", uri, want, got)
		}
	}
	for dialled, want := range map[string]string{"+44 20-7946": "44207946", "0044207946": "44207946", "44207946": "44207946"} {
		if got := digits(dialled); got != want {
			t.Errorf("%q: want %q, got %q", dialled, want, got)
		}
	}
}

func FuzzParseMessage(f *testing.F) {
	f.Add("INVITE sip:1@h SIP/2.0\r\nv: SIP/2.0/UDP h;branch=b\r\nf: <sip:a@b>;tag=t\r\n folded\r\nl: 2\r\n\r\nok")
	f.Add("SIP/2.0 200 OK\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseMessage([]byte(text))
		if err != nil {
			return
		}
		_, _, _ = userOf(m.uri), hostOf(m.uri), branch(m)
		again, err := parseMessage(m.bytes())
		if err != nil || again.method != m.method || again.status != m.status || string(again.body) != string(m.body) || again.get("call-id") != m.get("call-id") {
			t.Fatalf("%q: got %+v and %v again, want %+v", text, again, err, m)
		}
		if streamed, err := readMessage(bufio.NewReader(strings.NewReader(string(m.bytes())))); err == nil && streamed.method != m.method {
			t.Fatalf("%q: got %q from a stream", text, streamed.method)
		}
		_ = answerSDP(m.body, "h", 1)
	})
}
