package wire

import (
	"bytes"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
)

// replyWriter writes the reply of one exchange to a connection as its fault has it: late, slowly, in part, or another one.
type replyWriter struct {
	conn   *conn
	hit    hit
	method string

	began bool
	over  bool   // the rest is discarded
	head  []byte // of the reply, until it is complete
	body  bool   // the head is out
	left  int    // bytes of body until the cut; -1: none
}

// Write reports that everything was written, whatever was: the server must not know of the fault.
func (w *replyWriter) Write(p []byte) (int, error) {
	if !w.began {
		w.began = true
		if err := w.begin(); err != nil {
			return 0, err
		}
	}
	if w.over {
		return len(p), nil
	}
	if w.hit.Reset == nil && w.hit.Truncate == nil && w.hit.Slow == nil {
		return w.conn.Conn.Write(p)
	}
	if err := w.writeFaulty(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// begin does what happens before the first byte of the reply.
func (w *replyWriter) begin() error {
	switch {
	case w.hit.DropReply == ReplyEOF:
		w.over = true
		return w.conn.Conn.Close()
	case w.hit.DropReply == ReplyTimeout:
		w.over = true
		w.conn.closeOnRelease(w.hit)
		return nil
	}
	if err := w.delay(); err != nil {
		return err
	}
	if w.hit.Reply != nil {
		w.writeOther()
		w.over = true
	}
	return nil
}

func (w *replyWriter) delay() error {
	if w.hit.Latency == nil {
		return nil
	}
	return w.conn.wire.sleep(w.conn.ctx, w.hit, w.hit.Latency.Draw(w.hit.rng))
}

// writeOther sends the fault's own reply instead of the server's, and ends our side.
func (w *replyWriter) writeOther() {
	status, header, body := w.hit.Reply.full()
	if bodiless(w.method, status) {
		body = ""
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Connection", "close")
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 " + strconv.Itoa(status) + " " + http.StatusText(status) + "\r\n")
	_ = header.Write(&b)
	b.WriteString("\r\n" + body)
	_ = w.writeFaulty(b.Bytes())
	_ = w.conn.CloseWrite()
}

// writeFaulty writes a part of a reply whose body may be slow or cut.
func (w *replyWriter) writeFaulty(p []byte) error {
	if w.body {
		return w.sendBody(p)
	}
	w.head = append(w.head, p...)
	end := bytes.Index(w.head, []byte("\r\n\r\n"))
	if end < 0 {
		return nil
	}
	w.body = true
	head, rest := w.head[:end+4], w.head[end+4:]
	w.left = w.bodyLimit(string(head))
	if w.left == 0 && contentLength(string(head)) == 0 {
		head = head[:end] // no body to cut: cut the head
	}
	if _, err := w.conn.Conn.Write(head); err != nil {
		return err
	}
	return w.sendBody(rest)
}

// bodyLimit returns how many bytes of the body may be sent, -1 for all of them where nothing is cut. A cut body never is
// whole: a cut that a client cannot see is no fault.
func (w *replyWriter) bodyLimit(head string) int {
	keep := w.hit.Truncate
	if w.hit.Reset != nil {
		keep = w.hit.Reset
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

func (w *replyWriter) sendBody(p []byte) error {
	cut := false
	if w.left >= 0 {
		const last = "0\r\n\r\n" // of a chunked body, which must not arrive
		cut = w.left <= len(p) || bytes.HasSuffix(p, []byte(last))
		p = p[:min(w.left, len(bytes.TrimSuffix(p, []byte(last))))]
		w.left -= len(p)
	}
	if err := w.send(p); err != nil {
		return err
	}
	if !cut {
		return nil
	}
	w.over = true
	if w.hit.Reset != nil {
		w.conn.rst()
		return nil
	}
	return w.conn.Conn.Close()
}

// send writes at the fault's pace.
func (w *replyWriter) send(p []byte) error {
	piece := len(p)
	if w.hit.Slow != nil {
		piece = w.hit.Slow.Bytes
	}
	for len(p) > 0 {
		n := min(piece, len(p))
		if _, err := w.conn.Conn.Write(p[:n]); err != nil {
			return err
		}
		p = p[n:]
		if w.hit.Slow != nil {
			if err := w.conn.wire.sleep(w.conn.ctx, w.hit, w.hit.Slow.Every); err != nil {
				return err
			}
		}
	}
	return nil
}
