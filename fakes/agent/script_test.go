package agent_test

import (
	"encoding/json"
	"slices"
	"sync"
	"testing"

	"github.com/dnispool/dnispool/sim/conversation"
)

// scripts are whole agents with what they make of a call. Every one of them is
// also valid by the schema.
var scripts = []struct {
	name       string
	text       string
	stray      bool
	config     func(*conversation.Config)
	attributes string
	keys       []string
	want       outcome
}{
	{
		name: "echo, in a word",
		text: `agent: echo`, attributes: `{}`,
		keys: []string{"handoff_to", "handoff_reason", "echo_nonce", "echo_attributes", "echo_dnis", "echo_ani", "echo_project", "echo_arrived_at"},
		want: outcome{
			steps:  []string{"start 0s -> agent"},
			before: `echo_ani="+447700900123" echo_arrived_at="2026-03-01T11:00:00.000000Z" echo_attributes={} echo_dnis="+442071838750" echo_nonce=null echo_project="support"`,
			after:  `echo_ani="+447700900123" echo_arrived_at="2026-03-01T11:00:00.000000Z" echo_attributes={} echo_dnis="+442071838750" echo_nonce=null echo_project="support"`,
		},
	},
	{
		name: "echo that talks",
		text: `agent: {echo: {talk: 1m30s}}`, stray: true,
		keys: []string{"handoff_to", "handoff_reason", "echo_nonce", "echo_attributes", "echo_dnis", "echo_ani", "echo_project", "echo_arrived_at"},
		want: outcome{
			steps:  []string{"start 0s", "turn 1m30s -> agent"},
			before: `echo_ani=null echo_arrived_at="2026-03-01T11:00:00.000000Z" echo_attributes=null echo_dnis="+442071838750" echo_nonce=null echo_project="support" handoff_reason=null handoff_to="DEFAULT_QUEUE"`,
			after:  `echo_ani=null echo_arrived_at="2026-03-01T11:00:00.000000Z" echo_attributes=null echo_dnis="+442071838750" echo_nonce=null echo_project="support" handoff_reason=null handoff_to="DEFAULT_QUEUE"`,
		},
	},
	{
		name: "literals and references",
		text: `
agent:
  start:
    - set:
        z: [1, "two", null, [true]]
        big: 123456789012345678901234567890
        object: {literal: {max: 3}}
        tier: {attribute: customer.tier}
        first: {attribute: customer.calls.0}
        beyond: {attribute: customer.calls.1}
        deep: {attribute: customer.tier.x}
        got: {attribute_get: customer.tier}
        got_none: {attribute_get: gone}
        none: {attribute: gone}
        copy: {state: tier}
        strict: {state_index: tier}
        missing: {state: gone}
        id: {call: id}
        account: {call: account}
        project: {call: project}
        dnis: {call: dnis}
        ani: {call: ani}
        arrived: {call: arrived_at}
        language: {header: x-language}
        no_header: {header: X-LANGUAGE}
`,
		attributes: `{"customer":{"tier":"gold","calls":["c0"]}}`,
		keys: []string{
			"z", "big", "object", "tier", "first", "beyond", "deep", "got", "got_none", "none", "copy", "strict",
			"missing", "id", "account", "project", "dnis", "ani", "arrived", "language", "no_header",
		},
		want: outcome{
			steps: []string{"start 0s -> agent"},
			before: `account="acme" ani="+447700900123" arrived="2026-03-01T11:00:00.000000Z" beyond=null ` +
				`big=123456789012345678901234567890 copy="gold" deep=null dnis="+442071838750" first="c0" got="gold" got_none=null ` +
				`id="call-1" language="fr" missing=null no_header=null none=null object={"max":3} project="support" ` +
				`strict="gold" tier="gold" z=[1,"two",null,[true]]`,
			after: `account="acme" ani="+447700900123" arrived="2026-03-01T11:00:00.000000Z" beyond=null ` +
				`big=123456789012345678901234567890 copy="gold" deep=null dnis="+442071838750" first="c0" got="gold" got_none=null ` +
				`id="call-1" language="fr" missing=null no_header=null none=null object={"max":3} project="support" ` +
				`strict="gold" tier="gold" z=[1,"two",null,[true]]`,
		},
	},
	{
		name: "turns, then it hangs up; end may write",
		text: `
agent:
  start:
    - sleep: 2s
    - set: {note: hello}
  turns:
    - {say: "How can I help?", takes: 5s, do: [{sleep: 1s}, {set: {asked: true}}]}
    - {takes: 7s}
  end:
    - set: {note: late, before: {state: note}}
`,
		keys: []string{"note", "asked", "before"},
		want: outcome{
			steps:  []string{"start 2s", `turn 6s "How can I help?"`, "turn 7s -> agent"},
			before: `asked=true note="hello"`,
			after:  `asked=true before="late" note="late"`,
		},
	},
	{
		name: "attributes are lost after start",
		text: `
agent:
  turns:
    - do: [{set: {a: {attribute: tier}}}, {when: {attribute: tier, present: true}, do: [{crash: seen}]}]
  end:
    - set: {b: {attribute: tier}}
`,
		attributes: `{"tier":"gold"}`,
		keys:       []string{"a", "b"},
		want:       outcome{steps: []string{"start 0s", "turn 0s -> agent"}, before: "a=null", after: "a=null b=null"},
	},
	{
		name: "attributes without a guard crash after start",
		text: `
agent:
  turns: [{takes: 1s, do: [{set: {a: {attribute_get: tier}}}]}]
  end: [{set: {b: {attribute_get: tier}}}]
`,
		attributes: `{"tier":"gold"}`,
		keys:       []string{"a", "b"},
		want: outcome{
			steps: []string{"start 0s", "turn-failed 1s", "turn 0s -> agent"},
			errs: []string{
				"turn 0: AttributeError: 'NoneType' object has no attribute 'get'",
				"end_function: AttributeError: 'NoneType' object has no attribute 'get'",
			},
		},
	},
	{
		name: "the published snippet on an unbound call, None",
		text: `agent: {start: [{set: {shared_id: {attribute_get: shared_id}}}], turns: [{takes: 1s}]}`, stray: true,
		keys: []string{"shared_id"},
		want: outcome{
			steps: []string{"start-failed 0s", "turn 1s -> agent"},
			errs:  []string{"start_function: AttributeError: 'NoneType' object has no attribute 'get'"},
		},
	},
	{
		name: "the published snippet on an unbound call, empty",
		text: `agent: {start: [{set: {shared_id: {attribute_get: shared_id}}}], turns: [{takes: 1s}]}`, stray: true,
		config: func(c *conversation.Config) { c.MissingAttributes = conversation.AttributesEmpty },
		keys:   []string{"shared_id"},
		want:   outcome{steps: []string{"start 0s", "turn 1s -> agent"}, before: "shared_id=null", after: "shared_id=null"},
	},
	{
		name:       "an unguarded path goes through text",
		text:       `agent: {start: [{set: {x: {attribute_get: tier.level}}}]}`,
		attributes: `{"tier":"gold"}`,
		keys:       []string{"x"},
		want: outcome{
			steps: []string{"start-failed 0s", "turn 0s -> agent"},
			errs:  []string{"start_function: AttributeError: 'str' object has no attribute 'get'"},
		},
	},
	{
		name: "what a function counts",
		text: `
agent:
  start: [{count: runs}, {count: runs}, {set: {large: 9007199254740993}}, {count: large}, {set: {gone: null}}, {count: gone}]
  turns: [{do: [{count: turns}]}, {do: [{count: turns}]}]
  end: [{count: turns}]
`,
		keys: []string{"runs", "large", "gone", "turns"},
		want: outcome{
			steps:  []string{"start 0s", "turn 0s", "turn 0s -> agent"},
			before: "gone=1 large=9007199254740994 runs=2 turns=2",
			after:  "gone=1 large=9007199254740994 runs=2 turns=3",
		},
	},
	{
		name: "counting what is no integer",
		text: `agent: {start: [{set: {a: "1"}}, {count: a}], turns: [{do: [{set: {b: 1.0}}, {count: b}]}]}`,
		keys: []string{"a", "b"},
		want: outcome{
			steps: []string{"start-failed 0s", "turn-failed 0s", "turn 0s -> agent"},
			errs: []string{
				"start_function: TypeError: count a: want an integer, got str",
				"turn 0: TypeError: count b: want an integer, got float",
			},
		},
	},
	{
		name: "missing index is an error",
		text: `agent: {start: [{set: {a: 1, x: {state_index: gone}}}]}`,
		keys: []string{"a", "x"},
		want: outcome{
			steps: []string{"start-failed 0s", "turn 0s -> agent"},
			errs:  []string{"start_function: KeyError: 'gone'"},
		},
	},
	{
		name:   "missing index is null",
		text:   `agent: {start: [{set: {a: 1, x: {state_index: gone}}}]}`,
		config: func(c *conversation.Config) { c.MissingIndex = conversation.IndexNone },
		keys:   []string{"a", "x"},
		want:   outcome{steps: []string{"start 0s -> agent"}, before: "a=1 x=null", after: "a=1 x=null"},
	},
	{
		name: "crash takes the time before it and leaves nothing",
		text: `
agent:
  start: [{set: {a: 1}}, {sleep: 3s}, {crash: "KeyError: 'ani'"}]
  turns: [{takes: 2s}]
`,
		keys: []string{"a"},
		want: outcome{
			steps: []string{"start-failed 3s", "turn 2s -> agent"},
			errs:  []string{"start_function: KeyError: 'ani'"},
		},
	},
	{
		name: "start that sleeps too long",
		text: `agent: {start: [{set: {a: 1}}, {sleep: 6s}, {sleep: 6s}], turns: [{takes: 1s}]}`,
		keys: []string{"a"},
		want: outcome{
			steps: []string{"start-failed 10s", "turn 1s -> agent"},
			errs:  []string{"start_function: timeout: want 10s at most, took 12s"},
		},
	},
	{
		name: "forever and longer is forever",
		text: `agent: {start: [{sleep: 1s}, {sleep: forever}], turns: [{takes: forever, do: [{sleep: forever}]}]}`,
		want: outcome{
			steps: []string{"start-failed 10s", "turn 59m50s -> max-duration"},
			errs:  []string{"start_function: timeout: want 10s at most, took forever"},
		},
	},
	{
		name: "listen",
		text: `agent: {turns: [{say: "Hello?", takes: 1s, listen: true}]}`,
		want: outcome{steps: []string{
			"start 0s", `turn 1s "Hello?"`, "silence 10s", "silence 10s", "silence 10s -> silence",
		}},
	},
	{
		name: "end only",
		text: `agent: {end: [{set: {a: 1}}, {sleep: 1s}]}`,
		keys: []string{"a"},
		want: outcome{steps: []string{"start 0s -> agent"}, after: "a=1"},
	},
	{
		name: "hang-up returns from the function",
		text: `
agent:
  start:
    - when: {attribute: intent, equals: billing}
      do: [{set: {handoff_to: billing}}, {hangup: true}]
    - set: {handoff_to: general}
  turns: [{takes: 60s}]
`,
		attributes: `{"intent":"billing"}`,
		keys:       []string{"handoff_to"},
		want:       outcome{steps: []string{"start 0s -> agent"}, before: `handoff_to="billing"`, after: `handoff_to="billing"`},
	},
	{
		name: "hang-up after the speech of its turn",
		text: `
agent:
  turns:
    - {say: Bye, takes: 3s, listen: true, do: [{when: {call: ani, present: true}, do: [{hangup: true}]}]}
`,
		want: outcome{steps: []string{"start 0s", `turn 3s "Bye" -> agent`}},
	},
	{
		name: "conditions that hold",
		text: `
agent:
  start:
    - {when: {attribute: n, equals: 2.0}, do: [{set: {number: yes it is}}]}
    - {when: {attribute: n, one_of: [1, 2]}, do: [{set: {one_of: 1}}]}
    - {when: {attribute: nothing, present: true}, do: [{set: {present_null: 1}}]}
    - {when: {attribute: nothing, equals: null}, do: [{set: {equals_null: 1}}]}
    - {when: {attribute: gone, equals: null}, do: [{set: {gone_null: 1}}]}
    - {when: {attribute: gone, present: false}, do: [{set: {gone: 1}}]}
    - {when: {attribute: o, equals: {b: [1], a: "x"}}, do: [{set: {object: 1}}]}
    - {when: {state: absent, equals: 1}, do: [{crash: "no"}], else: [{set: {else: 1}}]}
    - {when: {state: "else", equals: 1}, do: [{set: {own_write: 1}}]}
    - {when: {header: X-Language, equals: en}, do: [{set: {header: 1}}]}
    - {when: {header: X-LANGUAGE, present: true}, do: [{crash: "no"}]}
    - {when: {call: project, equals: support}, do: [{set: {project: 1}}]}
    - {when: {unbound: false}, do: [{set: {bound: 1}}]}
    - {when: {unbound: true}, do: [{crash: "no"}]}
`,
		attributes: `{"n":2,"nothing":null,"o":{"a":"x","b":[1.0]}}`,
		keys: []string{
			"number", "one_of", "present_null", "equals_null", "gone_null", "gone", "object", "else", "own_write",
			"header", "project", "bound",
		},
		want: outcome{
			steps: []string{"start 0s -> agent"},
			before: `bound=1 else=1 equals_null=1 gone=1 gone_null=1 header=1 number="yes it is" object=1 ` +
				`one_of=1 own_write=1 present_null=1 project=1`,
			after: `bound=1 else=1 equals_null=1 gone=1 gone_null=1 header=1 number="yes it is" object=1 ` +
				`one_of=1 own_write=1 present_null=1 project=1`,
		},
	},
	{
		name: "unbound, in a turn too",
		text: `
agent:
  start:
    - when: {unbound: true}
      do: [{set: {handoff_to: DEFAULT_QUEUE}}]
  turns:
    - do: [{when: {unbound: true}, do: [{set: {ani: {call: ani}}}]}]
`,
		stray: true,
		keys:  []string{"handoff_to", "ani"},
		want: outcome{
			steps:  []string{"start 0s", "turn 0s -> agent"},
			before: `ani=null handoff_to="DEFAULT_QUEUE"`,
			after:  `ani=null handoff_to="DEFAULT_QUEUE"`,
		},
	},
}

