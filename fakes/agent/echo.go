package agent

import (
	"context"
	"encoding/json"
	"time"

	"github.com/dnispool/dnispool/sim/conversation"
)

// arrivedFormat is RFC 3339 with a fixed number of decimals.
const arrivedFormat = "2006-01-02T15:04:05.000000Z07:00"

// SharedIDKey is the state key under which the echo agent stores the attribute
// shared_id: the one for the Handoff API's shared_id_state_key.
const SharedIDKey = "shared_id"

// EchoStateKeys lists the state keys that the Handoff API exposes for the echo
// agent. SharedIDKey is not among them: it is for look-up.
func EchoStateKeys() []string {
	return []string{
		"handoff_to", "handoff_reason",
		"echo_nonce", "echo_attributes", "echo_dnis", "echo_ani", "echo_project", "echo_arrived_at",
	}
}

// EchoConfig sets up an echo agent.
type EchoConfig struct {
	// Talk is how long the agent talks before it hangs up: 0 hangs up at once
	// after start_function, conversation.Forever leaves it to the caller. A call
	// whose attributes have want_talk, in seconds, is as long as that says.
	Talk time.Duration
}

// Echo is the agent that copies what the platform gave it into its state.
func Echo(c EchoConfig) conversation.Agent { return echo{c} }

type echo struct{ config EchoConfig }

// Prompt implements conversation.Prompt.
func (e echo) Prompt() {}

func (e echo) Start(_ context.Context, in conversation.StartInput) (conversation.Reply, error) {
	reply := conversation.Reply{Hangup: e.config.Talk == 0, Set: map[string]json.RawMessage{
		"echo_nonce":      null,
		"echo_attributes": null,
		"echo_dnis":       quote(in.Call.DNIS),
		"echo_ani":        field(in.Call, "ani"),
		"echo_project":    quote(in.Call.Project),
		"echo_arrived_at": field(in.Call, "arrived_at"),
	}}
	if !in.Call.Bound || none(in.Attributes) {
		reply.Set["handoff_to"] = quote("DEFAULT_QUEUE")
		reply.Set["handoff_reason"] = null
		return reply, nil
	}
	reply.Set["echo_attributes"] = in.Attributes
	reply.Hangup = e.talk(in.Attributes) == 0
	attributes := object(in.Attributes)
	for key, attribute := range map[string]string{
		"echo_nonce":     "nonce",
		"handoff_to":     "want_handoff_to",
		"handoff_reason": "want_handoff_reason",
		SharedIDKey:      "shared_id",
	} {
		if value, ok := attributes[attribute]; ok {
			reply.Set[key] = value
		}
	}
	return reply, nil
}

func (e echo) Turn(_ context.Context, in conversation.TurnInput) (conversation.Reply, error) {
	return conversation.Reply{Took: e.talk(in.State.Attr("echo_attributes")), Hangup: true}, nil
}

// talk is how long the agent talks to a caller with these attributes.
func (e echo) talk(attributes json.RawMessage) time.Duration {
	var wanted *float64
	if json.Unmarshal(object(attributes)["want_talk"], &wanted) != nil || wanted == nil || *wanted < 0 || *wanted >= conversation.Forever.Seconds() {
		return e.config.Talk
	}
	return time.Duration(*wanted * float64(time.Second))
}

func (e echo) End(context.Context, conversation.EndInput) (conversation.Reply, error) {
	return conversation.Reply{}, nil
}
