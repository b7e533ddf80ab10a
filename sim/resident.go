package sim

import (
	"context"
	"errors"
	"fmt"

	"github.com/dnispool/dnispool/sim/conversation"
)

// engage returns an agent as the platform uses it, and itself where it lives outside of this process, else nil.
func (p *platform) engage(of Project, a conversation.Agent) (conversation.Agent, conversation.Resident) {
	resident, _ := a.(conversation.Resident)
	return p.runner.wrap(of.Name, wrapFor(p.parts.Agent, of, a)), resident
}

// open has the residents ready for calls.
func (p *platform) open(ctx context.Context) error {
	for _, t := range p.projects {
		if t.resident == nil {
			continue
		}
		if err := t.resident.Open(ctx); err != nil {
			return errors.Join(fmt.Errorf("project %s: agent: %w", t.Name, err), p.sendHome(ctx))
		}
	}
	return nil
}

// dismiss closes a resident as soon as its calls are over, or the platform closes.
func (p *platform) dismiss(r conversation.Resident) {
	if r == nil {
		return
	}
	p.dismissed.Go(func() { _ = r.Close(p.residents) }) // of an agent that is not in use any more
}

// sendHome closes the residents. Calls that are not over by the end of ctx are ended with them.
func (p *platform) sendHome(ctx context.Context) error {
	var errs []error
	for _, t := range p.projects {
		t.mu.Lock()
		r := t.resident
		t.mu.Unlock()
		if r != nil {
			errs = append(errs, r.Close(ctx))
		}
	}
	return errors.Join(errs...)
}

// close is sendHome for good.
func (p *platform) close(ctx context.Context) error {
	err := p.sendHome(ctx)
	p.letGo()
	p.dismissed.Wait()
	return err
}
