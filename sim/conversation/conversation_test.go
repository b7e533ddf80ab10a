package conversation_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/conversation"
)

const second = time.Second

func reply(took time.Duration) conversation.Reply { return conversation.Reply{Took: took} }

func TestSteps(t *testing.T) {
	boom := errors.New("boom")
	cases := []struct {
		name   string
		config func(*conversation.Config)
		agent  fake
		limit  int // steps to play, 0: to the end
		want   []string
	}{
		{
			name:  "agent hangs up in start_function",
			agent: fake{start: starts(conversation.Reply{Took: second, Hangup: true}, nil)},
			want:  []string{"start 1s -> agent"},
		},
		{
			name:  "turns, then the agent hangs up",
			agent: fake{turn: turns(reply(5*second), reply(7*second))},
			want:  []string{"start 0s", "turn 0 5s", "turn 1 7s", "turn 2 0s -> agent"},
		},
		{
			name:  "hang-up after its speech",
			agent: fake{turn: turns(conversation.Reply{Took: 4 * second, Hangup: true})},
			want:  []string{"start 0s", "turn 0 4s -> agent"},
		},
		{
			name:  "hang-up wins over listen",
			agent: fake{turn: turns(conversation.Reply{Hangup: true, Listen: true})},
			want:  []string{"start 0s", "turn 0 0s -> agent"},
		},
		{
			name:  "silence",
			agent: fake{turn: turns(conversation.Reply{Took: 2 * second, Listen: true})},
			want: []string{
				"start 0s", "turn 0 2s",
				"silence 10s (1 of 3)", "silence 10s (2 of 3)", "silence 10s -> silence (3 of 3)",
			},
		},
		{
			name:   "silence settings, listening from the start",
			config: func(c *conversation.Config) { c.SilenceTimeout, c.MaxSilence = 6*second, 1 },
			agent:  fake{start: starts(conversation.Reply{Listen: true}, nil)},
			want:   []string{"start 0s", "silence 6s -> silence (1 of 1)"},
		},
		{
			name:  "start fails, the call goes on",
			agent: fake{start: starts(conversation.Reply{Took: 3 * second, Hangup: true}, boom), turn: turns()},
			want:  []string{"start-failed 3s (start_function: boom)", "turn 0 0s -> agent"},
		},
		{
			name:   "start fails, the platform hangs up",
			config: func(c *conversation.Config) { c.StartFailure = conversation.Hangup },
			agent:  fake{start: starts(reply(3*second), boom)},
			want:   []string{"start-failed 3s -> start-failed (start_function: boom)"},
		},
		{
			name:  "start takes exactly the time it has",
			agent: fake{start: starts(reply(10*second), nil), turn: turns()},
			want:  []string{"start 10s", "turn 0 0s -> agent"},
		},
		{
			name:  "start times out",
			agent: fake{start: starts(reply(10*second+1), nil), turn: turns()},
			want: []string{
				"start-failed 10s (start_function: timeout: want 10s at most, took 10.000000001s)",
				"turn 0 0s -> agent",
			},
		},
		{
			name:   "start never returns",
			config: func(c *conversation.Config) { c.StartFailure = conversation.Hangup },
			agent:  fake{start: starts(reply(conversation.Forever), nil)},
			want:   []string{"start-failed 10s -> start-failed (start_function: timeout: want 10s at most, took forever)"},
		},
		{
			name:  "a crash after the timeout is a timeout",
			agent: fake{start: starts(reply(12*second), boom), turn: turns()},
			want: []string{
				"start-failed 10s (start_function: timeout: want 10s at most, took 12s)",
				"turn 0 0s -> agent",
			},
		},
		{
			name: "start panics",
			agent: fake{
				start: func(conversation.StartInput) (conversation.Reply, error) { panic("ouch") },
				turn:  turns(),
			},
			want: []string{"start-failed 0s (start_function: panic: ouch)", "turn 0 0s -> agent"},
		},
		{
			name:  "time cannot run backwards",
			agent: fake{start: starts(reply(-second), nil), turn: turns()},
			want:  []string{"start-failed 0s (start_function: took: want 0s or more, got -1s)", "turn 0 0s -> agent"},
		},
		{
			name:  "failed turns in a row",
			agent: fake{turn: always(reply(second), boom)},
			want: []string{
				"start 0s", "turn-failed 0 1s (turn 0: boom)", "turn-failed 1 1s (turn 1: boom)",
				"turn-failed 2 1s -> turn-failed (turn 2: boom)",
			},
		},
		{
			name:   "a turn that works resets the count",
			config: func(c *conversation.Config) { c.MaxTurnFailures = 2 },
			agent: fake{turn: func(in conversation.TurnInput) (conversation.Reply, error) {
				if in.Turn == 1 {
					return conversation.Reply{}, nil
				}
				return conversation.Reply{}, boom
			}},
			want: []string{
				"start 0s", "turn-failed 0 0s (turn 0: boom)", "turn 1 0s",
				"turn-failed 2 0s (turn 2: boom)", "turn-failed 3 0s -> turn-failed (turn 3: boom)",
			},
		},
		{
			name:   "a failed turn ends the call",
			config: func(c *conversation.Config) { c.TurnFailure = conversation.Hangup },
			agent:  fake{turn: always(reply(second), boom)},
			want:   []string{"start 0s", "turn-failed 0 1s -> turn-failed (turn 0: boom)"},
		},
		{
			name:   "a turn panics",
			config: func(c *conversation.Config) { c.TurnFailure = conversation.Hangup },
			agent:  fake{turn: func(conversation.TurnInput) (conversation.Reply, error) { panic(boom) }},
			want:   []string{"start 0s", "turn-failed 0 0s -> turn-failed (turn 0: panic: boom)"},
		},
		{
			name:   "maximum duration cuts a turn",
			config: func(c *conversation.Config) { c.MaxDuration = 12 * second },
			agent:  fake{start: starts(reply(4*second), nil), turn: always(reply(5*second), nil)},
			want:   []string{"start 4s", "turn 0 5s", "turn 1 3s -> max-duration"},
		},
		{
			name:   "maximum duration reached exactly",
			config: func(c *conversation.Config) { c.MaxDuration = 9 * second },
			agent:  fake{start: starts(reply(4*second), nil), turn: always(reply(5*second), nil)},
			want:   []string{"start 4s", "turn 0 5s -> max-duration"},
		},
		{
			name:   "agent hangs up exactly at the maximum duration",
			config: func(c *conversation.Config) { c.MaxDuration = 9 * second },
			agent:  fake{turn: turns(conversation.Reply{Took: 9 * second, Hangup: true})},
			want:   []string{"start 0s", "turn 0 9s -> agent"},
		},
		{
			name:   "agent would hang up after the maximum duration",
			config: func(c *conversation.Config) { c.MaxDuration = 9 * second },
			agent:  fake{turn: turns(conversation.Reply{Took: 9*second + 1, Hangup: true})},
			want:   []string{"start 0s", "turn 0 9s -> max-duration"},
		},
		{
			name:   "maximum duration cuts start_function",
			config: func(c *conversation.Config) { c.MaxDuration = 2 * second },
			agent:  fake{start: starts(reply(3*second), nil)},
			want:   []string{"start 2s -> max-duration"},
		},
		{
			name:   "maximum duration cuts silence",
			config: func(c *conversation.Config) { c.MaxDuration = 15 * second },
			agent:  fake{turn: turns(conversation.Reply{Listen: true})},
			want: []string{
				"start 0s", "turn 0 0s",
				"silence 10s (1 of 3)", "silence 5s -> max-duration (2 of 3)",
			},
		},
		{
			name:  "a turn that lasts forever",
			agent: fake{turn: always(reply(conversation.Forever), nil)},
			want:  []string{"start 0s", "turn 0 1h0m0s -> max-duration"},
		},
		{
			name:   "an agent that never ends",
			config: func(c *conversation.Config) { c.MaxTurns = 2 },
			agent:  fake{turn: always(reply(0), nil)},
			want: []string{
				"start 0s", "turn 0 0s", "turn 1 0s",
				"stuck 0s -> agent-stuck (agent: want the call ended within 2 turns)",
			},
		},
		{
			name: "values that are not JSON",
			agent: fake{turn: turns(conversation.Reply{
				Set:    sets("ok", "1", "b", "{", "a", "\"\xff\""),
				Hangup: true,
			})},
			want: []string{
				"start 0s",
				`turn 0 0s -> agent (state "a": want JSON, got "\"\xff\""` + "\n" + `state "b": want JSON, got "{")`,
			},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			config := conversation.Default()
			if tc.config != nil {
				tc.config(&config)
			}
			if err := config.Validate(); err != nil {
				t.Fatal(err)
			}
			c := conversation.New(config, tc.agent, conversation.Call{}, nil)
			if got := drive(t, c, 20); !slices.Equal(got, tc.want) {
				t.Errorf("steps:\ngot  %q\nwant %q", got, tc.want)
			}
		})
	}
}

