package control

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/hostport"
)

// reserve asks the platform for a number as a client would: over HTTP, so that faults hit it and it is recorded.
func (s *Server) reserve(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	var in client.ReserveRequest
	if !asked(w, r, &in) {
		return
	}
	projects := p.Config().Projects
	name, key := cmp.Or(in.Project, projects[0].Name), ""
	for _, c := range projects {
		if c.Name == name {
			key = c.DNIKey
		}
	}
	if key == "" {
		refuseProject(p, w, name)
		return
	}
	if in.Attributes == nil {
		in.Attributes = json.RawMessage("{}")
	}
	body, err := json.Marshal(map[string]json.RawMessage{"attributes": in.Attributes})
	if err != nil {
		refuse(w, http.StatusBadRequest, "attributes: %v", err)
		return
	}
	q, err := http.NewRequestWithContext(r.Context(), http.MethodPost, "http://"+hostport.Reach(p.HTTPAddr())+"/v1/conversations/dni-reservation", bytes.NewReader(body))
	if err != nil {
		refuse(w, http.StatusInternalServerError, "%v", err)
		return
	}
	q.Header.Set("X-Api-Key", key)
	q.Header.Set("Content-Type", "application/json")
	q.Close = true
	res, err := s.tries.Do(q)
	if err != nil {
		refuse(w, http.StatusBadGateway, "reserve: %v", err)
		return
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		refuse(w, http.StatusBadGateway, "reserve: %v", err)
		return
	}
	out := client.Reservation{Status: res.StatusCode, DNI: member(b, "dni")}
	if json.Valid(b) {
		out.Body = b
	}
	reply(w, http.StatusOK, out)
}

// calls are those of the stage; nil when it has refused.
func (s *Server) calls(w http.ResponseWriter) Calls {
	c := s.state.Load().stage.Calls
	if c == nil {
		refuse(w, http.StatusNotImplemented, "call: none can be placed here")
	}
	return c
}

func (s *Server) place(_ *sim.Sim, w http.ResponseWriter, r *http.Request) {
	var in client.Dial
	calls := s.calls(w)
	if calls == nil || !asked(w, r, &in) {
		return
	}
	if _, err := time.ParseDuration(string(in.CancelAfter)); err != nil && in.CancelAfter != "" {
		refuse(w, http.StatusBadRequest, "cancel_after: want a duration like 2s, got %.50q", in.CancelAfter)
		return
	}
	c, err := calls.Place(r.Context(), in)
	if err != nil {
		refuse(w, http.StatusBadRequest, "%v", err)
		return
	}
	reply(w, http.StatusOK, c)
}

func (s *Server) call(_ *sim.Sim, w http.ResponseWriter, r *http.Request) {
	q := paramsOf(r)
	wait := q.duration("wait", longestWait)
	calls := s.calls(w)
	if calls == nil || q.refused(w) {
		return
	}
	id := r.PathValue("id")
	c, ended, ok := calls.Call(id)
	if ok && wait > 0 {
		patience := time.NewTimer(wait)
		defer patience.Stop()
		select {
		case <-ended:
		case <-patience.C:
		case <-r.Context().Done():
		}
		c, _, ok = calls.Call(id)
	}
	if !ok {
		refuse(w, http.StatusNotFound, "call: no call %.80q was placed here", id)
		return
	}
	reply(w, http.StatusOK, c)
}

func (s *Server) press(_ *sim.Sim, w http.ResponseWriter, r *http.Request) {
	var in client.Press
	calls := s.calls(w)
	if calls == nil || !asked(w, r, &in) {
		return
	}
	if _, _, ok := calls.Call(r.PathValue("id")); !ok {
		refuse(w, http.StatusNotFound, "call: no call %.80q was placed here", r.PathValue("id"))
		return
	}
	status, err := calls.Press(r.Context(), r.PathValue("id"), in)
	if err != nil {
		refuse(w, http.StatusConflict, "%v", err)
		return
	}
	reply(w, http.StatusOK, client.Answer{Status: status})
}

func (s *Server) hangup(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	calls := s.calls(w)
	if calls == nil {
		return
	}
	if _, _, ok := calls.Call(r.PathValue("id")); ok {
		if err := calls.Hangup(r.Context(), r.PathValue("id")); err != nil {
			refuse(w, http.StatusConflict, "%v", err)
			return
		}
	}
	s.call(p, w, r)
}

// faultsOf are those of the stage; nil when it has refused.
func (s *Server) faultsOf(w http.ResponseWriter) Faults {
	f := s.state.Load().stage.Faults
	if f == nil {
		refuse(w, http.StatusNotImplemented, "faults: there are none here")
	}
	return f
}

func (s *Server) faults(_ *sim.Sim, w http.ResponseWriter, _ *http.Request) {
	if f := s.faultsOf(w); f != nil {
		reply(w, http.StatusOK, client.Faults{Faults: f.Shown(), Hits: f.Hits()})
	}
}

func (s *Server) setFaults(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	f := s.faultsOf(w)
	if f == nil {
		return
	}
	q := paramsOf(r)
	keep := q.bool("keep")
	if q.refused(w) {
		return
	}
	root, ok := document(w, r)
	if !ok {
		return
	}
	if err := f.Set("", root, keep != nil && *keep); err != nil {
		refuse(w, http.StatusBadRequest, "%v", err)
		return
	}
	s.faults(p, w, r)
}

func (s *Server) resetFaults(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	f := s.faultsOf(w)
	if f == nil {
		return
	}
	if err := f.Reset(); err != nil {
		refuse(w, http.StatusConflict, "%v", err)
		return
	}
	s.faults(p, w, r)
}
