// Package history records what the clients of a pool did and saw: one operation per request or call, stamped with
// times from one monotonic base. It is what the checks judge. A history holds only what can be seen from outside, so
// the same checks judge the reference and a real deployment.
package history

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Kind names what a client did.
type Kind string

// The kinds of operation.
const (
	Reserve Kind = "reserve" // POST to Reserve DNI
	Call    Kind = "call"    // a call to a number
	Handoff Kind = "handoff" // GET of the handoff state
	Restart Kind = "restart" // the platform was stopped and started again
)

// Outcome says how an operation ended for the client.
type Outcome string

// The outcomes. Indefinite means that the operation may or may not have taken effect: a timed-out POST may hold a number.
const (
	OK         Outcome = "ok"         // a number was given; the call was answered; a handoff state was read
	Refused    Outcome = "refused"    // no number free; the call was refused; no handoff state
	Rejected   Outcome = "rejected"   // a definite error that changed nothing
	Indefinite Outcome = "indefinite" // nobody knows
	Open       Outcome = "open"       // in files alone: it had not ended when its recorder did, so it is read as indefinite to the very end
)

// Op is one operation of one client. Times are since the base of the history.
type Op struct {
	ID        int           `json:"id"`                  // position in the history of its generator, from 1
	Generator string        `json:"generator,omitempty"` // who recorded it, when there are several
	Client    string        `json:"client,omitempty"`
	Step      string        `json:"step,omitempty"` // what the client calls it
	Kind      Kind          `json:"kind"`
	Outcome   Outcome       `json:"outcome"`
	Start     time.Duration `json:"start_ns"`          // request or INVITE begun
	Sent      time.Duration `json:"sent_ns,omitempty"` // the whole request was out, when that was noticeably later; the platform cannot have acted before
	End       time.Duration `json:"end_ns"`            // reply received; the call's arrival was certain (first 18x or 2xx)

	Project string `json:"project,omitempty"`
	Drain   bool   `json:"drain,omitempty"`  // a reservation that only counts what is left in the pool
	Line    int32  `json:"-"`                // its line in File, from 1; it stands here to fill a gap: millions are held
	Status  int    `json:"status,omitempty"` // HTTP or SIP

	// Reserve: the number given. Call: the number meant to be dialled, as the pool writes it.
	Number string `json:"number,omitempty"`
	// Reserve: what identifies the attributes.
	Nonce    string `json:"nonce,omitempty"`
	SharedID string `json:"shared_id,omitempty"`
	// Reserve: the attributes as sent.
	Attributes json.RawMessage `json:"attributes,omitempty"`

	// Call: its id, and when it ended, once it has.
	CallID  string        `json:"call_id,omitempty"`
	Ended   bool          `json:"ended,omitempty"`
	EndedBy string        `json:"ended_by,omitempty"` // platform, caller or carrier; who refused it, when it was refused
	Bye     time.Duration `json:"bye_ns,omitempty"`

	// Handoff: what was asked for and what came back.
	AskedID       string          `json:"asked_id,omitempty"`
	AskedSharedID string          `json:"asked_shared_id,omitempty"`
	GotID         string          `json:"got_id,omitempty"`
	GotSharedID   string          `json:"got_shared_id,omitempty"`
	Data          json.RawMessage `json:"data,omitempty"`

	File string `json:"-"` // the name that Read was given, of an operation that it read; see Where
}

// Where is the file:line that the operation was read from, "" when it was not read from a file.
func (o *Op) Where() string {
	if o.Line == 0 {
		return ""
	}
	return o.File + ":" + strconv.Itoa(int(o.Line))
}

// String is the operation in one line, for a reader.
func (o Op) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "#%d ", o.ID)
	if o.Client != "" {
		fmt.Fprintf(&b, "%s: ", o.Client)
	}
	fmt.Fprintf(&b, "%s", o.Kind)
	if o.Number != "" {
		fmt.Fprintf(&b, " %s", o.Number)
	}
	fmt.Fprintf(&b, " at %s", o.Start.Round(time.Millisecond))
	if o.End > o.Start {
		fmt.Fprintf(&b, "–%s", o.End.Round(time.Millisecond))
	}
	if o.Ended {
		fmt.Fprintf(&b, ", over at %s", o.Bye.Round(time.Millisecond))
	}
	fmt.Fprintf(&b, ": %s", o.Outcome)
	return b.String()
}
