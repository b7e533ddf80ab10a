package sipua

import (
	"bytes"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// tcpConn is one TCP connection as sipgo sees it. It hands over one message a read, in the order of each call, and its end only when
// all that came before is through: sipgo forgets a connection with its end, and whatever is then still on its way with it.
type tcpConn struct {
	net.Conn
	streams *streams
	once    sync.Once
	reading chan struct{}
	busy    atomic.Bool // sipgo's read loop is busy with what it has read

	// The read loop's own.
	inbox  *inbox
	frames frames
	owed   int   // messages that the gate has
	ended  error // of the connection, once it has been read
}

func newTCPConn(c net.Conn, s *streams) *tcpConn {
	return &tcpConn{Conn: c, streams: s, reading: make(chan struct{}), inbox: newInbox(s.handover, c.SetReadDeadline)}
}

// Read gives one whole message; b has room for the longest (tuneStack).
func (c *tcpConn) Read(b []byte) (int, error) {
	c.once.Do(func() { close(c.reading) })
	c.back()
	for {
		if m, ok := c.inbox.take(); ok {
			c.owed--
			c.busy.Store(true) // since it was read
			return copy(b, m.data), nil
		}
		if m := c.frames.next(); m != nil {
			if n, ok := c.message(b, m); ok {
				return n, nil
			}
			continue
		}
		switch {
		case c.ended == nil && c.frames.err != nil:
			c.ended = c.frames.err
		case c.ended == nil:
			c.ended = c.fill()
		case c.owed > 0:
			c.inbox.wait()
		default:
			c.streams.handover.passed(c.RemoteAddr().String())
			c.inbox.close()
			return 0, c.ended
		}
	}
}

// message gives m to sipgo, unless the gate keeps it, or nothing is taken any more.
func (c *tcpConn) message(b, m []byte) (int, bool) {
	if !c.streams.handover.take() {
		return 0, false
	}
	if !c.streams.gate.pass(callIDOf(m), c.inbox, m, nil) {
		c.owed++
		return 0, false
	}
	c.busy.Store(true)
	return copy(b, m), true
}

// fill reads what there is. The error is that of the connection's end.
func (c *tcpConn) fill() error {
	n, err := c.Conn.Read(c.frames.room())
	c.frames.filled(n)
	if c.frames.pinged() {
		_, _ = c.Write([]byte("\r\n")) // the pong of RFC 5626 4.4.1; who cannot be told will be found out
	}
	if err != nil && !c.inbox.awake(err) {
		return err
	}
	return nil
}

func (c *tcpConn) back() {
	if c.busy.CompareAndSwap(true, false) {
		c.streams.handover.back()
	}
}

// Close is also how sipgo ends a read loop that does not like what it has read.
func (c *tcpConn) Close() error {
	c.back()
	return c.Conn.Close()
}

// Write sends one message: sipgo writes each in one piece. The response to a request other than INVITE may be lost with its connection
// and is none the worse for sipgo: what has arrived takes effect. It would drop a CANCEL that it cannot answer.
func (c *tcpConn) Write(b []byte) (int, error) {
	if c.streams.handover.shut.Load() {
		return len(b), nil
	}
	c.streams.trace.message(true, c.RemoteAddr().String(), b)
	if err := c.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil && !mayBeLost(b) {
		return 0, fmt.Errorf("stream: %w", err)
	}
	n, err := c.Conn.Write(b)
	if err != nil && mayBeLost(b) {
		return len(b), nil
	}
	return n, err
}

func mayBeLost(message []byte) bool {
	return bytes.HasPrefix(message, []byte("SIP/2.0 ")) && !bytes.HasSuffix(headerOf(message, "CSeq", "CSeq"), []byte("INVITE"))
}
