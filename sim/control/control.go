// Package control is the simulator's own API, on a port of its own: what it is asked about and told to do has nothing to
// do with the platform that it simulates. specs/control.openapi.yaml describes it, and package client below speaks it.
package control

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/hostport"
)

// Server is the control API of one simulator. Make it with Listen, before the simulator is started.
type Server struct {
	config    sim.Control
	version   string
	recorder  *Recorder
	log       *slog.Logger
	token     string   // what a request must show; empty: nothing
	hosts     []string // names by which it may be asked
	listener  net.Listener
	http      *http.Server
	served    chan struct{}
	ctx       context.Context // ends with Close: whoever waits for something goes
	cancel    context.CancelFunc
	started   time.Time
	state     atomic.Pointer[state]
	tries     *http.Client       // of hand-made requests
	open      Open               // nil: the simulator stays as it is
	brought   sim.Brought        // nil: agents bring nothing
	rehearsal Rehearsal          // nil: nobody's client is judged
	steering  sync.Mutex         // one change at a time
	sessions  sessions           // who alone may change anything
	end       context.CancelFunc // of whatever waits for the simulator that is asked
}

// state is which simulator is asked, and in what part of its life it is.
type state struct {
	sim    *sim.Sim  // nil until it has started
	status string    // one of the words below
	watch  *watch    // of its journal
	stage  *Stage    // nil until it has started
	agents *sync.Map // the YAML of those that were set, by project
}

// The states of a simulator. It is ready in the second only.
const (
	starting = "starting"
	ready    = "ready"
	stopping = "stopping"
	changing = "changing" // from one configuration to another
)

// Option changes how a Server is made.
type Option func(*Server)

// WithVersion says which version of the program this is.
func WithVersion(v string) Option { return func(s *Server) { s.version = v } }

// WithOpen lets the simulator be changed into another one by open; default: it stays as it is.
func WithOpen(open Open) Option { return func(s *Server) { s.open = open } }

// WithBrought reads what agents bring with them to a configuration that is put in the place of another; default: nothing.
func WithBrought(b sim.Brought) Option { return func(s *Server) { s.brought = b } }

// WithRecorder shows what r has kept, which is the simulator's witness; default: nothing is kept.
func WithRecorder(r *Recorder) Option { return func(s *Server) { s.recorder = r } }

// WithLogger logs what the HTTP server has to say to l; default: nowhere.
func WithLogger(l *slog.Logger) Option { return func(s *Server) { s.log = l } }

// Listen serves the control API. Until Ready it answers that the simulator is starting. c must be valid, and c.Listen
// not empty. The caller closes the server.
func Listen(ctx context.Context, c sim.Control, options ...Option) (*Server, error) {
	s := &Server{
		config: c, version: "unknown", log: slog.New(slog.DiscardHandler), token: c.Token, started: time.Now(), served: make(chan struct{}),
		tries: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	}
	for _, o := range options {
		o(s)
	}
	if s.recorder == nil {
		s.recorder = NewRecorder(c)
	}
	s.state.Store(&state{status: starting})
	if s.rehearsal != nil { // which can be asked before its first lesson has a simulator
		s.state.Store(&state{status: ready})
	}
	at, err := hostport.Listen(c.Listen)
	if err != nil {
		return nil, fmt.Errorf("control: listen: %w", err)
	}
	if s.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", at.String()); err != nil {
		return nil, fmt.Errorf("control: %w", err)
	}
	if s.token == "" && !isLoopback(s.listener.Addr()) {
		s.token = rand.Text()
	}
	s.hosts = names(c, s.listener.Addr())
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	s.http = &http.Server{
		Handler:           s.guard(s.routes()),
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    maxHeader,
		BaseContext:       func(net.Listener) context.Context { return s.ctx },
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	go func() {
		defer close(s.served)
		if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("control stopped", "error", err)
		}
	}()
	return s, nil
}

// Ready lets a stage be asked: its simulator has started.
func (s *Server) Ready(stage *Stage) {
	s.steering.Lock()
	defer s.steering.Unlock()
	s.begin(stage)
}

// begin lets a stage be asked. The caller holds steering.
func (s *Server) begin(stage *Stage) {
	ctx, end := context.WithCancel(s.ctx)
	s.end = end
	s.state.Store(&state{stage.Sim, ready, newWatch(ctx, stage.Sim.Journal()), stage, new(sync.Map)})
}

// Stage is the one that is asked now; nil before Ready.
func (s *Server) Stage() *Stage { return s.state.Load().stage }

// become says in which part of its life the simulator is. What is known of it can still be asked.
func (s *Server) become(status string) {
	now := s.state.Load()
	s.state.Store(&state{now.sim, status, now.watch, now.stage, now.agents})
}

// Stopping says that the simulator is ready no longer. What is known of it can still be asked.
func (s *Server) Stopping() {
	s.steering.Lock() // after a change that is under way
	defer s.steering.Unlock()
	s.become(stopping)
}

const (
	headerTimeout = 10 * time.Second
	maxHeader     = 16 << 10
	maxBody       = 8 << 20 // of a request: a configuration is the largest there is
)

// Addr returns the host:port at which the API is served.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Token is what whoever asks must show; "" when nothing.
func (s *Server) Token() string { return s.token }

// URL is where the API is asked on this machine.
func (s *Server) URL() string { return "http://" + hostport.Reach(s.Addr()) }

// Link is the URL with the token.
func (s *Server) Link() string {
	if s.token == "" {
		return s.URL()
	}
	return s.URL() + "/?token=" + s.token
}

// Close ends what waits, and stops serving. It waits for requests under way at most until ctx ends; those that are cut then are no
// error of the simulator's.
func (s *Server) Close(ctx context.Context) error {
	s.cancel()
	var err error
	if s.http.Shutdown(ctx) != nil {
		if err = s.http.Close(); err != nil {
			err = fmt.Errorf("control: %w", err)
		}
	}
	<-s.served
	if watch := s.state.Load().watch; watch != nil {
		<-watch.done
	}
	return err
}

func isLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// names are the host names by which the API may be asked, beside IP addresses.
func names(c sim.Control, a net.Addr) []string {
	out := append([]string{"localhost"}, c.Hosts...)
	if name, err := os.Hostname(); err == nil && !isLoopback(a) {
		out = append(out, name)
	}
	return out
}