func TestStuckAgentIsBoundedByDefault(t *testing.T) {
	c := conversation.New(conversation.Default(), fake{}, conversation.Call{}, nil)
	got := drive(t, c, 2000)
	if len(got) != 1002 || got[1001] != "stuck 0s -> agent-stuck (agent: want the call ended within 1000 turns)" {
		t.Errorf("got %d steps, last %q; want 1002 and agent-stuck", len(got), got[len(got)-1])
	}
}

func TestStepsAfterTheEnd(t *testing.T) {
	c := conversation.New(conversation.Default(), fake{turn: turns()}, conversation.Call{}, nil)
	steps := []conversation.Step{
		c.Next(t.Context()),  // not begun yet: begins
		c.Begin(t.Context()), // begun already: goes on
		c.Next(t.Context()), c.Begin(t.Context()),
	}
	c.Finish(t.Context(), "shutdown")
	steps = append(steps, c.Next(t.Context()))

	want := []string{"start 0s", "turn 0 0s -> agent", "over 0s -> agent", "over 0s -> agent", "over 0s -> shutdown"}
	for i, s := range steps {
		if line(s) != want[i] {
			t.Errorf("step %d: got %q, want %q", i, line(s), want[i])
		}
	}
}

func TestSayReachesTheDriver(t *testing.T) {
	agent := fake{turn: turns(conversation.Reply{Say: "How can I help?"})}
	c := conversation.New(conversation.Default(), agent, conversation.Call{}, nil)
	c.Begin(t.Context())
	if got := c.Next(t.Context()).Say; got != "How can I help?" {
		t.Errorf("say: got %q", got)
	}
}

