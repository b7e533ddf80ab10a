package conversation

import (
	"context"
	"encoding/json"
	"testing"
)

type idle struct{}

func (idle) Start(context.Context, StartInput) (Reply, error) { return Reply{}, nil }
func (idle) Turn(context.Context, TurnInput) (Reply, error)   { return Reply{}, nil }
func (idle) End(context.Context, EndInput) (Reply, error)     { return Reply{}, nil }

// The machine cannot leak later what it no longer holds.
func TestAttributesAreDropped(t *testing.T) {
	bound := func() *Conversation {
		return New(Default(), idle{}, Call{Bound: true}, json.RawMessage(`{"nonce":"n"}`))
	}
	begun := bound()
	begun.Begin(t.Context())
	if begun.attributes != nil {
		t.Errorf("after start: want none, got %s", begun.attributes)
	}
	cancelled := bound()
	cancelled.Finish(t.Context(), CauseCaller)
	if cancelled.attributes != nil {
		t.Errorf("after a call that never began: want none, got %s", cancelled.attributes)
	}
}
