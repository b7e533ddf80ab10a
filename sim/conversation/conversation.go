// Package conversation is one call's life with the virtual agent: the
// start_function window in which attributes can be read, the turns, conv.state,
// the end and the end hook. It is a pure step machine: it owns no clock, no
// goroutine and no socket. A driver asks for a step, lets its time pass and
// asks for the next, so the same machine serves real calls and virtual time.
// It knows neither SIP nor the Handoff API.
package conversation

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"
)

// ErrTimeout is wrapped by the error of a function that took too long.
var ErrTimeout = errors.New("timeout")

// maxErrors bounds Errors, for agents that do wrong in every turn.
const maxErrors = 100

type phase int

const (
	fresh     phase = iota // Begin is due
	talking                // a turn is due
	listening              // the caller's silence is due
	over                   // the last step was given, Finish is due
	finished
)

// Conversation is one call. It is not safe for concurrent use.
type Conversation struct {
	config     Config
	agent      Agent
	call       Call
	attributes json.RawMessage // until Start, or throughout
	state      State           // never changed in place, so that it can be given away

	now      time.Time // the driver's clock, as of At
	phase    phase
	before   phase  // that the last step was taken in
	turns    int    // those that entries brought among them
	entries  int    // turns that entries brought
	entered  string // what the caller has pressed: the next turn
	failures int    // turns failed in a row
	silences int
	spent    time.Duration
	end      End
	errs     []error
}

// New prepares a call. Attributes count only when the call is bound. The
// configuration must be valid; a zero one ends the call at once.
func New(c Config, a Agent, call Call, attributes json.RawMessage) *Conversation {
	call.Headers = maps.Clone(call.Headers)
	return &Conversation{
		config:     c,
		agent:      a,
		call:       call,
		attributes: c.Given(call.Bound, attributes),
		state:      State{},
	}
}

// Given is what start_function gets to see of the attributes of a call; nil is Python's None.
func (c Config) Given(bound bool, attributes json.RawMessage) json.RawMessage {
	switch {
	case bound && c.AttributeNumbers == Doubles:
		return doubles(attributes)
	case bound:
		return attributes
	case c.MissingAttributes == AttributesEmpty:
		return json.RawMessage("{}")
	}
	return nil
}

// At tells the time at which the next function begins. A driver that has no clock need not: then it is the arrival and
// what was spent since.
func (c *Conversation) At(now time.Time) { c.now = now }

// began is the time at which a function begins.
func (c *Conversation) began() time.Time {
	if c.now.IsZero() {
		return c.call.ArrivedAt.Add(c.spent)
	}
	return c.now
}

// Begin runs start_function and gives the first step. The step of a
// start_function that outlived the deadline of ctx waits for nothing, since
// that time has passed.
func (c *Conversation) Begin(ctx context.Context) Step {
	if c.phase != fresh {
		return c.Next(ctx)
	}
	c.phase = talking
	in := StartInput{c.call, c.attributes, c.state.Clone(), c.config.MissingIndex, c.began(), c.config.StartTimeout}
	if c.config.AttributesIn != Throughout {
		c.attributes = nil // nobody reads them after start_function, nor do we
	}
	reply, err := ask(ctx, c.config.StartTimeout, func() (Reply, error) { return c.agent.Start(ctx, in) })
	if err == nil {
		return c.accept(Step{Kind: KindStart}, reply)
	}
	step := c.failed(Step{Kind: KindStartFailed, Notes: reply.Notes}, fmt.Errorf("start_function: %w", err))
	c.keep(reply)
	if c.config.StartFailure == Hangup {
		step.Hangup, step.Cause = true, CauseStartFailed
	}
	return c.spend(step, reply.Took)
}

// Enter makes the next turn that of an entry of the caller's, who has interrupted the last step. What is left of it does not pass,
// nor does the end come that was to follow it.
func (c *Conversation) Enter(digits string, left time.Duration) {
	if last := (Step{Hangup: c.phase == over, Cause: c.end.Cause}); last.Hangup && last.Interruptible() {
		c.phase, c.end.Cause = c.before, ""
	}
	c.entered = digits
	c.spent -= max(left, 0)
}

// Next gives the step after the one whose time has passed. After the end it
// repeats why the call ended.
func (c *Conversation) Next(ctx context.Context) Step {
	switch c.phase {
	case fresh:
		return c.Begin(ctx)
	case talking:
		return c.talk(ctx)
	case listening:
		if c.entered != "" {
			return c.talk(ctx)
		}
		return c.silence()
	}
	return Step{Kind: KindOver, Hangup: true, Cause: c.end.Cause}
}

// Finish ends the call, whoever ended it, and runs the end hook unless the
// call never began. An empty cause means the cause of the last step. Call it
// after BYE; only its first call counts. It returns the state after the hook;
// State before Finish is the state at the end of the call.
func (c *Conversation) Finish(ctx context.Context, cause string) State {
	if c.phase == finished {
		return c.State()
	}
	began := c.phase != fresh
	c.phase = finished
	c.end.Cause = cmp.Or(cause, c.end.Cause)
	if began && c.config.EndHook == EndHookRun {
		c.runEndHook(ctx)
	}
	c.attributes = nil
	return c.State()
}

// State returns conv.state as it is now and stays: it must not be changed.
func (c *Conversation) State() State { return c.state }

// End tells why the call ended and how its end hook went.
func (c *Conversation) End() End { return c.end }

// Errors lists what the agent did wrong, oldest first, 100 at most.
func (c *Conversation) Errors() []error { return slices.Clone(c.errs) }

