package sim

import (
	"net"
	"net/http"
	"sync"
)

// unused are the connections on which no request has come yet: clients open some in advance. Shutdown of net/http
// waits 5 s for each to say something, which here would fail a stop that nothing stands in the way of.
type unused struct {
	mu      sync.Mutex
	conns   map[net.Conn]struct{}
	closing bool
}

// see is the server's ConnState hook.
func (u *unused) see(c net.Conn, state http.ConnState) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(u.conns, c)
	case u.closing:
		_ = c.Close()
	default:
		u.conns[c] = struct{}{}
	}
}

// close closes them, and those that are still being accepted.
func (u *unused) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.closing = true
	for c := range u.conns {
		_ = c.Close()
	}
}
