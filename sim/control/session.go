package control

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control/client"
)

// sessions says who alone may change a simulator for a while. Everybody may read, reserve and call all the same, as at the
// platform's own ports. A session ends by itself, in the machine's time, some time after its holder has last shown it, so
// that a holder who has crashed keeps nobody out for long.
type sessions struct {
	mu    sync.Mutex
	held  *session
	ended chan struct{} // closed when held ends before its time
}

type session struct {
	id, holder   string
	length       time.Duration
	since, until time.Time
}

// free are the operations that change something and are everybody's all the same.
var free = []string{"/v1/reservations", "/v1/calls", "/v1/calls/{id}", "/v1/session"}

// changes reports whether a session keeps others from the operation.
func (o route) changes() bool { return o.method != http.MethodGet && !slices.Contains(free, o.path) }

// now is the session that is held; nil when there is none. The caller holds mu.
func (s *sessions) now() *session {
	if s.held != nil && !time.Now().Before(s.held.until) {
		s.held = nil
	}
	return s.held
}

// is reports whether an id is the session's.
func (s *session) is(id string) bool {
	return subtle.ConstantTimeCompare([]byte(s.id), []byte(id)) == 1
}

// renew has it last for so long from an instant.
func (s *session) renew(at time.Time, length time.Duration) {
	s.length, s.until = length, at.Add(length)
}

// admit reports whether who shows this id may change the simulator, and prolongs the session that it is of; else the
// session is another's.
func (s *sessions) admit(id string) (other session, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if now == nil {
		return session{}, true
	}
	if !now.is(id) {
		return *now, false
	}
	now.renew(time.Now(), now.length)
	return session{}, true
}

// begin gives the simulator to a holder, or prolongs the session of the one who shows its id. While it is another's, ended is
// closed when that changes before its time.
func (s *sessions) begin(id, holder string, length time.Duration, force bool) (_ session, ended <-chan struct{}, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if now != nil && now.is(id) {
		now.holder = holder
		now.renew(time.Now(), length)
		return *now, nil, true
	}
	if now != nil && !force {
		return *now, s.ended, false
	}
	s.end()
	now = &session{id: rand.Text(), holder: holder, since: time.Now()}
	now.renew(now.since, length)
	s.held, s.ended = now, make(chan struct{})
	return *now, nil, true
}

// end leaves the simulator to whoever comes. The caller holds mu.
func (s *sessions) end() {
	if s.ended != nil {
		close(s.ended)
	}
	s.held, s.ended = nil, nil
}

// finish ends the session of this id; another's is returned as it is.
func (s *sessions) finish(id string) (other session, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); now != nil && !now.is(id) {
		return *now, false
	}
	s.end()
	return session{}, true
}

// sessionID is the id that a request shows.
func sessionID(r *http.Request) string { return r.Header.Get(client.SessionHeader) }

// refuse says whose the simulator is.
func (s session) refuse(w http.ResponseWriter) {
	refuse(w, http.StatusConflict, "session: %q holds the simulator for %v, until %s; wait for its end, or force a session of your own",
		s.holder, time.Until(s.until).Round(time.Second), s.until.Format(time.RFC3339))
}

func (s session) reply(w http.ResponseWriter, id string) {
	reply(w, http.StatusOK, client.Session{ID: id, Held: true, Holder: s.holder, Since: &s.since, Until: &s.until})
}

func (s *Server) session(_ *sim.Sim, w http.ResponseWriter, _ *http.Request) {
	s.sessions.mu.Lock()
	now := s.sessions.now()
	var held session
	if now != nil {
		held = *now
	}
	s.sessions.mu.Unlock()
	if now == nil {
		reply(w, http.StatusOK, client.Session{})
		return
	}
	held.reply(w, "")
}

const (
	sessionLength  = time.Minute // of one whose holder has not said
	longestSession = time.Hour
	longestHolder  = 100 // bytes
)

func (s *Server) beginSession(_ *sim.Sim, w http.ResponseWriter, r *http.Request) {
	var in client.SessionRequest
	if !asked(w, r, &in) {
		return
	}
	length, wait, err := lengths(in)
	if err == nil && (in.Holder == "" || len(in.Holder) > longestHolder) {
		err = fmt.Errorf("holder: want a name of 1 to %d characters, got %.110q", longestHolder, in.Holder)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "%v", err)
		return
	}
	patience := time.Now().Add(wait)
	for {
		got, ended, ok := s.sessions.begin(sessionID(r), in.Holder, length, in.Force)
		if ok {
			got.reply(w, got.id)
			return
		}
		left := time.Until(patience)
		if left <= 0 {
			got.refuse(w)
			return
		}
		timer := time.NewTimer(min(left, time.Until(got.until)))
		select {
		case <-ended:
		case <-timer.C:
		case <-r.Context().Done(): // the client has gone, or the server closes
			patience = time.Time{}
		}
		timer.Stop()
	}
}

// lengths are how long a session lasts without a sign of its holder, and how long it is waited for.
func lengths(in client.SessionRequest) (length, wait time.Duration, err error) {
	length = sessionLength
	if in.For != "" {
		length, err = time.ParseDuration(string(in.For))
		if err != nil || length < time.Millisecond || length > longestSession {
			return 0, 0, fmt.Errorf("for: want a duration of %v to %v, got %.50q", time.Millisecond, longestSession, in.For)
		}
	}
	if in.Wait != "" {
		wait, err = time.ParseDuration(string(in.Wait))
		if err != nil || wait < 0 || wait > longestWait {
			return 0, 0, fmt.Errorf("wait: want a duration like 5s, at most %s, got %.50q", longestWait, in.Wait)
		}
	}
	return length, wait, nil
}

func (s *Server) finishSession(_ *sim.Sim, w http.ResponseWriter, r *http.Request) {
	if other, ok := s.sessions.finish(sessionID(r)); !ok {
		other.refuse(w)
		return
	}
	done(w, nil)
}
