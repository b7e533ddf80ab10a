package rehearse_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/rehearse"
	"github.com/dnispool/dnispool/sim/sipua"
)

// switchboard is a tiny client that takes one caller by SIP, asks for a number, is refused, and puts the caller through by REFER in
// the caller's call. It writes its messages by hand, as somebody else's SIP stack does.
type switchboard struct {
	t        *testing.T
	conn     net.PacketConn
	via      string                 // UDP or TCP
	known    func() rehearse.Caller // what it was set up with
	referTo  string                 // the value of Refer-To; CALL in it is the Call-ID of its own call to the queue, THEIRS and MINE its tags
	line     *sipua.Endpoint        // for calls of its own
	attended bool                   // it calls the queue itself before
	early    bool                   // it does not answer the caller before it puts them through
	done     chan struct{}          // closed with the caller's call

	invite string   // that brought the caller
	peer   net.Addr // whom it came from
	notify string   // the last one
	heard  []string // what the NOTIFYs say
}

const ownTag = "switchboard"

// serve goes through the one dialog, until its own BYE is answered.
func (s *switchboard) serve() {
	defer close(s.done)
	b := make([]byte, 65536)
	for {
		n, from, err := s.conn.ReadFrom(b)
		if err != nil {
			return
		}
		text := string(b[:n])
		method, rest, _ := strings.Cut(text, " ")
		switch {
		case method == "INVITE" && s.invite == "":
			s.invite, s.peer = text, from
			if !s.early {
				s.takes()
				continue
			}
			s.asksInVain()
			s.respond("180 Ringing", text, "Contact: <sip:ivr@"+s.conn.LocalAddr().String()+">\r\nContent-Length: 0\r\n\r\n")
			s.request("REFER", 1, "Refer-To: "+s.referTo+"\r\n")
		case method == "ACK" && s.early:
			s.request("BYE", 2, "")
		case method == "ACK":
			s.asksInVain()
			referTo := s.referTo
			if s.attended {
				leg := s.calls("fallback")
				if leg == nil {
					return
				}
				if strings.Contains(referTo, "tag%3DTHEIRS%3Bfrom") {
					defer s.isHungUpBy(leg)
				}
				mine, theirs := leg.Tags()
				referTo = strings.NewReplacer("CALL", leg.CallID(), "MINE", mine, "THEIRS", theirs).Replace(referTo)
			}
			s.request("REFER", 1, "Refer-To: "+referTo+"\r\n")
		case method == "NOTIFY":
			s.respond("200 OK", text, "Content-Length: 0\r\n\r\n")
			if text == s.notify {
				continue // our answer was slow, and it came again
			}
			s.notify = text
			_, fragment, _ := strings.Cut(text, "\r\n\r\n")
			s.heard = append(s.heard, strings.TrimSpace(fragment))
			if strings.HasPrefix(field(text, "Subscription-State"), "terminated") {
				s.request("BYE", 2, "")
			}
		case method == "SIP/2.0" && field(text, "CSeq") == "1 REFER" && s.early:
			s.takes()
		case method == "SIP/2.0" && field(text, "CSeq") == "1 REFER" && !strings.HasPrefix(rest, "202 "):
			s.request("BYE", 2, "")
		case method == "SIP/2.0" && field(text, "CSeq") == "2 BYE":
			return
		}
	}
}

// takes answers the caller.
func (s *switchboard) takes() {
	sdp := string(sipua.OfferSDP("127.0.0.1", 9))
	s.respond("200 OK", s.invite, fmt.Sprintf("Contact: <sip:ivr@%s>\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", s.conn.LocalAddr(), len(sdp), sdp))
}

// isHungUpBy waits for the BYE with which a queue ends a call whose place somebody else has taken.
func (s *switchboard) isHungUpBy(leg *sipua.Leg) {
	<-leg.Done() // at the latest with the telephone
	if end := leg.End(); end.By != sipua.Remote || end.How != sipua.HowBye {
		s.t.Errorf("want the queue to hang up the call that was replaced, got it ended by %s: %s", end.By, end.How)
	}
}

// field is the value of a header.
func field(text, name string) string {
	_, rest, _ := strings.Cut(text, "\r\n"+name+": ")
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}

// respond sends a response with what follows its headers.
func (s *switchboard) respond(status, text, rest string) {
	to := field(text, "To")
	if !strings.Contains(to, ";tag=") {
		to += ";tag=" + ownTag
	}
	s.send("SIP/2.0 " + status + "\r\nVia: " + field(text, "Via") + "\r\nFrom: " + field(text, "From") + "\r\nTo: " + to + "\r\nCall-ID: " + field(text, "Call-ID") +
		"\r\nCSeq: " + field(text, "CSeq") + "\r\n" + rest)
}

