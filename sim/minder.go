package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/dnispool/dnispool/sim/conversation"
)

// errLeft is what a function of an agent has come to that was left behind.
var errLeft = errors.New("the agent has not returned")

// minder runs the functions of a platform's agents. They are not the platform's own code and need not ever return; so each has a
// goroutine of its own, which a platform that closes can leave behind. That is a tenth of a call's CPU time.
type minder struct {
	mu   sync.Mutex
	runs map[*run]struct{} // that have not returned
	left chan struct{}     // closed by leave
	once sync.Once
}

// run is one function of an agent at work.
type run struct{ project, function, call string }

// outcome is what a function has come to.
type outcome struct {
	reply    conversation.Reply
	err      error
	panicked any
}

func newMinder() *minder { return &minder{runs: make(map[*run]struct{}), left: make(chan struct{})} }

// do runs f. After leave it does not wait for f any longer, and begins none.
func (m *minder) do(r run, f func() (conversation.Reply, error)) (conversation.Reply, error) {
	if !m.begin(&r) {
		return conversation.Reply{}, errLeft
	}
	done := make(chan outcome, 1)
	go func() {
		o := outcome{err: errors.New("the agent has ended its goroutine")}
		defer func() {
			o.panicked = recover()
			m.end(&r) // before anybody hears that it has returned
			done <- o
		}()
		o.reply, o.err = f()
	}()
	var o outcome
	select {
	case o = <-done:
	case <-m.left:
		select {
		case o = <-done: // it has come in the last moment
		default:
			return conversation.Reply{}, errLeft
		}
	}
	if o.panicked != nil {
		panic(o.panicked) // the conversation knows what to make of it
	}
	return o.reply, o.err
}

func (m *minder) begin(r *run) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	select {
	case <-m.left:
		return false
	default:
	}
	m.runs[r] = struct{}{}
	return true
}

func (m *minder) end(r *run) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.runs, r)
}

// leave lets nobody wait for an agent from now on.
func (m *minder) leave() {
	m.mu.Lock() // whoever has begun is known
	defer m.mu.Unlock()
	m.once.Do(func() { close(m.left) })
}

// missing names the functions that have not returned, nil when all have.
func (m *minder) missing() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var errs []error
	for r := range m.runs {
		errs = append(errs, fmt.Errorf("agent of %s: %s of call %.200q has not returned", r.project, r.function, r.call))
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	const most = 10
	if more := len(errs) - most; more > 0 {
		errs = append(errs[:most], fmt.Errorf("agents: %d more have not returned", more))
	}
	return errors.Join(errs...)
}

// mind takes a project's agent into the minder's hands, unless it is one that cannot hang.
func (m *minder) mind(project string, a conversation.Agent) conversation.Agent {
	if _, ok := a.(conversation.Prompt); ok {
		return a
	}
	return minded{m, project, a}
}

// minded is a project's agent in a minder's hands.
type minded struct {
	minder  *minder
	project string
	agent   conversation.Agent
}

// Start implements conversation.Agent.
func (a minded) Start(ctx context.Context, in conversation.StartInput) (conversation.Reply, error) {
	return a.minder.do(run{a.project, "start_function", in.Call.ID}, func() (conversation.Reply, error) { return a.agent.Start(ctx, in) })
}

// Turn implements conversation.Agent.
func (a minded) Turn(ctx context.Context, in conversation.TurnInput) (conversation.Reply, error) {
	return a.minder.do(run{a.project, "turn", in.Call.ID}, func() (conversation.Reply, error) { return a.agent.Turn(ctx, in) })
}

// End implements conversation.Agent.
func (a minded) End(ctx context.Context, in conversation.EndInput) (conversation.Reply, error) {
	return a.minder.do(run{a.project, "end_function", in.Call.ID}, func() (conversation.Reply, error) { return a.agent.End(ctx, in) })
}
