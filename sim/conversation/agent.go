package conversation

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"time"
)

// Forever, as Reply.Took, means until somebody else hangs up or the call
// reaches its maximum duration.
const Forever = time.Duration(math.MaxInt64)

// Agent is the virtual agent: the three functions a project supplies. One
// value serves all calls, so it keeps nothing between two of them and is safe
// for concurrent use. Inputs and replies are plain data that survive
// encoding/json, so an agent may live in another process. Values reached
// through an input are shared and must not be written to.
//
// A function should return soon after its context has ended. A platform that
// closes leaves behind one that does not.
//
// A failing function may still return Reply.Took, the call time it spent
// before it failed, Reply.Notes, and what it had written, which counts where
// Config.FailedWrites says so. Everything else of a failed reply is ignored.
type Agent interface {
	// Start runs once, before the greeting. It alone sees the attributes.
	Start(context.Context, StartInput) (Reply, error)
	// Turn runs for every turn after the start, numbered from 0, and for every entry of the caller's that a Keypad waits for.
	Turn(context.Context, TurnInput) (Reply, error)
	// End runs once after the call is over. It may still write state.
	End(context.Context, EndInput) (Reply, error)
}

// Prompt is an agent whose functions wait for nothing and so cannot hang: they
// only compute. It is called directly, which costs a call less than to guard
// against an agent that does not return.
type Prompt interface {
	Agent
	Prompt() // does nothing
}

// Resident is an agent that lives outside of this process, and keeps something there for each call.
type Resident interface {
	Agent
	// Open has it ready for calls, and returns what its code has left meanwhile. An error says what it lacks.
	Open(context.Context) ([]Note, error)
	// Over ends what it keeps for a call: no function of the call will be asked for again.
	Over(call string)
	// Close waits until its calls are over, at most until the context ends, and leaves nothing of it behind.
	Close(context.Context) error
}

// Call is what the platform knows about one call.
type Call struct {
	ID        string            `json:"id"`
	Account   string            `json:"account"`
	Project   string            `json:"project"`
	DNIS      string            `json:"dnis"`       // the number dialled
	ANI       string            `json:"ani"`        // the caller's number, "" when withheld
	ArrivedAt time.Time         `json:"arrived_at"` // when the INVITE came
	Bound     bool              `json:"bound"`      // a live reservation was found
	Headers   map[string]string `json:"headers,omitempty"`
}

// StartInput is what start_function sees. State is a copy of its own. Attributes is nil for Python's None.
type StartInput struct {
	Call         Call            `json:"call"`
	Attributes   json.RawMessage `json:"attributes,omitempty"`
	State        State           `json:"state"`
	MissingIndex MissingIndex    `json:"missing_index"`
	Now          time.Time       `json:"now"`      // when it begins, by the platform's clock
	Limit        time.Duration   `json:"limit_ns"` // call time that it may take
}

// TurnInput is what one turn sees: no attributes, unless Config.AttributesIn says so. State is a copy of its own.
type TurnInput struct {
	Call         Call            `json:"call"`
	Turn         int             `json:"turn"`             // from 0; of an entry of the caller's: of the turn that would come next
	Digits       string          `json:"digits,omitempty"` // the entry
	Attributes   json.RawMessage `json:"attributes,omitempty"`
	State        State           `json:"state"`
	MissingIndex MissingIndex    `json:"missing_index"`
	Now          time.Time       `json:"now"`
	Limit        time.Duration   `json:"limit_ns"` // call time that a function may take in it, its speech left out
}

// EndInput is what end_function sees: no attributes, unless Config.AttributesIn says so, but why the call ended. State is a
// copy of its own.
type EndInput struct {
	Call         Call            `json:"call"`
	Attributes   json.RawMessage `json:"attributes,omitempty"`
	State        State           `json:"state"`
	Cause        string          `json:"cause"`
	MissingIndex MissingIndex    `json:"missing_index"`
	Now          time.Time       `json:"now"`
	Limit        time.Duration   `json:"limit_ns"`
}

// Reply is what a function of the agent answers. Unset is applied before Set.
// Took is call time, in nanoseconds on the wire: for start_function and
// end_function the time until they return, for a turn the function and its
// speech. Hangup ends the call after Took and wins over Listen, which waits
// for the caller.
type Reply struct {
	Set     map[string]json.RawMessage `json:"set,omitempty"`
	Unset   []string                   `json:"unset,omitempty"`
	Say     string                     `json:"say,omitempty"`
	Took    time.Duration              `json:"took_ns,omitempty"`
	Hangup  bool                       `json:"hangup,omitempty"`
	Listen  bool                       `json:"listen,omitempty"`
	Headers map[string]string          `json:"headers,omitempty"` // with Hangup: of the BYE
	Notes   []Note                     `json:"notes,omitempty"`   // of a failed reply too
}

// Note is what a function of the agent leaves for whoever reads the journal.
type Note struct {
	Kind string `json:"kind"` // as info for a line of its log, or refused for what it wanted and the simulator has not
	Text string `json:"text"`
	File string `json:"file,omitempty"` // of the agent's code, as far as it is known
	Line int    `json:"line,omitempty"` // from 1
}

// String is the note in one line.
func (n Note) String() string {
	if n.File == "" {
		return n.Text
	}
	return fmt.Sprintf("%s at %s:%d", n.Text, n.File, n.Line)
}

// State is conv.state: JSON values by key.
type State map[string]json.RawMessage

// Attr reads like conv.state.key: null when the key is missing.
func (s State) Attr(key string) json.RawMessage {
	value, ok := s[key]
	if !ok {
		return json.RawMessage("null")
	}
	return value
}

// Index reads like conv.state["key"]: a KeyError when the key is missing.
func (s State) Index(key string) (json.RawMessage, error) {
	value, ok := s[key]
	if !ok {
		return nil, KeyError(key)
	}
	return value, nil
}

// Clone copies the map; the values are shared. It is never nil.
func (s State) Clone() State {
	clone := make(State, len(s))
	maps.Copy(clone, s)
	return clone
}

// KeyError names the key that conv.state["key"] did not find.
type KeyError string

// Error is worded like Python's.
func (e KeyError) Error() string { return fmt.Sprintf("KeyError: '%s'", string(e)) }
