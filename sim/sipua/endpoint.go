package sipua

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"hash/maphash"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Config says where an Endpoint listens and what it does with calls. The zero value of every field but Listen is usable.
type Config struct {
	// Listen is the host:port to listen on; port 0 takes a free one, the same for UDP and TCP.
	Listen string
	// TCP also listens on, and allows calls over, TCP.
	TCP bool
	// TLSListen is the host:port to listen on for calls over TLS (RFC 3261 26.2.1), which are placed as well; "" for none. Port 0 takes
	// a free one.
	TLSListen string
	// TLS has the certificate for TLSListen, and the roots by which those that are called are known; nil without TLSListen.
	TLS *tls.Config
	// PacketConn is used instead of a UDP socket on Listen. The Endpoint owns it: Close closes it, and so does a Listen that fails.
	PacketConn net.PacketConn
	// Advertise is the host (or host:port) that Contact and Via carry. Empty: of a call that comes in host and port of its
	// Request-URI, by which its caller reaches us; of one that is placed the listening address, and where that is a wildcard, the
	// local address from which the peer is reached. Endpoint.Advertise changes it.
	Advertise string
	// Symmetric says where the requests of a call that came in are sent. Empty: SymmetricAuto.
	Symmetric Symmetric
	// LookUpNames asks the resolver for the host names that peers write into Contact and Record-Route. Without it requests for a name
	// go to where the INVITE came from, or was sent: no stranger makes this machine ask others about names.
	LookUpNames bool
	// UserAgent is written into User-Agent and Server. Empty: no such header.
	UserAgent string
	// Logger gets panics, refused messages and what sipgo has to say, cut to a bounded length and rate. Nil: nothing is logged.
	Logger *slog.Logger
	// Trace gets every message sent and received, in order, one at a time. It must not call the Endpoint. Nil: no tracing, no cost.
	Trace func(Message)
	// OnCall is called for each incoming call, in its own goroutine. When it returns and has neither answered nor rejected the leg,
	// the call is refused with 500; an answered leg stays up. It must return soon after Leg.Done is closed. Nil: calls get 480.
	OnCall func(*Leg)
	// MaxCalls is the number of legs that may be up at a time; more calls are refused with 503 and Retry-After. 0: no limit.
	MaxCalls int
	// MaxBytes is how much requests may take that have been answered and are kept until they cannot come again (32 s over UDP, RFC 3261
	// 17.2). A call above it is refused with 503 and Retry-After, any other request is answered, and both are forgotten. 0: 1 GiB.
	MaxBytes int
	// OnRefused is called for each call that is refused with that 503, because of MaxCalls or of a Shutdown, before it is sent. The leg
	// is there to be read, no more. It must return soon. Nil: nobody is told.
	OnRefused func(*Leg)
	// Strict refuses with 400 what is otherwise accepted against its RFC, and told to OnTolerated. An ACK is accepted all the same: it
	// cannot be answered.
	Strict bool
	// OnTolerated is called for each breach of an RFC that a request comes with and is not refused for: once a call, before OnCall, and
	// for each request outside of calls. It must return soon. Nil: nobody is told.
	OnTolerated func(Tolerance)
	// MaxConnections is how many TCP connections are open at once, in both directions. One more closes the one without calls that has
	// said nothing for longest; when there is none, it is closed itself. 0: no limit.
	MaxConnections int
	// IdleTimeout closes a TCP connection that has said nothing for so long and over which no call is up. 0: never.
	IdleTimeout time.Duration
	// ReadTimeout is how long a message may take to come in over TCP, from its first byte. Then it is answered with 400, when it can
	// be, and the connection closed. 0: forever.
	ReadTimeout time.Duration
	// Network says what becomes of each INVITE that begins a call, over any transport and as often as it is sent, before anything is made
	// of it: Drop loses it and Copies repeat it, as a network may. It must return soon. Nil: each arrives, once.
	Network func(Incoming) Fault
	// OnRejected is called for each request that is refused without a leg, or inside a dialog, before the answer is sent. It must
	// return soon. Nil: nobody is told.
	OnRejected func(Rejection)
}

// Incoming is an INVITE that begins a call, on its way in. What its sender wrote is as it came.
type Incoming struct {
	CallID      string
	Dialled, To string // the number or name in the Request-URI, and that in To
	Peer        string // host:port it came from
}

// Rejection is a request that was refused. What its sender wrote is as it came.
type Rejection struct {
	Method, CallID string
	Dialled        string // the number or name in the Request-URI
	Peer           string // host:port it came from
	Status         int
	Cause          string // why, in a few words
}

// Tolerance is a breach of an RFC that did no harm. What its sender wrote is as it came.
type Tolerance struct {
	Method, CallID string
	Dialled        string // the number or name in the Request-URI
	Peer           string // host:port it came from
	What           string // in a few words
	Section        string // that forbids it, as in "RFC 3261 20.17"
}

