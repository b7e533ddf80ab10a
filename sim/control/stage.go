package control

import (
	"context"
	"encoding/json"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/conversation"
)

// Stage is a simulator that serves, and what stands around it. What is nil cannot be done.
type Stage struct {
	Sim    *sim.Sim
	Clock  Clock
	Faults Faults
	Calls  Calls
	Agents Agents
	Close  func(context.Context) error // ends calls and stops serving; nil: somebody else's affair

	holds holds
}

// Clock is a platform's time that can be steered.
type Clock interface {
	Now() time.Time
	Advance(d time.Duration)
	AdvanceToNext(limit time.Duration, enough func() bool) bool
	Freeze(frozen bool)
	Frozen() bool
	Settle()
	Hold() (release func())
	Sleep(ctx context.Context, d time.Duration) error
}

// Faults is what goes wrong on purpose.
type Faults interface {
	// Set has these in the place of all others; with keep, one that is there already goes on with what it has counted.
	// The error names places in n.
	Set(file string, n *yaml.Node, keep bool) error
	Reset() error           // takes all away, and lets go what they hold
	Shown() json.RawMessage // as they were set; null when there are none
	Hits() client.FaultHits
}

// Calls places real calls to the platform.
type Calls interface {
	Place(ctx context.Context, d client.Dial) (client.Placed, error) // returns when the call is answered, or has come to nothing
	Call(id string) (call client.Placed, ended <-chan struct{}, ok bool)
	Press(ctx context.Context, id string, p client.Press) (status int, err error) // of SIP
	Hangup(ctx context.Context, id string) error
}

// Agents reads agents.
type Agents interface {
	Agent(file string, n *yaml.Node) (conversation.Agent, error)
}

// Open makes and starts a stage of a configuration, on its addresses.
type Open func(ctx context.Context, c sim.Config) (*Stage, error)
