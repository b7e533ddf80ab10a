package sipua_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/sipua/memnet"
)

// Where the BYE of a call goes, whose INVITE came from one address and whose Contact says another.
func TestNextHop(t *testing.T) {
	const privately, publicly = "10.0.0.2:5060", "198.51.100.2:5060"
	for _, c := range []struct {
		name, source, contact string
		symmetric             sipua.Symmetric
		want                  string // the address that gets it; "" is the source
	}{
		{"the Contact's", privately, "10.0.0.7:5070", "", "10.0.0.7:5070"},
		{"private, behind a NAT", publicly, "10.0.0.7:5070", "", ""},
		{"private, and always", privately, "10.0.0.7:5070", sipua.SymmetricAlways, ""},
		{"private, and never", publicly, "10.0.0.7:5070", sipua.SymmetricNever, "10.0.0.7:5070"},
		{"loopback", privately, "127.0.0.1:5070", sipua.SymmetricAuto, ""},
		{"loopback, and never", privately, "127.0.0.1:5070", sipua.SymmetricNever, "127.0.0.1:5070"},
		{"IPv6 loopback", privately, "[::1]:5070", "", ""},
		{"unspecified", privately, "0.0.0.0:5070", "", ""},
		{"this network", privately, "0.1.2.3:5070", "", ""},
		{"broadcast", privately, "255.255.255.255:5070", "", ""},
		{"link-local", publicly, "169.254.1.1:5070", "", ""},
		{"public, from a private source", privately, "198.51.100.7:5070", "", "198.51.100.7:5070"},
		{"a name", privately, "phone.example.invalid:5070", "", ""},
		{"a name, and never", privately, "phone.example.invalid", sipua.SymmetricNever, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *memnet.Network) {
				endpoint(t, n, ours, sipua.Config{Symmetric: c.symmetric, OnCall: func(l *sipua.Leg) { _ = takeCall(l) }})
				p := newPeer(t, n, c.source, caller)
				said := p
				if c.want != "" {
					said = newPeer(t, n, c.want, caller)
				}
				p.send(req{method: "INVITE", contact: "<sip:c@" + c.contact + ">"})
				settle()
				equal(t, "request URI", said.last("BYE").start, "BYE sip:c@"+c.contact+" SIP/2.0")
			})
		})
	}
}

// A name is asked for only when that is wanted. localhost is answered by this machine.
func TestNamesAreLookedUpWhenThatIsWanted(t *testing.T) {
	for _, lookUp := range []bool{false, true} {
		e := loopback(t, sipua.Config{LookUpNames: lookUp, Symmetric: sipua.SymmetricNever, OnCall: func(l *sipua.Leg) { _ = takeCall(l) }})
		byes := make(chan string, 2)
		peers := make([]*peer, 2)
		for i, name := range []string{"source", "contact"} {
			conn, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			peers[i] = servePeer(t, conn, func(p *peer, m msg) {
				if m.short() == "200" && m.get("cseq") == "1 INVITE" {
					p.raw(e.Addr(), p.text(req{method: "ACK", toTag: m.tag("to")}))
					return
				}
				if m.code == 0 {
					p.reply(m, 200, "", "")
				}
				if m.method == "BYE" { // answered: the test may end with it, and close the peer
					byes <- name
				}
			})
		}
		_, port, _ := net.SplitHostPort(peers[1].addr)
		peers[0].raw(e.Addr(), peers[0].text(req{method: "INVITE", contact: "<sip:c@localhost:" + port + ">"}))
		want := "source"
		if lookUp {
			want = "contact"
		}
		equal(t, "bye", <-byes, want)
	}
}

