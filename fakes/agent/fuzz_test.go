package agent_test

import (
	"encoding/json"
	"testing"

	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// FuzzParse: no text makes the parser panic, a refusal names a place, and what
// it accepts plays to an end with any attributes.
func FuzzParse(f *testing.F) {
	for _, tc := range scripts {
		f.Add(tc.text, tc.attributes)
	}
	for _, tc := range wrong {
		f.Add(tc.text, `{"a":[1]}`)
	}
	f.Fuzz(func(t *testing.T, text, attributes string) {
		root, problems := strictyaml.Parse("f.yaml", []byte(text))
		if root == nil {
			return
		}
		script, more := agent.Parse("f.yaml", strictyaml.Lookup(root, "agent"))
		for _, p := range more {
			if p.Line < 1 || p.Column < 1 || p.Message == "" {
				t.Errorf("problem: want a place and a text, got %+v", p)
			}
		}
		if (script == nil) != (len(more) > 0) {
			t.Fatalf("script %v with problems %v", script, more)
		}
		if script == nil || len(problems) > 0 {
			return
		}
		c := conversation.New(conversation.Default(), script, call(), json.RawMessage(attributes))
		step := c.Begin(t.Context())
		for n := 0; !step.Hangup; n++ {
			if n > 1100 {
				t.Fatal("call: want an end")
			}
			step = c.Next(t.Context())
		}
		c.Finish(t.Context(), step.Cause)
	})
}