// Header is one SIP header field.
type Header struct{ Name, Value string }

// Errors of this package. A refused call is a *StatusError instead.
var (
	ErrClosed    = errors.New("endpoint: closed")
	ErrEnded     = errors.New("leg: already ended")
	ErrAnswered  = errors.New("leg: already answered")
	ErrCancelled = errors.New("leg: cancelled by the caller")
	ErrNoAck     = errors.New("leg: no ACK for the 200 within 32s")
	ErrTimeout   = errors.New("request: no final response within 32s")
	ErrNoCodec   = errors.New("sdp: want an audio stream with PCMU, got none")
)

// Endpoint is one listening address and the legs that live on it. Its methods may be called from any goroutine.
type Endpoint struct {
	config       Config
	log          *slog.Logger
	trace        *tracer
	intake       *intake
	sockets      *sockets
	transport    *sip.TransportLayer
	transactions *sip.TransactionLayer
	gate         *gate
	handover     *handover
	kept         keeping
	tagSeed      maphash.Seed
	cancels      memo[chan struct{}] // CANCELs that came before their INVITE, by the tag the INVITE will get
	reacks       memo[*sip.Request]  // ACKs of refused calls, by branch
	ctx          context.Context     // ends with Close
	stop         context.CancelFunc

	mu       sync.Mutex
	legs     map[legKey]*Leg
	invites  map[inviteKey]*Leg // whose INVITE may still come again by another path
	draining bool
	closed   bool
	gone     chan struct{}  // closed when Close has done its work
	wg       sync.WaitGroup // handlers and what they have begun
	serving  sync.WaitGroup // read loops
}

type legKey struct{ callID, localTag string }

// inviteKey is what is the same in two copies of an INVITE that come by different paths, with different branches (RFC 3261 8.2.2.2).
type inviteKey struct {
	callID, fromTag string
	seq             uint32
}

func (l *Leg) inviteKey() inviteKey {
	return inviteKey{l.dialog.callID, tagOf(l.invite.From().Params), l.invite.CSeq().SeqNo}
}

