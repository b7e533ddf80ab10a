package sim

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"time"

	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/handoff"
	"github.com/dnispool/dnispool/sim/pool"
	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/telephony"
)

// Pool is what the platform needs of a number pool. *pool.Pool is the real one.
type Pool interface {
	Reserve(now time.Duration, attributes []byte, ani string) (pool.Reservation, bool)
	Arrive(now time.Duration, dialled, ani string) pool.Arrival
	Answer(now time.Duration, call pool.CallRef) bool
	Hangup(now time.Duration, call pool.CallRef) bool
	Lookup(dialled string) (string, bool)
	Numbers() []string
	Resize(now time.Duration, numbers []string) error
	Settle(now time.Duration)
	Next() (at time.Duration, ok bool)
	Stats(now time.Duration) pool.Stats
	Slots(now time.Duration, skip, limit int) (slots []pool.Slot, total int)
	Observe(func(pool.Event))
}

// Records is what the platform needs of the handoff records of a project. *handoff.Store is the real one.
type Records interface {
	Live(now time.Time, c handoff.Call)
	Put(now time.Time, c handoff.Call) (handoff.Record, bool)
	Revise(now time.Time, c handoff.Call) (handoff.Record, bool)
	Get(now time.Time, q handoff.Query) (handoff.Record, bool)
}

// Parts puts something between the boxes of a platform. It is for platforms that are broken on purpose, so that one
// can see whether a check notices. A nil part changes nothing.
type Parts struct {
	Pool     func(Project, Pool) Pool                             // who holds which number, for each project
	Records  func(Project, Records) Records                       // what the Handoff API shows, for each project
	Agent    func(Project, conversation.Agent) conversation.Agent // who takes the calls, for each project
	Backend  func(api.Backend) api.Backend                        // what stands behind the HTTP edge
	Line     func(telephony.Platform) telephony.Platform          // what stands behind the SIP edge
	HTTP     func(http.Handler) http.Handler                      // what stands before the HTTP edge
	Listener func(net.Listener) net.Listener                      // what stands before its connections, those over TLS included
	Network  func(telephony.Arrival) sipua.Fault                  // what becomes of an INVITE on its way, as often as it is sent
	Trouble  func(telephony.Arrival) telephony.Trouble            // what goes wrong with a call
	Restart  func(keepLeases bool) (keepsLeases bool)             // what a restart does to the leases
}

// WithParts makes a platform with these parts.
func WithParts(p Parts) Option { return func(s *Sim) { s.parts = p } }

func wrap[T any](by func(T) T, box T) T {
	if by == nil {
		return box
	}
	return by(box)
}

func wrapFor[T any](by func(Project, T) T, p Project, box T) T {
	if by == nil {
		return box
	}
	return by(p, box)
}

// The methods below are the platform without its sockets: for a driver that has its own time and places its calls itself.

// Reserve takes a number for attributes, as POST to Reserve DNI does. The errors are api's.
func (s *Sim) Reserve(ctx context.Context, key string, attributes json.RawMessage) (dni string, err error) {
	return s.backend.Reserve(ctx, key, attributes)
}

// Handoff reads a handoff state of the key's own project, as Get handoff state does. The errors are api's.
func (s *Sim) Handoff(ctx context.Context, key string, q api.Query) (api.Record, error) {
	return s.backend.Handoff(ctx, key, "", "", q)
}

// Call is an INVITE that reaches the platform. It returns nil when no pool has the number.
func (s *Sim) Call(a telephony.Arrival) telephony.Session {
	number, ok := s.line.Dialled(a.Number)
	if !ok {
		return nil
	}
	a.Number = number
	return s.line.Arrive(a)
}

// Restart stops the platform's store and starts it again, with its leases or without. Calls that are up go on.
func (s *Sim) Restart(keepLeases bool) error {
	if s.parts.Restart != nil {
		keepLeases = s.parts.Restart(keepLeases)
	}
	if keepLeases {
		return nil
	}
	return s.platform.forget()
}
