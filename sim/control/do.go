package control

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/journal"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// document reads a request's body as YAML, of which JSON is a part; false when it has refused it.
func document(w http.ResponseWriter, r *http.Request) (*yaml.Node, bool) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "body: want at most %d bytes: %v", maxBody, err)
		return nil, false
	}
	root, problems := strictyaml.Parse("", b)
	if len(problems) > 0 {
		refuse(w, http.StatusBadRequest, "%v", problems.Err())
		return nil, false
	}
	return root, true
}

// asked reads a request's body, which may be empty, into a struct whose members have the names of the API; false when it
// has refused it.
func asked(w http.ResponseWriter, r *http.Request, into any) bool {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		refuse(w, http.StatusBadRequest, "body: want JSON as the document of the API has it: %v", err)
		return false
	}
	return true
}

func done(w http.ResponseWriter, err error) {
	if err != nil {
		refuse(w, http.StatusConflict, "%v", err)
		return
	}
	reply(w, http.StatusOK, client.Done{Done: true})
}

// grace is how long calls may take to end when a simulator is reset or changed.
const grace = sim.ShutdownGrace

// configure makes the simulator another one, on the same addresses.
func (s *Server) configure(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	root, ok := document(w, r)
	if !ok {
		return
	}
	if s.open == nil {
		refuse(w, http.StatusNotImplemented, "config: this simulator cannot be changed in place")
		return
	}
	c, problems := sim.Decode("", root, s.brought)
	if len(problems) > 0 {
		refuse(w, http.StatusBadRequest, "%v", problems.Err())
		return
	}
	s.steering.Lock()
	defer s.steering.Unlock()
	if now := s.state.Load(); now.status != ready {
		refuse(w, http.StatusServiceUnavailable, "simulator: want it ready, it is %s", now.status)
		return
	}
	if err := s.change(r.Context(), p, c); err != nil {
		refuse(w, http.StatusConflict, "config: %v; the simulator is as it was before", err)
		return
	}
	s.simulator(s.state.Load().sim, w, r)
}

// change puts a simulator of c in the place of p; after an error p's own configuration starts anew. The caller holds
// steering.
func (s *Server) change(ctx context.Context, p *sim.Sim, c sim.Config) error {
	was, err := s.effective()
	if err != nil {
		return err
	}
	was.HTTP.Listen, was.SIP.Listen = p.HTTPAddr(), p.SIPAddr()
	c.HTTP.Listen, c.SIP.Listen, c.Control = was.HTTP.Listen, was.SIP.Listen, was.Control
	if at := p.HTTPSAddr(); at != "" {
		was.HTTP.TLSListen, c.HTTP.TLSListen, c.TLS = at, at, was.TLS
	}
	if at := p.SIPSAddr(); at != "" {
		was.SIP.TLSListen, c.SIP.TLSListen, c.TLS = at, at, was.TLS
	}
	if err := errors.Join(c.Validate()); err != nil {
		return err
	}
	s.become(changing)
	s.end()
	stage := s.state.Load().stage
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := stage.Close(closing); err != nil {
		s.log.Warn("the simulator before did not end cleanly", "error", err)
	}
	s.recorder.Clear()
	next, err := s.open(context.WithoutCancel(ctx), c)
	if err != nil {
		again, err2 := s.open(context.WithoutCancel(ctx), was)
		if err2 != nil {
			return errors.Join(err, err2)
		}
		s.begin(again)
		return err
	}
	s.begin(next)
	return nil
}

func (s *Server) restart(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	var in client.RestartRequest
	if !asked(w, r, &in) {
		return
	}
	if in.Leases != "keep" && in.Leases != "lose" {
		refuse(w, http.StatusBadRequest, "leases: want keep or lose, got %.50q", in.Leases)
		return
	}
	done(w, p.Restart(in.Leases == "keep"))
}

func (s *Server) reset(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	s.steering.Lock()
	defer s.steering.Unlock()
	stage := s.state.Load().stage
	var err error
	if stage.Faults != nil { // first: what they hold is let go
		err = stage.Faults.Reset()
	}
	ctx, cancel := context.WithTimeout(r.Context(), grace)
	defer cancel()
	err = errors.Join(err, p.Reset(ctx))
	s.recorder.Clear()
	done(w, err)
}

