package sipua

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

const (
	dialTimeout  = 10 * time.Second // to connect
	writeTimeout = 10 * time.Second // a peer that stops reading must not stop us
	acceptPause  = 50 * time.Millisecond
)

// streams is the listener for TCP, or for TLS, as sipgo sees it. Connections that we dial come out of Accept as well: so every stream is traced, has a
// write deadline and is known to sipgo before the first request is sent on it.
type streams struct {
	listener  net.Listener
	tls       *tls.Config // nil for TCP
	trace     *tracer
	gate      *gate
	handover  *handover
	intake    *intake
	conns     chan net.Conn
	accepting chan struct{}
	once      sync.Once
	closed    chan struct{}
	wg        sync.WaitGroup

	limit       int // of connections; 0: none
	idleTimeout time.Duration
	readTimeout time.Duration
	inUse       func() map[string]bool // the peers over whose connections calls are up

	mu   sync.Mutex
	open map[*tcpConn]struct{}
}

func newStreams(ln net.Listener, secure *tls.Config, c Config, t *tracer, g *gate, h *handover, in *intake) *streams {
	s := &streams{listener: ln, tls: secure, trace: t, gate: g, handover: h, intake: in, conns: make(chan net.Conn), accepting: make(chan struct{}),
		closed: make(chan struct{}), limit: c.MaxConnections, idleTimeout: c.IdleTimeout, readTimeout: c.ReadTimeout, inUse: in.inUse,
		open: map[*tcpConn]struct{}{}}
	s.wg.Go(s.listen)
	return s
}

// listen accepts until Close. Running out of file descriptors, say, must not end it.
func (s *streams) listen() {
	for {
		c, err := s.listener.Accept()
		switch {
		case err == nil:
			if s.tls != nil {
				c = tls.Server(c, s.tls) // which shakes hands with the first read, and by its deadline
			}
			_ = s.hand(context.Background(), c)
		case errors.Is(err, net.ErrClosed):
			return
		default:
			s.closeIdle() // it may have been one descriptor too many
			select {
			case <-s.closed:
			case <-time.After(acceptPause):
			}
		}
	}
}

// hand gives a connection to sipgo and returns when sipgo reads from it.
func (s *streams) hand(ctx context.Context, c net.Conn) error {
	st := newTCPConn(c, s)
	if !s.admit(st) {
		return errors.Join(errTooMany, c.Close())
	}
	var err error
	select {
	case s.conns <- st:
		select {
		case <-st.reading:
			return nil
		case <-s.closed:
			err = ErrClosed
		}
	case <-s.closed:
		err = ErrClosed
	case <-ctx.Done():
		err = ctx.Err()
	}
	return errors.Join(err, st.Close())
}

var errTooMany = errors.New("stream: no more connections are taken, and none is without calls")

// admit counts a connection. One above the limit takes the place of the one that has been idle longest; false when there is none.
func (s *streams) admit(c *tcpConn) bool {
	s.mu.Lock()
	full := s.limit > 0 && len(s.open) >= s.limit
	s.mu.Unlock()
	if full && !s.closeIdle() {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[c] = struct{}{}
	return true
}

// closeIdle closes the connection without calls that has said nothing for longest; false when there is none.
func (s *streams) closeIdle() bool {
	s.mu.Lock()
	var longest *tcpConn
	inUse := s.inUse()
	for c := range s.open {
		if (longest == nil || c.heard.Load() < longest.heard.Load()) && !inUse[c.RemoteAddr().String()] {
			longest = c
		}
	}
	s.mu.Unlock()
	if longest == nil {
		return false
	}
	_ = longest.Close()
	return true
}

// busy reports whether a call is up over a connection.
func (s *streams) busy(c *tcpConn) bool { return s.inUse()[c.RemoteAddr().String()] }

func (s *streams) forget(c *tcpConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
}

// connect makes sure that there is a connection to addr and returns the address sipgo knows it by.
func (s *streams) connect(ctx context.Context, layer *sip.TransportLayer, addr string) (string, error) {
	to, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return "", err
	}
	if known(layer, s.network(), to.String()) {
		return to.String(), nil
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	c, err := new(net.Dialer).DialContext(ctx, "tcp", to.String())
	if err == nil && s.tls != nil {
		c, err = shaken(ctx, c, s.tls, addr)
	}
	if err != nil {
		return "", err
	}
	return to.String(), s.hand(ctx, c)
}

// shaken is the client's side of a TLS connection after its handshake with whoever is at addr.
func shaken(ctx context.Context, c net.Conn, config *tls.Config, addr string) (net.Conn, error) {
	config = config.Clone()
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(addr)
	}
	secure := tls.Client(c, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("tls: %w", err), c.Close())
	}
	return secure, nil
}

// network is what sipgo calls the transport.
func (s *streams) network() string {
	if s.tls != nil {
		return "tls"
	}
	return "tcp"
}

func known(layer *sip.TransportLayer, network, addr string) bool {
	c, err := layer.GetConnection(network, addr)
	if err != nil {
		return false
	}
	_, _ = c.TryClose() // gives the reference back
	return true
}

func (s *streams) Accept() (net.Conn, error) {
	s.once.Do(func() { close(s.accepting) })
	select {
	case c := <-s.conns:
		return c, nil
	case <-s.closed:
		return nil, net.ErrClosed
	}
}

func (s *streams) Addr() net.Addr { return s.listener.Addr() }

func (s *streams) Close() error {
	close(s.closed)
	err := s.listener.Close()
	s.wg.Wait()
	return err
}
