package sim

import (
	"context"
	"errors"
	"fmt"

	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/journal"
)

// engaged is an agent as the platform uses it.
type engaged struct {
	agent    conversation.Agent
	resident conversation.Resident // the same without what stands before it, where it lives outside of this process; else nil
	entries  []string              // what it waits for that callers press
}

// engage makes a project's agent ready for use.
func (p *platform) engage(of Project, a conversation.Agent) engaged {
	e := engaged{agent: p.runner.wrap(of.Name, wrapFor(p.parts.Agent, of, a))}
	e.resident, _ = a.(conversation.Resident)
	if k, ok := a.(conversation.Keypad); ok {
		e.entries = k.Entries()
	}
	return e
}

// open has the residents ready for calls.
func (p *platform) open(ctx context.Context) error {
	for _, t := range p.projects {
		if t.resident == nil {
			continue
		}
		if err := p.welcome(ctx, t.Name, t.resident); err != nil {
			return errors.Join(fmt.Errorf("project %s: %w", t.Name, err), p.sendHome(ctx))
		}
	}
	return nil
}

// welcome opens a resident, and writes what its code has left meanwhile for a reader.
func (p *platform) welcome(ctx context.Context, project string, r conversation.Resident) error {
	notes, err := r.Open(ctx)
	for _, n := range notes {
		p.note(journal.Event{Kind: journal.AgentNote, Project: project, Cause: n.Kind, Detail: n.String()})
	}
	if err != nil {
		return fmt.Errorf("agent: %w", err)
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
