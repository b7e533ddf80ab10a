package control

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control/client"
)

// Rehearsal plays lessons for an integrator's client, and judges it. An error that is a *client.Error is answered as it is,
// any other with 409.
type Rehearsal interface {
	// State is what is known now; changed is closed when that is no longer all.
	State() (now client.Rehearsal, changed <-chan struct{})
	Lessons() []client.Lesson
	Begin(client.LessonRequest) error // returns when callers can arrive
	Arrived() error                   // the callers have, at the client
	Served() error                    // the client is done with them
	Transferred(to string) error      // the client has put a caller through to a queue, in a way that is no call
	Stop() error                      // the lesson, without a verdict
}

// WithRehearsal serves a rehearsal beside the simulator of each of its lessons, which Show lets be asked; default: none.
func WithRehearsal(r Rehearsal) Option { return func(s *Server) { s.rehearsal = r } }

// Show lets a stage be asked in the place of the one before, which whoever has opened it closes.
func (s *Server) Show(stage *Stage) {
	s.steering.Lock()
	defer s.steering.Unlock()
	if s.end != nil {
		s.end()
	}
	s.recorder.Clear()
	s.begin(stage)
}

// rehearsing are the operations that ask a rehearsal, which is there before there is a simulator.
func rehearsing() []route {
	return []route{
		{"GET", "/v1/rehearsal", "secrets after over wait", (*Server).showRehearsal},
		{"POST", "/v1/rehearsal", "", (*Server).beginLesson},
		{"DELETE", "/v1/rehearsal", "", (*Server).stopLesson},
		{"GET", "/v1/rehearsal/lessons", "", (*Server).lessons},
		{"POST", "/v1/rehearsal/arrived", "", (*Server).arrived},
		{"POST", "/v1/rehearsal/served", "", (*Server).servedCallers},
		{"POST", "/v1/rehearsal/transfers", "", (*Server).transferred},
	}
}

// rehearses reports whether the operation asks a rehearsal.
func (o route) rehearses() bool { return strings.HasPrefix(o.path, "/v1/rehearsal") }

func (s *Server) showRehearsal(_ *sim.Sim, w http.ResponseWriter, r *http.Request) {
	q := paramsOf(r)
	after, wait := q.id("after"), q.duration("wait", longestWait)
	over, err := flag(r, "over")
	if err != nil {
		q.wrong("%v", err)
	}
	secrets, err := flag(r, "secrets")
	if err != nil {
		q.wrong("%v", err)
	}
	if q.refused(w) {
		return
	}
	patience := time.NewTimer(wait)
	defer patience.Stop()
	for waits := wait > 0; ; {
		now, changed := s.rehearsal.State()
		if !waits || now.Change > after && (!over || now.Playing == nil) {
			s.replyRehearsal(w, now, secrets)
			return
		}
		select {
		case <-changed:
		case <-patience.C:
			waits = false
		case <-r.Context().Done(): // the client has gone, or the server closes
			waits = false
		}
	}
}

func (s *Server) replyRehearsal(w http.ResponseWriter, now client.Rehearsal, secrets bool) {
	if !secrets {
		now.DNIKey, now.HandoffKey = sim.Mask, sim.Mask
	}
	reply(w, http.StatusOK, now)
}

func (s *Server) lessons(_ *sim.Sim, w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, client.Lessons{Lessons: s.rehearsal.Lessons()})
}

func (s *Server) beginLesson(_ *sim.Sim, w http.ResponseWriter, r *http.Request) {
	var in client.LessonRequest
	if !asked(w, r, &in) {
		return
	}
	if err := s.rehearsal.Begin(in); err != nil {
		refuseRehearsal(w, err)
		return
	}
	now, _ := s.rehearsal.State()
	s.replyRehearsal(w, now, false)
}

func (s *Server) stopLesson(_ *sim.Sim, w http.ResponseWriter, _ *http.Request) {
	doneRehearsing(w, s.rehearsal.Stop())
}

func (s *Server) arrived(_ *sim.Sim, w http.ResponseWriter, _ *http.Request) {
	doneRehearsing(w, s.rehearsal.Arrived())
}

func (s *Server) servedCallers(_ *sim.Sim, w http.ResponseWriter, _ *http.Request) {
	doneRehearsing(w, s.rehearsal.Served())
}

func (s *Server) transferred(_ *sim.Sim, w http.ResponseWriter, r *http.Request) {
	var in client.Transfer
	if asked(w, r, &in) {
		doneRehearsing(w, s.rehearsal.Transferred(in.To))
	}
}

func doneRehearsing(w http.ResponseWriter, err error) {
	if err != nil {
		refuseRehearsal(w, err)
		return
	}
	done(w, nil)
}

func refuseRehearsal(w http.ResponseWriter, err error) {
	if e, ok := errors.AsType[*client.Error](err); ok {
		refuseNear(w, e.Status, e.DidYouMean, "%s", e.Message)
		return
	}
	refuse(w, http.StatusConflict, "%v", err)
}
