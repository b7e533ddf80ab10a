// Package sim is the reference: the platform behind Reserve DNI and Get Handoff, with its number pools, its telephony
// and its virtual agents, in one process. New wires the boxes; each box is a package of its own. Nothing here is a
// client: what calls and asks is elsewhere.
package sim

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/certificate"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/hostport"
	"github.com/dnispool/dnispool/sim/journal"
	"github.com/dnispool/dnispool/sim/pool"
	"github.com/dnispool/dnispool/sim/telephony"
)

// Agents gives the virtual agent of a project. It may look at the project's agent node.
type Agents func(Project) (conversation.Agent, error)

// Sim is one platform. Make it with New, then Start it, then Close it.
type Sim struct {
	config   Config
	clock    clock.Clock
	log      *slog.Logger
	journal  *journal.Journal
	witness  Witness // nil: nobody
	parts    Parts
	platform *platform
	backend  api.Backend        // the platform to the HTTP edge
	line     telephony.Platform // and to the SIP edge

	http         *http.Server
	listener     net.Listener
	secure       net.Listener // for HTTP over TLS; nil where there is none
	authority    []byte       // in PEM, of a certificate that was made
	certificates *certificate.Made
	conns        *conns
	served       chan struct{}
	closing      sync.Once
	edge         *telephony.Edge

	advertised atomic.Pointer[string] // instead of sip.advertise; nil: that
}

// Option changes how a Sim meets its surroundings.
type Option func(*Sim)

// WithClock makes the platform live in k's time; default: the machine's.
func WithClock(k clock.Clock) Option { return func(s *Sim) { s.clock = k } }

// WithLogger logs to l; default: nowhere.
func WithLogger(l *slog.Logger) Option { return func(s *Sim) { s.log = l } }

// WithCertificates keeps the certificate that is made in m, or takes the one from there; default: each start makes one.
func WithCertificates(m *certificate.Made) Option { return func(s *Sim) { s.certificates = m } }

// New makes a platform that is not serving yet. The configuration must be valid.
func New(c Config, agents Agents, options ...Option) (*Sim, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := &Sim{config: c, clock: clock.Real(), log: slog.New(slog.DiscardHandler), journal: journal.New(c.Journal), certificates: new(certificate.Made)}
	for _, o := range options {
		o(s)
	}
	s.journal.Subscribe(journal.Log(s.log))
	var err error
	if s.platform, err = newPlatform(c, s.clock, s.journal, agents, s.parts, s.witness); err != nil {
		return nil, err
	}
	s.backend = wrap(s.parts.Backend, api.Backend(s.platform))
	s.line = wrap(s.parts.Line, telephony.Platform(s.platform))
	return s, nil
}

// Start opens the sockets and serves. Calls and requests are answered when it returns. After an error it can be tried
// again, after success not.
func (s *Sim) Start(ctx context.Context) error {
	if s.http != nil {
		return errors.New("sim: started already")
	}
	if err := s.platform.open(ctx); err != nil {
		return err
	}
	if err := s.serve(ctx); err != nil {
		return errors.Join(err, s.platform.sendHome(ctx))
	}
	s.platform.note(journal.Event{Kind: journal.Started, Detail: "http " + s.HTTPAddr() + ", sip " + s.SIPAddr()})
	return nil
}

// serve opens the sockets.
func (s *Sim) serve(ctx context.Context) error {
	var shown *tls.Config
	var err error
	if s.config.HTTP.TLSListen != "" || s.config.SIP.TLSListen != "" {
		if shown, s.authority, err = s.certificates.TLS(s.config.TLS); err != nil {
			return err
		}
	}
	if s.listener, err = listen(ctx, "listen", s.config.HTTP.Listen); err != nil {
		return err
	}
	both := []net.Listener{wrap(s.parts.Listener, s.listener)}
	s.secure = nil
	if s.config.HTTP.TLSListen != "" {
		if s.secure, err = listen(ctx, "tls_listen", s.config.HTTP.TLSListen); err != nil {
			return errors.Join(err, s.listener.Close())
		}
		both = append(both, wrap(s.parts.Listener, tls.NewListener(s.secure, shown)))
	}
	if s.edge, err = telephony.Listen(ctx, s.config.SIP, s.line, s.clock, s.log, telephony.Options{Secure: shown, Trace: s.trace(), Network: s.parts.Network, Trouble: s.parts.Trouble}); err != nil {
		for _, l := range both {
			err = errors.Join(err, l.Close())
		}
		return err
	}
	handler := api.New(s.config.HTTP.Config, s.backend,
		append(s.watching(), api.WithNow(s.clock.Now), api.OnRejected(s.rejected), api.OnUndelivered(s.undelivered))...)
	s.http = api.NewServer(s.config.HTTP.Config, wrap(s.parts.HTTP, handler))
	s.http.ErrorLog = slog.NewLogLogger(s.log.Handler(), slog.LevelWarn)
	s.conns = watch(join(both...), s.config.HTTP.MaxConnections, s.refused)
	s.conns.attach(s.http)
	s.served = make(chan struct{})
	go func() {
		defer close(s.served)
		if err := s.http.Serve(s.conns); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("http stopped", "error", err)
		}
	}()
	return nil
}

