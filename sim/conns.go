package sim

import (
	"bytes"
	"cmp"
	"container/list"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
)

// conns are the connections of the HTTP edge. They are counted, so that no number of them takes what the rest of the
// platform needs: one more than the limit closes the one that has been idle longest, and waits when none is. And they
// are watched for what net/http refuses by itself, before any handler hears of it.
type conns struct {
	net.Listener
	refused func(refusal)
	slots   chan struct{} // one is taken by each connection
	closed  chan struct{}
	once    sync.Once

	mu      sync.Mutex
	idle    *list.List // of *conn without a request under way, longest first
	wanted  bool       // a connection waits for the next that has no request under way
	closing bool
}

// refusal is a request that never reached the handler.
type refusal struct {
	Status int
	Cause  string
	From   string // host:port
}

func watch(l net.Listener, limit int, refused func(refusal)) *conns {
	return &conns{Listener: l, refused: refused, slots: make(chan struct{}, limit), closed: make(chan struct{}), idle: list.New()}
}

// attach makes s serve connections that are watched.
func (cs *conns) attach(s *http.Server) {
	next := s.Handler
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Context().Value(connKey{}).(*conn).serving.Store(true)
		next.ServeHTTP(w, r)
	})
	s.ConnContext = func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) }
	s.ConnState = cs.see
	s.RegisterOnShutdown(cs.closeIdle)
}

type connKey struct{}

// Accept implements net.Listener. It waits while every connection has a request under way.
func (cs *conns) Accept() (net.Conn, error) {
	inner, err := cs.Listener.Accept()
	if err != nil {
		if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
			cs.closeLongestIdle() // the server tries again soon
		}
		return nil, err
	}
	select {
	case cs.slots <- struct{}{}:
	default:
		cs.closeLongestIdle()
		select {
		case cs.slots <- struct{}{}:
		case <-cs.closed:
			return nil, errors.Join(net.ErrClosed, inner.Close())
		}
	}
	cs.mu.Lock()
	cs.wanted = false
	cs.mu.Unlock()
	return &conn{Conn: inner, conns: cs}, nil
}

// Close implements net.Listener.
func (cs *conns) Close() error {
	cs.once.Do(func() { close(cs.closed) })
	return cs.Listener.Close()
}

// open is the number of connections.
func (cs *conns) open() int { return len(cs.slots) }

// see is the server's ConnState hook.
func (cs *conns) see(nc net.Conn, state http.ConnState) {
	c := nc.(*conn)
	if state == http.StateIdle {
		c.serving.Store(false)
		c.unanswered.Store(0)
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if c.place != nil {
		cs.idle.Remove(c.place)
		c.place = nil
	}
	switch {
	case state != http.StateNew && state != http.StateIdle:
	case cs.closing || cs.wanted:
		cs.wanted = false
		_ = c.Close()
	default:
		c.place = cs.idle.PushBack(c)
	}
}

// closeLongestIdle closes the connection that has been idle longest; when none is, the next to become so.
func (cs *conns) closeLongestIdle() {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	longest := cs.idle.Front()
	if longest == nil {
		cs.wanted = true
		return
	}
	c := cs.idle.Remove(longest).(*conn)
	c.place = nil
	_ = c.Close()
}

// closeIdle closes the connections without a request, and those that are still being accepted. Shutdown of net/http
// waits 5 s for each new one to say something, which here would fail a stop that nothing stands in the way of.
func (cs *conns) closeIdle() {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.closing = true
	for el := cs.idle.Front(); el != nil; el = el.Next() {
		_ = el.Value.(*conn).Close()
	}
}

// conn is one connection.
type conn struct {
	net.Conn
	conns      *conns
	serving    atomic.Bool   // from the beginning of a handler to the end of its reply: what happens is the handler's
	unanswered atomic.Int64  // bytes that came while no handler was at work, of a request that has no answer
	broken     string        // how that request ended before it was one; used by the server's goroutine alone
	place      *list.Element // in conns.idle, guarded by its mutex
	once       sync.Once
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.serving.Load() {
		return n, err
	}
	got := c.unanswered.Add(int64(n))
	if err == nil || got == 0 || errors.Is(err, net.ErrClosed) {
		return n, err
	}
	c.broken = fmt.Sprintf("request: ended after %d bytes, before its header was complete", got)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.broken = fmt.Sprintf("request: want its header within http.read_timeout, got %d bytes", got)
	}
	return n, err
}

// Write implements net.Conn. An answer while no handler is at work is the server's own, and an error.
func (c *conn) Write(p []byte) (int, error) {
	if !c.serving.Load() {
		if status, cause, ok := parseRefusal(p); ok {
			c.conns.refused(refusal{status, cmp.Or(c.broken, cause), c.RemoteAddr().String()})
		}
	}
	return c.Conn.Write(p)
}

// parseRefusal reads an answer of net/http's own, as in "HTTP/1.1 400 Bad Request\r\n…\r\n\r\n400 Bad Request: missing Host".
func parseRefusal(p []byte) (status int, cause string, ok bool) {
	head, body, _ := bytes.Cut(p, []byte("\r\n\r\n"))
	line, _, _ := bytes.Cut(head, []byte("\r\n"))
	version, said, _ := bytes.Cut(line, []byte(" "))
	code, _, _ := bytes.Cut(said, []byte(" "))
	status, err := strconv.Atoi(string(code))
	if !bytes.HasPrefix(version, []byte("HTTP/1.")) || err != nil || status < 400 {
		return 0, "", false
	}
	return status, "request: " + cmp.Or(string(body), string(said)), true
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.once.Do(func() { <-c.conns.slots })
	return c.Conn.Close()
}

// CloseWrite lets the server end its side alone.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