func TestDeadlineOfTheContext(t *testing.T) {
	for _, failure := range []error{nil, errors.New("gone")} {
		t.Run(fmt.Sprint(failure), func(t *testing.T) {
			ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0)) // passed
			defer cancel()
			late := conversation.Reply{Took: second, Set: sets("x", "1"), Hangup: true}
			c := conversation.New(conversation.Default(), fake{start: starts(late, failure)}, conversation.Call{}, nil)

			step := c.Begin(ctx)
			want := "start-failed 0s (start_function: timeout: the deadline passed before the agent answered)"
			if line(step) != want {
				t.Errorf("step: got %q, want %q", line(step), want)
			}
			if !errors.Is(step.Err, conversation.ErrTimeout) {
				t.Errorf("error: want ErrTimeout, got %v", step.Err)
			}
			if len(c.State()) != 0 {
				t.Errorf("state: want none of the late reply, got %s", c.State())
			}
		})
	}
}

func TestAttributesReachStartOnly(t *testing.T) {
	given := json.RawMessage(`{"nonce":"n"}`)
	cases := []struct {
		name    string
		bound   bool
		missing conversation.MissingAttributes
		given   json.RawMessage
		want    json.RawMessage
	}{
		{"bound", true, conversation.AttributesNone, given, given},
		{"bound, empty", true, conversation.AttributesNone, json.RawMessage(`{}`), json.RawMessage(`{}`)},
		{"unbound, none", false, conversation.AttributesNone, nil, nil},
		{"unbound, empty", false, conversation.AttributesEmpty, nil, json.RawMessage(`{}`)},
		{"unbound hides what it is given", false, conversation.AttributesNone, given, nil},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			config := conversation.Default()
			config.MissingAttributes = tc.missing
			var got []conversation.StartInput
			agent := fake{start: func(in conversation.StartInput) (conversation.Reply, error) {
				got = append(got, in)
				return conversation.Reply{}, nil
			}}
			c := conversation.New(config, agent, conversation.Call{Bound: tc.bound}, tc.given)
			c.Begin(t.Context())
			c.Next(t.Context())
			c.Finish(t.Context(), conversation.CauseCaller)
			if len(got) != 1 || string(got[0].Attributes) != string(tc.want) || (got[0].Attributes == nil) != (tc.want == nil) {
				t.Errorf("attributes: got %+v, want one start with %q", got, tc.want)
			}
		})
	}
}

