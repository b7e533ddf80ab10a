// Package control is the simulator's own API: what it serves and to whom, and what happened. It has a port of its own,
// never the platform's, for what a client under test sees there must be the platform's alone. Its contract is
// specs/control.openapi.yaml; package client speaks it from Go.
package control

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/dnispool/dnispool/sim"
)

// Server is the control API of one simulator. Make it with Listen, before the simulator is started.
type Server struct {
	config   sim.Control
	version  string
	token    string // what a request must carry; empty: nothing
	listener net.Listener
	http     *http.Server
	served   chan struct{}
	state    atomic.Pointer[state]
}

// state is which simulator is asked, and in what part of its life it is.
type state struct {
	sim    *sim.Sim // nil until it has started
	status string   // one of the words below
}

// The states of a simulator. It is ready in the second only.
const (
	starting = "starting"
	ready    = "ready"
	stopping = "stopping"
)

// Option changes how a Server is made.
type Option func(*Server)

// WithVersion says which version of the program this is.
func WithVersion(v string) Option { return func(s *Server) { s.version = v } }

// WithLogger logs what the HTTP server has to say to l; default: nowhere.
func WithLogger(l *slog.Logger) Option {
	return func(s *Server) { s.http.ErrorLog = slog.NewLogLogger(l.Handler(), slog.LevelWarn) }
}

// Listen serves the control API. Until Ready it answers that the simulator is starting. c must be valid, and c.Listen
// not empty. The caller closes the server.
func Listen(ctx context.Context, c sim.Control, options ...Option) (*Server, error) {
	s := &Server{config: c, version: "unknown", token: c.Token, served: make(chan struct{})}
	if s.token == "" && !c.Open() {
		s.token = rand.Text()
	}
	s.http = &http.Server{
		Handler: s.guard(s.routes()), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelWarn),
	}
	for _, o := range options {
		o(s)
	}
	s.state.Store(&state{status: starting})
	var err error
	if s.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", c.Listen); err != nil {
		return nil, fmt.Errorf("control: %w", err)
	}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(s.listener) // ends with Close alone
	}()
	return s, nil
}

// Ready lets p be asked: it has started.
func (s *Server) Ready(p *sim.Sim) { s.state.Store(&state{p, ready}) }

// Stopping says that the simulator is ready no longer. What is known of it can still be asked.
func (s *Server) Stopping() { s.state.Store(&state{s.state.Load().sim, stopping}) }

// Addr is the host:port at which it is served.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Token is what requests must carry; empty: nothing.
func (s *Server) Token() string { return s.token }

// Close stops serving. Requests that are under way are waited for until ctx ends, and then cut.
func (s *Server) Close(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = s.http.Close()
	}
	<-s.served
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	return err
}
