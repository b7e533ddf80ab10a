// Package explore searches for broken promises of a pool by simulation. From a seed it draws a platform, its clients,
// their calls and everything that goes wrong between them, lets it all happen in virtual time in one goroutine, and
// holds the history against the checks. A history that breaks one is shrunk to the smallest that still does, and
// written as a scenario that replays over HTTP and SIP. The same seed gives the same history, byte for byte.
// It knows no platform: what it explores is behind the World interface.
package explore

import (
	"encoding/json"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// Platform makes the worlds that are explored, each fresh and alike for the same arguments.
type Platform interface {
	// Open makes a world as a scenario's given says.
	Open(given *yaml.Node, seed uint64) (World, error)
}

// World is a platform whose time the explorer moves. Everything happens at once, at the time last given to At.
type World interface {
	// At moves the world's time to t after its beginning; never back.
	At(t time.Duration)
	// Projects names the tenants, in order.
	Projects() []string
	// Facts is what the judge may know of a project's pool.
	Facts(project string) reading.Facts
	// Reserve asks for a number. gone says that the client was gone before its request was complete.
	// The outcome is ok with the number, refused when none is free, or rejected.
	Reserve(project string, attributes json.RawMessage, gone bool) (number string, outcome history.Outcome)
	// Call is an INVITE that reaches the platform.
	Call(Arrival) Session
	// Handoff reads a state by shared_id, else by id. It is false when there is none.
	Handoff(project, id, sharedID string) (State, bool)
	// Restart stops the store and starts it again, with its leases or without.
	Restart(keepLeases bool) error
}

// Arrival is an INVITE.
type Arrival struct {
	ID     string // Call-ID
	Number string // as the carrier writes it
	ANI    string // "" when withheld
}

// Session is the platform's side of a call.
type Session interface {
	// Refused is the SIP status of the refusal, 0 when the call rings.
	Refused() int
	// Answer is the moment of the 200.
	Answer()
	// Next lets the agent work. After wait the call is over, or Next is due again.
	Next() (wait time.Duration, over bool)
	// End ends the call: the platform hangs up after the agent's last step, the caller at any time.
	End(byCaller bool)
}

// State is a handoff state as it is read.
type State struct {
	ID, SharedID string
	Data         json.RawMessage
}
