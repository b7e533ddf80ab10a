package sim_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// phone is the smallest caller there is: a UDP socket that sends what it is told, when it is told, and shows every
// datagram as it comes. It has no SIP stack that could do more than the test asked for. It places one call at a time.
type phone struct {
	conn    net.Conn
	addr    string
	buf     []byte
	placed  int
	headers string            // of INVITEs, each with its line end
	alter   *strings.Replacer // what is sent, when it is there

	number, id, toTag string
	refused, up       bool
}

const offer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"

// g729 is an offer that the platform cannot take.
var g729 = strings.NewReplacer(" 0\r\na=", " 18\r\na=", "0 PCMU", "18 G729").Replace(offer)

func newPhone(t testing.TB, platform string) *phone {
	t.Helper()
	conn, err := net.Dial("udp", platform)
	if err != nil {
		t.Fatal(err)
	}
	p := &phone{conn: conn, addr: conn.LocalAddr().String(), buf: make([]byte, 1<<16)}
	t.Cleanup(func() {
		if p.up && p.bye() == nil {
			_, _ = p.awaitFor(time.Second, "SIP/2.0 200")
		}
		p.settle()
		_ = conn.Close()
	})
	return p
}

// settle returns when the platform has read what was sent before, if there still is a platform.
func (p *phone) settle() {
	p.id = "settle@" + p.addr
	if p.request("OPTIONS", 1, "") == nil {
		_, _ = p.awaitFor(time.Second, "SIP/2.0 200")
	}
}

// invite dials.
func (p *phone) invite(number, sdp string) error {
	p.placed++
	p.number, p.id, p.toTag, p.refused, p.up = number, fmt.Sprintf("%d@%s", p.placed, p.addr), "", false, false
	return p.request("INVITE", 1, sdp)
}

func (p *phone) ack() error    { return p.request("ACK", 1, "") }
func (p *phone) bye() error    { return p.request("BYE", 2, "") }
func (p *phone) cancel() error { return p.request("CANCEL", 1, "") }

func (p *phone) request(method string, seq int, body string) error {
	tag, extra, branch := p.toTag, "", method
	switch {
	case method == "OPTIONS":
		tag = ""
	case method == "INVITE":
		tag, extra = "", p.headers+"Content-Type: application/sdp\r\n"
	case method == "CANCEL":
		tag, branch = "", "INVITE"
	case method == "ACK" && p.refused: // it belongs to the INVITE's transaction
		branch = "INVITE"
	}
	text := fmt.Sprintf("%s sip:%s@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%d%s\r\nFrom: <sip:+442079460500@%s>;tag=p\r\nTo: <sip:%s@%s>%s\r\n"+
		"Call-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:p@%s>\r\nMax-Forwards: 70\r\n%sContent-Length: %d\r\n\r\n%s",
		method, p.number, p.conn.RemoteAddr(), p.addr, p.placed, branch, p.addr, p.number, p.conn.RemoteAddr(), tag, p.id, seq, method, p.addr, extra, len(body), body)
	if p.alter != nil {
		text = p.alter.Replace(text)
	}
	_, err := p.conn.Write([]byte(text))
	return err
}

// await reads until a message of the call begins with one of the prefixes. Others are passed over.
func (p *phone) await(prefixes ...string) (string, error) { return p.awaitFor(limit, prefixes...) }

func (p *phone) awaitFor(patience time.Duration, prefixes ...string) (string, error) {
	if err := p.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	for {
		n, err := p.conn.Read(p.buf)
		if err != nil {
			return "", fmt.Errorf("waiting for %v: %w", prefixes, err)
		}
		text := string(p.buf[:n])
		if !strings.Contains(text, "\r\nCall-ID: "+p.id+"\r\n") {
			continue
		}
		for _, prefix := range prefixes {
			if strings.HasPrefix(text, prefix) {
				p.note(text)
				return text, nil
			}
		}
	}
}

// note learns the platform's tag.
func (p *phone) note(text string) {
	if !strings.HasPrefix(text, "SIP/2.0") {
		return
	}
	_, to, _ := strings.Cut(text, "\r\nTo: ")
	to, _, _ = strings.Cut(to, "\r\n")
	if _, tag, ok := strings.Cut(to, ";tag="); ok {
		p.toTag = ";tag=" + tag
	}
}

// code awaits the final answer to the INVITE.
func (p *phone) code() (string, error) {
	text, err := p.await("SIP/2.0 2", "SIP/2.0 3", "SIP/2.0 4", "SIP/2.0 5", "SIP/2.0 6")
	if err != nil {
		return "", err
	}
	if !strings.Contains(text, " INVITE\r\n") { // the 200 to a CANCEL
		return p.code()
	}
	code := text[len("SIP/2.0 "):][:3]
	p.up = code == "200"
	p.refused = !p.up
	return code, nil
}

// call dials and acknowledges the answer, whatever it is.
func (p *phone) call(number string) (code string, err error) {
	if err := p.invite(number, offer); err != nil {
		return "", err
	}
	if code, err = p.code(); err != nil {
		return "", err
	}
	return code, p.ack()
}

// answer gives a request its 200.
func (p *phone) answer(request string) error {
	var b strings.Builder
	b.WriteString("SIP/2.0 200 OK\r\n")
	for line := range strings.SplitSeq(request, "\r\n") {
		for _, name := range []string{"Via:", "From:", "To:", "Call-ID:", "CSeq:"} {
			if strings.HasPrefix(line, name) {
				b.WriteString(line + "\r\n")
			}
		}
	}
	b.WriteString("Content-Length: 0\r\n\r\n")
	_, err := p.conn.Write([]byte(b.String()))
	return err
}

// takeBye lets the platform end the call.
func (p *phone) takeBye() error { return p.takeByeFor(limit) }

func (p *phone) takeByeFor(patience time.Duration) error {
	bye, err := p.awaitFor(patience, "BYE ")
	if err != nil {
		return err
	}
	p.up = false
	return p.answer(bye)
}

// hangUp ends the call and returns when the platform has confirmed that.
func (p *phone) hangUp() error {
	if err := p.bye(); err != nil {
		return err
	}
	p.up = false
	_, err := p.await("SIP/2.0 200")
	return err
}
