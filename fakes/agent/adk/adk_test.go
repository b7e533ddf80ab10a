package adk_test

import (
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
