// Package simtest runs the platform inside a Go test, as net/http/httptest runs a server: it listens on free ports of
// the loopback interface, is ready when it is returned, and is closed when the test ends.
//
//	func TestMyClient(t *testing.T) {
//		s := simtest.Start(t, simtest.Options{Config: "pool: {numbers: 1, window: 2s}"})
//		client := mine.New(s.URL, s.Project.DNIKey)
//		...
//	}
//
// Requests and calls go over real sockets. What happens inside is asked, and changed, by s.Control.
package simtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/fakes/stage"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/certificate"
	"github.com/dnispool/dnispool/sim/control"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/conversation"
)

// Options say how a platform differs from the published one, which is that of the zero value. Nothing is read from the
// environment.
type Options struct {
	// Profile is the named starting point, as with `dnispool sim --profile`.
	Profile string
	// Config is YAML as in the file of `dnispool sim --config`; specs/config.schema.json describes it. Where it says to
	// listen somewhere, free ports of the loopback interface are used all the same.
	Config string
	// Set are single settings as path=value, which win over Config, as in "pool.window=2s".
	Set []string
	// Agent is the virtual agent of every project that has none in Config. Nil: the echo agent, which keeps what it was
	// given in its state, and hangs up at once or after the seconds of the attribute want_talk.
	Agent conversation.Agent
}

// Server is a platform that serves.
type Server struct {
	// URL is the base URL of Reserve DNI and Get Handoff, as in http://127.0.0.1:49152.
	URL string
	// SIP is the host:port at which calls are answered, over UDP and TCP.
	SIP string
	// Project is the first project, and the only one unless Config lists others, with its keys.
	Project client.Project
	// Projects are all of them.
	Projects []client.Project
	// ControlURL is the base URL of the control API.
	ControlURL string
	// Control speaks to the control API.
	Control *client.Client

	control *control.Server
	closing sync.Once
	closed  error
}

// New starts a platform that the caller must Close: for a TestMain, say. Start is for a test. The error names the setting
// that is wrong, with its line.
func New(ctx context.Context, o Options) (_ *Server, err error) {
	return start(ctx, o, slog.New(slog.DiscardHandler))
}

// Start starts a platform for t, and closes it when t ends. What cannot be started, or closed, fails the test, and a test
// that has failed logs what happened inside the platform.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	var happened lines
	s, err := start(t.Context(), o, slog.New(slog.NewTextHandler(&happened, nil)))
	if err != nil {
		t.Fatalf("simtest: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("simtest: %v", err)
		}
		if t.Failed() {
			t.Logf("what happened in the platform:\n%s", happened.String())
		}
	})
	return s
}

func start(ctx context.Context, o Options, log *slog.Logger) (_ *Server, err error) {
	config, err := o.config()
	if err != nil {
		return nil, err
	}
	options := stage.Options{File: configName, Agents: o.agents, Recorder: control.NewRecorder(config.Control), Logger: log, Certificates: new(certificate.Made)}
	open := func(ctx context.Context, c sim.Config) (*control.Stage, error) { return stage.Open(ctx, c, options) }
	steering, err := control.Listen(ctx, config.Control, control.WithRecorder(options.Recorder), control.WithOpen(open), control.WithBrought(agent.Brought), control.WithLogger(log))
	if err != nil {
		return nil, err
	}
	s := &Server{control: steering}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	first, err := open(ctx, config)
	if err != nil {
		return nil, err
	}
	steering.Ready(first)
	return s, s.ask(ctx)
}

// ask learns from the control API where the platform serves what, as a user of any other language would.
func (s *Server) ask(ctx context.Context) (err error) {
	if s.Control, err = client.New(s.control.Link()); err != nil {
		return err
	}
	about, err := s.Control.Simulator(ctx)
	if err != nil {
		return err
	}
	s.URL, s.SIP, s.ControlURL = about.Addresses.HTTP, about.Addresses.SIP, about.Addresses.Control
	if s.Projects, err = s.Control.Projects(ctx, true); err != nil {
		return err
	}
	s.Project = s.Projects[0]
	return nil
}

// configName is what messages call Options.Config.
const configName = "simtest.Options.Config"

// config reads the options. Free ports come after the file and before Set, which is the caller's last word.
func (o Options) config() (sim.Config, error) {
	set := []string{"http.listen=127.0.0.1:0", "sip.listen=127.0.0.1:0", "control.listen=127.0.0.1:0"}
	if o.Profile != "" {
		set = append(set, "profile="+o.Profile)
	}
	from := sim.Sources{Set: append(set, o.Set...), Brought: agent.Brought}
	if o.Config != "" {
		from.File, from.Text = configName, []byte(o.Config)
	}
	c, err := sim.Load(from)
	if err == nil && c.Control.Listen == "" {
		err = errors.New("control.listen: want the control API served, got nothing")
	}
	return c, err
}

func (o Options) agents(p sim.Project) (conversation.Agent, error) {
	if o.Agent != nil && p.Agent.IsZero() {
		return o.Agent, nil
	}
	return agent.Configured(configName, &p.Agent, 0)
}

// HandoffURL is where the state that the call with this shared_id left is asked for, with the project's HandoffKey as
// X-Api-Key.
func (s *Server) HandoffURL(p client.Project, sharedID string) string {
	return fmt.Sprintf("%s/v1/%s/%s/handoff_state?shared_id=%s", s.URL, p.AccountSlug, p.ProjectSlug, url.QueryEscape(sharedID))
}

// Close ends the calls that are up with BYE, and stops serving. It waits for both no longer than sim.ShutdownGrace. Start
// sees to it by itself; closing again does nothing more.
func (s *Server) Close() error {
	s.closing.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), sim.ShutdownGrace)
		defer cancel()
		s.control.Stopping()
		if now := s.control.Stage(); now != nil {
			s.closed = now.Close(ctx)
		}
		s.closed = errors.Join(s.closed, s.control.Close(ctx))
	})
	return s.closed
}

// lines keep the last of what is logged.
type lines struct {
	mu   sync.Mutex
	kept []string
	lost int
}

const mostLines = 200

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kept = append(l.kept, string(b)); len(l.kept) > mostLines {
		l.kept = l.kept[1:]
		l.lost++
	}
	return len(b), nil
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	head := ""
	if l.lost > 0 {
		head = fmt.Sprintf("(%d lines before)\n", l.lost)
	}
	return head + strings.Join(l.kept, "")
}