// listen opens the socket that the setting of that name speaks of.
func listen(ctx context.Context, setting, address string) (net.Listener, error) {
	at, err := hostport.Listen(address)
	if err != nil {
		return nil, fmt.Errorf("http: %s: %w", setting, err)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", at.String())
	if err != nil {
		return nil, fmt.Errorf("http: %w", err)
	}
	return l, nil
}

func (s *Sim) rejected(r api.Rejection) {
	if r.Asked { // the platform has noted it
		return
	}
	e := journal.Event{Kind: journal.RequestRejected, Cause: r.Message, Detail: fmt.Sprintf("%d %s %s", r.Status, r.Method, r.Path)}
	if r.Status == http.StatusInternalServerError && r.Err != nil {
		e.Detail += ": " + r.Err.Error()
	}
	s.platform.note(e)
}

// refused notes what was refused before it was a request.
func (s *Sim) refused(r refusal) {
	if s.witness != nil {
		s.witness.Exchange(api.Exchange{At: s.clock.Now(), Status: r.Status, Message: r.Cause, From: r.From})
	}
	s.platform.note(journal.Event{Kind: journal.RequestRejected, Cause: r.Cause, Detail: fmt.Sprintf("%d to %s", r.Status, r.From)})
}

func (s *Sim) undelivered(u api.Undelivered) {
	kind := journal.ReplyUndelivered
	if errors.Is(u.Err, api.ErrClosedEarly) {
		kind = journal.ClientClosed
	}
	s.platform.note(journal.Event{Kind: kind, Number: u.DNI, Cause: u.Err.Error()})
}

// HTTPAddr returns the host:port of the two endpoints.
func (s *Sim) HTTPAddr() string { return s.listener.Addr().String() }

// HTTPSAddr returns the host:port of the two endpoints over TLS; "" where they are not served so.
func (s *Sim) HTTPSAddr() string {
	if s.secure == nil {
		return ""
	}
	return s.secure.Addr().String()
}

// SIPSAddr returns the host:port at which calls over TLS are answered; "" where none are.
func (s *Sim) SIPSAddr() string { return s.edge.TLSAddr() }

// Authority returns in PEM whom clients have to trust where the certificate was made at the start; nil where none was.
func (s *Sim) Authority() []byte { return s.authority }

// SIPAddr returns the host:port at which calls are answered.
func (s *Sim) SIPAddr() string { return s.edge.Addr() }

// Advertise changes sip.advertise for the calls from now on.
func (s *Sim) Advertise(address string) error {
	if err := s.edge.Advertise(address); err != nil {
		return fmt.Errorf("sip.%w", err)
	}
	s.advertised.Store(&address)
	return nil
}

// Config returns the effective configuration: what was changed meanwhile, as it is now.
func (s *Sim) Config() Config {
	c := s.config
	if a := s.advertised.Load(); a != nil {
		c.SIP.Advertise = *a
	}
	c.Projects = s.platform.configured(c.Projects)
	return c
}

// Now returns the platform's time.
func (s *Sim) Now() time.Time { return s.clock.Now() }

// Journal returns the record of what happened inside.
func (s *Sim) Journal() *journal.Journal { return s.journal }

// Calls returns the number of calls that are up.
func (s *Sim) Calls() int { return s.edge.Active() }

// Pool returns the state of a project's pool; false when there is no such project.
func (s *Sim) Pool(project string) (pool.Stats, bool) {
	t, ok := s.platform.named(project)
	if !ok {
		return pool.Stats{}, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pool.Stats(s.platform.now()), true
}

// Resize changes the numbers of a project's pool. Live reservations and calls on a number that leaves are kept to
// their end. An error, as for a number of another project, changes nothing.
func (s *Sim) Resize(project string, numbers []string) error {
	t, ok := s.platform.named(project)
	if !ok {
		return fmt.Errorf("project: want one of the platform's, got %q", project)
	}
	return s.platform.resize(t, numbers)
}

// Close ends the calls that are up with BYE and stops serving. It waits for both at most until ctx ends. A function of an
// agent that has not returned by then is left behind: the error names it and its call, what it may still answer counts
// for nothing, and its goroutine ends when it returns. A request that has not come whole by then is cut, which is no
// error of the platform's. When nothing is wrong but that far ends of calls did not answer, the error is a *Mute.
// Closing again, or what was not started, does nothing.
func (s *Sim) Close(ctx context.Context) (err error) {
	if s.http != nil {
		s.closing.Do(func() { err = s.close(ctx) })
	}
	return err
}

func (s *Sim) close(ctx context.Context) error {
	err := s.edge.Close(ctx)
	s.platform.deadline.close()
	var details []string
	var others error
	if s.http.Shutdown(ctx) != nil { // somebody has begun a request and does not finish it
		details = append(details, fmt.Sprintf("http connections cut: %d", s.conns.open()))
		others = s.http.Close()
	}
	<-s.served
	others = errors.Join(others, s.platform.close(ctx), s.platform.runner.missing())
	left, ok := err.(*telephony.Unfinished)
	mute := ok && others == nil // no agent is what they wait for
	if mute {
		details = append(details, fmt.Sprintf("calls whose far end did not answer: %d", left.Calls))
	}
	s.platform.note(journal.Event{Kind: journal.Stopped, Detail: strings.Join(details, ", ")})
	if mute {
		return &Mute{left}
	}
	return errors.Join(err, others)
}

// Mute is the error of a Close that waited for far ends to acknowledge a call or to answer its BYE until its time was up.
// The calls have ended, and nothing is left of them.
type Mute struct{ *telephony.Unfinished }

// ShutdownGrace is how long a stopping simulator gives its calls and requests to end.
const ShutdownGrace = 3 * time.Second
