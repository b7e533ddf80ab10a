// Package pstn is the telephone network around the platform: a carrier that places calls over SIP in the number
// formats and with the delays and failures that real carriers have, and desks that answer for the fallback queue and
// the human agents, so that a transfer is a real call.
//
// Its calls carry no audio unless asked to, and then silence; and it knows nothing of reservations: it dials what it is told.
package pstn

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/sipua"
)

// Config is what a carrier needs to run. Only Platform is due.
type Config struct {
	Platform string // host:port that calls to numbers are sent to
	Listen   string // host:port of the carrier; default 127.0.0.1:0. The desks listen on a port of their own beside it
	TCP      bool   // allows calls over TCP
	// PlatformTLS is the host:port that calls over TLS are sent to, "" when there are none. TLS has a certificate of the carrier's, which
	// listens as well, and how it knows the platform's.
	PlatformTLS string
	TLS         *tls.Config
	Seed        uint64
	Clock       clock.Clock // of post-dial delays and waits; default the machine's
	Logger      *slog.Logger
	Trace       func(sipua.Message) // every message that the carrier sends or receives, those that get lost included
	// Audio lets calls to the platform have audio, in real time: silence is sent, and what comes in is counted.
	Audio bool
	// User and Password answer the digest challenge of a platform that asks for them.
	User, Password string
	// Behaviour is how the carrier is at first; see Behave.
	Behaviour Behaviour
	// ListenPacket opens the sockets; default UDP. Tests bring a network of their own.
	ListenPacket func(address string) (net.PacketConn, error)
}

// Carrier places calls and answers at desks. It is safe for concurrent use.
type Carrier struct {
	config Config
	clock  clock.Clock
	line   *sipua.Endpoint // calls go out here
	desks  *sipua.Endpoint // and transfers come in here
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	rng     *rand.Rand
	net     network
	copies  map[string]int   // INVITEs to be repeated, by Call-ID
	placing map[string]*sent // by Call-ID
	onLine  map[string]int   // calls up, by number
	log     map[string][]DeskCall
	closing bool
}

// ErrClosed is returned for calls that a closed carrier is asked to place.
var ErrClosed = errors.New("carrier: closed")

// New returns a carrier that is ready to dial. ctx bounds only the opening.
func New(ctx context.Context, config Config) (*Carrier, error) {
	if _, _, err := net.SplitHostPort(config.Platform); err != nil {
		return nil, fmt.Errorf("carrier: platform: want host:port, got %q", config.Platform)
	}
	if err := config.Behaviour.Validate(); err != nil {
		return nil, err
	}
	if config.Listen == "" {
		config.Listen = "127.0.0.1:0"
	}
	if config.Clock == nil {
		config.Clock = clock.Real()
	}
	if config.ListenPacket == nil {
		config.ListenPacket = listenUDP
	}
	c := &Carrier{
		config: config, clock: config.Clock, rng: rand.New(rand.NewPCG(config.Seed, 2)), net: network{Behaviour: config.Behaviour},
		copies: map[string]int{}, placing: map[string]*sent{}, onLine: map[string]int{}, log: map[string][]DeskCall{},
	}
	c.ctx, c.cancel = context.WithCancel(context.Background()) // ends with Close
	if err := c.open(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *Carrier) open(ctx context.Context) (err error) {
	host, _, err := net.SplitHostPort(c.config.Listen)
	if err != nil {
		return fmt.Errorf("carrier: listen: want host:port, got %q", c.config.Listen)
	}
	line := sipua.Config{TCP: c.config.TCP, Trace: c.config.Trace}
	if c.config.PlatformTLS != "" {
		line.TLSListen, line.TLS = net.JoinHostPort(host, "0"), c.config.TLS
	}
	if c.line, err = c.listen(ctx, c.config.Listen, line); err != nil {
		return err
	}
	c.desks, err = c.listen(ctx, net.JoinHostPort(host, "0"), sipua.Config{OnCall: c.attend})
	return err
}

// listen opens an endpoint behind a faulty network. With TCP a free port must be free for both, so it may take tries.
func (c *Carrier) listen(ctx context.Context, address string, s sipua.Config) (*sipua.Endpoint, error) {
	s.UserAgent, s.Logger = "carrier", c.config.Logger
	for try := 1; ; try++ {
		socket, err := c.config.ListenPacket(address)
		if err != nil {
			return nil, fmt.Errorf("carrier: %w", err)
		}
		s.PacketConn = sipua.NewFaults(socket, c.config.Seed, c.datagramFault)
		e, err := sipua.Listen(ctx, s)
		if err == nil {
			return e, nil
		}
		if _, port, _ := net.SplitHostPort(address); port != "0" || !errors.Is(err, syscall.EADDRINUSE) || try == 32 {
			return nil, fmt.Errorf("carrier: %w", err)
		}
	}
}

func listenUDP(address string) (net.PacketConn, error) {
	pc, err := net.ListenPacket("udp", address)
	if udp, ok := pc.(*net.UDPConn); ok {
		_ = udp.SetReadBuffer(4 << 20) // bursts of calls; the kernel may give less
	}
	return pc, err
}

// Addr is the host:port that calls come from.
func (c *Carrier) Addr() string { return c.line.Addr() }

// Active is the number of calls that are up or being set up, transfers included.
func (c *Carrier) Active() int { return c.line.Active() }

// Close ends every call with BYE, waits shortly for the answers, and leaves nothing behind.
func (c *Carrier) Close() error {
	c.mu.Lock()
	c.closing = true
	c.mu.Unlock()
	c.cancel()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	var errs []error
	for _, e := range []*sipua.Endpoint{c.line, c.desks} { // the callers hang up first
		if e == nil {
			continue
		}
		if err := e.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			errs = append(errs, err)
		}
	}
	c.wg.Wait()
	return errors.Join(errs...)
}

// begin counts work that Close waits for, until it calls wg.Done.
func (c *Carrier) begin() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return ErrClosed
	}
	c.wg.Add(1)
	return nil
}

func (c *Carrier) isClosing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing
}

// sleep is for goroutines of the carrier's own: it counts as work of the clock.
func (c *Carrier) sleep(ctx context.Context, d time.Duration) (err error) {
	c.clock.Run(func() { err = c.clock.Sleep(ctx, d) })
	return err
}
