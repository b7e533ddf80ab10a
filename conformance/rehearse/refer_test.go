package rehearse_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
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
	known    func() rehearse.Caller // what it was set up with
	referTo  string                 // the value of Refer-To; CALL in it is the Call-ID of its own call to the queue
	line     *sipua.Endpoint        // for calls of its own
	attended bool                   // it calls the queue itself before
	done     chan struct{}          // closed with the caller's call

	invite string   // that brought the caller
	peer   net.Addr // whom it came from
	heard  []string // what the NOTIFYs say
}

const ownTag = "switchboard"

// serve goes through the one dialog, until its own BYE is answered.
func (s *switchboard) serve() {
	defer close(s.done)
	own := func() {}
	defer func() { own() }()
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
			sdp := string(sipua.OfferSDP("127.0.0.1", 9))
			s.answer(text, fmt.Sprintf("Contact: <sip:ivr@%s>\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", s.conn.LocalAddr(), len(sdp), sdp))
		case method == "ACK":
			s.asksInVain()
			referTo := s.referTo
			if s.attended {
				leg := s.calls("fallback")
				if leg == nil {
					return
				}
				own = func() { _ = leg.Bye(context.WithoutCancel(s.t.Context())) }
				referTo = strings.ReplaceAll(referTo, "CALL", leg.CallID())
			}
			s.request("REFER", 1, "Refer-To: "+referTo+"\r\n")
		case method == "NOTIFY":
			s.answer(text, "Content-Length: 0\r\n\r\n")
			_, fragment, _ := strings.Cut(text, "\r\n\r\n")
			s.heard = append(s.heard, strings.TrimSpace(fragment))
			if strings.HasPrefix(field(text, "Subscription-State"), "terminated") {
				s.request("BYE", 2, "")
			}
		case method == "SIP/2.0" && field(text, "CSeq") == "1 REFER" && !strings.HasPrefix(rest, "202 "):
			s.request("BYE", 2, "")
		case method == "SIP/2.0" && field(text, "CSeq") == "2 BYE":
			return
		}
	}
}

// field is the value of a header.
func field(text, name string) string {
	_, rest, _ := strings.Cut(text, "\r\n"+name+": ")
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}

// answer sends 200 with what follows its headers.
func (s *switchboard) answer(text, rest string) {
	to := field(text, "To")
	if !strings.Contains(to, ";tag=") {
		to += ";tag=" + ownTag
	}
	s.send("SIP/2.0 200 OK\r\nVia: " + field(text, "Via") + "\r\nFrom: " + field(text, "From") + "\r\nTo: " + to + "\r\nCall-ID: " + field(text, "Call-ID") +
		"\r\nCSeq: " + field(text, "CSeq") + "\r\n" + rest)
}

func (s *switchboard) send(text string) {
	if _, err := s.conn.WriteTo([]byte(text), s.peer); err != nil {
		s.t.Error(err)
	}
}

// request sends one in the caller's call.
func (s *switchboard) request(method string, seq int, more string) {
	s.send(fmt.Sprintf("%[1]s sip:%[3]s SIP/2.0\r\nVia: SIP/2.0/UDP %[4]s;branch=z9hG4bK%[1]s\r\nFrom: %[5]s;tag=%[6]s\r\nTo: %[7]s\r\nCall-ID: %[8]s\r\nCSeq: %[2]d %[1]s\r\n"+
		"Max-Forwards: 70\r\nContact: <sip:ivr@%[4]s>\r\n%[9]sContent-Length: 0\r\n\r\n",
		method, seq, s.peer, s.conn.LocalAddr(), field(s.invite, "To"), ownTag, field(s.invite, "From"), field(s.invite, "Call-ID"), more))
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
		got           string // what is said of the client; empty: it passes
		heard         string // by the client, of the caller's call
	}{
		{name: "right", referTo: "<sip:fallback@pbx.example>", heard: "SIP/2.0 100 Trying, SIP/2.0 200 OK"},
		{"wrong queue", "<sip:sales@pbx.example>", false, "called sales (by REFER)", "SIP/2.0 100 Trying, SIP/2.0 200 OK"},
		{"busy queue", "<sip:engaged@pbx.example>", false, "called engaged (refused with 486)", "SIP/2.0 100 Trying, SIP/2.0 486 Busy Here"},
		{"no queue", "<sip:null@pbx.example>", false, "called no queue", "SIP/2.0 100 Trying, SIP/2.0 404 Not Found"},
		{"no URI", "fallback", false, "called no queue", ""},
		{name: "to its own call", referTo: "<sip:fallback@pbx.example?Replaces=CALL%3Bto-tag%3D1%3Bfrom-tag%3D2>", attended: true, heard: "SIP/2.0 100 Trying, SIP/2.0 200 OK"},
		{"to a call that is not there", "<sip:fallback@pbx.example?Replaces=nothing%3Bto-tag%3D1%3Bfrom-tag%3D2>", false, "called fallback (refused with 481)",
			"SIP/2.0 100 Trying, SIP/2.0 481 Call/Transaction Does Not Exist"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			arrival := rehearse.Func(func(ctx context.Context, c rehearse.Caller) error { // the lesson is over with the caller's call
				return rehearse.Inbound("sip:ivr@"+conn.LocalAddr().String()).Arrive(ctx, c)
			})
			r, err := rehearse.New(t.Context(), rehearse.Options{Arrival: arrival, Client: queues})
			if err != nil {
				t.Fatal(err)
			}
			line, err := sipua.Listen(t.Context(), sipua.Config{Listen: "127.0.0.1:0"})
			if err != nil {
				t.Fatal(err)
			}
			s := &switchboard{t: t, conn: conn, known: r.Surroundings, referTo: tc.referTo, attended: tc.attended, line: line, done: make(chan struct{})}
			go s.serve()
			got := r.Play(t.Context(), lesson)
			_ = conn.Close()
			<-s.done
			if err := errors.Join(line.Close(), r.Close()); err != nil {
				t.Error(err)
			}
			switch {
			case tc.got == "" && got.Status != finding.Passed:
				t.Errorf("want it passed, got %s\n%v", told(got), got.Ladder)
			case tc.got != "" && (got.Status != finding.Failed || !strings.Contains(told(got), tc.got)):
				t.Errorf("want %q, got %s\n%v", tc.got, told(got), got.Ladder)
			}
			if heard := strings.Join(s.heard, ", "); heard != tc.heard {
				t.Errorf("want the client told %q, got %q", tc.heard, heard)
			}
		})
	}
}
