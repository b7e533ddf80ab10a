package adk_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/fakes/agent/adk"
	"github.com/dnispool/dnispool/sim/conversation"
)

// TestFilledIn: the state has what the platform fills in before start_function sees it.
func TestFilledIn(t *testing.T) {
	t.Parallel()
	a := written(t, map[string]string{"functions/start_function.py": "def start_function(conv):\n    conv.state.seen = [conv.state.from_, conv.state['to'], conv.state.call_sid]\n"})
	for _, tc := range []struct{ name, ani, want string }{
		{"known", "+442079460500", `{"call_sid":"known","from_":"+442079460500","seen":["+442079460500","+442079460000","known"],"to":"+442079460000"}`},
		{"withheld", "", `{"call_sid":"withheld","from_":null,"seen":[null,"+442079460000","withheld"],"to":"+442079460000"}`},
	} {
		in := call(tc.name)
		in.ANI = tc.ani
		c := conversation.New(conversation.Default(), a, in, nil)
		c.Begin(t.Context())
		a.Over(tc.name)
		text, err := json.Marshal(c.State())
		if err != nil {
			t.Fatal(err)
		}
		equal(t, tc.name, string(text), tc.want)
	}
}

// TestReturns: what a tool returns is done. Each is called by a digit sequence of its own, and then another that looks.
func TestReturns(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, returns, step, state string }{
		{"nothing", `null`, "", `{"at":[null,null,"day"],"history":["Hi"]}`},
		{"a text", `"Tell the caller that all is well."`, "", `{"at":[null,null,"day"],"history":["Hi"]}`},
		{"content and listen", `{"content":"Say so.","listen":{"asr":{"timeout":1}}}`, "", `{"at":[null,null,"day"],"history":["Hi"]}`},
		{"utterance", `{"utterance":"Well."}`, "Well.", `{"at":[null,null,"day"],"history":["Hi","Well."]}`},
		{"variant", `{"variant":"night"}`, "", `{"at":[null,null,"night"],"history":["Hi"]}`},
		{"transition to a flow", `{"transition":{"goto_flow":"The menu"}}`, "", `{"at":["The menu","first","day"],"history":["Hi"]}`},
		{"transition to a step with a function", `{"transition":{"goto_flow":"menu","goto_step":"second"}}`, "", `{"at":["The menu","second","day"],"history":["Hi"],"stepped":true}`},
		{"transition to nowhere", `{"transition":{"goto_flow":"gone"}}`, "flow 'gone': there is none of this name", `{"at":[null,null,"day"],"history":["Hi"]}`},
		{"hangup", `{"utterance":"Bye.","hangup":true}`, "Bye. -> agent", `{}`},
		{"handoff, True", `{"handoff":true}`, "-> agent; handoff", `{"handoff":{"destination":null,"reason":null,"method":"bye"}}`},
		{"handoff, a queue", `{"handoff":"billing","utterance":"One moment."}`, "One moment. -> agent; handoff, destination 'billing', reason 'billing'", `{"handoff":{"destination":"billing","reason":"billing","method":"bye"}}`},
		{"handoff, bye", `{"handoff":{"type":"bye","reason":"CONTAINED","bye":{"sip_headers":{"X-Outcome":"CONTAINED"}}}}`, "-> agent X-Outcome=CONTAINED; handoff, reason 'CONTAINED'", `{"handoff":{"destination":null,"reason":"CONTAINED","method":"bye"}}`},
		{"handoff, refer", `{"handoff":{"refer":{"phone_number":"+4420"},"reason":"asked"}}`, "-> agent; handoff, destination '+4420', reason 'asked': REFER to +4420 is not sent, the call ends with BYE", `{"handoff":{"destination":"+4420","reason":"asked","method":"refer"}}`},
		{"handoff, invite", `{"handoff":{"type":"invite","invite":{"phone_number":"+4420"}}}`, "-> agent; handoff, destination '+4420', reason '+4420': INVITE to +4420 is not sent, the call ends with BYE", `{"handoff":{"destination":"+4420","reason":"+4420","method":"invite"}}`},
		{"handoff, cxone", `{"handoff":{"cxone":{"skill":7},"reason":"asked"}}`, "-> agent; handoff, reason 'asked': CXONE is not sent, the call ends with BYE", `{"handoff":{"destination":null,"reason":"asked","method":"cxone"}}`},
	}
	dtmf := map[string]adk.Turn{"#": {Call: "look"}}
	code := func(i int) string { return fmt.Sprintf("%02d", i) }
	for i, tc := range cases {
		dtmf[code(i)] = adk.Turn{Said: "Hi", Call: "answer", With: with("value", tc.returns)}
	}
	a := written(t, map[string]string{
		"functions/start_function.py":         "def start_function(conv):\n    pass\n",
		"functions/answer.py":                 "def answer(conv, value):\n    return value\n",
		"functions/look.py":                   "def look(conv):\n    conv.state.at = [conv.current_flow, conv.current_step, conv.variant_name]\n    conv.state.history = [turn.text for turn in conv.history[:-1]]\n",
		"flows/menu/flow_config.yaml":         "name: The menu\nstart_step: first\n",
		"flows/menu/function_steps/second.py": "def second(conv, flow):\n    conv.state.stepped = True\n",
		"config/variant_attributes.yaml":      "variants: [{name: day, is_default: true}, {name: night}]\n",
	}, func(o *adk.Options) { o.DTMF = dtmf })
	for i, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := talk(t, a, conversation.Default(), tc.name, "")
			c.Begin(t.Context())
			c.Enter(code(i), 0)
			step := c.Next(t.Context())
			got := strings.TrimSpace(step.Say)
			if step.Hangup {
				got += " -> " + step.Cause
			}
			for name, value := range step.Headers {
				got += " " + name + "=" + value
			}
			for _, n := range step.Notes {
				if n.Kind != "call" {
					got += "; " + n.Text
				}
			}
			equal(t, "step", strings.TrimPrefix(got, "; "), tc.step)
			if step.Err != nil {
				t.Error(step.Err)
			}
			if !step.Hangup {
				if strings.Contains(tc.name, "with a function") {
					c.Next(t.Context())
				}
				c.Enter("#", 0)
				c.Next(t.Context())
			}
			equal(t, "state", state(c), tc.state)
		})
	}
}