func TestScripts(t *testing.T) {
	for _, tc := range scripts {
		t.Run(tc.name, func(t *testing.T) {
			script := parse(t, tc.text)
			if got := script.StateKeys(); !slices.Equal(got, tc.keys) {
				t.Errorf("state keys:\ngot  %q\nwant %q", got, tc.keys)
			}
			compare(t, play(t, configOf(tc.config), script, callOf(tc.stray), tc.attributes), tc.want)
		})
	}
}

func configOf(change func(*conversation.Config)) conversation.Config {
	c := conversation.Default()
	if change != nil {
		change(&c)
	}
	return c
}

func callOf(unbound bool) conversation.Call {
	if unbound {
		return stray()
	}
	return call()
}

func compare(t *testing.T, got, want outcome) {
	t.Helper()
	if !slices.Equal(got.steps, want.steps) {
		t.Errorf("steps:\ngot  %q\nwant %q", got.steps, want.steps)
	}
	if got.before != want.before {
		t.Errorf("state at the end of the call:\ngot  %s\nwant %s", got.before, want.before)
	}
	if got.after != want.after {
		t.Errorf("state after end_function:\ngot  %s\nwant %s", got.after, want.after)
	}
	if !slices.Equal(got.errs, want.errs) {
		t.Errorf("errors:\ngot  %q\nwant %q", got.errs, want.errs)
	}
}

// One script serves all calls at once.
func TestScriptServesManyCalls(t *testing.T) {
	script := parse(t, `agent: {start: [{set: {id: {attribute: id}}}, {set: {again: {state: id}}}]}`)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			id := json.RawMessage([]byte{'0' + byte(i)})
			attributes := json.RawMessage(`{"id":` + string(id) + `}`)
			c := conversation.New(conversation.Default(), script, call(), attributes)
			c.Begin(t.Context())
			if got := c.State()["again"]; string(got) != string(id) {
				t.Errorf("call %s: got %s", id, got)
			}
		})
	}
	wg.Wait()
}
