package control

import (
	"encoding/json"
	"sync"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/conversation"
)

// call is one call as the recorder keeps it. It is the platform's witness of the call.
type call struct {
	recorder *Recorder
	arrived  sim.Arrived

	mu       sync.Mutex
	bytes    int // that have been counted
	gone     bool
	answered time.Time
	ended    time.Time
	cause    string // of the end
	wasUp    bool
	turns    []turn
	cut      int // turns that were too many
	state    conversation.State
	sharedID string
	handoff  json.RawMessage
	left     time.Time // when the handoff state was written
}

// turn is one step of the conversation.
type turn struct {
	at   time.Time
	step conversation.Step
}

// maxTurns bounds what is kept of an agent that talks for ever.
const maxTurns = 1000

// Arrived implements sim.Witness.
func (r *Recorder) Arrived(a sim.Arrived) sim.CallWitness {
	c := &call{recorder: r, arrived: a}
	c.bytes = 800 + len(a.Attributes) + len(a.CallID)
	for name, value := range a.Call.Headers {
		c.bytes += 48 + len(name) + len(value)
	}
	r.keep(c)
	return c
}

func (c *call) size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}

// forget returns what was counted of the call, which counts for nothing from now on.
func (c *call) forget() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = true
	return c.bytes
}

// grow counts what was added. The caller holds mu.
func (c *call) grow(bytes int) {
	if c.gone {
		return
	}
	c.bytes += bytes
	c.recorder.bytes.Add(int64(bytes))
}

// Answered implements sim.CallWitness.
func (c *call) Answered(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answered = at
}

// Step implements sim.CallWitness.
func (c *call) Step(at time.Time, step conversation.Step, state conversation.State) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = state
	if len(c.turns) >= maxTurns {
		c.cut++
		return
	}
	c.turns = append(c.turns, turn{at, step})
	bytes := 200 + len(step.Say) + len(step.Detail)
	for _, n := range step.Notes {
		bytes += 64 + len(n.Kind) + len(n.Text) + len(n.File)
	}
	c.grow(bytes)
}

// Over implements sim.CallWitness.
func (c *call) Over(at time.Time, cause string, answered bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended, c.cause, c.wasUp = at, cause, answered
}

// Left implements sim.CallWitness.
func (c *call) Left(at time.Time, state conversation.State, sharedID string, data json.RawMessage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	bytes := len(data) - len(c.handoff)
	for key, value := range state {
		bytes += 48 + len(key) + len(value)
	}
	c.state, c.sharedID, c.handoff, c.left = state, sharedID, data, at
	c.grow(bytes)
}
