package adk_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/agent/adk"
	"github.com/dnispool/dnispool/sim/conversation"
)

func with(pairs ...string) map[string]json.RawMessage {
	out := make(map[string]json.RawMessage)
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i]] = json.RawMessage(pairs[i+1])
	}
	return out
}

// TestMembers plays a project for each of the shapes that real ones have. A file beside the project has the steps of the call,
// what was noted of each, and the state at the end. Sources of what the members give: ADK, its stub, its documentation and the
// conversation object page.
func TestMembers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		project    string
		turns      []adk.Turn
		change     func(*adk.Options)
		attributes string
	}{
		{
			project: "field", attributes: `{"job":"J-17"}`,
			turns: []adk.Turn{
				{Said: "Tuesday", Call: "Visit/book", With: with("day", `"Tuesday"`), Takes: 2 * time.Second},
				{Said: "That is all", Call: "hang_up", With: with("reason", `"booked"`)},
			},
		},
		{
			project: "financial", attributes: `{"a":1}`,
			change: func(o *adk.Options) {
				o.Secrets, o.PromptLLM = with("pin", `"1234"`), []string{`{"summary":"asked for a teller"}`}
			},
			turns: []adk.Turn{{Said: "A person, please", Call: "handoff", With: with("to", `"default"`)}},
		},
		{project: "clinic", turns: []adk.Turn{{Call: "next_day"}}},
		{project: "restaurant", attributes: `{"name":"Jo"}`, turns: []adk.Turn{{Call: "hang_up"}}},
		{
			project: "shop", attributes: `{"order":7}`, turns: []adk.Turn{{Call: "hang_up", With: with("outcome", `"sold"`)}},
			change: func(o *adk.Options) { o.PromptLLM = []string{"sold"} },
		},
		{project: "ledger", attributes: `{}`, turns: []adk.Turn{{Said: "Hello", Call: "look"}}},
		{project: "airline"},
		{project: "rules"},
	} {
		t.Run(tc.project, func(t *testing.T) {
			t.Parallel()
			a := open(t, tc.project, func(o *adk.Options) {
				o.Turns = tc.turns
				if tc.change != nil {
					tc.change(o)
				}
			})
			c := talk(t, a, conversation.Default(), "c-1", tc.attributes)
			golden(t, "testdata/"+tc.project+".want", strings.Join(play(t, c), "\n")+"\n\n"+lines(state(c)))
		})
	}
}
