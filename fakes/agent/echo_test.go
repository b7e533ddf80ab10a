package agent_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/sim/conversation"
)

const seen = ` echo_dnis="+442071838750"`

func TestEchoState(t *testing.T) {
	const bound = ` echo_ani="+447700900123" echo_arrived_at="2026-03-01T11:00:00.000000Z"`
	const unbound = `echo_ani=null echo_arrived_at="2026-03-01T11:00:00.000000Z" echo_attributes=null` +
		seen + ` echo_nonce=null echo_project="support" handoff_reason=null handoff_to="DEFAULT_QUEUE"`
	cases := []struct {
		name       string
		call       conversation.Call
		missing    conversation.MissingAttributes
		attributes string
		want       string
	}{
		{
			name: "everything there", call: call(),
			attributes: `{"nonce":"n1","shared_id":"s1","want_handoff_to":"billing","want_handoff_reason":"refund"}`,
			want: bound[1:] + ` echo_attributes={"nonce":"n1","shared_id":"s1","want_handoff_to":"billing","want_handoff_reason":"refund"}` +
				seen + ` echo_nonce="n1" echo_project="support" handoff_reason="refund" handoff_to="billing" shared_id="s1"`,
		},
		{
			name: "nothing wanted, nothing set", call: call(), attributes: `{}`,
			want: bound[1:] + ` echo_attributes={}` + seen + ` echo_nonce=null echo_project="support"`,
		},
		{
			name: "null and big numbers survive", call: call(),
			attributes: `{"nonce":9007199254740993,"want_handoff_to":null}`,
			want: bound[1:] + ` echo_attributes={"nonce":9007199254740993,"want_handoff_to":null}` + seen +
				` echo_nonce=9007199254740993 echo_project="support" handoff_to=null`,
		},
		{
			name: "attributes that are no object", call: call(), attributes: `["nonce"]`,
			want: bound[1:] + ` echo_attributes=["nonce"]` + seen + ` echo_nonce=null echo_project="support"`,
		},
		{name: "unbound, None", call: stray(), missing: conversation.AttributesNone, want: unbound},
		{name: "unbound, empty", call: stray(), missing: conversation.AttributesEmpty, want: unbound},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			config := conversation.Default()
			config.MissingAttributes = tc.missing
			got := play(t, config, agent.Echo(agent.EchoConfig{}), tc.call, tc.attributes)
			if got.after != tc.want {
				t.Errorf("state:\ngot  %s\nwant %s", got.after, tc.want)
			}
			if len(got.errs) > 0 {
				t.Errorf("errors: %q", got.errs)
			}
		})
	}
}

// Attributes lost between look-up and agent read as an unbound call.
func TestEchoWithLostAttributes(t *testing.T) {
	for _, lost := range []json.RawMessage{nil, json.RawMessage("null")} {
		got, err := agent.Echo(agent.EchoConfig{}).Start(t.Context(), conversation.StartInput{Call: call(), Attributes: lost})
		if err != nil || string(got.Set["handoff_to"]) != `"DEFAULT_QUEUE"` || string(got.Set["echo_attributes"]) != "null" {
			t.Errorf("got %s, %v", got.Set, err)
		}
	}
}

func TestEchoTalk(t *testing.T) {
	cases := []struct {
		talk time.Duration
		want []string
	}{
		{0, []string{"start 0s -> agent"}},
		{20 * time.Second, []string{"start 0s", "turn 20s -> agent"}},
		{conversation.Forever, []string{"start 0s", "turn 1h0m0s -> max-duration"}},
	}
	for _, tc := range cases {
		got := play(t, conversation.Default(), agent.Echo(agent.EchoConfig{Talk: tc.talk}), call(), `{}`)
		if !slices.Equal(got.steps, tc.want) {
			t.Errorf("talk %s: got %q, want %q", tc.talk, got.steps, tc.want)
		}
	}
}

// A caller's attributes say how long the agent talks to that caller, where they do.
func TestEchoTalksAsLongAsIsWanted(t *testing.T) {
	for attributes, want := range map[string]time.Duration{
		`{"want_talk":2.5}`: 2500 * time.Millisecond, `{"want_talk":0}`: 0, `{}`: time.Second, `{"want_talk":null}`: time.Second,
		`{"want_talk":-1}`: time.Second, `{"want_talk":1e300}`: time.Second, `{"want_talk":"5"}`: time.Second,
	} {
		a := agent.Echo(agent.EchoConfig{Talk: time.Second})
		reply, err := a.Start(t.Context(), conversation.StartInput{Call: call(), Attributes: json.RawMessage(attributes)})
		if err != nil || reply.Hangup != (want == 0) {
			t.Errorf("%s: want it to hang up at once only when it is to, got %v, %v", attributes, reply.Hangup, err)
		}
		turn, err := a.Turn(t.Context(), conversation.TurnInput{Call: call(), State: conversation.State(reply.Set)})
		if err != nil || turn.Took != want || !turn.Hangup {
			t.Errorf("%s: want %s, got %+v, %v", attributes, want, turn, err)
		}
	}
}

// The state that the Handoff API shows is complete as soon as the call began:
// a caller who hangs up first changes nothing.
func TestEchoSurvivesAnEarlyHangup(t *testing.T) {
	a := agent.Echo(agent.EchoConfig{Talk: conversation.Forever})
	c := conversation.New(conversation.Default(), a, call(), json.RawMessage(`{"shared_id":"s1","want_handoff_to":"x"}`))
	c.Begin(t.Context())
	state := c.Finish(t.Context(), conversation.CauseCaller)
	if string(state[agent.SharedIDKey]) != `"s1"` || string(state["handoff_to"]) != `"x"` {
		t.Errorf("state: got %s", state)
	}
}

func TestEchoStateKeys(t *testing.T) {
	everything := `{"nonce":1,"shared_id":"s","want_handoff_to":"a","want_handoff_reason":"b"}`
	in := conversation.StartInput{Call: call(), Attributes: json.RawMessage(everything)}
	reply, err := agent.Echo(agent.EchoConfig{}).Start(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	keys := append(agent.EchoStateKeys(), agent.SharedIDKey)
	for _, key := range keys {
		if _, ok := reply.Set[key]; !ok {
			t.Errorf("key %s: want it written", key)
		}
	}
	if len(reply.Set) != len(keys) {
		t.Errorf("keys: wrote %d, listed %d", len(reply.Set), len(keys))
	}
}
