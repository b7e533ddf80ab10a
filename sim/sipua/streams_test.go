package sipua_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
)

// closedSoon fails unless the other side ends the connection. What it says before is returned.
func (s *stream) closedSoon() string {
	s.t.Helper()
	_ = s.SetReadDeadline(time.Now().Add(10 * time.Second))
	said, err := io.ReadAll(s.r)
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		s.t.Fatalf("want the connection closed, it is open after 10s and %q", said)
	}
	return string(said)
}

// alive fails unless a request over the connection is answered.
func (s *stream) alive() {
	s.t.Helper()
	s.send(req{method: "OPTIONS", callID: "alive", branch: fmt.Sprint("alive", time.Now().UnixNano())})
	for m := s.next(); m.get("call-id") != "alive"; m = s.next() {
	}
}

// callOver places a call over a connection.
func callOver(t *testing.T, addr, callID string) *stream {
	t.Helper()
	s := dialStream(t, addr)
	s.send(req{method: "INVITE", uri: "sip:7001@" + addr, callID: callID, contact: "<sip:c@127.0.0.1:9;transport=tcp>"})
	ok := s.next()
	for ok.code < 200 {
		ok = s.next()
	}
	equal(t, "answer", ok.short(), "200")
	s.send(req{method: "ACK", callID: callID, branch: "ack", toTag: ok.tag("to")})
	return s
}

// stays is OnCall of calls that last until they are hung up.
func stays(l *sipua.Leg) {
	if l.Answer(context.Background(), nil) == nil {
		<-l.Done()
	}
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	hangUp := make(chan struct{})
	e := loopback(t, sipua.Config{TCP: true, IdleTimeout: 30 * time.Millisecond, OnCall: func(l *sipua.Leg) {
		_ = l.Answer(context.Background(), nil)
		<-hangUp
		_ = l.Bye(context.Background())
	}})
	busy := callOver(t, e.Addr(), "busy")
	for range 3 { // meanwhile the call says nothing either
		equal(t, "said", dialStream(t, e.Addr()).closedSoon(), "")
	}
	close(hangUp)
	equal(t, "over the connection of the call", busy.next().short(), "BYE")
}

