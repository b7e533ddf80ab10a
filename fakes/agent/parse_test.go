package agent_test

import (
	"testing"

	"github.com/dnispool/dnispool/fakes/agent"
)

// wrong are agents that are refused, with every problem that is reported.
// lax are those that the schema cannot tell from good ones.
var wrong = []struct {
	name string
	text string
	lax  bool
	want string
}{
	{name: "a word", text: `agent: ehco`, want: `a.yaml:1:8: agent: want echo, a script or an ADK project, got "ehco" (did you mean "echo"?)`},
	{name: "null", text: `agent: null`, want: `a.yaml:1:8: agent: want echo, a script or an ADK project, got null`},
	{name: "a list", text: `agent: []`, want: `a.yaml:1:8: agent: want echo, a script or an ADK project, got a list`},
	{name: "empty", text: `agent: {}`, want: `a.yaml:1:8: agent: want echo, adk or a script (start, turns, dtmf, end), got an empty mapping`},
	{name: "both", text: `agent: {echo: {}, end: [{set: {a: 1}}]}`, want: `a.yaml:1:8: agent: want one of echo, adk and a script (start, turns, dtmf, end), got several`},
	{
		name: "unknown keys",
		text: `agent: {strat: 1, echo: {tlak: 1s}}`,
		want: `a.yaml:1:9: unknown key "strat" (did you mean "start"?)
a.yaml:1:26: unknown key "tlak" (did you mean "talk"?)`,
	},
	{name: "echo null", text: `agent: {echo: null}`, want: `a.yaml:1:15: echo: want a mapping, got null`},
	{name: "talk", text: `agent: {echo: {talk: 20}}`, want: `a.yaml:1:22: talk: want a duration like 20s, or forever, got 20`},
	{name: "negative", text: `agent: {echo: {talk: -1s}}`, want: `a.yaml:1:22: talk: want a duration like 20s, or forever, got "-1s"`},
	{name: "empty lists", text: `agent: {start: [], turns: [], end: []}`, want: `a.yaml:1:16: start: want at least one item, got an empty list
a.yaml:1:27: turns: want at least one item, got an empty list
a.yaml:1:36: end: want at least one item, got an empty list`},
	{name: "digits", text: `agent: {dtmf: {"1x": {say: a}}}`, want: `a.yaml:1:15: dtmf: want digits out of 0123456789*#ABCD, got "1x"`},
	{name: "digits that begin others", lax: true, text: `agent: {dtmf: {"1": {say: a}, "12": {say: b}}}`, want: `a.yaml:1:15: dtmf: want entries of which none begins another, got "1" and "12"`},
	{name: "a turn of digits", text: `agent: {dtmf: {"1": {listen: true}}}`, want: `a.yaml:1:21: listen: want it in turns alone: what the caller presses is heard without it`},
	{name: "a turn of nothing", text: `agent: {dtmf: {"1": {}}}`, want: `a.yaml:1:21: turn: want say, takes, listen or do, got an empty mapping`},
	{name: "no lists", text: `agent: {start: {set: {a: 1}}, turns: 3, end: null}`, want: `a.yaml:1:16: start: want a list, got a mapping
a.yaml:1:38: turns: want a list, got 3
a.yaml:1:46: end: want a list, got null`},
	{
		name: "operations",
		text: `
agent:
  start:
    - sett: {a: 1}
    - {set: {a: 1}, sleep: 1s}
    - {}
    - text
    - {do: [{set: {a: 1}}]}
    - {sleep: 1s, else: [{set: {a: 1}}]}
    - sleep: soon
    - crash: 42
    - set: 1
    - set: {}
    - set: {1: a, "": b}
    - when: {unbound: true}
`,
		want: `a.yaml:4:7: unknown key "sett" (did you mean "set"?)
a.yaml:5:7: operation: want exactly one of set, count, sleep, crash, hangup or when
a.yaml:6:7: operation: want exactly one of set, count, sleep, crash, hangup or when
a.yaml:7:7: operation: want a mapping, got "text"
a.yaml:8:7: operation: want exactly one of set, count, sleep, crash, hangup or when
a.yaml:9:7: operation: want do and else beside when only
a.yaml:10:14: sleep: want a duration like 20s, or forever, got "soon"
a.yaml:11:14: crash: want text, got 42; quote it: "42"
a.yaml:12:7: start: want nothing after crash or hangup: it never runs
a.yaml:12:12: set: want a mapping, got 1
a.yaml:13:12: set: want at least one state key, got an empty mapping
a.yaml:14:13: set: key: want text, got 1; quote it: "1"
a.yaml:15:7: when: want do beside it`,
	},
	{
		name: "counting under no key",
		text: `agent: {start: [{count: ""}, {count: 5}, {count: {runs: 1}}, {count: a, set: {a: 1}}]}`,
		want: `a.yaml:1:25: count: want the name of a state key, got ""
a.yaml:1:38: count: want text, got 5; quote it: "5"
a.yaml:1:50: count: want text, got a mapping
a.yaml:1:62: operation: want exactly one of set, count, sleep, crash, hangup or when`,
	},
	{
		name: "values",
		text: `
agent:
  start:
    - set:
        a: {}
        b: {attribute: a, state: b}
        c: {atribute: a}
        d: [1, {x: 1}]
        e: {attribute: 12}
        f: {attribute: a..b}
        g: {state: ""}
        h: {call: dni}
        i: .nan
        j: {literal: [0x10]}
        k: {header: null}
        "": 1
`,
		want: `a.yaml:5:12: value: want one key out of attribute, attribute_get, state, state_index, call, header, literal, got 0; write an object as {literal: {...}}
a.yaml:6:12: value: want one key out of attribute, attribute_get, state, state_index, call, header, literal, got 2; write an object as {literal: {...}}
a.yaml:7:13: unknown key "atribute" in a value (did you mean "attribute"?)
a.yaml:8:16: value: want {literal: ...} around a list with mappings in it
a.yaml:9:24: attribute: want text, got 12; quote it: "12"
a.yaml:10:24: attribute: want a path like customer.tier, got "a..b"
a.yaml:11:20: state: want a name, got ""
a.yaml:12:19: call: want one of id, account, project, dnis, ani, arrived_at, got "dni" (did you mean "dnis"?)
a.yaml:13:12: value: want a number as JSON writes it, got .nan; quote it: ".nan" if it is text
a.yaml:14:23: value: want a number as JSON writes it, got 0x10; quote it: "0x10" if it is text
a.yaml:15:21: header: want text, got null
a.yaml:16:9: set: want the name of a state key, got ""`,
	},
	{
		name: "conditions",
		text: `
agent:
  start:
    - {when: {attribute: a}, do: [{hangup: true}]}
    - {when: {attribute: a, state: b, equals: 1}, do: [{hangup: true}]}
    - {when: {attribute: a, equals: 1, present: true}, do: [{hangup: true}]}
    - {when: {unbound: true, present: true}, do: [{hangup: true}]}
    - {when: {attribute: a, one_of: []}, do: [{hangup: true}]}
    - {when: {attribute: a, one_of: 1}, do: [{hangup: true}]}
    - {when: {attribute: a, equal: 1}, do: [{hangup: true}]}
    - {when: {unbound: maybe}, do: [{hangup: true}]}
    - {when: {call: nis, present: true}, do: [], else: x}
    - {when: null, do: [{hangup: true}]}
`,
		want: `a.yaml:4:14: when: want one of attribute, state, header or call with one of equals, one_of or present, or unbound alone
a.yaml:5:14: when: want one of attribute, state, header or call with one of equals, one_of or present, or unbound alone
a.yaml:6:14: when: want one of attribute, state, header or call with one of equals, one_of or present, or unbound alone
a.yaml:7:14: when: want one of attribute, state, header or call with one of equals, one_of or present, or unbound alone
a.yaml:8:37: one_of: want at least one item, got an empty list
a.yaml:9:37: one_of: want a list, got 1
a.yaml:10:29: unknown key "equal" (did you mean "equals"?)
a.yaml:11:24: when: unbound: want true or false, got "maybe"
a.yaml:12:21: call: want one of id, account, project, dnis, ani, arrived_at, got "nis" (did you mean "dnis"?)
a.yaml:12:46: do: want at least one item, got an empty list
a.yaml:12:56: else: want a list, got "x"
a.yaml:13:14: when: want a mapping, got null`,
	},
	{
		name: "turns",
		text: `
agent:
  turns:
    - {}
    - {say: 1, takes: 5, listen: false, do: 1}
    - {says: hello}
    - text
`,
		want: `a.yaml:4:7: turn: want say, takes, listen or do, got an empty mapping
a.yaml:5:13: say: want text, got 1; quote it: "1"
a.yaml:5:23: takes: want a duration like 20s, or forever, got 5
a.yaml:5:34: listen: want true, got false
a.yaml:5:45: do: want a list, got 1
a.yaml:6:8: unknown key "says" (did you mean "say"?)
a.yaml:7:7: turn: want a mapping, got "text"`,
	},
	{
		name: "hang-up in end",
		text: `agent: {end: [{when: {unbound: true}, do: [{hangup: true}]}, {hangup: false}]}`,
		want: `a.yaml:1:44: hangup: want it in start or turns: in end the call is over
a.yaml:1:62: hangup: want it in start or turns: in end the call is over
a.yaml:1:71: hangup: want true, got false`,
	},
	{
		name: "turns that never come", lax: true,
		text: `agent: {turns: [{listen: true}, {takes: forever}, {say: never}]}`,
		want: `a.yaml:1:17: listen: want it in the last turn: the caller is silent here, so no turn after it runs
a.yaml:1:33: takes: want forever in the last turn: no turn after it runs`,
	},
	{
		name: "operations that never run", lax: true,
		text: `agent: {start: [{hangup: true}, {sleep: 1s}]}`,
		want: `a.yaml:1:33: start: want nothing after crash or hangup: it never runs`,
	},
}

func TestParseProblems(t *testing.T) {
	for _, tc := range wrong {
		t.Run(tc.name, func(t *testing.T) {
			script, problems := agent.Parse("a.yaml", document(t, tc.text))
			if script != nil {
				t.Error("script: want none")
			}
			if got := problems.Error(); got != tc.want {
				t.Errorf("problems:\ngot\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}

func TestParseNothing(t *testing.T) {
	_, problems := agent.Parse("a.yaml", nil)
	if got := problems.Error(); got != "a.yaml:1:1: agent: want echo, a script or an ADK project, got nothing" {
		t.Errorf("got %s", got)
	}
}
