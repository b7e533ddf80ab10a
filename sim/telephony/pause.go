package telephony

import (
	"context"
	"errors"
	"sync"

	"github.com/dnispool/dnispool/sim/conversation"
)

// pause is the time of a step while it passes, which a digit of the caller's can end.
type pause struct {
	mu     sync.Mutex
	end    context.CancelCauseFunc // nil: no time passes
	goesOn func()                  // lets virtual time go on once the call is awake
}

// errPressed ends a pause.
var errPressed = errors.New("the caller has pressed what the agent waits for")

// pressed takes a digit of the caller's, in whichever way it came.
func (e *Edge) pressed(s call, digit string) {
	e.clock.Run(func() {
		p := s.pause
		p.mu.Lock()
		defer p.mu.Unlock()
		if s.Pressed(digit) && p.end != nil {
			p.goesOn = e.clock.Hold()
			p.end(errPressed)
			p.end = nil
		}
	})
}

// wait lets the time of a step pass, or some of it: then the caller has pressed what the agent waits for.
func (e *Edge) wait(ctx context.Context, s call, step conversation.Step) (pressed bool, err error) {
	if !step.Interruptible() {
		return false, e.clock.Sleep(ctx, step.Wait)
	}
	waiting, end := context.WithCancelCause(ctx)
	defer end(nil)
	p := s.pause
	p.mu.Lock()
	if s.Due() {
		p.mu.Unlock()
		return true, ctx.Err()
	}
	p.end = end
	p.mu.Unlock()
	err = e.clock.Sleep(waiting, step.Wait)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end = nil
	if p.goesOn != nil {
		p.goesOn()
		p.goesOn = nil
	}
	if errors.Is(context.Cause(waiting), errPressed) {
		return true, ctx.Err()
	}
	return false, err
}
