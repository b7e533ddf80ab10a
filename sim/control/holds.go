package control

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control/client"
)

// holds is the work of others that a clock counts as it counts the simulator's own: time that is advanced waits for it.
type holds struct {
	mu   sync.Mutex
	last int
	held map[string]*hold
}

// hold is one piece of such work. It is busy, or asleep on the clock.
type hold struct {
	release func()
	wake    context.CancelFunc // nil unless it is asleep
	awake   chan struct{}      // closed once it is busy again
}

// maxHolds bounds how many there are of one simulator.
const maxHolds = 10_000

// begin counts one more; "" when there are too many.
func (h *holds) begin(c Clock) (id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.held) == maxHolds {
		return ""
	}
	if h.held == nil {
		h.held = make(map[string]*hold)
	}
	h.last++
	id = strconv.Itoa(h.last)
	h.held[id] = &hold{release: c.Hold()}
	return id
}

// end counts one less. One that is asleep is woken first.
func (h *holds) end(id string) bool {
	h.mu.Lock()
	one, ok := h.held[id]
	delete(h.held, id)
	var wake context.CancelFunc
	if ok {
		wake = one.wake
	}
	h.mu.Unlock()
	if !ok {
		return false
	}
	if wake != nil {
		wake()
		<-one.awake
	}
	one.release()
	return true
}

// sleep lets one sleep, and returns when it is busy again. It returns false when there is none that could.
func (h *holds) sleep(ctx context.Context, c Clock, id string, d time.Duration) bool {
	ctx, wake := context.WithCancel(ctx)
	defer wake()
	h.mu.Lock()
	one, ok := h.held[id]
	if !ok || one.wake != nil {
		h.mu.Unlock()
		return false
	}
	one.wake, one.awake = wake, make(chan struct{})
	h.mu.Unlock()
	_ = c.Sleep(ctx, d) // however it ends, the work is busy again
	h.mu.Lock()
	defer h.mu.Unlock()
	one.wake = nil
	close(one.awake)
	return true
}

// steered is the clock of the stage; nil when it has refused.
func (s *Server) steered(w http.ResponseWriter) Clock {
	c := s.state.Load().stage.Clock
	if c == nil {
		refuse(w, http.StatusNotImplemented, "clock: it cannot be steered here")
	}
	return c
}

func (s *Server) hold(_ *sim.Sim, w http.ResponseWriter, _ *http.Request) {
	c := s.steered(w)
	if c == nil {
		return
	}
	id := s.state.Load().stage.holds.begin(c)
	if id == "" {
		refuse(w, http.StatusConflict, "hold: want at most %d at one time", maxHolds)
		return
	}
	reply(w, http.StatusOK, client.Hold{ID: id})
}

func (s *Server) release(_ *sim.Sim, w http.ResponseWriter, r *http.Request) {
	if !s.state.Load().stage.holds.end(r.PathValue("id")) {
		refuseHold(w, r)
		return
	}
	done(w, nil)
}

func (s *Server) sleep(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	var in client.Sleep
	c := s.steered(w)
	if c == nil || !asked(w, r, &in) {
		return
	}
	d, err := time.ParseDuration(string(in.For))
	if err != nil || d <= 0 {
		refuse(w, http.StatusBadRequest, "for: want a duration like 2s, got %.50q", in.For)
		return
	}
	if !s.state.Load().stage.holds.sleep(r.Context(), c, r.PathValue("id"), d) {
		refuseHold(w, r)
		return
	}
	s.clock(p, w, r)
}

func refuseHold(w http.ResponseWriter, r *http.Request) {
	refuse(w, http.StatusNotFound, "hold: want one that was begun, is not over and not asleep, got %.80q", r.PathValue("id"))
}
