package adk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/agent/adk"
	"github.com/dnispool/dnispool/sim/conversation"
)

// TestDigits: what the caller presses says which function is called, between the turns and after them.
func TestDigits(t *testing.T) {
	t.Parallel()
	a := open(t, "field", func(o *adk.Options) {
		o.Turns = []adk.Turn{{Said: "Hello?", Takes: 20 * time.Second}}
		o.DTMF = map[string]adk.Turn{
			"0":   {Call: "hang_up", With: with("reason", `"asked"`)},
			"42#": {Takes: 2 * time.Second},
			"7":   {Said: "Tuesday", Call: "Visit/book", With: with("day", `"Tuesday"`)},
			"8":   {Call: "slots"},
		}
	})
	if got := fmt.Sprint(a.Entries()); got != "[0 42# 7 8]" {
		t.Errorf("entries: got %s", got)
	}
	c := talk(t, a, conversation.Default(), "c-1", `{"job":"J-1"}`)
	var got []string
	for _, pressed := range []string{"", "42#", "", "7", "", "8", "", "0"} {
		if pressed != "" {
			c.Enter(pressed, 0)
		}
		s := c.Next(t.Context())
		got = append(got, strings.TrimSpace(fmt.Sprint(s.Kind, " ", s.Wait, " ", s.Cause, s.Detail)))
		for _, n := range s.Notes {
			if n.Kind == "call" {
				got = append(got, "  call "+n.Text)
			}
		}
	}
	want := []string{
		"start 0s", "turn 2s", "turn 0s", "  call flows.visit.function_steps.greet", "turn 0s", `  call Visit/book {"day":"Tuesday"}`, "turn 20s",
		"turn-failed 0s turn of digits 8: NoFunction: no function 'slots' in functions/slots.py", "  call slots", "silence 10s 1 of 3",
		"turn 0s agent", `  call hang_up {"reason":"asked"}`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("steps: got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	c.Finish(t.Context(), "")
	if said := lines(state(c)); !strings.Contains(said, `"UserInput user: 42#","AgentResponse agent: Which day?","UserInput user: Tuesday","UserInput user: Hello?","UserInput user: 8","UserInput user: 0"`) {
		t.Errorf("history: want what was pressed and said in it, got %s", said)
	}
}
