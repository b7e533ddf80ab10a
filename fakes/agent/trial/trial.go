// Package trial plays one call at an agent, on a platform without sockets and in its own time, and tells what each function
// of the agent did and what the client would be told.
package trial

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/telephony"
)

// Call is what a client and its caller do.
type Call struct {
	Attributes json.RawMessage // as they are reserved; nil: the number is called without a reservation
	From       string          // the caller's number; "" when withheld
	Headers    map[string]string
}

// Played is what came of it.
type Played struct {
	Imported  Imported // before; whoever opened the agent says so
	ID        string   // of the conversation
	Number    string   // that was called
	Functions []Function
	Cause     string        // why the call ended
	Lasted    time.Duration // from the start to the BYE, in the platform's time
	ByID      Handoff       // what Get Handoff says to a query by id
	SharedID  string        // that was reserved; "" when none was
	Shared    Handoff       // what it says to a query by that
}

// Imported is what an agent left for a reader while it was made ready for calls.
type Imported []conversation.Note

// Function is one function of the agent.
type Function struct {
	Name  string             // start_function, turn 1, turn 2, …, end_function
	Given json.RawMessage    // the attributes it was given; nil for None
	State conversation.State // as it was before
	Reply conversation.Reply
	Err   error
	Took  time.Duration // of the machine's time
}

// Handoff is a reply of Get Handoff.
type Handoff struct {
	Status int
	Body   json.RawMessage
}

// Play plays a call at the first project of a configuration. The agent is left open.
func Play(ctx context.Context, c sim.Config, a conversation.Agent, call Call) (Played, error) {
	k := clock.NewVirtual(time.Now())
	see := &seeing{agent: a}
	p := c.Projects[0]
	s, err := sim.New(c, func(sim.Project) (conversation.Agent, error) { return see, nil }, sim.WithClock(k))
	if err != nil {
		return Played{}, err
	}
	out := Played{}
	if call.Attributes != nil {
		if out.Number, err = s.Reserve(ctx, p.DNIKey, call.Attributes); err != nil {
			return Played{}, fmt.Errorf("reserve: %w", err)
		}
	} else {
		numbers, err := p.Pool.Numbers.Expand()
		if err != nil {
			return Played{}, err
		}
		out.Number = numbers[0]
	}
	session := s.Call(telephony.Arrival{CallID: "trial", Number: out.Number, ANI: call.From, Headers: call.Headers})
	session.Answered()
	step := session.Begin(ctx)
	for ; !step.Hangup && ctx.Err() == nil; step = session.Next(ctx) {
		k.Advance(step.Wait)
		out.Lasted += step.Wait
	}
	k.Advance(step.Wait)
	out.Lasted += step.Wait
	out.Cause = step.Cause
	session.Hangup(step.Cause)
	session.Finish(ctx)
	out.ID, out.Functions = see.call, see.functions
	if r, ok := a.(conversation.Resident); ok {
		r.Over(out.ID)
	}
	k.Advance(p.Handoff.VisibleAfter)
	out.ByID = ask(ctx, s, p.HandoffKey, api.Query{ID: out.ID, HasID: true})
	var named struct {
		SharedID any `json:"shared_id"`
	}
	if json.Unmarshal(call.Attributes, &named) == nil && named.SharedID != nil {
		out.SharedID = fmt.Sprint(named.SharedID)
		out.Shared = ask(ctx, s, p.HandoffKey, api.Query{SharedID: out.SharedID, HasSharedID: true})
	}
	return out, ctx.Err()
}

// ask reads a handoff state as a client would.
func ask(ctx context.Context, s *sim.Sim, key string, q api.Query) Handoff {
	r, err := s.Handoff(ctx, key, q)
	if errors.Is(err, api.ErrNotFound) {
		return Handoff{Status: 404}
	}
	if err != nil {
		return Handoff{Status: 500}
	}
	shown := struct {
		ID       string          `json:"id"`
		SharedID string          `json:"shared_id,omitempty"`
		Data     json.RawMessage `json:"data"`
	}{r.ID, r.SharedID, r.Data}
	body, err := json.Marshal(shown)
	if err != nil {
		return Handoff{Status: 500}
	}
	return Handoff{Status: 200, Body: body}
}

// seeing is an agent that is watched at work.
type seeing struct {
	agent conversation.Agent

	mu        sync.Mutex
	call      string
	functions []Function
}

func (a *seeing) see(f Function, call string, run func() (conversation.Reply, error)) (conversation.Reply, error) {
	began := time.Now()
	f.Reply, f.Err = run()
	f.Took = time.Since(began)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.call = call
	a.functions = append(a.functions, f)
	return f.Reply, f.Err
}

// Start implements conversation.Agent.
func (a *seeing) Start(ctx context.Context, in conversation.StartInput) (conversation.Reply, error) {
	f := Function{Name: "start_function", Given: in.Attributes, State: in.State.Clone()}
	return a.see(f, in.Call.ID, func() (conversation.Reply, error) { return a.agent.Start(ctx, in) })
}

// Turn implements conversation.Agent.
func (a *seeing) Turn(ctx context.Context, in conversation.TurnInput) (conversation.Reply, error) {
	f := Function{Name: fmt.Sprintf("turn %d", in.Turn+1), Given: in.Attributes, State: in.State.Clone()}
	return a.see(f, in.Call.ID, func() (conversation.Reply, error) { return a.agent.Turn(ctx, in) })
}

// End implements conversation.Agent.
func (a *seeing) End(ctx context.Context, in conversation.EndInput) (conversation.Reply, error) {
	f := Function{Name: "end_function", Given: in.Attributes, State: in.State.Clone()}
	return a.see(f, in.Call.ID, func() (conversation.Reply, error) { return a.agent.End(ctx, in) })
}