func (s *switchboard) send(text string) {
	if _, err := s.conn.WriteTo([]byte(text), s.peer); err != nil {
		s.t.Error(err)
	}
}

// request sends one in the caller's call.
func (s *switchboard) request(method string, seq int, more string) {
	s.send(fmt.Sprintf("%[1]s sip:%[3]s SIP/2.0\r\nVia: SIP/2.0/%[10]s %[4]s;branch=z9hG4bK%[1]s\r\nFrom: %[5]s;tag=%[6]s\r\nTo: %[7]s\r\nCall-ID: %[8]s\r\nCSeq: %[2]d %[1]s\r\n"+
		"Max-Forwards: 70\r\nContact: <sip:ivr@%[4]s>\r\n%[9]sContent-Length: 0\r\n\r\n",
		method, seq, s.peer, s.conn.LocalAddr(), field(s.invite, "To"), ownTag, field(s.invite, "From"), field(s.invite, "Call-ID"), more, s.via))
}

// calls calls a queue.
func (s *switchboard) calls(queue string) *sipua.Leg {
	at := s.known().SIP
	leg, err := s.line.Dial(s.t.Context(), sipua.Dial{Target: at, To: "sip:" + queue + "@" + at, From: "sip:ivr@" + s.line.Addr()})
	if err != nil {
		s.t.Error(err)
		return nil
	}
	return leg
}

// asksInVain asks for a number, which the lesson has not.
func (s *switchboard) asksInVain() {
	c := s.known()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, c.BaseURL+"/v1/conversations/dni-reservation", strings.NewReader(`{"attributes":{}}`))
	if err != nil {
		s.t.Error(err)
		return
	}
	req.Header.Set("X-Api-Key", c.DNIKey)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Error(err)
		return
	}
	_ = res.Body.Close()
}

// fullPool is a lesson in which no number is free, and one queue is busy.
const fullPool = `lesson: v1
summary: s
requirement: r
source: our own
level: should
advice: a
world:
  carrier: {desks: {"*": answer, engaged: busy}}
  faults:
    http: {endpoint: reserve, reply: {status: 404, body: "{}"}}
expect:
  - routes: fallback
`

// TestReferIsATransfer: a REFER in the caller's call counts as a call to the queue that it names.
func TestReferIsATransfer(t *testing.T) {
	t.Parallel()
	lesson, problems := rehearse.Parse("full.yaml", []byte(fullPool))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, referTo string
		attended      bool   // the client has called the queue itself before
		early         bool   // it puts the caller through before it has answered them
		got           string // what is said of the client; empty: it passes
		heard         string // by the client, of the caller's call
	}{
		{name: "right", referTo: "<sip:fallback@pbx.example>", heard: through},
		{name: "wrong queue", referTo: "<sip:sales@pbx.example>", got: "called sales (by REFER)", heard: through},
		{name: "busy queue", referTo: "<sip:engaged@pbx.example>", got: "called engaged (by REFER, refused with 486)", heard: "SIP/2.0 100 Trying, SIP/2.0 486 Busy Here"},
		{name: "no queue", referTo: "<sip:null@pbx.example>", got: "dialled null (by REFER, refused with 404), called no queue", heard: "SIP/2.0 100 Trying, SIP/2.0 404 Not Found"},
		{name: "no URI", referTo: "fallback", got: "called fallback (by REFER, refused with 400)"},
		{name: "while it rings", referTo: "<sip:fallback@pbx.example>", early: true, got: "called fallback (by REFER, refused with 603)"},
		{name: "to a number of the pool", referTo: "<tel:+442079460000>", got: "dialled +442079460000 (by REFER, refused with 603), called no queue: the caller was dropped",
			heard: "SIP/2.0 100 Trying, SIP/2.0 603 Decline"},
		{name: "to its own call", referTo: "<sip:fallback@pbx.example?Replaces=CALL%3Bto-tag%3DTHEIRS%3Bfrom-tag%3DMINE>", attended: true, heard: through},
		{name: "to another's part of its call", referTo: "<sip:fallback@pbx.example?Replaces=CALL%3Bto-tag%3DMINE%3Bfrom-tag%3DTHEIRS>", attended: true, got: alone, heard: gone},
		{name: "to its own call by the Call-ID alone", referTo: "<sip:fallback@pbx.example?Replaces=CALL>", attended: true, got: alone, heard: gone},
		{name: "to a call that is not there", referTo: "<sip:fallback@pbx.example?Replaces=nothing%3Bto-tag%3D1%3Bfrom-tag%3D2>",
			got: "called fallback (by REFER, refused with 481)", heard: gone},
	} {
		for _, via := range []string{"UDP", "TCP"} {
			t.Run(tc.name+"/"+via, func(t *testing.T) {
				t.Parallel()
				s := &switchboard{t: t, via: via, referTo: tc.referTo, attended: tc.attended, early: tc.early, done: make(chan struct{})}
				s.play(lesson, tc.got, tc.heard)
			})
		}
	}
}