func TestWhatTheFunctionsSee(t *testing.T) {
	call := conversation.Call{ID: "c1", DNIS: "+441", Headers: map[string]string{"X-Language": "en", "x-language": "fr"}}
	var start conversation.StartInput
	var turn conversation.TurnInput
	var end conversation.EndInput
	agent := fake{
		start: func(in conversation.StartInput) (conversation.Reply, error) {
			start = in
			in.State["smuggled"] = json.RawMessage("1") // a copy: no effect
			return conversation.Reply{Set: sets("a", "1", "b", "2")}, nil
		},
		turn: func(in conversation.TurnInput) (conversation.Reply, error) {
			turn = in
			return conversation.Reply{Unset: []string{"a", "b"}, Set: sets("b", "3")}, nil
		},
		end: func(in conversation.EndInput) (conversation.Reply, error) {
			end = in
			return conversation.Reply{Set: sets("c", "4")}, nil
		},
	}
	config := conversation.Default()
	config.MissingIndex = conversation.IndexNone
	c := conversation.New(config, agent, call, nil)
	call.Headers["X-Language"] = "changed by the driver"

	c.Begin(t.Context())
	wantState(t, "after start", c.State(), "a", "1", "b", "2")
	c.Next(t.Context())
	wantState(t, "after turn", c.State(), "b", "3")
	after := c.Finish(t.Context(), conversation.CauseCaller)

	wantState(t, "start sees", start.State, "smuggled", "1")
	wantState(t, "turn sees", turn.State, "a", "1", "b", "2")
	wantState(t, "end sees", end.State, "b", "3")
	wantState(t, "after end", after, "b", "3", "c", "4")
	wantHeaders := map[string]string{"X-Language": "en", "x-language": "fr"}
	for _, got := range []conversation.Call{start.Call, turn.Call, end.Call} {
		if got.ID != "c1" || got.DNIS != "+441" || !maps.Equal(got.Headers, wantHeaders) {
			t.Errorf("call: got %+v", got)
		}
	}
	if end.Cause != "caller" {
		t.Errorf("cause: want caller, got %q", end.Cause)
	}
	if start.MissingIndex != "none" || turn.MissingIndex != "none" || end.MissingIndex != "none" {
		t.Errorf("missing_index: want none three times, got %q %q %q", start.MissingIndex, turn.MissingIndex, end.MissingIndex)
	}
}

func wantState(t *testing.T, what string, got conversation.State, pairs ...string) {
	t.Helper()
	same := func(a, b json.RawMessage) bool { return string(a) == string(b) }
	if want := sets(pairs...); !maps.EqualFunc(got, want, same) {
		t.Errorf("%s: got %s, want %s", what, got, want)
	}
}

func TestFailedRepliesLeaveNoTrace(t *testing.T) {
	full := conversation.Reply{Set: sets("x", "1"), Unset: []string{"kept"}, Say: "hm", Hangup: true, Listen: true}
	boom := errors.New("boom")
	agent := fake{
		start: starts(conversation.Reply{Set: sets("kept", "0")}, nil),
		turn:  always(full, boom),
		end:   ends(full, boom),
	}
	c := conversation.New(conversation.Default(), agent, conversation.Call{}, nil)
	c.Begin(t.Context())
	step := c.Next(t.Context())
	if step.Hangup || step.Say != "" {
		t.Errorf("step: want nothing of the reply, got %+v", step)
	}
	wantState(t, "after end", c.Finish(t.Context(), ""), "kept", "0")

	c = conversation.New(conversation.Default(), fake{start: starts(full, boom)}, conversation.Call{}, nil)
	if step := c.Begin(t.Context()); step.Hangup || step.Say != "" {
		t.Errorf("step: want nothing of the reply, got %+v", step)
	}
	wantState(t, "after a failed start", c.State())
}
