package client

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Phone is the integrator's telephone line. Both methods return when the call is up, or an error when it is not.
type Phone interface {
	// Dial calls a number of the platform's pool. An empty from withholds the caller's number.
	Dial(ctx context.Context, to, from string) (Call, error)
	// Transfer calls a queue or a person.
	Transfer(ctx context.Context, destination, from string) (Call, error)
}

// ErrGaveUp is what a Phone's Dial returns when the caller has given up: nobody is left to be taken elsewhere.
var ErrGaveUp = errors.New("the caller gave up")

// Call is a call that is up.
type Call interface {
	ID() string
	Ended() <-chan struct{}
	EndedBy() string // "caller" when our side hung up; asked once Ended is closed
	Hangup(ctx context.Context) error
}

// Clock measures and passes the waits between attempts and polls. HTTP timeouts are in real time.
type Clock interface {
	Now() time.Time
	Sleep(ctx context.Context, d time.Duration) error
}

// Caller is whom a journey is about.
type Caller struct {
	ANI        string          // empty: withheld
	Attributes json.RawMessage // an object; nil: an empty one
	// SharedID is put into the attributes as shared_id unless they have one. Empty: the one they have.
	SharedID string

	Think       time.Duration // from the reply with the number to dialling it
	Leaves      bool          // after Think, instead of dialling: the number is not called
	HangUpAfter time.Duration // the caller ends the call so long after the answer; 0: never
}

// Outcome is how a journey ended for the caller.
type Outcome string

// The outcomes. Transferred and Fallback mean that somebody answered there.
const (
	Transferred Outcome = "transferred" // to the handoff's destination, or to the default queue
	Completed   Outcome = "completed"   // nothing left to do
	Fallback    Outcome = "fallback"    // no conversation; the fallback queue took the caller
	Failed      Outcome = "failed"      // the caller reached nobody
)

// Record is what the client learned from Get Handoff.
type Record string

// Missing and Unreadable are not None: the agent may have wanted a human.
const (
	NotAsked   Record = ""
	Handoff    Record = "handoff"    // there is a record, and it names a destination
	None       Record = "none"       // there is a record, and it names none
	Missing    Record = "missing"    // 404 to the end
	Unreadable Record = "unreadable" // refused, broken, or of another call
)

// Journey is the report of one caller's way through the nine steps.
type Journey struct {
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason"` // in words, why this outcome

	DNI         string `json:"dni,omitempty"` // the last one reserved
	CallID      string `json:"call_id,omitempty"`
	SharedID    string `json:"shared_id,omitempty"`
	Dialled     bool   `json:"dialled"`               // a DNI was dialled
	Connected   bool   `json:"connected"`             // and answered
	GaveUp      bool   `json:"gave_up,omitempty"`     // the caller left before there was an answer
	Queue       string `json:"queue,omitempty"`       // where the caller was sent, as the agent or the config names it
	Destination string `json:"destination,omitempty"` // what was dialled for that

	Record        Record          `json:"record,omitempty"`
	Data          json.RawMessage `json:"data,omitempty"` // of the handoff, as it came
	HandoffReason string          `json:"handoff_reason,omitempty"`
	// FailOpen: the client could not learn whether a human was wanted. When the outcome is Completed all the same,
	// a caller who needed one has been dropped without anybody noticing.
	FailOpen bool `json:"fail_open"`

	ReserveAttempts int      `json:"reserve_attempts"`
	PossibleLeaks   int      `json:"possible_leaks"`   // attempts without a definite outcome: each may hold a number
	Unused          []string `json:"unused,omitempty"` // numbers reserved whose call failed; they are held until their window closes
	Polls           int      `json:"polls"`

	Warnings []string `json:"warnings,omitempty"` // what the platform sent that its contract does not have
	Steps    []Event  `json:"steps"`
}

// Event is one thing that happened on the way.
type Event struct {
	At     time.Time `json:"at"`
	What   string    `json:"what"` // reserve | wait | think | dial | connected | ended | handoff | transfer | fallback | done
	Detail string    `json:"detail,omitempty"`
}
