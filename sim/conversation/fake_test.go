package conversation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/dnispool/dnispool/sim/conversation"
)

// fake is an agent made of three functions; a nil one answers nothing.
type fake struct {
	start func(conversation.StartInput) (conversation.Reply, error)
	turn  func(conversation.TurnInput) (conversation.Reply, error)
	end   func(conversation.EndInput) (conversation.Reply, error)
}

func (f fake) Start(_ context.Context, in conversation.StartInput) (conversation.Reply, error) {
	if f.start == nil {
		return conversation.Reply{}, nil
	}
	return f.start(in)
}

func (f fake) Turn(_ context.Context, in conversation.TurnInput) (conversation.Reply, error) {
	if f.turn == nil {
		return conversation.Reply{}, nil
	}
	return f.turn(in)
}

func (f fake) End(_ context.Context, in conversation.EndInput) (conversation.Reply, error) {
	if f.end == nil {
		return conversation.Reply{}, nil
	}
	return f.end(in)
}

// starts answers start_function with the reply and the error.
func starts(r conversation.Reply, err error) func(conversation.StartInput) (conversation.Reply, error) {
	return func(conversation.StartInput) (conversation.Reply, error) { return r, err }
}

// turns answers turn n with the nth reply and hangs up after them.
func turns(replies ...conversation.Reply) func(conversation.TurnInput) (conversation.Reply, error) {
	return func(in conversation.TurnInput) (conversation.Reply, error) {
		if in.Turn >= len(replies) {
			return conversation.Reply{Hangup: true}, nil
		}
		return replies[in.Turn], nil
	}
}

// always answers every turn with the reply and the error.
func always(r conversation.Reply, err error) func(conversation.TurnInput) (conversation.Reply, error) {
	return func(conversation.TurnInput) (conversation.Reply, error) { return r, err }
}

func ends(r conversation.Reply, err error) func(conversation.EndInput) (conversation.Reply, error) {
	return func(conversation.EndInput) (conversation.Reply, error) { return r, err }
}

func sets(pairs ...string) map[string]json.RawMessage {
	set := map[string]json.RawMessage{}
	for i := 0; i+1 < len(pairs); i += 2 {
		set[pairs[i]] = json.RawMessage(pairs[i+1])
	}
	return set
}

// line is a step in one line: kind, length, why it hangs up, what went wrong.
func line(s conversation.Step) string {
	text := string(s.Kind)
	if s.Kind == conversation.KindTurn || s.Kind == conversation.KindTurnFailed {
		text += fmt.Sprintf(" %d", s.Turn)
	}
	text += " " + s.Wait.String()
	if s.Hangup {
		text += " -> " + s.Cause
	}
	if s.Detail != "" {
		text += " (" + s.Detail + ")"
	}
	return text
}

// drive plays a call to its end, or to the given number of steps, and tells
// the steps. It stops a machine that does not end.
func drive(t *testing.T, c *conversation.Conversation, limit int) []string {
	t.Helper()
	step := c.Begin(t.Context())
	lines := []string{line(step)}
	for !step.Hangup && len(lines) < limit {
		step = c.Next(t.Context())
		lines = append(lines, line(step))
	}
	return lines
}
