package sipua

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"syscall"

	"github.com/emiago/sipgo/sip"
)

// bindTries is how often a free port is looked for that both UDP and TCP can have.
const bindTries = 32

// sockets are what an Endpoint listens on, and the address that it tells its peers.
type sockets struct {
	packets *packets
	streams *streams // nil without TCP
	local   sip.Addr // of packets: requests are pinned to it, else sipgo may send them from a socket of their own

	host string // that peers are told; "" on a wildcard address
	port int
}

func openSockets(ctx context.Context, c Config, t *tracer, g *gate, h *handover) (*sockets, error) {
	pc, ln, err := bind(ctx, c)
	if err != nil {
		if c.PacketConn != nil {
			_ = c.PacketConn.Close()
		}
		return nil, err
	}
	s := &sockets{packets: newPackets(pc, t, g, h)}
	if ln != nil {
		s.streams = newStreams(ln, t, g, h)
	}
	if err := s.setAddress(c.Advertise); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func bind(ctx context.Context, c Config) (net.PacketConn, net.Listener, error) {
	if c.PacketConn != nil {
		ln, err := bindTCP(ctx, c.TCP, c.PacketConn.LocalAddr().String())
		return c.PacketConn, ln, err
	}
	_, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return nil, nil, fmt.Errorf("listen: want host:port, got %q", c.Listen)
	}
	for try := 1; ; try++ {
		pc, err := (&net.ListenConfig{}).ListenPacket(ctx, "udp", c.Listen)
		if err != nil {
			return nil, nil, err
		}
		ln, err := bindTCP(ctx, c.TCP, pc.LocalAddr().String())
		if err == nil {
			return pc, ln, nil
		}
		_ = pc.Close()
		if port != "0" || !errors.Is(err, syscall.EADDRINUSE) || try == bindTries {
			return nil, nil, err
		}
	}
}

func bindTCP(ctx context.Context, wanted bool, addr string) (net.Listener, error) {
	if !wanted {
		return nil, nil
	}
	return (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
}

func (s *sockets) setAddress(advertise string) error {
	listening, err := netip.ParseAddrPort(s.packets.LocalAddr().String())
	if err != nil {
		return fmt.Errorf("listen: want a socket with an ip:port, got %q", s.packets.LocalAddr())
	}
	s.local = sip.Addr{IP: listening.Addr().AsSlice(), Port: int(listening.Port())}
	s.port = s.local.Port
	if advertise == "" {
		if !listening.Addr().IsUnspecified() {
			s.host = listening.Addr().String()
		}
		return nil
	}
	host, port, found := cutPort(advertise)
	if found {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return fmt.Errorf("advertise: want host or host:port, got %q", advertise)
		}
		s.port = int(n)
	}
	if s.host = host; host == "" {
		return fmt.Errorf("advertise: want host or host:port, got %q", advertise)
	}
	return nil
}

// addressFor is the host and port under which a peer can reach us. On a wildcard address only a route to the peer can tell.
func (s *sockets) addressFor(peer string) (host string, port int) {
	if s.host != "" {
		return s.host, s.port
	}
	if c, err := net.Dial("udp", peer); err == nil { // sends nothing
		defer c.Close()
		if ap, err := netip.ParseAddrPort(c.LocalAddr().String()); err == nil {
			return ap.Addr().Unmap().String(), s.port
		}
	}
	return "127.0.0.1", s.port
}

func (s *sockets) Close() error {
	err := s.packets.Close()
	if s.streams != nil {
		err = errors.Join(err, s.streams.Close())
	}
	return err
}

// packets is the UDP socket as sipgo sees it: traced, and telling when the first read begins.
type packets struct {
	net.PacketConn
	trace    *tracer
	gate     *gate
	inbox    *inbox
	handover *handover
	busy     bool // the read loop's own
	reading  chan struct{}
	once     sync.Once
}

func newPackets(pc net.PacketConn, t *tracer, g *gate, h *handover) *packets {
	if u, ok := pc.(*net.UDPConn); ok {
		_ = u.SetReadBuffer(4 << 20) // bursts of calls; the kernel may give less
	}
	return &packets{PacketConn: pc, trace: t, gate: g, inbox: newInbox(h, pc.SetReadDeadline), handover: h, reading: make(chan struct{})}
}

func (p *packets) ReadFrom(b []byte) (int, net.Addr, error) {
	p.once.Do(func() { close(p.reading) })
	if p.busy {
		p.handover.back()
		p.busy = false
	}
	for {
		if m, ok := p.inbox.take(); ok {
			p.busy = true // since it was read
			return copy(b, m.data), m.from, nil
		}
		n, peer, err := p.PacketConn.ReadFrom(b)
		switch {
		case err != nil && p.inbox.awake(err):
			continue
		case err != nil:
			p.inbox.close()
			return n, peer, err
		case !p.handover.take():
			continue
		}
		if p.trace != nil {
			p.trace.message(false, peer.String(), b[:n])
		}
		if p.busy = p.gate.pass(callIDOf(b[:n]), p.inbox, b[:n], peer); p.busy {
			return n, peer, nil
		}
	}
}

func (p *packets) WriteTo(b []byte, peer net.Addr) (int, error) {
	if p.handover.shut.Load() {
		return len(b), nil
	}
	if p.trace != nil {
		p.trace.message(true, peer.String(), b) // before it is sent, or the answer might be traced first
	}
	return p.PacketConn.WriteTo(b, peer)
}
