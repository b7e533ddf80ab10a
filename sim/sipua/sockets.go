package sipua

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
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
	secure  *streams // nil without TLS
	local   sip.Addr // of packets: requests are pinned to it, else sipgo may send them from a socket of their own

	mu         sync.RWMutex
	advertised bool   // host and port were given
	host       string // that peers are told; "" on a wildcard address
	port       int
}

func openSockets(ctx context.Context, c Config, t *tracer, g *gate, h *handover, in *intake) (*sockets, error) {
	pc, ln, err := bind(ctx, c)
	if err != nil {
		if c.PacketConn != nil {
			_ = c.PacketConn.Close()
		}
		return nil, err
	}
	s := &sockets{packets: newPackets(pc, t, g, h, in)}
	if ln != nil {
		s.streams = newStreams(ln, nil, c, t, g, h, in)
	}
	if c.TLSListen != "" {
		ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.TLSListen)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("tls: %w", err), s.Close())
		}
		s.secure = newStreams(ln, c.TLS, c, t, g, h, in)
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
	return s.advertise(advertise)
}

// advertise sets what peers are told, from now on; "" is the address that is listened on.
func (s *sockets) advertise(address string) error {
	host, port := "", s.local.Port
	if ip, ok := netip.AddrFromSlice(s.local.IP); ok && !ip.IsUnspecified() {
		host = ip.String()
	}
	if address != "" {
		var err error
		if host, port, err = SplitAdvertised(address, port); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advertised, s.host, s.port = address != "", host, port
	return nil
}

// SplitAdvertised reads host or host:port; a host alone gets the port otherwise.
func SplitAdvertised(address string, otherwise int) (host string, port int, err error) {
	host, text, found := cutPort(address)
	port = otherwise
	if found {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil || n == 0 {
			return "", 0, fmt.Errorf("advertise: want host or host:port, got %q", address)
		}
		port = int(n)
	}
	open := strings.HasPrefix(address, "[") && !strings.Contains(address, "]")
	if wrong := checkHostPort([]byte(net.JoinHostPort(host, strconv.Itoa(port)))); open || host == "" || wrong.what != "" {
		return "", 0, fmt.Errorf("advertise: want host or host:port, got %q", address)
	}
	return host, port, nil
}

// addressFor is the host and port under which a peer can reach us, and the host for media, which is an IP address where one is known.
// Unless it is advertised, that is how a caller has reached us: to is the Request-URI of his INVITE, nil of a call that we place.
// On a wildcard address only a route to the peer can tell.
func (s *sockets) addressFor(peer string, to *sip.Uri, transport string) (host string, port int, media string) {
	s.mu.RLock()
	host, port = s.host, s.port
	advertised := s.advertised
	s.mu.RUnlock()
	if transport == "TLS" && s.secure != nil { // has a port of its own, also where another is advertised
		port = s.secure.listener.Addr().(*net.TCPAddr).Port
	}
	if !advertised && to != nil && to.Host != "" && (to.Scheme == "sip" || to.Scheme == "sips") {
		asked := strings.Trim(to.Host, "[]")
		ip, err := netip.ParseAddr(asked)
		switch known := cmp.Or(to.Port, sip.DefaultPort(transport)); {
		case err != nil && host == "":
			return asked, known, routeTo(peer)
		case err != nil:
			return asked, known, host
		case !ip.IsUnspecified():
			return asked, known, asked
		}
	}
	if host == "" {
		host = routeTo(peer)
	}
	return host, port, host
}

// routeTo is the address of ours from which a peer is reached.
func routeTo(peer string) string {
	if c, err := net.Dial("udp", peer); err == nil { // sends nothing
		defer c.Close()
		if ap, err := netip.ParseAddrPort(c.LocalAddr().String()); err == nil {
			return ap.Addr().Unmap().String()
		}
	}
	return "127.0.0.1"
}

func (s *sockets) Close() error {
	err := s.packets.Close()
	for _, t := range []*streams{s.streams, s.secure} {
		if t != nil {
			err = errors.Join(err, t.Close())
		}
	}
	return err
}

// over returns the streams of a reliable transport; nil where the endpoint has none.
func (s *sockets) over(transport string) *streams {
	if transport == "TLS" {
		return s.secure
	}
	return s.streams
}

// packets is the UDP socket as sipgo sees it: traced, and telling when the first read begins.
type packets struct {
	net.PacketConn
	trace    *tracer
	gate     *gate
	inbox    *inbox
	handover *handover
	intake   *intake
	screen   *screen // the read loop's own
	busy     bool    // the read loop's own
	again    []held  // the read loop's own: datagrams that arrive once more
	reading  chan struct{}
	once     sync.Once
}

func newPackets(pc net.PacketConn, t *tracer, g *gate, h *handover, in *intake) *packets {
	if u, ok := pc.(*net.UDPConn); ok {
		_ = u.SetReadBuffer(4 << 20) // bursts of calls; the kernel may give less
	}
	return &packets{PacketConn: pc, trace: t, gate: g, inbox: newInbox(h, pc.SetReadDeadline), handover: h, intake: in, screen: in.screen(),
		reading: make(chan struct{})}
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
		n, peer, copied, err := p.read(b)
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
		v := p.screen.look(b[:n])
		if len(v.pass) > len(b) {
			v = tooLong
		}
		if v.pass == nil {
			to := p.screen.answerAddress(peer)
			p.intake.refuse(p.screen, v, peer, func(answer []byte) { _, _ = p.WriteTo(answer, to) }, func() {})
			p.handover.back()
			continue
		}
		if !copied {
			fault := p.intake.onTheWay(p.screen, peer)
			if fault.Drop {
				p.handover.back()
				continue
			}
			for range fault.Copies {
				p.again = append(p.again, held{data: bytes.Clone(b[:n]), from: peer})
			}
		}
		if p.busy = p.gate.pass(p.screen.message.get(callID), p.inbox, v.pass, peer); p.busy {
			return copy(b, v.pass), peer, nil
		}
	}
}

// read gives the next datagram, and whether it is one that has been given before.
func (p *packets) read(b []byte) (n int, peer net.Addr, copied bool, err error) {
	if len(p.again) > 0 {
		first := p.again[0]
		p.again = p.again[1:]
		return copy(b, first.data), first.from, true, nil
	}
	n, peer, err = p.PacketConn.ReadFrom(b)
	return n, peer, false, err
}

func (p *packets) WriteTo(b []byte, peer net.Addr) (int, error) {
	if p.handover.shut.Load() {
		return len(b), nil
	}
	message := p.intake.leaving(b)
	if p.trace != nil {
		p.trace.message(true, peer.String(), message) // before it is sent, or the answer might be traced first
	}
	if _, err := p.PacketConn.WriteTo(message, peer); err != nil {
		return 0, err
	}
	return len(b), nil
}
