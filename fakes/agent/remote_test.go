package agent_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/dnispool/dnispool/sim/conversation"
)

// remote drives an agent through JSON only: everything that it sees and says
// goes through encoding/json, as it would to another process.
type remote struct{ agent conversation.Agent }

// answer is the message back: a reply, and the text of a failure.
type answer struct {
	Reply conversation.Reply `json:"reply"`
	Error string             `json:"error,omitempty"`
}

func over[In any](ctx context.Context, in In, function func(context.Context, In) (conversation.Reply, error)) (conversation.Reply, error) {
	there, err := trip(in)
	if err != nil {
		return conversation.Reply{}, err
	}
	reply, failure := function(ctx, there)
	message := answer{Reply: reply}
	if failure != nil {
		message.Error = failure.Error()
	}
	back, err := trip(message)
	if err != nil {
		return conversation.Reply{}, err
	}
	if back.Error != "" {
		return back.Reply, errors.New(back.Error)
	}
	return back.Reply, nil
}

func trip[T any](v T) (T, error) {
	var copied T
	text, err := json.Marshal(v)
	if err != nil {
		return copied, err
	}
	return copied, json.Unmarshal(text, &copied)
}

func (r remote) Start(ctx context.Context, in conversation.StartInput) (conversation.Reply, error) {
	return over(ctx, in, r.agent.Start)
}

func (r remote) Turn(ctx context.Context, in conversation.TurnInput) (conversation.Reply, error) {
	return over(ctx, in, r.agent.Turn)
}

func (r remote) End(ctx context.Context, in conversation.EndInput) (conversation.Reply, error) {
	return over(ctx, in, r.agent.End)
}

// TestAgentsCanLiveElsewhere: every script does the same through JSON.
func TestAgentsCanLiveElsewhere(t *testing.T) {
	for _, tc := range scripts {
		t.Run(tc.name, func(t *testing.T) {
			far := remote{parse(t, tc.text)}
			compare(t, play(t, configOf(tc.config), far, callOf(tc.stray), tc.attributes), tc.want)
		})
	}
}

func TestInputsSurviveJSON(t *testing.T) {
	start := conversation.StartInput{
		Call:         call(),
		Attributes:   json.RawMessage(`{"n":9007199254740993,"x":null}`),
		State:        conversation.State{"k": json.RawMessage("null")},
		MissingIndex: conversation.IndexNone,
	}
	got, err := trip(start)
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Attributes) != string(start.Attributes) || string(got.State["k"]) != "null" ||
		got.MissingIndex != start.MissingIndex || !got.Call.ArrivedAt.Equal(start.Call.ArrivedAt) ||
		got.Call.Headers["x-language"] != "fr" || !got.Call.Bound {
		t.Errorf("got %+v", got)
	}
	start.Attributes = nil
	if got, err = trip(start); err != nil || got.Attributes != nil {
		t.Errorf("no attributes: got %q, %v, want nil", got.Attributes, err)
	}
	forever := conversation.Reply{Took: conversation.Forever, Unset: []string{"a"}, Listen: true, Hangup: true, Say: "<&>"}
	reply, err := trip(forever)
	if err != nil || reply.Took != conversation.Forever || reply.Unset[0] != "a" || !reply.Listen || !reply.Hangup || reply.Say != "<&>" {
		t.Errorf("reply: got %+v, %v", reply, err)
	}
}
