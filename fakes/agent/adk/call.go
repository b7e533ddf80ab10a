package adk

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/sipua"
)

// call is what is kept of one call. Its functions are asked for one after another; stop may come at any time.
type call struct {
	agent   *Agent
	turns   []Turn // that are to come
	flow    string // where the conversation is; "" outside of a flow
	step    string
	pending bool // the step has a function, which is the next turn

	mu      sync.Mutex
	process *process // nil until the first function, and after one that was ended
	stopped bool
}

// request asks a call's process for a function.
type request struct {
	Function     string                     `json:"function"` // start, turn or end
	Now          int64                      `json:"now"`      // nanoseconds since 1970
	Limit        time.Duration              `json:"limit_ns"`
	Call         conversation.Call          `json:"call"`
	Attributes   json.RawMessage            `json:"attributes,omitempty"` // left out: None
	State        conversation.State         `json:"state"`
	MissingIndex conversation.MissingIndex  `json:"missing_index"`
	Said         string                     `json:"said"`
	Tool         string                     `json:"tool"` // "": the function of the current step, if it has one
	Idle         bool                       `json:"idle"` // none at all
	With         map[string]json.RawMessage `json:"with"`
	Flow         string                     `json:"flow"`
	Step         string                     `json:"step"`
}

// reply is the answer.
type reply struct {
	Set     map[string]json.RawMessage `json:"set"`
	Unset   []string                   `json:"unset"`
	Say     string                     `json:"say"`
	Took    time.Duration              `json:"took_ns"`
	Hangup  bool                       `json:"hangup"`
	Headers map[string]string          `json:"headers"`
	Notes   []conversation.Note        `json:"-"`      // what came before the reply, and beside it
	Marked  bool                       `json:"marked"` // a mark follows what the function has written past Python's own streams
	Error   string                     `json:"error"`
	File    string                     `json:"file"` // of the error
	Line    int                        `json:"line"`
	Flow    string                     `json:"flow"`
	Step    string                     `json:"step"`
	Pending bool                       `json:"pending"`
}

func (c *call) start(ctx context.Context, in conversation.StartInput) (conversation.Reply, error) {
	r, err := c.ask(ctx, request{
		Function: "start", Now: in.Now.UnixNano(), Limit: in.Limit, Call: in.Call, Attributes: in.Attributes, State: in.State, MissingIndex: in.MissingIndex,
	})
	c.goOn(&r)
	return r, err
}

func (c *call) turn(ctx context.Context, in conversation.TurnInput) (conversation.Reply, error) {
	q := request{Function: "turn", Now: in.Now.UnixNano(), Limit: in.Limit, Call: in.Call, Attributes: in.Attributes, State: in.State, MissingIndex: in.MissingIndex}
	var t Turn
	switch {
	case in.Digits != "":
		t = c.agent.options.DTMF[in.Digits]
		t.Said = cmp.Or(t.Said, in.Digits)
	case c.pending:
	case len(c.turns) > 0:
		t = c.turns[0]
		c.turns = c.turns[1:]
	default: // nothing is left to do, as after a start_function that failed
		var r conversation.Reply
		c.goOn(&r)
		return r, nil
	}
	q.Said, q.Tool, q.With, q.Idle = t.Said, t.Call, t.With, in.Digits != "" && t.Call == ""
	r, err := c.ask(ctx, q)
	r.Took += min(t.Takes, conversation.Forever-r.Took)
	r.Listen = t.Listen
	c.goOn(&r)
	return r, err
}

func (c *call) end(ctx context.Context, in conversation.EndInput) (conversation.Reply, error) {
	if !slices.Contains(c.agent.project.Modules, "functions.end_function") {
		return conversation.Reply{}, nil
	}
	return c.ask(ctx, request{Function: "end", Now: in.Now.UnixNano(), Limit: in.Limit, Call: in.Call, Attributes: in.Attributes, State: in.State, MissingIndex: in.MissingIndex})
}

