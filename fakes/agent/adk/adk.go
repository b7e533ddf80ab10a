// Package adk runs an integrator's own project of the Agent Development Kit as a virtual agent. Its Python code runs in
// processes of its own: a warm one has the project imported and forks for each call, so a call's process shares nothing
// with another's and ends with its call. They talk in JSON lines, with a part of ours that is embedded here and uses
// nothing but Python's standard library; polyai-adk is not needed.
//
// The fence around a project's code is against accidents, not against an attacker: a process group and resource limits for
// each call, a limit of time for each function, no network and no other processes.
package adk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/dnispool/dnispool/sim/conversation"
)

// Options say how a project is run.
type Options struct {
	Python      string                     `yaml:"python"`     // the interpreter, found on the PATH
	Environment string                     `yaml:"env"`        // conv.env, and whose real-time configuration it is: live, pre-release, sandbox or draft
	Variant     string                     `yaml:"variant"`    // conv.variant_name at the start; "": the project's default
	Language    string                     `yaml:"language"`   // conv.language at the start
	NotJSON     string                     `yaml:"not_json"`   // what a client sees of state that JSON cannot say: text or null. Unspecified
	Network     string                     `yaml:"network"`    // refused or allowed
	Secrets     map[string]json.RawMessage `yaml:"secrets"`    // what conv.utils.get_secret gives: text or a mapping
	PromptLLM   []string                   `yaml:"prompt_llm"` // what conv.utils.prompt_llm gives, one after another; the last one again and again
	Turns       []Turn                     `yaml:"turns"`      // what happens after start_function, for there is no language model here
	DTMF        map[string]Turn            `yaml:"dtmf"`       // what happens when the caller presses these digits
}

// Turn is one turn of the conversation, or what a function is called for that the caller has pressed.
type Turn struct {
	Said   string                     `yaml:"said"`   // what the caller says first
	Call   string                     `yaml:"call"`   // the function that is called, as hang_up, or flow/function; "": none
	With   map[string]json.RawMessage `yaml:"with"`   // its arguments
	Takes  time.Duration              `yaml:"takes"`  // besides what the function takes
	Listen bool                       `yaml:"listen"` // the caller is silent from here on
}

// Defaults are the options of which nothing is said.
func Defaults() Options {
	return Options{Python: "python3", Environment: "live", Language: "en-US", NotJSON: "text", Network: "refused"}
}

// TestedWith are the versions of Python that the tests were run with.
const TestedWith = "3.9 to 3.13"

// Agent is a project at work. It is safe for concurrent use.
type Agent struct {
	project *Project
	options Options
	sent    json.RawMessage // what Python is told of the project

	mu     sync.Mutex
	host   *host // nil until it is needed, and when it has gone
	loaded Loaded
	calls  map[string]*call
	over   chan struct{} // closed when there are no calls; nil while nobody waits for that
	closed bool
}