// What a caller is told to call is what he has called, unless it is known better.
func TestContactIsTheRequestURIs(t *testing.T) {
	for _, c := range []struct{ name, uri, advertise, contact, media string }{
		{"an address", "sip:7001@192.0.2.7:32768", "", "<sip:192.0.2.7:32768>", "192.0.2.7"},
		{"the usual port", "sip:7001@192.0.2.7", "", "<sip:192.0.2.7:5060>", "192.0.2.7"},
		{"IPv6", "sip:7001@[2001:db8::1]:5070", "", "<sip:[2001:db8::1]:5070>", "2001:db8::1"},
		{"a name", "sip:7001@localhost:32768", "", "<sip:localhost:32768>", "10.0.0.1"},
		{"unspecified", "sip:7001@0.0.0.0:5060", "", "<sip:10.0.0.1:5060>", "10.0.0.1"},
		{"tel", "tel:+442079460000", "", "<sip:10.0.0.1:5060>", "10.0.0.1"},
		{"advertised", "sip:7001@192.0.2.7:32768", "sbc.example:5062", "<sip:sbc.example:5062>", "sbc.example"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *memnet.Network) {
				media := ""
				e := endpoint(t, n, ours, sipua.Config{OnCall: func(l *sipua.Leg) { media = l.LocalHost(); _ = takeCall(l) }})
				equal(t, "advertise", e.Advertise(c.advertise), nil) // at run time
				p := newPeer(t, n, theirs, caller)
				p.send(req{method: "INVITE", uri: c.uri})
				settle()
				equal(t, "contact", p.last("200").get("contact"), c.contact)
				equal(t, "media", media, c.media)
			})
		})
	}
	e := loopback(t, sipua.Config{})
	for _, wrong := range []string{":5060", "host:0", "host:x", "a b", "[::1"} {
		if err := e.Advertise(wrong); err == nil || err.Error() != `advertise: want host or host:port, got "`+wrong+`"` {
			t.Errorf("%q: got %v", wrong, err)
		}
	}
}

// A caller that is reached through a port mapping, and does not know it, gets his BYE through it.
func TestCallThroughAPortMapping(t *testing.T) {
	ended := make(chan sipua.End, 1)
	e := loopback(t, sipua.Config{OnCall: func(l *sipua.Leg) {
		_ = answerOnly(l)
		_ = l.Bye(context.Background())
		ended <- l.End()
	}})
	mapped := portMapping(t, e.Addr())
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := servePeer(t, conn, func(p *peer, m msg) {
		switch {
		case m.code == 0:
			p.reply(m, 200, "", "")
		case m.get("cseq") == "1 INVITE" && m.short() == "200":
			p.raw(mapped, p.text(req{method: "ACK", uri: "sip:7001@" + mapped, toTag: m.tag("to")}))
		}
	})
	p.raw(mapped, p.text(req{method: "INVITE", uri: "sip:7001@" + mapped, contact: "<sip:c@127.0.0.1:9>", via: "SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKa;rport"}))
	select {
	case end := <-ended:
		equal(t, "end", short(end), "local bye 200")
	case <-time.After(10 * time.Second):
		t.Fatal("want the BYE answered, it is not")
	}
	equal(t, "contact", p.last("200").get("contact"), "<sip:"+mapped+">")
	equal(t, "the BYE's way", p.last("BYE").from, mapped)
}

// portMapping relays what one caller sends to an address of its own, and back, as docker -p does.
func portMapping(t *testing.T, to string) string {
	t.Helper()
	outer, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	inner, err := net.Dial("udp", to)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() {
		_, _ = outer.Close(), inner.Close()
		wg.Wait()
	})
	callers := make(chan net.Addr, 1)
	wg.Go(func() {
		b := make([]byte, 65535)
		for known := false; ; known = true {
			n, from, err := outer.ReadFrom(b)
			if err != nil {
				return
			}
			if !known {
				callers <- from
			}
			_, _ = inner.Write(b[:n])
		}
	})
	wg.Go(func() {
		b := make([]byte, 65535)
		var caller net.Addr
		for {
			n, err := inner.Read(b)
			if err != nil {
				return
			}
			if caller == nil {
				caller = <-callers
			}
			_, _ = outer.WriteTo(b[:n], caller)
		}
	})
	return outer.LocalAddr().String()
}