// A message that does not come to its end is answered when its header is there, and holds its connection no longer than it may.
func TestMessagesThatDoNotEnd(t *testing.T) {
	e := loopback(t, sipua.Config{TCP: true, ReadTimeout: 50 * time.Millisecond, OnCall: stays})
	whole := (&peer{addr: "127.0.0.1:9"}).text(req{method: "OPTIONS"})
	for _, c := range []struct{ name, text, want string }{
		{"half a header", whole[:40], ""},
		{"half a body", strings.Replace(whole, "Length: 0", "Length: 7", 1) + "abc", "SIP/2.0 400 a body of 3 bytes under a Content-Length of 7 (RFC 3261 18.3)"},
		{"behind a whole one", whole + whole[:40], "SIP/2.0 200 OK"},
	} {
		s := dialStream(t, e.Addr())
		if _, err := s.Write([]byte(c.text)); err != nil {
			t.Fatal(err)
		}
		start, _, _ := strings.Cut(s.closedSoon(), "\r\n")
		equal(t, c.name, start, c.want)
	}
	var dripping sync.WaitGroup
	s := dialStream(t, e.Addr())
	dripping.Go(func() {
		for i := range len(whole) { // each byte well in time
			if _, err := s.Write([]byte(whole[i : i+1])); err != nil {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	})
	equal(t, "byte by byte", s.closedSoon(), "")
	dripping.Wait()
	s = dialStream(t, e.Addr())
	if _, err := s.Write([]byte(strings.Replace(whole, "Length: 0", "Length: 7", 1) + "abc")); err != nil {
		t.Fatal(err)
	}
	if err := s.Conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	equal(t, "ended by its sender", strings.HasPrefix(s.closedSoon(), "SIP/2.0 400 a body of 3 bytes"), true)
}

func TestConnectionsAreLimited(t *testing.T) {
	e := loopback(t, sipua.Config{TCP: true, MaxConnections: 3, OnCall: stays})
	calling := callOver(t, e.Addr(), "first")
	older, newer := dialStream(t, e.Addr()), dialStream(t, e.Addr())
	older.alive()
	newer.alive()
	more := dialStream(t, e.Addr())
	more.alive()
	equal(t, "the one that was silent longest", older.closedSoon(), "")
	newer.alive()
	calling.alive()
	var calls []*stream
	for i := range 2 {
		calls = append(calls, callOver(t, e.Addr(), fmt.Sprint("more", i)))
	}
	equal(t, "idle", newer.closedSoon()+more.closedSoon(), "")
	equal(t, "one above calls alone", dialStream(t, e.Addr()).closedSoon(), "")
	for _, s := range append(calls, calling) {
		s.alive()
	}
}

// A message that is wrong costs its sender an answer, and not the calls of the trunk that it came by.
func TestMalformedMessagesLeaveTheTrunk(t *testing.T) {
	ends := make(chan string, 1)
	e := loopback(t, sipua.Config{TCP: true, OnCall: func(l *sipua.Leg) { stays(l); ends <- short(l.End()) }})
	s := dialStream(t, e.Addr())
	s.send(req{method: "INVITE", contact: "<sip:c@127.0.0.1:9;transport=tcp>"})
	ok := s.next()
	s.send(req{method: "ACK", toTag: ok.tag("to"), branch: "ack"})
	text := (&peer{addr: s.LocalAddr().String()}).text(req{method: "INVITE", callID: "wrong"})
	for _, c := range []struct{ from, to, want string }{
		{"From: <sip:c@x>", "From: \"c <sip:c@x>", "400"}, {"INVITE sip:", "INVITE <sip:", "400"}, {"CSeq: 1 ", "CSeq: x ", "400"},
		{"Call-ID: wrong", "Call-ID: a\r\nCall-ID: b", "400"}, {"Call-ID: wrong", "Call-ID: a\nX: b", "400"}, {"Via: ", "Via: ;;", "400"},
		{"Call-ID: wrong", "nonsense", "400"}, {"INVITE sip:7001@", "INVITE http:", "416"}, {" SIP/2.0\r\nVia", " SIP/1.0\r\nVia", "505"},
		{"INVITE", "invite", "405"},
	} {
		if _, err := s.Write([]byte(strings.ReplaceAll(text, c.from, c.to))); err != nil {
			t.Fatal(err)
		}
		equal(t, c.to, s.next().short(), c.want)
	}
	// sipgo cannot read these headers, and nobody here wants to.
	s.send(req{method: "OPTIONS", callID: "odd", head: []string{"Refer-To: <", "Content-Type:", "Referred-By: \"", "Record-Route: <sip:x;lr>"}})
	equal(t, "headers that nobody reads", s.next().short(), "200")
	s.send(req{method: "BYE", cseq: "2", toTag: ok.tag("to")})
	equal(t, "end", <-ends, "remote bye 0")
}

// What a datagram says of its length does not matter more than what there is.
func TestLyingLengths(t *testing.T) {
	e := loopback(t, sipua.Config{OnCall: stays})
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	answers := make(chan string, 4)
	p := servePeer(t, conn, func(_ *peer, m msg) { answers <- m.short() })
	for i, c := range []struct{ length, body, want string }{
		{"0", "", "200"}, {"3", "abcdef", "200"}, {"0003", "abc", "200"}, {"4", "abc", "400"}, {"-1", "abc", "400"}, {"+3", "abc", "400"}, {"0x3", "abc", "400"},
		{"3 3", "abc", "400"}, {"3,3", "abc", "400"}, {"", "abc", "400"}, {"2147483648", "abc", "400"}, {"99999999999999999999999", "abc", "400"},
		{"18446744073709551619", "abc", "400"}, {"3\r\nContent-Length: 3", "abc", "400"}, {"3\r\nl: 4", "abc", "400"},
	} {
		text := p.text(req{method: "OPTIONS", branch: fmt.Sprint("b", i)})
		p.raw(e.Addr(), strings.Replace(text, "Content-Length: 0\r\n", "Content-Type: text/plain\r\nContent-Length: "+c.length+"\r\n", 1)+c.body)
		select {
		case got := <-answers:
			equal(t, fmt.Sprintf("%q", c.length), got, c.want)
		case <-time.After(10 * time.Second):
			t.Fatalf("%q: want %s, got nothing", c.length, c.want)
		}
	}
}

// A datagram may be as long as datagrams are.
func TestLongestDatagram(t *testing.T) {
	e := loopback(t, sipua.Config{})
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan string, 1)
	p := servePeer(t, conn, func(_ *peer, m msg) { answered <- m.short() })
	const longest = 65507
	text := p.text(req{method: "OPTIONS"})
	pad := "X-Pad: " + strings.Repeat("x", longest-len(text)-len("X-Pad: \r\n")) + "\r\n"
	p.raw(e.Addr(), strings.Replace(text, "Content-Length", pad+"Content-Length", 1))
	select {
	case got := <-answered:
		equal(t, "answer", got, "200")
	case <-time.After(10 * time.Second):
		t.Error("want an answer, got none")
	}
}

// What a caller does against its RFC is told once a call, however often it does it.
func TestToleratedOnceACall(t *testing.T) {
	var mu sync.Mutex
	var got []string
	ends := make(chan struct{})
	e := loopback(t, sipua.Config{TCP: true, OnCall: func(l *sipua.Leg) { stays(l); ends <- struct{}{} }, OnTolerated: func(g sipua.Tolerance) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, fmt.Sprintf("%s %s: %s, %s", g.Method, g.CallID, g.What, g.Section))
	}})
	s := dialStream(t, e.Addr())
	send := func(r req) {
		r.via = "SIP/2.0/TCP " + s.LocalAddr().String() + ";branch=z9hG4bK" + r.callID + r.method + r.cseq
		if _, err := s.Write([]byte(strings.Replace((&peer{addr: "127.0.0.1:9"}).text(r), "Max-Forwards: 70\r\n", "Date: today\r\n", 1))); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"one", "two"} {
		send(req{method: "INVITE", callID: id})
		tag := s.next().tag("to")
		send(req{method: "ACK", callID: id, toTag: tag})
		for _, seq := range []string{"2", "3"} {
			send(req{method: "INFO", callID: id, cseq: seq, toTag: tag})
			equal(t, "info", s.next().short(), "200")
		}
		send(req{method: "BYE", callID: id, cseq: "4", toTag: tag})
		equal(t, "bye", s.next().short(), "200")
		<-ends
	}
	mu.Lock()
	defer mu.Unlock()
	equal(t, "told", strings.Join(got, "\n"), strings.Join([]string{
		"INVITE one: no Max-Forwards, RFC 3261 8.1.1.6", "INVITE one: a Date that is not in GMT, RFC 3261 20.17",
		"INVITE two: no Max-Forwards, RFC 3261 8.1.1.6", "INVITE two: a Date that is not in GMT, RFC 3261 20.17",
	}, "\n"))
}