func (c *Conversation) talk(ctx context.Context) Step {
	if c.turns >= c.config.MaxTurns {
		step := Step{Kind: KindStuck, Hangup: true, Cause: CauseAgentStuck}
		return c.spend(c.failed(step, fmt.Errorf("agent: want the call ended within %d turns", c.config.MaxTurns)), 0)
	}
	turn, digits := c.turns-c.entries, c.entered
	c.turns++
	if digits != "" {
		c.entries++
		c.entered, c.silences = "", 0
	}
	in := TurnInput{c.call, turn, digits, c.attributes, c.state.Clone(), c.config.MissingIndex, c.began(), c.config.FunctionTimeout}
	reply, err := ask(ctx, Forever, func() (Reply, error) { return c.agent.Turn(ctx, in) })
	if err == nil {
		c.failures, c.phase = 0, talking
		return c.accept(Step{Kind: KindTurn, Turn: turn}, reply)
	}
	c.failures++
	name := fmt.Sprint("turn ", turn)
	if digits != "" {
		name = "turn of digits " + digits
	}
	step := c.failed(Step{Kind: KindTurnFailed, Turn: turn, Notes: reply.Notes}, fmt.Errorf("%s: %w", name, err))
	c.keep(reply)
	if c.config.TurnFailure == Hangup || c.failures >= c.config.MaxTurnFailures {
		step.Hangup, step.Cause = true, CauseTurnFailed
	}
	return c.spend(step, reply.Took)
}

func (c *Conversation) silence() Step {
	c.silences++
	step := Step{Kind: KindSilence, Detail: fmt.Sprintf("%d of %d", c.silences, c.config.MaxSilence)}
	if c.silences >= c.config.MaxSilence {
		step.Hangup, step.Cause = true, CauseSilence
	}
	return c.spend(step, c.config.SilenceTimeout)
}

// accept takes over what a function that worked has answered. Its writes count
// at once: the function runs first, the speech follows.
func (c *Conversation) accept(s Step, r Reply) Step {
	s.Say, s.Notes = r.Say, r.Notes
	if err := c.write(r); err != nil {
		s = c.failed(s, err)
	}
	switch {
	case r.Hangup:
		s.Hangup, s.Cause, s.Headers = true, CauseAgent, r.Headers
	case r.Listen:
		c.phase = listening
	}
	return c.spend(s, r.Took)
}

// failed notes what the agent did wrong, in the step and for Errors.
func (c *Conversation) failed(s Step, err error) Step {
	s.Err = err
	s.Detail = err.Error()
	c.note(err)
	return s
}

func (c *Conversation) note(err error) {
	if len(c.errs) < maxErrors {
		c.errs = append(c.errs, err)
	}
}

// spend gives the step its length. No step ends after the longest call, and
// one that ends exactly there without a hang-up of its own is the last.
func (c *Conversation) spend(s Step, d time.Duration) Step {
	left := c.config.MaxDuration - c.spent
	s.Wait = min(d, left)
	c.spent += s.Wait
	if d > left || d == left && !s.Hangup {
		s.Hangup, s.Cause = true, CauseMaxDuration
	}
	if s.Hangup {
		c.before, c.phase, c.end.Cause = c.phase, over, s.Cause
	}
	return s
}

// keep applies what a failed function has written, where that counts.
func (c *Conversation) keep(r Reply) {
	if c.config.FailedWrites != KeepWrites {
		return
	}
	if err := c.write(r); err != nil {
		c.note(err)
	}
}

// write applies Unset and Set. A value that is not JSON is left out, so that
// one bad value does not cost the others.
func (c *Conversation) write(r Reply) error {
	if len(r.Set)+len(r.Unset) == 0 {
		return nil
	}
	c.state = c.state.Clone()
	for _, key := range r.Unset {
		delete(c.state, key)
	}
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(r.Set)) {
		value := r.Set[key]
		if !json.Valid(value) || !utf8.Valid(value) {
			errs = append(errs, fmt.Errorf("state %q: want JSON, got %.40q", key, value))
			continue
		}
		c.state[key] = value
	}
	return errors.Join(errs...)
}

func (c *Conversation) runEndHook(ctx context.Context) {
	in := EndInput{c.call, c.attributes, c.state.Clone(), c.end.Cause, c.config.MissingIndex, c.began(), c.config.EndTimeout}
	reply, err := ask(ctx, c.config.EndTimeout, func() (Reply, error) { return c.agent.End(ctx, in) })
	if err == nil {
		err = c.write(reply)
	} else {
		c.keep(reply)
	}
	c.end.Ran, c.end.Took, c.end.Notes = true, reply.Took, reply.Notes
	if err != nil {
		c.end.Err = fmt.Errorf("end_function: %w", err)
		c.note(c.end.Err)
	}
}

// ask runs one function of the agent and makes every way of failing an error.
// With an error the reply has only Took, the call time that was lost, Notes, and what had been written until then.
func ask(ctx context.Context, limit time.Duration, function func() (Reply, error)) (reply Reply, err error) {
	defer func() {
		if p := recover(); p != nil {
			reply, err = Reply{}, fmt.Errorf("panic: %v", p)
		}
	}()
	reply, err = function()
	switch {
	case reply.Took < 0:
		return Reply{}, fmt.Errorf("took: want 0s or more, got %s", reply.Took)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return Reply{Notes: reply.Notes}, fmt.Errorf("%w: the deadline passed before the agent answered", ErrTimeout)
	case reply.Took > limit:
		return Reply{Took: limit, Notes: reply.Notes, Set: reply.Set, Unset: reply.Unset}, fmt.Errorf("%w: want %s at most, took %s", ErrTimeout, limit, span(reply.Took))
	case err != nil:
		return Reply{Took: reply.Took, Notes: reply.Notes, Set: reply.Set, Unset: reply.Unset}, err
	}
	return reply, nil
}

func span(d time.Duration) string {
	if d == Forever {
		return "forever"
	}
	return d.String()
}
