package sipua_test

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

// stream is a hand-driven TCP caller.
type stream struct {
	t *testing.T
	net.Conn
	r *bufio.Reader
}

func dialStream(t *testing.T, addr string) *stream {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &stream{t, c, bufio.NewReader(c)}
}

func (s *stream) send(r req) {
	p := &peer{addr: s.LocalAddr().String()}
	r.via = "SIP/2.0/TCP " + p.addr + ";branch=z9hG4bK" + cmp.Or(r.branch, r.method)
	if _, err := s.Write([]byte(p.text(r))); err != nil {
		s.t.Fatal(err)
	}
}

// next reads one message.
func (s *stream) next() msg {
	s.t.Helper()
	m, err := s.read()
	if err != nil {
		s.t.Fatal(err)
	}
	return m
}

func (s *stream) read() (msg, error) {
	_ = s.SetReadDeadline(time.Now().Add(10 * time.Second))
	start, err := s.r.ReadString('\n')
	if err != nil {
		return msg{}, err
	}
	head, err := textproto.NewReader(s.r).ReadMIMEHeader()
	if err != nil {
		return msg{}, err
	}
	var b strings.Builder
	b.WriteString(start)
	for k, vs := range head {
		for _, v := range vs {
			fmt.Fprintf(&b, "%s: %s\r\n", k, v)
		}
	}
	var n int64
	_, _ = fmt.Sscan(head.Get("Content-Length"), &n)
	b.WriteString("\r\n")
	if _, err := io.CopyN(&b, s.r, n); err != nil {
		return msg{}, err
	}
	return parse([]byte(b.String())), nil
}
