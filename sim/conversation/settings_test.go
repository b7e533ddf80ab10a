package conversation_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/dnispool/dnispool/sim/conversation"
)

func TestAttributesThroughout(t *testing.T) {
	for _, tc := range []struct {
		in   conversation.AttributesIn
		want string
	}{{"start-function", "{},None,None"}, {"throughout", "{},{},{}"}} {
		seen := ""
		see := func(attributes json.RawMessage) {
			if seen != "" {
				seen += ","
			}
			if attributes == nil {
				attributes = json.RawMessage("None")
			}
			seen += string(attributes)
		}
		config := conversation.Default()
		config.AttributesIn = tc.in
		c := conversation.New(config, fake{
			start: func(in conversation.StartInput) (conversation.Reply, error) {
				see(in.Attributes)
				return conversation.Reply{}, nil
			},
			turn: func(in conversation.TurnInput) (conversation.Reply, error) {
				see(in.Attributes)
				return conversation.Reply{Hangup: true}, nil
			},
			end: func(in conversation.EndInput) (conversation.Reply, error) {
				see(in.Attributes)
				return conversation.Reply{}, nil
			},
		}, conversation.Call{Bound: true}, json.RawMessage("{}"))
		drive(t, c, 3)
		c.Finish(t.Context(), "")
		if seen != tc.want {
			t.Errorf("%s: want %s, got %s", tc.in, tc.want, seen)
		}
	}
}

func TestAttributeNumbers(t *testing.T) {
	for _, tc := range []struct {
		numbers conversation.AttributeNumbers
		want    string
	}{
		{"as-sent", `{"n":2,"a 1":"\"2\\","l":[-0, 1.50,1e3,9007199254740993,1e400]}`},
		{"doubles", `{"n":2.0,"a 1":"\"2\\","l":[-0.0, 1.5,1000.0,9007199254740992.0,1e400]}`},
	} {
		config := conversation.Default()
		config.AttributeNumbers = tc.numbers
		got := config.Given(true, json.RawMessage(`{"n":2,"a 1":"\"2\\","l":[-0, 1.50,1e3,9007199254740993,1e400]}`))
		if string(got) != tc.want {
			t.Errorf("%s: want %s, got %s", tc.numbers, tc.want, got)
		}
	}
}

func TestFailedWrites(t *testing.T) {
	full := conversation.Reply{Set: sets("x", "1"), Unset: []string{"gone"}, Say: "hm", Hangup: true}
	boom := errors.New("boom")
	config := conversation.Default()
	config.FailedWrites = conversation.KeepWrites
	c := conversation.New(config, fake{
		start: starts(conversation.Reply{Set: sets("gone", "0")}, boom),
		turn:  always(full, boom),
		end:   ends(conversation.Reply{Set: sets("late", "2")}, boom),
	}, conversation.Call{}, nil)
	c.Begin(t.Context())
	wantState(t, "after start", c.State(), "gone", "0")
	if step := c.Next(t.Context()); step.Hangup || step.Say != "" {
		t.Errorf("step: want nothing but the writes of the reply, got %+v", step)
	}
	wantState(t, "after the turn", c.State(), "x", "1")
	wantState(t, "after the end", c.Finish(t.Context(), ""), "x", "1", "late", "2")
}