// goOn says what follows a function: the next turn, and where there is none the caller has the word, or the agent hangs up:
// without a language model nobody else would end the call.
func (c *call) goOn(r *conversation.Reply) {
	if c.pending || len(c.turns) > 0 {
		return
	}
	r.Listen = r.Listen || len(c.agent.options.DTMF) > 0
	r.Hangup = r.Hangup || !r.Listen
}

// ask runs a function. A process that it was the end of is replaced with the next function; what Python alone knew of the
// conversation is lost with it.
func (c *call) ask(ctx context.Context, q request) (conversation.Reply, error) {
	q.Flow, q.Step = c.flow, c.step
	if q.With == nil {
		q.With = map[string]json.RawMessage{}
	}
	question, err := json.Marshal(q)
	if err != nil {
		return conversation.Reply{}, err
	}
	p, err := c.running(ctx)
	if err != nil {
		return conversation.Reply{}, err
	}
	r, err := p.ask(ctx, question, q.Limit)
	if err != nil {
		c.lose(p)
		out := conversation.Reply{Notes: append(r.Notes, conversation.Note{Kind: "failed", Text: err.Error()})}
		if errors.Is(err, conversation.ErrTimeout) {
			out.Took = q.Limit
		}
		return out, err
	}
	out := conversation.Reply{Set: r.Set, Unset: r.Unset, Say: r.Say, Took: r.Took, Hangup: r.Hangup, Headers: r.Headers, Notes: r.Notes}
	for name, value := range r.Headers {
		if err := (sipua.Header{Name: name, Value: value}).Check(); err != nil {
			delete(out.Headers, name)
			out.Notes = append(out.Notes, conversation.Note{Kind: "handoff", Text: "not sent with the BYE: " + err.Error()})
		}
	}
	if r.Error != "" {
		told := func(n conversation.Note) bool { return n.Kind == "refused" && strings.Contains(r.Error, n.Text) }
		if !slices.ContainsFunc(out.Notes, told) {
			out.Notes = append(out.Notes, conversation.Note{Kind: "failed", Text: r.Error, File: r.File, Line: r.Line})
		}
		return out, Problem{Text: r.Error, File: r.File, Line: r.Line}
	}
	if r.Took > q.Limit { // it was not let sleep any longer, and has returned nothing
		out.Took = q.Limit
		return out, fmt.Errorf("%w: want %s at most, took %s", conversation.ErrTimeout, q.Limit, r.Took)
	}
	c.flow, c.step, c.pending = r.Flow, r.Step, r.Pending
	return out, nil
}

// errOver is the error of a function of a call that is over.
var errOver = errors.New("the call is over")

// running returns the call's process, which is begun with the first function.
func (c *call) running(ctx context.Context) (*process, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return nil, errOver
	}
	if c.process != nil {
		return c.process, nil
	}
	for attempt := 0; ; attempt++ {
		h, err := c.agent.warm(ctx)
		if err != nil {
			return nil, err
		}
		if c.process, err = h.fork(); err == nil || attempt > 0 {
			return c.process, err
		}
	}
}

// lose ends a process that is of no more use.
func (c *call) lose(p *process) {
	p.stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.process == p {
		c.process = nil
	}
}

// stop ends the call's process for good.
func (c *call) stop() {
	c.mu.Lock()
	p := c.process
	c.process, c.stopped = nil, true
	c.mu.Unlock()
	if p != nil {
		p.stop()
	}
}

// Loaded is what became of the import of a project.
type Loaded struct {
	Problems []Problem           `json:"problems"`
	Took     time.Duration       `json:"took_ns"`
	Notes    []conversation.Note `json:"-"`      // what it printed, and what it wanted that is not here
	Marked   bool                `json:"marked"` // as in reply
}

// Problem is an error of Python's, and where in the project it was raised.
type Problem struct {
	Module string `json:"module"` // that could not be imported; "" for a function that raised
	Text   string `json:"error"`  // as KeyError: 'x'
	File   string `json:"file"`   // below the project; "" when it was raised elsewhere
	Line   int    `json:"line"`
}

// Error implements error.
func (p Problem) Error() string {
	if p.File == "" {
		return p.Text
	}
	return fmt.Sprintf("%s at %s:%d", p.Text, p.File, p.Line)
}
