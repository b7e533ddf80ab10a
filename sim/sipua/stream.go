package sipua

import (
	"bytes"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
)

// tcpConn is one TCP connection as sipgo sees it. It hands over one message a read, in the order of each call, and its end only when
// all that came before is through: sipgo forgets a connection with its end, and whatever is then still on its way with it.
type tcpConn struct {
	net.Conn
	streams *streams
	once    sync.Once
	reading chan struct{}
	busy    atomic.Bool  // sipgo's read loop is busy with what it has read
	heard   atomic.Int64 // when something came last, in nanoseconds of the Unix epoch

	// The read loop's own.
	inbox  *inbox
	frames frames
	screen *screen
	began  time.Time // when the message that is coming in began to
	owed   int       // messages that the gate has
	ended  error     // of the connection, once it has been read
	again  [][]byte  // messages that arrive once more

	refusals sync.WaitGroup // that are on their way out
}

func newTCPConn(c net.Conn, s *streams) *tcpConn {
	t := &tcpConn{Conn: c, streams: s, reading: make(chan struct{}), inbox: newInbox(s.handover, c.SetReadDeadline), screen: s.intake.screen()}
	t.heard.Store(time.Now().UnixNano())
	return t
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
		if len(c.again) > 0 {
			m := c.again[0]
			c.again = c.again[1:]
			if n, ok := c.message(b, m, true); ok {
				return n, nil
			}
			continue
		}
		if m := c.frames.next(); m != nil {
			c.began = time.Time{}
			if n, ok := c.message(b, m, false); ok {
				return n, nil
			}
			continue
		}
		switch {
		case c.ended == nil && c.frames.lost != nil:
			c.ended = c.lose(*c.frames.lost)
		case c.ended == nil:
			c.ended = c.fill()
		case c.owed > 0:
			c.inbox.wait()
		default: // what has arrived is answered before the connection goes, if anybody can still hear it
			c.refusals.Wait()
			c.streams.handover.passed(c.RemoteAddr().String())
			c.inbox.close()
			return 0, c.ended
		}
	}
}

// message gives m to sipgo, unless it is refused, is lost, the gate keeps it, or nothing is taken any more. copied: it has come before.
func (c *tcpConn) message(b, m []byte, copied bool) (int, bool) {
	if !c.streams.handover.take() {
		return 0, false
	}
	c.streams.trace.message(false, c.RemoteAddr().String(), m)
	v := c.screen.look(m)
	if len(v.pass) > len(b) {
		v = tooLong
	}
	if v.pass == nil {
		c.refuse(v)
		c.streams.handover.back()
		return 0, false
	}
	if !copied {
		fault := c.streams.intake.onTheWay(c.screen, c.RemoteAddr())
		if fault.Drop {
			c.streams.handover.back()
			return 0, false
		}
		for range fault.Copies {
			c.again = append(c.again, bytes.Clone(m))
		}
	}
	if !c.streams.gate.pass(c.screen.message.get(callID), c.inbox, v.pass, nil) {
		c.owed++
		return 0, false
	}
	c.busy.Store(true)
	return copy(b, v.pass), true
}

func (c *tcpConn) refuse(v verdict) {
	c.refusals.Add(1)
	c.streams.intake.refuse(c.screen, v, c.RemoteAddr(), func(answer []byte) { _, _ = c.Write(answer) }, c.refusals.Done)
}

// lose answers the message whose end is not known, when it has a header that can be read. Nothing after it can be.
func (c *tcpConn) lose(v verdict) error {
	err := fmt.Errorf("stream: %s", v.cause)
	rest := c.frames.begun()
	end := bytes.Index(rest, []byte("\r\n\r\n"))
	if end < 0 || !c.streams.handover.take() {
		return err
	}
	defer c.streams.handover.back()
	c.streams.trace.message(false, c.RemoteAddr().String(), rest)
	if own := c.screen.look(rest[:end+4]); c.screen.method == nil || c.screen.isACK() {
		v.status = 0
	} else if own.pass == nil && v.status != sip.StatusMessageTooLarge && own.cause.section != problem("", "18.3").section {
		v = own // says more
	}
	c.refuse(v)
	return err
}

