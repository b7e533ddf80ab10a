// Package memnet is a network of datagrams in memory: net.PacketConns joined by a switch that can lose, copy, delay and reorder
// them, repeatably by a seed. Under testing/synctest its delays pass in virtual time. It is for tests, and knows nothing of SIP.
package memnet

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// Config of a Network. The zero value delivers everything after a millisecond, in order.
type Config struct {
	Seed      uint64
	Loss      float64       // share of datagrams that are lost, 0 to 1
	Duplicate float64       // share that arrives twice, each copy after a delay of its own
	Delay     time.Duration // one way; 0 means a millisecond
	Jitter    time.Duration // up to this much is added to each delay, so that datagrams overtake each other
}

// Network joins the conns that listen on it.
type Network struct {
	config Config

	mu     sync.Mutex
	conns  map[netip.AddrPort]*conn
	chance map[path]*rand.Rand // one source a path: traffic elsewhere does not change what happens here
	last   map[path]time.Time
}

type path struct{ from, to netip.AddrPort }

// New makes a network.
func New(c Config) *Network {
	c.Delay = cmp.Or(c.Delay, time.Millisecond)
	return &Network{config: c, conns: map[netip.AddrPort]*conn{}, chance: map[path]*rand.Rand{}, last: map[path]time.Time{}}
}

// queue is how many datagrams wait for a reader; more are lost, as in a socket's buffer.
const queue = 1024

// Listen opens a conn on an "ip:port"; port 0 takes a free one. It is an error when the address is taken.
func (n *Network) Listen(addr string) (net.PacketConn, error) {
	ap, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, fmt.Errorf("memnet: want ip:port, got %q", addr)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for port := uint16(40000); ap.Port() == 0; port++ {
		if free := netip.AddrPortFrom(ap.Addr(), port); n.conns[free] == nil {
			ap = free
		}
	}
	if n.conns[ap] != nil {
		return nil, fmt.Errorf("memnet: %s is taken", ap)
	}
	c := &conn{network: n, local: ap, inbox: make(chan datagram, queue), closed: make(chan struct{}), deadline: make(chan struct{})}
	n.conns[ap] = c
	return c, nil
}

// send decides the fate of a datagram. Like UDP it tells the sender nothing.
func (n *Network) send(p path, data []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	r := n.chance[p]
	if r == nil {
		h := fnv.New64a()
		fmt.Fprint(h, p.from, p.to)
		r = rand.New(rand.NewPCG(n.config.Seed, h.Sum64()))
		n.chance[p] = r
	}
	if r.Float64() < n.config.Loss {
		return
	}
	n.deliver(p, data, r)
	if r.Float64() < n.config.Duplicate {
		n.deliver(p, data, r)
	}
}

func (n *Network) deliver(p path, data []byte, r *rand.Rand) {
	now := time.Now()
	at := now.Add(n.config.Delay)
	if n.config.Jitter > 0 {
		at = at.Add(time.Duration(r.Int64N(int64(n.config.Jitter))))
	} else if at.Compare(n.last[p]) <= 0 { // no two datagrams in one instant, or their order would be chance
		at = n.last[p].Add(time.Microsecond)
	}
	n.last[p] = at
	time.AfterFunc(at.Sub(now), func() {
		n.mu.Lock()
		to := n.conns[p.to]
		n.mu.Unlock()
		if to != nil {
			to.receive(datagram{p.from, data})
		}
	})
}

type datagram struct {
	from netip.AddrPort
	data []byte
}

type conn struct {
	network *Network
	local   netip.AddrPort
	inbox   chan datagram
	once    sync.Once
	closed  chan struct{}

	mu       sync.Mutex
	deadline chan struct{} // closed when passed
	passed   bool
}

func (c *conn) receive(d datagram) {
	select {
	case <-c.closed:
	case c.inbox <- d:
	default:
	}
}

func (c *conn) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case d := <-c.inbox:
		return copy(b, d.data), net.UDPAddrFromAddrPort(d.from), nil
	case <-c.closed:
		return 0, nil, net.ErrClosed
	case <-c.late():
		return 0, nil, os.ErrDeadlineExceeded
	}
}

// late is closed while the deadline of reads is in the past.
func (c *conn) late() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.deadline
}

func (c *conn) WriteTo(b []byte, to net.Addr) (int, error) {
	select {
	case <-c.closed:
		return 0, net.ErrClosed
	default:
	}
	u, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, fmt.Errorf("memnet: want a *net.UDPAddr, got %T", to)
	}
	ap := u.AddrPort()
	c.network.send(path{c.local, netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())}, bytes.Clone(b))
	return len(b), nil
}

// Close frees the address. Datagrams on their way to it are lost.
func (c *conn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.network.mu.Lock()
		delete(c.network.conns, c.local)
		c.network.mu.Unlock()
	})
	return nil
}

func (c *conn) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(c.local) }

// SetReadDeadline wakes a read with a time that has passed, until it is called with the zero time. Times ahead are not offered: read in
// a goroutine and close.
func (c *conn) SetReadDeadline(at time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case at.IsZero() && c.passed:
		c.deadline, c.passed = make(chan struct{}), false
	case at.IsZero() || c.passed:
	case at.After(time.Now()):
		return os.ErrNoDeadline
	default:
		close(c.deadline)
		c.passed = true
	}
	return nil
}

// Other deadlines are not offered.
func (c *conn) SetDeadline(time.Time) error      { return os.ErrNoDeadline }
func (c *conn) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }
