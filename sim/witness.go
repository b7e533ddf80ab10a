package sim

import (
	"encoding/json"
	"time"

	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/pool"
	"github.com/dnispool/dnispool/sim/sipua"
)

// Witness is told what passes the edges of a platform, for those who show it. Its methods are called concurrently, by
// whoever serves the request or the call, so they must return at once. What they are given must not be changed.
type Witness interface {
	Exchange(api.Exchange)
	Message(sipua.Message)
	Arrived(Arrived) CallWitness // nil: nobody watches the call
}

// CallWitness is told of one call. Times are the platform's.
type CallWitness interface {
	Answered(at time.Time)
	Step(at time.Time, step conversation.Step, state conversation.State)
	Over(at time.Time, cause string, answered bool)
	Left(at time.Time, state conversation.State, sharedID string, data json.RawMessage) // the handoff state was written, or revised
}

// Arrived is a call that has reached the platform and belongs to a project.
type Arrived struct {
	Call       conversation.Call
	Project    string // its name
	CallID     string // of the SIP dialog
	Lease      uint64 // 0: none
	Unbound    pool.Cause
	Attributes json.RawMessage // as reserved; nil when unbound
	Given      json.RawMessage // what start_function gets to see; nil for None
}

// WithWitness has w told what passes the edges; default: nobody.
func WithWitness(w Witness) Option { return func(s *Sim) { s.witness = w } }

// nobody watches a call.
type nobody struct{}

func (nobody) Answered(time.Time)                                          {}
func (nobody) Step(time.Time, conversation.Step, conversation.State)       {}
func (nobody) Over(time.Time, string, bool)                                {}
func (nobody) Left(time.Time, conversation.State, string, json.RawMessage) {}
func (p *platform) watched(a Arrived) CallWitness {
	if p.witness == nil {
		return nobody{}
	}
	if w := p.witness.Arrived(a); w != nil {
		return w
	}
	return nobody{}
}

// watching are the options of an HTTP edge that is watched.
func (s *Sim) watching() []api.Option {
	if s.witness == nil {
		return nil
	}
	return []api.Option{api.OnExchange(s.witness.Exchange)}
}

// trace has the witness see every SIP message, at the platform's time; nil when there is none.
func (s *Sim) trace() func(sipua.Message) {
	if s.witness == nil {
		return nil
	}
	return func(m sipua.Message) {
		m.At = s.clock.Now()
		s.witness.Message(m)
	}
}