// Listen opens the sockets; the Endpoint is ready to receive and to send when it returns. ctx bounds only the opening.
func Listen(ctx context.Context, c Config) (*Endpoint, error) {
	tuneStack()
	e := &Endpoint{config: c, log: c.Logger, trace: newTracer(c.Trace), gate: newGate(), tagSeed: maphash.MakeSeed(),
		handover: newHandover(), kept: keeping{most: int64(cmp.Or(c.MaxBytes, 1<<30))}, legs: map[legKey]*Leg{}, invites: map[inviteKey]*Leg{}, gone: make(chan struct{})}
	e.ctx, e.stop = context.WithCancel(context.Background())
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	var err error
	e.intake = newIntake(e)
	if e.sockets, err = openSockets(ctx, c, e.trace, e.gate, e.handover, e.intake); err != nil {
		e.stop()
		return nil, err
	}
	stack := stackLogger(e.log)
	e.transport = sip.NewTransportLayer(net.DefaultResolver, sip.NewParser(parsers()), c.TLS, sip.WithTransportLayerLogger(stack))
	e.transport.OnMessage(e.arrived) // before the transaction layer hooks in: it starts a goroutine a message
	e.transactions = sip.NewTransactionLayer(e.transport, sip.WithTransactionLayerLogger(stack),
		sip.WithTransactionLayerUnhandledResponseHandler(e.onStrayResponse))
	e.transactions.OnRequest(e.onRequest)
	if err := e.serve(ctx); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// serve starts the read loops and waits until sipgo has the sockets in its pool: a request sent earlier would open another one.
func (e *Endpoint) serve(ctx context.Context) error {
	s := e.sockets
	e.serving.Go(func() { _ = e.transport.ServeUDP(s.packets) })
	ready := []<-chan struct{}{s.packets.reading}
	if s.streams != nil {
		e.serving.Go(func() { _ = e.transport.ServeTCP(s.streams) })
		ready = append(ready, s.streams.accepting)
	}
	if s.secure != nil {
		e.serving.Go(func() { _ = e.transport.ServeTLS(s.secure) })
		ready = append(ready, s.secure.accepting)
	}
	for _, r := range ready {
		select {
		case <-r:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Addr is the host:port that is listened on.
func (e *Endpoint) Addr() string { return e.sockets.packets.LocalAddr().String() }

// TLSAddr is the host:port that is listened on for calls over TLS; "" for none.
func (e *Endpoint) TLSAddr() string {
	if e.sockets.secure == nil {
		return ""
	}
	return e.sockets.secure.Addr().String()
}

// Advertise changes what the calls from now on carry in Contact and Via: host or host:port, or "" for what Config.Advertise says of it.
func (e *Endpoint) Advertise(address string) error { return e.sockets.advertise(address) }

// Connections is the number of TCP and TLS connections that are open, in either direction.
func (e *Endpoint) Connections() (n int) {
	for _, s := range []*streams{e.sockets.streams, e.sockets.secure} {
		if s != nil {
			s.mu.Lock()
			n += len(s.open)
			s.mu.Unlock()
		}
	}
	return n
}

// Active is the number of legs that are up, in either direction, early ones included.
func (e *Endpoint) Active() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.legs)
}

// Shutdown takes and places no new calls, ends every leg politely (BYE, CANCEL or 503) and closes the Endpoint when all have ended and
// whoever has asked something until then has his answer, or when ctx is done, whichever is first.
func (e *Endpoint) Shutdown(ctx context.Context) error {
	e.mu.Lock()
	e.draining = true
	legs := e.snapshot()
	e.mu.Unlock()
	for _, l := range legs {
		e.spawn(func() { l.hangUp(ctx) })
	}
	var err error
	for _, l := range legs {
		select {
		case <-l.done:
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	if !e.handover.settle(ctx.Done()) {
		err = ctx.Err()
	}
	return errors.Join(err, e.Close())
}

// Close stops at once, also while calls are up: nothing more is sent, every leg ends with How "error", and when it returns no
// goroutine and no socket is left. It waits for OnCall handlers to return, so none of them may call it.
func (e *Endpoint) Close() error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		<-e.gone
		return nil
	}
	e.closed = true
	legs := e.snapshot()
	e.mu.Unlock()
	defer close(e.gone)

	e.handover.close()
	e.stop()
	for _, l := range legs {
		l.finish(End{By: Local, How: HowError, Reason: ErrClosed.Error()})
		if l.abort != nil {
			l.abort()
		}
	}
	e.transactions.Close()
	e.wg.Wait()
	e.handover.wait()
	err := e.sockets.Close()
	e.serving.Wait()
	e.transactions.Close()  // those that a message on its way has begun meanwhile
	_ = e.transport.Close() // the TCP connections; an error here says that one was closed by its peer
	if e.handover.late() {
		time.AfterFunc(lateness, func() { _ = e.transport.Close() })
	}
	e.cancels.clear()
	e.reacks.clear()
	return err
}

// lateness is how long a request may be on its way after a close has waited for it: a goroutine that a busy machine has not run yet.
// sipgo then opens a socket for it, which is closed when this is over.
const lateness = time.Second

// snapshot lists the legs; the caller holds the lock.
func (e *Endpoint) snapshot() []*Leg {
	legs := make([]*Leg, 0, len(e.legs))
	for _, l := range e.legs {
		legs = append(legs, l)
	}
	return legs
}

// spawn runs f in a goroutine that Close waits for. false: the Endpoint is closed and f will not run.
func (e *Endpoint) spawn(f func()) bool {
	if !e.begin() {
		return false
	}
	go func() {
		defer e.wg.Done()
		f()
	}()
	return true
}

// begin counts the caller as work that Close waits for, until it calls wg.Done.
func (e *Endpoint) begin() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return false
	}
	e.wg.Add(1)
	return true
}

// admit registers a leg, or says why it may not be: ErrClosed, errBusy, errMerged.
func (e *Endpoint) admit(l *Leg) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed, e.draining && !l.incoming:
		return ErrClosed
	case l.incoming && e.invites[l.inviteKey()] != nil:
		return errMerged
	case l.incoming && (e.draining || e.config.MaxCalls > 0 && len(e.legs) >= e.config.MaxCalls):
		return errBusy
	}
	e.legs[l.key()] = l
	if l.incoming {
		e.invites[l.inviteKey()] = l
	}
	return nil
}

var (
	errBusy   = errors.New("endpoint: no more calls are taken")
	errMerged = errors.New("endpoint: the INVITE came before, by another path")
)

func (e *Endpoint) remove(l *Leg) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.legs, l.key())
	if l.settled {
		e.forget(l)
	}
}

// settled notes that the transaction of a leg's INVITE is over: when the leg is too, the INVITE that comes again is another call.
func (e *Endpoint) settled(l *Leg) {
	e.mu.Lock()
	defer e.mu.Unlock()
	l.settled = true
	if e.legs[l.key()] != l {
		e.forget(l)
	}
}

// forget drops what is known of a leg's INVITE; the caller holds the lock.
func (e *Endpoint) forget(l *Leg) {
	if key := l.inviteKey(); l.incoming && e.invites[key] == l {
		delete(e.invites, key)
	}
}

// inUse are the peers over whose TCP connections calls are up.
func (e *Endpoint) inUse() map[string]bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := map[string]bool{}
	for _, l := range e.legs {
		if sip.IsReliable(l.dialog.transport) {
			out[l.dialog.peer] = true
		}
	}
	return out
}

func (e *Endpoint) leg(callID, localTag string) *Leg {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.legs[legKey{callID, localTag}]
}
