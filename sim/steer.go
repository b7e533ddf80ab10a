package sim

import (
	"context"
	"fmt"
	"time"

	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/handoff"
	"github.com/dnispool/dnispool/sim/journal"
)

// The methods below change a platform that is at work.

// EndCall ends a call from the platform's side, with a BYE when it is up, else with a refusal. It reports whether there is
// such a call. Only a platform with a witness knows its calls by their ids.
func (s *Sim) EndCall(id string) bool {
	end, ok := s.platform.ends.Load(id)
	if ok {
		end.(func())()
	}
	return ok
}

// SetAgent has a project's calls taken by a from now on; those that are up keep theirs. An error changes nothing.
func (s *Sim) SetAgent(project string, a conversation.Agent) error {
	t, ok := s.platform.named(project)
	if !ok {
		return fmt.Errorf("project: want one of the platform's, got %q", project)
	}
	next := s.platform.engage(t.Project, a)
	if next.resident != nil {
		if err := s.platform.welcome(s.platform.residents, t.Name, next.resident); err != nil {
			return err
		}
	}
	t.mu.Lock()
	before := t.resident
	t.engaged = next
	t.mu.Unlock()
	s.platform.dismiss(before)
	return nil
}

// ResetPool gives a project a pool of its numbers without leases. Calls that are up go on.
func (s *Sim) ResetPool(project string) error {
	t, ok := s.platform.named(project)
	if !ok {
		return fmt.Errorf("project: want one of the platform's, got %q", project)
	}
	if err := s.platform.empty(t); err != nil {
		return err
	}
	s.platform.note(journal.Event{Kind: journal.Restarted, Cause: "pool reset", Project: project})
	return nil
}

// Reset ends every call and forgets every lease and every handoff state. It waits for the calls at most until ctx ends.
func (s *Sim) Reset(ctx context.Context) error {
	s.platform.ends.Range(func(_, end any) bool {
		end.(func())()
		return true
	})
	for s.Calls() > 0 { // a call that is being set up may arrive meanwhile: it is ended by its caller, or by its agent
		select {
		case <-ctx.Done():
			return fmt.Errorf("reset: %d calls have not ended: %w", s.Calls(), ctx.Err())
		case <-time.After(time.Millisecond):
		}
	}
	for _, t := range s.platform.projects {
		if err := s.platform.empty(t); err != nil {
			return err
		}
		store := handoff.NewStore(t.Handoff)
		store.Observe(func(e handoff.Evicted) { s.platform.evicted(t, e) })
		records := wrapFor(s.parts.Records, t.Project, Records(store))
		t.mu.Lock()
		t.records, t.evicted = records, 0
		t.mu.Unlock()
	}
	s.platform.note(journal.Event{Kind: journal.Restarted, Cause: "reset"})
	return nil
}

// empty gives t a pool without leases.
func (p *platform) empty(t *project) error {
	p.resizing.Lock()
	defer p.resizing.Unlock()
	fresh, holders, err := p.newPool(t)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pool, t.holders = fresh, holders
	p.expect(t)
	return nil
}
