package adk_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/sim/conversation"
)

// TestStoresWhatItIsGiven plays the shape that the platform documents: keep the attributes, and have a queue ready when
// nothing came.
func TestStoresWhatItIsGiven(t *testing.T) {
	t.Parallel()
	a := open(t, "kept", nil)
	for _, tc := range []struct{ name, attributes, want string }{
		{"attributes", `{"shared_id":"s-1","ani":"+44123","other":[1,2.5]}`, `{"ani":"+44123","shared_id":"s-1"}`},
		{"none", "", `{"ani":null,"handoff_to":"DEFAULT_QUEUE","shared_id":null}`},
		{"empty", "{}", `{"ani":null,"handoff_to":"DEFAULT_QUEUE","shared_id":null}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := talk(t, a, conversation.Default(), tc.name, tc.attributes)
			equal(t, "steps", strings.Join(play(t, c), "\n"), "start 0s -> agent")
			equal(t, "state", state(c), tc.want)
			if errs := c.Errors(); len(errs) > 0 {
				t.Errorf("errors: want none, got %v", errs)
			}
		})
	}
}

// TestTheDocumentedStart runs start_function as the platform documents it: where the platform gives {} when nothing came, the caller
// has a queue; where it gives None, the code fails, and the platform goes on without what it would have kept.
func TestTheDocumentedStart(t *testing.T) {
	t.Parallel()
	a := open(t, "documented", nil)
	for _, tc := range []struct {
		name, attributes string
		missing          conversation.MissingAttributes
		steps, want      string
	}{
		{"given", `{"shared_id":"s-1","ani":"+44123"}`, conversation.AttributesEmpty, "start 0s -> agent", `{"ani":"+44123","shared_id":"s-1"}`},
		{"given the number alone", `{"ani":"+44123"}`, conversation.AttributesNone, "start 0s -> agent", `{"ani":"+44123","shared_id":null}`},
		{"nothing, as {}", "", conversation.AttributesEmpty, "start 0s -> agent", `{"ani":null,"handoff_to":"DEFAULT_QUEUE","shared_id":null}`},
		{
			"nothing, as None", "", conversation.AttributesNone,
			"start-failed 0s | start_function: AttributeError: 'NoneType' object has no attribute 'get' at functions/start_function.py:5\n" +
				"  failed: AttributeError: 'NoneType' object has no attribute 'get' at functions/start_function.py:5\nturn 0s -> agent",
			`{}`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			config := conversation.Default()
			config.MissingAttributes = tc.missing
			in := call(tc.name)
			in.Bound = tc.attributes != ""
			t.Cleanup(func() { a.Over(tc.name) })
			c := conversation.New(config, a, in, json.RawMessage(tc.attributes))
			equal(t, "steps", strings.Join(play(t, c), "\n"), tc.steps)
			equal(t, "state", state(c), tc.want)
		})
	}
}