func (s *Server) resetPool(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	if project, ok := s.project(p, w, r); ok {
		done(w, p.ResetPool(project))
	}
}

// project is the one that the path names; false when it has been refused.
func (s *Server) project(p *sim.Sim, w http.ResponseWriter, r *http.Request) (string, bool) {
	name := r.PathValue("project")
	if _, ok := p.Pool(name); !ok {
		refuseProject(p, w, name)
		return "", false
	}
	return name, true
}

func (s *Server) resize(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	var in client.Resize
	project, ok := s.project(p, w, r)
	if !ok || !asked(w, r, &in) {
		return
	}
	if err := p.Resize(project, in.Numbers); err != nil {
		refuse(w, http.StatusBadRequest, "%v", err)
		return
	}
	done(w, nil)
}

func (s *Server) advertise(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	var in client.AdvertiseRequest
	if !asked(w, r, &in) {
		return
	}
	if err := p.Advertise(in.Address); err != nil {
		refuse(w, http.StatusBadRequest, "%v", err)
		return
	}
	done(w, nil)
}

func (s *Server) setAgent(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	project, ok := s.project(p, w, r)
	if !ok {
		return
	}
	b, err := io.ReadAll(r.Body)
	var problems strictyaml.Problems
	var root *yaml.Node
	if err == nil {
		root, problems = strictyaml.Parse("", append([]byte("agent: "), indented(b)...)) // an agent may be a word
		err = problems.Err()
	}
	agents := s.state.Load().stage.Agents
	if agents == nil {
		err = errors.New("agent: none can be set here")
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "%v", err)
		return
	}
	document := strictyaml.Lookup(root, "agent")
	agent, err := agents.Agent("", document)
	if err != nil {
		refuse(w, http.StatusBadRequest, "%v", err)
		return
	}
	if err = p.SetAgent(project, agent); err == nil {
		s.state.Load().agents.Store(project, document)
	}
	done(w, err)
}

// indented is a document as the value of a key.
func indented(b []byte) []byte {
	out := make([]byte, 0, len(b)+16)
	out = append(out, "\n "...)
	for _, c := range b {
		out = append(out, c)
		if c == '\n' {
			out = append(out, ' ')
		}
	}
	return out
}

func (s *Server) endConversation(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	if !p.EndCall(r.PathValue("id")) {
		refuse(w, http.StatusNotFound, "conversation: no conversation %.80q is up", r.PathValue("id"))
		return
	}
	done(w, nil)
}

func (s *Server) clock(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	settled, err := flag(r, "settled")
	if err != nil {
		refuse(w, http.StatusBadRequest, "%v", err)
		return
	}
	c := s.state.Load().stage.Clock
	if settled && c != nil {
		c.Settle()
	}
	reply(w, http.StatusOK, shown(p, c, false))
}

func shown(p *sim.Sim, c Clock, moved bool) client.Clock {
	return client.Clock{Now: p.Now(), Frozen: c != nil && c.Frozen(), Moved: moved, Events: p.Journal().Last()}
}

// longestAdvance bounds how far the time is moved at once.
const longestAdvance = 100 * 365 * 24 * time.Hour

func (s *Server) steerClock(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	var in client.ClockChange
	c := s.steered(w)
	if c == nil || !asked(w, r, &in) {
		return
	}
	by, next := longer(in.Advance), longer(in.ToNext)
	switch {
	case in.Advance == "" && in.ToNext == "" && in.Frozen == nil, in.Advance != "" && in.ToNext != "", by < 0 || next < 0:
		refuse(w, http.StatusBadRequest, "clock: want frozen, or one of advance and to_next with a duration like 2m, got advance %.50q and to_next %.50q", in.Advance, in.ToNext)
		return
	}
	if in.Frozen != nil {
		c.Freeze(*in.Frozen)
	}
	if by > 0 {
		c.Advance(by)
		p.Journal().Append(journal.Event{At: p.Now(), Kind: journal.Advanced, Detail: by.String()})
	}
	moved := by > 0 || next > 0 && c.AdvanceToNext(next, nil)
	reply(w, http.StatusOK, shown(p, c, moved))
}

// longer is a duration by which the time can be moved: 0 for "", and less for what is none.
func longer(text client.Duration) time.Duration {
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(string(text))
	if err != nil || d <= 0 || d > longestAdvance {
		return -1
	}
	return d
}