// New returns the agent of a project. Nothing runs until it is opened, or has its first call.
func New(p *Project, o Options) (*Agent, error) {
	variant := o.Variant
	if variant == "" {
		variant = p.Default
	}
	if _, ok := p.Variants[variant]; !ok && o.Variant != "" {
		return nil, fmt.Errorf("variant: want one of config/variant_attributes.yaml, got %q", o.Variant)
	}
	rtc, err := p.realTimeConfig(o.Environment)
	if err != nil {
		return nil, err
	}
	if o.Secrets == nil {
		o.Secrets = map[string]json.RawMessage{}
	}
	sent, err := json.Marshal(map[string]any{"load": map[string]any{
		"root": p.Root, "modules": p.Modules, "flows": orEmpty(p.Flows), "handoffs": p.Handoffs, "variants": p.Variants, "variant": variant,
		"real_time_config": rtc, "env": o.Environment, "language": o.Language, "not_json": o.NotJSON, "network": o.Network,
		"secrets": o.Secrets, "prompt_llm": orEmpty(o.PromptLLM),
	}})
	if err != nil {
		return nil, err
	}
	return &Agent{project: p, options: o, sent: sent, calls: make(map[string]*call)}, nil
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Lacks says what the agent needs and this machine does not have; nil for nothing.
func (a *Agent) Lacks() error {
	_, err := find(a.options.Python)
	return err
}

// Entries implements conversation.Keypad.
func (a *Agent) Entries() []string { return slices.Sorted(maps.Keys(a.options.DTMF)) }

// Project is what the agent runs.
func (a *Agent) Project() *Project { return a.project }

// Open implements conversation.Resident: it starts Python and imports the project. A module that cannot be imported is an
// error when start_function is in it, and else a note, and an error when it is called.
func (a *Agent) Open(ctx context.Context) ([]conversation.Note, error) {
	loaded, err := a.Loaded(ctx)
	if err != nil {
		return nil, err
	}
	notes := slices.Clone(loaded.Notes)
	for _, p := range loaded.Problems {
		if p.Module == "functions.start_function" {
			return notes, p
		}
		notes = append(notes, conversation.Note{Kind: "failed", Text: "import of " + p.Module + ": " + p.Text, File: p.File, Line: p.Line})
	}
	return notes, nil
}

// Loaded is what became of the import of the project.
func (a *Agent) Loaded(ctx context.Context) (Loaded, error) {
	if _, err := a.warm(ctx); err != nil {
		return Loaded{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.loaded, nil
}

// errClosed is the error of a function of an agent that was closed.
var errClosed = errors.New("the agent is closed")

// warm returns the warm process. One that has gone is replaced.
func (a *Agent) warm(ctx context.Context) (*host, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return nil, errClosed
	}
	if a.host != nil && !a.host.gone() {
		return a.host, nil
	}
	if a.host != nil {
		a.host.close()
	}
	var loaded Loaded
	h, notes, err := start(ctx, a.options.Python, a.sent, &loaded)
	if err != nil {
		a.host = nil
		return nil, err
	}
	if loaded.Marked {
		notes = append(notes, h.said.untilMark()...)
	}
	loaded.Notes = notes
	a.host, a.loaded = h, loaded
	return h, nil
}

// of returns what is kept for a call.
func (a *Agent) of(id string) (*call, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return nil, errClosed
	}
	c, ok := a.calls[id]
	if !ok {
		c = &call{agent: a, turns: a.options.Turns}
		a.calls[id] = c
	}
	return c, nil
}

// Start implements conversation.Agent.
func (a *Agent) Start(ctx context.Context, in conversation.StartInput) (conversation.Reply, error) {
	c, err := a.of(in.Call.ID)
	if err != nil {
		return conversation.Reply{}, err
	}
	return c.start(ctx, in)
}

// Turn implements conversation.Agent.
func (a *Agent) Turn(ctx context.Context, in conversation.TurnInput) (conversation.Reply, error) {
	c, err := a.of(in.Call.ID)
	if err != nil {
		return conversation.Reply{}, err
	}
	return c.turn(ctx, in)
}

// End implements conversation.Agent.
func (a *Agent) End(ctx context.Context, in conversation.EndInput) (conversation.Reply, error) {
	c, err := a.of(in.Call.ID)
	if err != nil {
		return conversation.Reply{}, err
	}
	return c.end(ctx, in)
}

// Over implements conversation.Resident: the call's process is ended.
func (a *Agent) Over(id string) {
	a.mu.Lock()
	c := a.calls[id]
	delete(a.calls, id)
	if len(a.calls) == 0 && a.over != nil {
		close(a.over)
		a.over = nil
	}
	a.mu.Unlock()
	if c != nil {
		c.stop()
	}
}

// Close implements conversation.Resident.
func (a *Agent) Close(ctx context.Context) error {
	a.mu.Lock()
	var over chan struct{}
	if len(a.calls) > 0 {
		if a.over == nil {
			a.over = make(chan struct{})
		}
		over = a.over
	}
	a.mu.Unlock()
	if over != nil {
		select {
		case <-over:
		case <-ctx.Done():
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	if a.host != nil {
		a.host.close() // which ends the calls that are left
		a.host = nil
	}
	return nil
}