// fill reads what there is. The error is that of the connection's end.
func (c *tcpConn) fill() error {
	if c.began.IsZero() && len(c.frames.begun()) > 0 { // behind a whole message
		c.began = time.Now()
	}
	end := c.deadline()
	c.inbox.until(end)
	n, err := c.Conn.Read(c.frames.room())
	c.frames.filled(n)
	if n > 0 {
		c.heard.Store(time.Now().UnixNano())
	}
	if c.frames.pinged() {
		_, _ = c.Write([]byte("\r\n")) // the pong of RFC 5626 4.4.1; who cannot be told will be found out
	}
	switch begun := c.frames.begun(); {
	case len(begun) == 0:
		c.began = time.Time{}
	case c.began.IsZero():
		c.began = time.Now()
	}
	if err == nil {
		return nil
	}
	if !c.inbox.awake(err) {
		if len(c.frames.begun()) > 0 && c.frames.lost == nil {
			_ = c.lose(c.short())
		}
		return err
	}
	switch late := !end.IsZero() && !time.Now().Before(end); {
	case late && !c.began.IsZero():
		return c.lose(c.short())
	case late && !c.streams.busy(c):
		return fmt.Errorf("stream: nothing said for %s", c.streams.idleTimeout)
	}
	return nil
}

// short is the verdict on a message that does not come to its end.
func (c *tcpConn) short() verdict {
	return verdict{status: sip.StatusBadRequest, cause: problem(fmt.Sprintf("a body of %d bytes under a Content-Length of %d",
		max(0, len(c.frames.begun())-c.frames.head), c.frames.length), "18.3")}
}

// deadline is when the next read has taken too long; zero is never.
func (c *tcpConn) deadline() time.Time {
	s := c.streams
	switch {
	case !c.began.IsZero() && s.readTimeout > 0:
		return c.began.Add(s.readTimeout)
	case c.began.IsZero() && s.idleTimeout > 0:
		if end := time.Unix(0, c.heard.Load()).Add(s.idleTimeout); end.After(time.Now()) {
			return end
		}
		return time.Now().Add(s.idleTimeout) // a call is up: ask again
	}
	return time.Time{}
}

func (c *tcpConn) back() {
	if c.busy.CompareAndSwap(true, false) {
		c.streams.handover.back()
	}
}

// Close is also how sipgo ends a read loop that does not like what it has read.
func (c *tcpConn) Close() error {
	c.back()
	c.streams.forget(c)
	return c.Conn.Close()
}

// Write sends one message: sipgo writes each in one piece. A response may be lost with its connection and is none the worse for sipgo,
// but for the final one to an INVITE: what has arrived takes effect. It would drop a CANCEL that it cannot answer, and for a 180 that it
// cannot send it would forget the INVITE, whose CANCEL has come perhaps.
func (c *tcpConn) Write(b []byte) (int, error) {
	if c.streams.handover.shut.Load() {
		return len(b), nil
	}
	message := c.streams.intake.leaving(b)
	c.streams.trace.message(true, c.RemoteAddr().String(), message)
	if err := c.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil && !mayBeLost(b) {
		return 0, fmt.Errorf("stream: %w", err)
	}
	if _, err := c.Conn.Write(message); err != nil && !mayBeLost(b) {
		return 0, fmt.Errorf("stream: %w", err)
	}
	return len(b), nil
}

func mayBeLost(message []byte) bool {
	return bytes.HasPrefix(message, []byte("SIP/2.0 1")) ||
		bytes.HasPrefix(message, []byte("SIP/2.0 ")) && !bytes.HasSuffix(headerOf(message, "CSeq", "CSeq"), []byte("INVITE"))
}
