package wire

import (
	"bytes"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
)

// spoiler writes the reply of one exchange to a connection, less what the fault takes.
type spoiler struct {
	conn   *conn
	hit    hit
	method string

	began bool
	over  bool   // the rest is swallowed
	head  []byte // of the reply, until it is complete
	body  bool   // the head is out
	left  int    // bytes of body until the cut; -1: none
}

// Write claims to have written everything: the server is not to know.
func (s *spoiler) Write(p []byte) (int, error) {
	if !s.began {
		s.began = true
		if err := s.begin(); err != nil {
			return 0, err
		}
	}
	if s.over {
		return len(p), nil
	}
	if s.hit.Reset == nil && s.hit.Truncate == nil && s.hit.Slow == nil {
		return s.conn.Conn.Write(p)
	}
	if err := s.pass(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// begin does what happens before the first byte of the reply.
func (s *spoiler) begin() error {
	switch {
	case s.hit.DropReply == ReplyEOF:
		s.over = true
		return s.conn.Conn.Close()
	case s.hit.DropReply == ReplyTimeout:
		s.over = true
		s.conn.closeOnRelease(s.hit)
		return nil
	}
	if err := s.late(); err != nil {
		return err
	}
	if s.hit.Reply != nil {
		s.instead()
		s.over = true
	}
	return nil
}

func (s *spoiler) late() error {
	if s.hit.Latency == nil {
		return nil
	}
	return s.conn.wire.sleep(s.conn.ctx, s.hit, s.hit.Latency.Draw(s.hit.rng))
}

// instead sends the fault's own reply and ends our side.
func (s *spoiler) instead() {
	status, header, body := s.hit.Reply.full()
	if bodiless(s.method, status) {
		body = ""
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Connection", "close")
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 " + strconv.Itoa(status) + " " + http.StatusText(status) + "\r\n")
	_ = header.Write(&b)
	b.WriteString("\r\n" + body)
	_ = s.pass(b.Bytes())
	_ = s.conn.CloseWrite()
}

// pass sends a reply whose body may be slow or cut.
func (s *spoiler) pass(p []byte) error {
	if s.body {
		return s.sendBody(p)
	}
	s.head = append(s.head, p...)
	end := bytes.Index(s.head, []byte("\r\n\r\n"))
	if end < 0 {
		return nil
	}
	s.body = true
	head, rest := s.head[:end+4], s.head[end+4:]
	s.left = s.room(string(head))
	if s.left == 0 && contentLength(string(head)) == 0 {
		head = head[:end] // no body to cut: cut the head
	}
	if _, err := s.conn.Conn.Write(head); err != nil {
		return err
	}
	return s.sendBody(rest)
}

// room says how many bytes of the body may pass: never all of them, since a cut that a client cannot see is no fault.
func (s *spoiler) room(head string) int {
	keep := s.hit.Truncate
	if s.hit.Reset != nil {
		keep = s.hit.Reset
	}
	if keep == nil {
		return -1
	}
	if n := contentLength(head); n >= 0 {
		return min(*keep, max(n-1, 0))
	}
	return *keep
}

// contentLength returns -1 for a reply without the header: a chunked one.
func contentLength(head string) int {
	for line := range strings.SplitSeq(head, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		if textproto.CanonicalMIMEHeaderKey(name) == "Content-Length" {
			if n, err := strconv.Atoi(strings.TrimSpace(value)); err == nil {
				return n
			}
		}
	}
	return -1
}

func (s *spoiler) sendBody(p []byte) error {
	cut := false
	if s.left >= 0 {
		const last = "0\r\n\r\n" // of a chunked body, which must not arrive
		cut = s.left <= len(p) || bytes.HasSuffix(p, []byte(last))
		p = p[:min(s.left, len(bytes.TrimSuffix(p, []byte(last))))]
		s.left -= len(p)
	}
	if err := s.send(p); err != nil {
		return err
	}
	if !cut {
		return nil
	}
	s.over = true
	if s.hit.Reset != nil {
		s.conn.rst()
		return nil
	}
	return s.conn.Conn.Close()
}

// send writes at the fault's pace.
func (s *spoiler) send(p []byte) error {
	piece := len(p)
	if s.hit.Slow != nil {
		piece = s.hit.Slow.Bytes
	}
	for len(p) > 0 {
		n := min(piece, len(p))
		if _, err := s.conn.Conn.Write(p[:n]); err != nil {
			return err
		}
		p = p[n:]
		if s.hit.Slow != nil {
			if err := s.conn.wire.sleep(s.conn.ctx, s.hit, s.hit.Slow.Every); err != nil {
				return err
			}
		}
	}
	return nil
}
