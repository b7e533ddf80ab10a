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

// runner runs the functions of a platform's agents. They are not the platform's own code and need not ever return; so each has a
// goroutine of its own, which a platform that closes can leave behind. That is a tenth of a call's CPU time.
type runner struct {
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

func newRunner() *runner { return &runner{runs: make(map[*run]struct{}), left: make(chan struct{})} }

// do runs f. After leave it does not wait for f any longer, and begins none.
func (rn *runner) do(r run, f func() (conversation.Reply, error)) (conversation.Reply, error) {
	if !rn.begin(&r) {
		return conversation.Reply{}, errLeft
	}
	done := make(chan outcome, 1)
	go func() {
		o := outcome{err: errors.New("the agent has ended its goroutine")}
		defer func() {
			o.panicked = recover()
			rn.end(&r) // before anybody hears that it has returned
			done <- o
		}()
		o.reply, o.err = f()
	}()
	var o outcome
	select {
	case o = <-done:
	case <-rn.left:
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

func (rn *runner) begin(r *run) bool {
	rn.mu.Lock()
	defer rn.mu.Unlock()
	select {
	case <-rn.left:
		return false
	default:
	}
	rn.runs[r] = struct{}{}
	return true
}

func (rn *runner) end(r *run) {
	rn.mu.Lock()
	defer rn.mu.Unlock()
	delete(rn.runs, r)
}

// leave lets nobody wait for an agent from now on.
func (rn *runner) leave() {
	rn.mu.Lock() // whoever has begun is known
	defer rn.mu.Unlock()
	rn.once.Do(func() { close(rn.left) })
}

// missing names the functions that have not returned, nil when all have.
func (rn *runner) missing() error {
	rn.mu.Lock()
	defer rn.mu.Unlock()
	var errs []error
	for r := range rn.runs {
		errs = append(errs, fmt.Errorf("agent of %s: %s of call %.200q has not returned", r.project, r.function, r.call))
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	const most = 10
	if more := len(errs) - most; more > 0 {
		errs = append(errs[:most], fmt.Errorf("agents: %d more have not returned", more))
	}
	return errors.Join(errs...)
}

// wrap returns a project's agent whose functions rn runs, unless it is one that cannot hang.
func (rn *runner) wrap(project string, a conversation.Agent) conversation.Agent {
	if _, ok := a.(conversation.Prompt); ok {
		return a
	}
	return supervised{rn, project, a}
}

// supervised is a project's agent whose functions a runner runs.
type supervised struct {
	runner  *runner
	project string
	agent   conversation.Agent
}

// Start implements conversation.Agent.
func (a supervised) Start(ctx context.Context, in conversation.StartInput) (conversation.Reply, error) {
	return a.runner.do(run{a.project, "start_function", in.Call.ID}, func() (conversation.Reply, error) { return a.agent.Start(ctx, in) })
}

// Turn implements conversation.Agent.
func (a supervised) Turn(ctx context.Context, in conversation.TurnInput) (conversation.Reply, error) {
	return a.runner.do(run{a.project, "turn", in.Call.ID}, func() (conversation.Reply, error) { return a.agent.Turn(ctx, in) })
}

// End implements conversation.Agent.
func (a supervised) End(ctx context.Context, in conversation.EndInput) (conversation.Reply, error) {
	return a.runner.do(run{a.project, "end_function", in.Call.ID}, func() (conversation.Reply, error) { return a.agent.End(ctx, in) })
}
