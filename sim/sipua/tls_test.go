package sipua_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/certificate"
	"github.com/dnispool/dnispool/sim/sipua"
)

// certificates are a server's certificate, and the same for whoever trusts it.
func certificates(t *testing.T) (server, trusting *tls.Config) {
	t.Helper()
	server, authority, err := certificate.Config{}.TLS()
	if err != nil {
		t.Fatal(err)
	}
	trusting = server.Clone()
	trusting.RootCAs = x509.NewCertPool()
	trusting.RootCAs.AppendCertsFromPEM(authority)
	return server, trusting
}

// TestCallsOverTLS are placed, and ended by either end, over one connection.
func TestCallsOverTLS(t *testing.T) {
	for _, uri := range []string{"sip:+442079460000@%s;transport=tls", "sips:+442079460000@%s"} {
		noLeak(t, func() {
			server, trusting := certificates(t)
			answered := make(chan *sipua.Leg, 1)
			var seen ladder
			callee := loopback(t, sipua.Config{TLSListen: "127.0.0.1:0", TLS: server, Trace: seen.note, OnCall: func(l *sipua.Leg) {
				if err := answerOnly(l); err != nil {
					t.Error(err)
				}
				answered <- l
			}})
			caller := loopback(t, sipua.Config{TLSListen: "127.0.0.1:0", TLS: trusting})
			for _, by := range []string{"callee", "caller"} {
				d := sipua.Dial{From: "sip:+442079460500@127.0.0.1", RequestURI: strings.Replace(uri, "%s", callee.TLSAddr(), 1), Transport: "tls"}
				l, err := caller.Dial(t.Context(), d)
				if err != nil {
					t.Fatal(err)
				}
				other := <-answered
				ends := map[string]*sipua.Leg{"callee": other, "caller": l}
				if err := ends[by].Bye(t.Context()); err != nil {
					t.Errorf("%s's BYE: %v", by, err)
				}
				for name, leg := range ends {
					select {
					case <-leg.Done():
					case <-time.After(10 * time.Second):
						t.Fatalf("%s: want the call over", name)
					}
				}
			}
			equal(t, "connections", callee.Connections(), 1)
			for _, m := range seen.msgs {
				if text := m.Raw; m.Sent && strings.HasPrefix(text, "SIP/2.0 200") && strings.Contains(text, "CSeq: 1 INVITE") || strings.Contains(m.StartLine, "INVITE sip") {
					scheme, _, _ := strings.Cut(uri, ":")
					host := callee.TLSAddr()
					if !m.Sent {
						scheme, host = "sip", caller.TLSAddr()
					}
					if want := "Contact: <" + scheme + ":" + host + ";transport=tls>"; !strings.Contains(text, want) {
						t.Errorf("want %s, got\n%s", want, text)
					}
				}
			}
			_, _ = callee.Close(), caller.Close()
		})
	}
}

// TestTLSRefuses who cannot be known, who does not speak it, and does not wait for who says nothing.
func TestTLSRefuses(t *testing.T) {
	server, trusting := certificates(t)
	callee := loopback(t, sipua.Config{TLSListen: "127.0.0.1:0", TLS: server, ReadTimeout: 50 * time.Millisecond, IdleTimeout: 50 * time.Millisecond})
	stranger := loopback(t, sipua.Config{TLSListen: "127.0.0.1:0", TLS: server})
	d := sipua.Dial{From: "sip:a@127.0.0.1", RequestURI: "sip:b@" + callee.TLSAddr(), Transport: "tls"}
	if _, err := stranger.Dial(t.Context(), d); err == nil || !strings.Contains(err.Error(), "certificate signed by unknown authority") {
		t.Errorf("an authority that is not trusted: want it refused, got %v", err)
	}
	plain := loopback(t, sipua.Config{TCP: true})
	d.Transport = "tls"
	if _, err := plain.Dial(t.Context(), d); err == nil || !strings.Contains(err.Error(), "transport: want one that this endpoint has, got tls") {
		t.Errorf("an endpoint without TLS: got %v", err)
	}
	for name, says := range map[string]string{"SIP in the clear": "OPTIONS sip:b@127.0.0.1 SIP/2.0\r\n\r\n", "silence": ""} {
		c, err := net.Dial("tcp", callee.TLSAddr())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		_, _ = c.Write([]byte(says))
		b := make([]byte, 1<<10)
		for err == nil {
			_, err = c.Read(b)
		}
		if ne, ok := err.(net.Error); ok && ne.Timeout() {
			t.Errorf("%s: want the connection closed, got %v", name, err)
		}
	}
	patient := loopback(t, sipua.Config{TLSListen: "127.0.0.1:0", TLS: server})
	d.Transport, d.RequestURI = "tls", "sip:b@"+patient.TLSAddr()
	friend := loopback(t, sipua.Config{TLSListen: "127.0.0.1:0", TLS: trusting})
	if _, err := friend.Dial(t.Context(), d); err == nil || !strings.Contains(err.Error(), "480") {
		t.Errorf("one who is known: want an answer, got %v", err)
	}
}
