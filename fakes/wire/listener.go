package wire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
)

// Listener puts the wire's faults on the connections that inner accepts. It understands plain HTTP/1.1: put it
// outside of a TLS listener, not inside.
func (w *Wire) Listener(inner net.Listener) net.Listener { return listener{inner, w} }

type listener struct {
	net.Listener
	wire *Wire
}

func (l listener) Accept() (net.Conn, error) {
	inner, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background()) // ends with the connection
	return &conn{Conn: inner, wire: l.wire, ctx: ctx, cancel: cancel}, nil
}

// conn watches the bytes of a connection for request lines, and puts the fault on the replies to those that one matches.
// All else goes through as it is. The server reads from one goroutine at a time and writes from one at a time.
type conn struct {
	net.Conn
	wire   *Wire
	ctx    context.Context
	cancel context.CancelFunc

	buf   [4096]byte
	line  []byte // what has come of a request line
	ready []byte // what the server may read

	mu    sync.Mutex
	phase phase
	reply *replyWriter // nil: the exchange goes through
}

// phase is where the exchange stands.
type phase int

const (
	atLine phase = iota
	inRequest
	inReply // whatever is read now begins the next request
)

// maxLine is more than any request line that a server takes.
const maxLine = 16 << 10

// maxHead is how much of a request's head is waited for.
const maxHead = 64 << 10

func (c *conn) Close() error {
	c.cancel()
	return c.Conn.Close()
}

// CloseWrite lets the server end its side alone, where the connection can.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Read gives the server a request from its first line on, once that line is known not to be dropped.
func (c *conn) Read(p []byte) (int, error) {
	for len(c.ready) == 0 {
		n, err := c.Conn.Read(c.buf[:])
		if dropped := c.take(c.buf[:n]); dropped {
			return 0, io.EOF
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			c.cancel() // the client has gone: nobody waits for a late reply
		}
		if err != nil && len(c.ready) == 0 {
			return 0, err // a deadline leaves a half line for the next Read
		}
	}
	n := copy(p, c.ready)
	c.ready = c.ready[n:]
	return n, nil
}

func (c *conn) take(b []byte) (dropped bool) {
	if len(b) == 0 {
		return false
	}
	if !c.atLine() {
		c.ready = append(c.ready, b...)
		return false
	}
	c.line = append(c.line, b...)
	if c.awaits() {
		return false
	}
	var h hit
	var method string
	var ok bool
	if c.wire.armed.Load() {
		h, method, ok = c.choose(c.line)
	}
	if ok && !h.reaches() {
		c.keepBack(h, method)
		return true
	}
	c.mu.Lock()
	c.phase = inRequest
	if ok {
		c.reply = &replyWriter{conn: c, hit: h, method: method}
	}
	c.mu.Unlock()
	c.ready, c.line = c.line, nil
	return false
}

// atLine reports whether the next bytes belong to a request line; it turns to the next exchange after a reply.
func (c *conn) atLine() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase == inReply {
		c.phase, c.reply = atLine, nil
	}
	return c.phase == atLine
}

// awaits reports whether more of the request is needed to know whether a fault matches: its first line, or, for a fault of
// a key, its whole head.
func (c *conn) awaits() bool {
	if c.line[0] < 'A' || c.line[0] > 'Z' {
		return false
	}
	if c.wire.heads.Load() {
		return !bytes.Contains(c.line, []byte("\r\n\r\n")) && len(c.line) < maxHead
	}
	return bytes.IndexByte(c.line, '\n') < 0 && len(c.line) < maxLine
}

// choose decides about a request by its head, as far as it is there.
func (c *conn) choose(head []byte) (h hit, method string, ok bool) {
	line, rest, whole := bytes.Cut(head, []byte("\n"))
	if !whole {
		return hit{}, "", false
	}
	words := strings.Fields(string(line))
	if len(words) != 3 {
		return hit{}, "", false
	}
	target, err := url.ParseRequestURI(words[1])
	if err != nil {
		return hit{}, "", false
	}
	h, ok = c.wire.pick(c.ctx, words[0], target.Path, keyIn(rest), false)
	return h, words[0], ok
}

// keyIn is the key in the header of a request.
func keyIn(header []byte) string {
	h := make(http.Header)
	for line := range bytes.Lines(header) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		if name := string(name); strings.EqualFold(name, "X-Api-Key") || strings.EqualFold(name, "Authorization") {
			h.Add(name, strings.TrimSpace(string(value)))
		}
	}
	return keyOf(h)
}

// keepBack answers, or does not answer, a request that the server never sees, and returns when the client has gone.
func (c *conn) keepBack(h hit, method string) {
	if h.DropRequest == RequestReset {
		c.rst()
		return
	}
	if h.Reply != nil {
		w := &replyWriter{conn: c, hit: h, method: method}
		if w.delay() == nil {
			w.writeOther()
		}
	}
	c.closeOnRelease(h)
	_, _ = io.Copy(io.Discard, c.Conn)
}

func (c *conn) closeOnRelease(h hit) {
	stop := context.AfterFunc(h.released, func() { _ = c.Conn.Close() })
	context.AfterFunc(c.ctx, func() { stop() })
}

// rst closes the connection so that the other side sees it reset.
func (c *conn) rst() {
	inner := c.Conn
	if tls, ok := inner.(interface{ NetConn() net.Conn }); ok {
		inner = tls.NetConn()
	}
	if tcp, ok := inner.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = inner.Close()
}

// Write writes the server's reply, or what the exchange's fault makes of it.
func (c *conn) Write(p []byte) (int, error) {
	interim := bytes.HasPrefix(p, []byte("HTTP/1.1 1")) // 100 Continue: the request is still coming
	c.mu.Lock()
	if c.phase == inRequest && !interim {
		c.phase = inReply
	}
	reply := c.reply
	c.mu.Unlock()
	if reply == nil || interim {
		return c.Conn.Write(p)
	}
	return reply.Write(p)
}