// alone is what is said of a client whose caller was not joined to its call.
const alone = "called fallback (answered, and the caller never joined to it), then fallback (by REFER, refused with 481): the caller was dropped"

// gone is what a client is told that names a call which is not there.
const gone = "SIP/2.0 100 Trying, SIP/2.0 481 Call/Transaction Does Not Exist"

// through is what a client is told whose caller was put through.
const through = "SIP/2.0 100 Trying, SIP/2.0 200 OK"

// play plays a lesson with the switchboard for a client; want is what is said of it, empty when it passes.
func (s *switchboard) play(lesson *rehearse.Lesson, want, heard string) {
	t, uri := s.t, s.listen()
	arrival := rehearse.Func(func(ctx context.Context, c rehearse.Caller) error { // the lesson is over with the caller's call
		return rehearse.Inbound(uri).Arrive(ctx, c)
	})
	r, err := rehearse.New(t.Context(), rehearse.Options{Arrival: arrival, Client: queues})
	if err != nil {
		t.Fatal(err)
	}
	if s.line, err = sipua.Listen(t.Context(), sipua.Config{Listen: "127.0.0.1:0"}); err != nil {
		t.Fatal(err)
	}
	s.known = r.Surroundings
	go s.serve()
	got := r.Play(t.Context(), lesson)
	_ = s.conn.Close()
	if err := errors.Join(s.line.Close(), r.Close()); err != nil {
		t.Error(err)
	}
	<-s.done
	switch {
	case want == "" && got.Status != finding.Passed:
		t.Errorf("want it passed, got %s\n%v", told(got), got.Ladder)
	case want != "" && (got.Status != finding.Failed || !strings.Contains(told(got), want)):
		t.Errorf("want %q, got %s\n%v", want, told(got), got.Ladder)
	}
	if all := strings.Join(s.heard, ", "); all != heard {
		t.Errorf("want the client told %q, got %q", heard, all)
	}
}

// listen opens the address at which the switchboard is called.
func (s *switchboard) listen() (uri string) {
	if s.via == "TCP" {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			s.t.Fatal(err)
		}
		s.conn = &oneStream{listener: l}
		return "sip:ivr@" + l.Addr().String() + ";transport=tcp"
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	s.conn = conn
	return "sip:ivr@" + conn.LocalAddr().String()
}

// oneStream is the one connection that comes to an address, whose messages are read one by one, as datagrams are.
type oneStream struct {
	net.PacketConn // nil
	listener       net.Listener
	in             *bufio.Reader

	mu   sync.Mutex
	conn net.Conn
}

// ReadFrom implements net.PacketConn.
func (o *oneStream) ReadFrom(b []byte) (int, net.Addr, error) {
	if o.in == nil {
		conn, err := o.listener.Accept()
		if err != nil {
			return 0, nil, err
		}
		o.mu.Lock()
		o.conn, o.in = conn, bufio.NewReader(conn)
		o.mu.Unlock()
	}
	var text strings.Builder
	for !strings.HasSuffix(text.String(), "\r\n\r\n") {
		line, err := o.in.ReadString('\n')
		if err != nil {
			return 0, nil, err
		}
		text.WriteString(line)
	}
	length, _ := strconv.Atoi(field(text.String(), "Content-Length"))
	if _, err := io.CopyN(&text, o.in, int64(length)); err != nil {
		return 0, nil, err
	}
	return copy(b, text.String()), o.conn.RemoteAddr(), nil
}

// WriteTo implements net.PacketConn.
func (o *oneStream) WriteTo(b []byte, _ net.Addr) (int, error) { return o.conn.Write(b) }

// LocalAddr implements net.PacketConn.
func (o *oneStream) LocalAddr() net.Addr { return o.listener.Addr() }

// Close implements net.PacketConn.
func (o *oneStream) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.conn != nil {
		_ = o.conn.Close()
	}
	return o.listener.Close()
}
