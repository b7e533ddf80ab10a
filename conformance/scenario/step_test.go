package scenario

import (
	"fmt"
	"testing"
)

// start is a concurrently whose start begins in column 40 of TestSteps.
func start(value string) string {
	return "{concurrently: {clients: 1, start: " + value + ", steps: [{reserve: {attributes: {}}}]}}"
}

// TestSteps writes steps in flow style, one a line; the first stands on line 7 and its
// text begins in column 5. The scenario has a check, so a step need not assert.
func TestSteps(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"no verb", "{as: x}", "f:7:5: step: want one verb ({verbs}), got none"},
		{"two verbs", "{advance: 1s, fault: none}", "f:7:19: step: want one verb, got advance and fault"},
		{"mistyped verb", "{dail: {to: x}}", `f:7:6: unknown key "dail" in step (did you mean "dial"?)`},
		{"mistyped option", "{advance: 1s, notes: x}", `f:7:19: unknown key "notes" in step (did you mean "note"?)`},
		{"as with a number", "{reserve: {attributes: {}}, as: 5}", `f:7:37: as: want text, got 5; quote it: "5"`},
		{"as with a dot", "{concurrently: {clients: 1, steps: [{reserve: {attributes: {}}}]}, as: a.b}", `f:7:76: as: want a name of lower-case letters, digits and _, got "a.b"`},
		{"as of a root", "{concurrently: {clients: 1, steps: [{reserve: {attributes: {}}}]}, as: client}", `f:7:76: as: want a name that is free, got "client"`},
		{"as without a result", "{advance: 1s, as: x}", `f:7:23: as: want it on a step with a result, got it on advance
f:7:23: as: want every name used, got "x" unused; use note to explain a step`},
		{"expect without a result", "{fault: none, expect: {status: 1}}", "f:7:27: expect: want it on a step with a result, got it on fault"},
		{"empty expect", "{reserve: {attributes: {}}, expect: {}}", "f:7:41: expect: want a mapping of at least one key, got an empty one"},
		{"within on dial", "{dial: {to: a}, within: 2s}", "f:7:29: within: want it on reserve, handoff or request, got it on dial"},
		{"within for nothing", "{reserve: {attributes: {}}, within: 2s}", "f:7:41: within: want an expect to wait for, got none"},
		{"within of nothing", "{handoff: {id: a}, within: 0s}", "f:7:32: within: want more than 0, got 0s"},
		{"within as number", "{handoff: {id: a}, within: 5}", "f:7:32: within: want a duration like 120s, got 5"},
		{"contract", "{handoff: {id: a}, contract: {mode: non, because: b}}", `f:7:41: mode: want published or none, got "non" (did you mean "none"?)`},
		{"contract without a reason", "{handoff: {id: a}, contract: {mode: none}}", "f:7:34: contract: want the key because, got none"},
		{"contract on dial", "{dial: {to: a}, contract: {mode: none, because: b}}", "f:7:31: contract: want it on reserve, handoff, request or journey, got it on dial"},

		{"reserve nothing", "{reserve: }", "f:7:15: reserve: want a mapping, got nothing"},
		{"reserve without", "{reserve: {}}", "f:7:15: reserve: want the key attributes or body, got none"},
		{"reserve both", "{reserve: {attributes: {}, body: {}}}", "f:7:38: reserve: want attributes or body, got both"},
		{"reserve unknown", "{reserve: {attribute: {}}}", `f:7:15: reserve: want the key attributes or body, got none
f:7:16: unknown key "attribute" in reserve (did you mean "attributes"?)`},
		{"reserve numbers", "{reserve: {attributes: {}, retry: -1, timeout: -2s, key: 5}}", `f:7:39: retry: want at least 0, got -1
f:7:52: timeout: want more than 0, got -2s
f:7:62: key: want text, got 5; quote it: "5"`},
		{"reserve ambiguous", "{reserve: {attributes: {vip: yes}}}", `f:7:34: value: yes is a boolean to some readers of YAML and text to others; write true or false, or quote it: "yes"`},
		{"dial a bare number", "{dial: {to: +442071838750}}", `f:7:17: to: want text, got +442071838750; quote it: "+442071838750"`},
		{"dial without", "{dial: {from: '+44'}}", "f:7:12: dial: want the key to, got none"},
		{"dial words", "{dial: {to: a, format: 011, transport: tls, sdp: off}}", `f:7:28: format: want text, got 011; quote it: "011"
f:7:44: transport: want udp or tcp, got "tls"
f:7:54: sdp: want offer, late, none or bad-codec, got "off"`},
		{"dial numbers", "{dial: {to: a, count: 0, cancel_after: 0s, via_to: yes}}", `f:7:27: count: want at least 1, got 0
f:7:44: cancel_after: want more than 0, got 0s
f:7:56: via_to: want true or false, got "yes"`},
		{"dial format", "{dial: {to: a, format: e146}}", `f:7:28: format: want e164, e164-no-plus, cc00, 011, national, last10, last4, tel, user-phone, percent-plus or separators, got "e146" (did you mean "e164"?)`},
		{"dial headers", `{dial: {to: a, headers: {X-Language: fr, "": b, "X A": c, cseq: d, I: e, Privacy: f, x-language: g, Subject: 5}}}`,
			`f:7:46: headers: want a name of letters, digits and -.!%*_+` + "`'~" + `, got ""
f:7:53: headers: want a name of letters, digits and -.!%*_+` + "`'~" + `, got "X A"
f:7:63: headers: want a header that the SIP stack does not write itself, got cseq
f:7:72: headers: want a header that the SIP stack does not write itself, got I
f:7:78: headers: want the key withheld of dial for Privacy
f:7:90: headers: want each header once, got X-Language and x-language
f:7:114: Subject: want text, got 5; quote it: "5"`},
		{"dial without headers", "{dial: {to: a, headers: {}}}", "f:7:29: headers: want at least one header, got an empty mapping"},
		{"dial headers as list", "{dial: {to: a, headers: [a]}}", "f:7:29: headers: want a mapping, got a list"},
		{"hangup without", "{hangup: {}}", "f:7:14: hangup: want the key call, got none"},
		{"hangup a reference", "{hangup: {call: '${call.id}'}}", `f:7:21: call: want the bare name of a dial step, got "${call.id}"`},
		{"await", "{await: {call: c, within: 0s}}", `f:7:20: unknown call "c"
f:7:31: within: want more than 0, got 0s`},
		{"handoff query and id", "{handoff: {query: a, id: b, shared_id: c}}", `f:7:23: handoff: want id or query, got both
f:7:23: handoff: want shared_id or query, got both`},
		{"handoff of nothing", "{handoff: {}}", ""},
		{"request without", "{request: {}}", `f:7:15: request: want the key method, got none
f:7:15: request: want the key path, got none`},
		{"request", "{request: {method: get, path: v1, query: '?a', json: 1, body: x, headers: {a: 1}}}", `f:7:24: method: want capital letters like GET, got "get"
f:7:35: path: want it to start with /, got "v1"
f:7:46: query: want it without the ?, got "?a"
f:7:67: request: want json or body, got both
f:7:83: a: want text, got 1; quote it: "1"`},
		{"request headers as list", "{request: {method: GET, path: /, headers: [a]}}", "f:7:47: headers: want a mapping, got a list"},
		{"journey", "{journey: {ani: 5, retries: -1, reserve_timeout: 0s, poll: {every: 0s, for: 1}}}", `f:7:15: journey: want the key attributes, got none
f:7:21: ani: want text, got 5; quote it: "5"
f:7:33: retries: want at least 0, got -1
f:7:54: reserve_timeout: want more than 0, got 0s
f:7:72: every: want more than 0, got 0s
f:7:81: for: want a duration like 120s, got 1`},
		{"advance", "{advance: 61}", "f:7:15: advance: want a duration like 120s, got 61"},
		{"advance back", "{advance: -1s}", "f:7:15: advance: want more than 0, got -1s"},
		{"advance as mapping", "{advance: {by: 1s}}", "f:7:15: advance: want a duration like 120s, got a mapping"},
		{"fault", "{fault: nothing}", `f:7:13: fault: want none or a mapping of faults, got "nothing"`},
		{"a list of faults", "{fault: [{http: {}}]}", "f:7:13: fault: want none or a mapping of faults, got a list"},
		{"fault of nothing", "{fault: {}}", "f:7:13: fault: want none or a mapping of faults, got an empty one"},
		{"fault hook", "{fault: {http: {}, bad: 1}}", "f:7:29: fault: bad"},
		{"concurrently nothing", "{concurrently: 5}", "f:7:20: concurrently: want a mapping, got 5"},
		{"concurrently without", "{concurrently: {}}", `f:7:20: concurrently: want the key clients, got none
f:7:20: concurrently: want the key steps, got none`},
		{"concurrently", "{concurrently: {clients: 0, start: now, steps: [{advance: 1s}]}}", `f:7:30: clients: want 1 to 10000, got 0
f:7:40: start: want barrier, {spread: 2s} or {poisson: {every: 100ms}}, got "now"
f:7:54: concurrently: want {client verbs}, got advance`},
		{"spread", start("{spread: 0s}"), "f:7:49: spread: want more than 0, got 0s"},
		{"spread in a minus", start("{spread: -1s}"), "f:7:49: spread: want more than 0, got -1s"},
		{"poisson", start("{poisson: {every: 100ms}}"), ""},
		{"poisson of nothing", start("{poisson: {}}"), "f:7:50: poisson: want {every: 100ms}, the mean time between two starts, got an empty one"},
		{"poisson as time", start("{poisson: 2s}"), `f:7:50: poisson: want {every: 100ms}, the mean time between two starts, got "2s"`},
		{"poisson at once", start("{poisson: {every: 0s}}"), "f:7:58: every: want more than 0, got 0s"},
		{"poisson in a minus", start("{poisson: {every: -1s}}"), "f:7:58: every: want more than 0, got -1s"},
		{"poisson without a unit", start("{poisson: {every: 5}}"), "f:7:58: every: want a duration like 120s, got 5"},
		{"poisson mistyped", start("{poison: {every: 1s}}"), `f:7:41: unknown key "poison" in start (did you mean "poisson"?)`},
		{"every mistyped", start("{poisson: {evry: 1s}}"), `f:7:51: unknown key "evry" in poisson (did you mean "every"?)`},
		{"spread and poisson", start("{spread: 2s, poisson: {every: 1s}}"), "f:7:62: start: want spread or poisson, got both"},
		{"start of nothing", start("{}"), "f:7:40: start: want barrier, {spread: 2s} or {poisson: {every: 100ms}}, got an empty one"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, want := problemsOf(head+"steps:\n  - "+test.in+"\ncheck: [no-cross-talk]\n"), listVerbs(test.want); got != want {
				t.Errorf("\n got %s\nwant %s", got, want)
			}
		})
	}
}

// TestExpectations puts the text after `expect: ` of a reserve step: line 8, column 13.
func TestExpectations(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"{status: 200}", ""},
		{"{stauts: 200}", `f:8:14: unknown key "stauts" in the result of reserve (did you mean "status"?)`},
		{"{status: '200'}", `f:8:22: status: want a number, got "200"`},
		{"{status: null}", "f:8:22: status: want a number, got null"},
		{"{status: {not: ok}}", `f:8:28: status: want a number, got "ok"`},
		{"{status: {one_of: [200, '404']}}", "f:8:31: status: want a number, got a list"},
		{"{status: {not: {one_of: ['404']}}}", "f:8:28: status: want a number, got a mapping"},
		{"{status: [200]}", "f:8:22: status: want a number, got a list"},
		{"{status: {code: 200}}", `f:8:23: unknown key "code" in a matcher; want not, one_of, matches, present, absent, type, at_least, at_most, contains, length or exactly`},
		{"{status: {at_lest: 200}}", `f:8:23: unknown key "at_lest" in a matcher (did you mean "at_least"?)`},
		{"{status: {at_least: 1, at_most: 2}}", "f:8:22: status: want a value or one matcher, got a mapping of 2 keys"},
		{"{status: {}}", "f:8:22: status: want a value or one matcher, got a mapping of 0 keys"},
		{"{outcome: indefnite}", `f:8:23: outcome: want definite or indefinite, got "indefnite" (did you mean "indefinite"?)`},
		{"{status: 'x${vars.x}'}", `f:8:22: status: want a number, got "x${vars.x}"
f:8:24: unknown var "x"`},
		{"{outcome: 5}", "f:8:23: outcome: want definite or indefinite, got 5"},
		{"{headers: {a: 5}}", "f:8:27: headers.a: want text, got 5"},
		{"{headers: {a: {b: c}}}", `f:8:28: unknown key "b" in a matcher; want not, one_of, matches, present, absent, type, at_least, at_most, contains, length or exactly`},
		{"{body: {}}", "f:8:20: body: want at least one key, got none; write {exactly: {}} for an empty object or {type: object} for any"},
		{"{body: {a: {at_least: 1, at_most: 2}}}", "f:8:24: body.a: want one matcher, got 2; write {at_least: {exactly: …}} for a field of that name, or {exactly: …} for the whole value"},
		{"{body: {a: {not: 1, exactly: 2}}}", "f:8:24: body.a: want one matcher, got 2; write {exactly: …} for the whole value"},
		{"{body: {a: {not: 1, type: visa}}}", "f:8:24: body.a: want one matcher, got 2; write {type: {exactly: …}} for a field of that name, or {exactly: …} for the whole value"},
		{"{body: {a: {type: visa, name: x}}}", ""},
		{"{body: {length: {exactly: 3}}}", ""},
		{"{body: {length: {at_least: 3}, type: {exactly: visa}}}", ""},
		{"{body: {length: {length: 3}}}", ""},
		{"{body: {length: three}}", `f:8:29: length: want a whole number from 0 up, got "three"; write {length: {exactly: …}} for a field of that name`},
		{"{body: {length: {exactly: 3, not: 4}}}", "f:8:29: length: want a whole number from 0 up, got a mapping; write {length: {exactly: …}} for a field of that name"},
		{"{body: {length: 3, type: {exactly: visa}}}", "f:8:20: body: want one matcher, got 2; write {length: {exactly: …}} for a field of that name, or {exactly: …} for the whole value"},
		{"{status: {length: {exactly: 3}}}", "f:8:31: length: want a whole number from 0 up, got a mapping; write {length: {exactly: …}} for a field of that name"},
		{"{body: {a: [{b: 1}, {b: 2, c: [d]}]}}", ""},
		{"{body: {a: [{matches: e164}]}}", "f:8:25: matches: want a literal inside a list, got a matcher; write {exactly: …} around the list if it is one"},
		{"{body: {a: {exactly: [{type: visa}]}}}", ""},
		{"{body: {'${vars.x}': 1}}", `f:8:21: key: references are not replaced in keys, got "${vars.x}"`},
		{"{body: {a: {exactly: {'${vars.x}': 1}}}}", `f:8:35: key: references are not replaced in keys, got "${vars.x}"`},
		{"{body: {a: {present: yes}}}", `f:8:34: present: want true, got "yes"; the opposite is {absent: true}`},
		{"{body: {a: {absent: false}}}", "f:8:33: absent: want true, got false; the opposite is {present: true}"},
		{"{body: {a: {one_of: []}}}", "f:8:33: one_of: want a list of at least one value, got an empty one"},
		{"{body: {a: {one_of: 5}}}", "f:8:33: one_of: want a list of at least one value, got 5"},
		{"{body: {a: {type: text}}}", `f:8:31: type: want string, number, integer, boolean, object, array or null, got "text"; write {type: {exactly: …}} for a field of that name`},
		{"{body: {a: {type: strin}}}", `f:8:31: type: want string, number, integer, boolean, object, array or null, got "strin"; write {type: {exactly: …}} for a field of that name (did you mean "string"?)`},
		{"{body: {a: {type: 'null'}}}", ""},
		{"{body: {a: {type: null}}}", `f:8:31: type: want string, number, integer, boolean, object, array or null, got null; write {type: {exactly: …}} for a field of that name`},
		{"{body: {a: {matches: e146}}}", `f:8:34: matches: want e164, uuid, rfc3339 or a regular expression, got "e146"; write {contains: …} for a part of a text (did you mean "e164"?)`},
		{"{body: {a: {matches: '('}}}", "f:8:34: matches: want a regular expression, got error parsing regexp: missing closing ): `(`"},
		{"{body: {a: {matches: 5}}}", "f:8:34: matches: want e164, uuid, rfc3339 or a regular expression, got 5"},
		{"{body: {a: {at_least: '5'}}}", `f:8:35: at_least: want a number, got "5"`},
		{"{body: {a: {length: -1}}}", "f:8:33: length: want a whole number from 0 up, got -1; write {length: {exactly: …}} for a field of that name"},
		{"{body: {a: {length: 1.5}}}", "f:8:33: length: want a whole number from 0 up, got 1.5; write {length: {exactly: …}} for a field of that name"},
		{"{body: {a: {contains: ''}}}", `f:8:35: contains: want text or an item of a list, got ""`},
		{"{body: {a: {contains: {b: 1}}}}", "f:8:35: contains: want text or an item of a list, got a mapping"},
		{"{body: {a: {not: {b: 1, c: 2}}}}", "f:8:30: not: want a value or one matcher, got a mapping; write {not: {exactly: …}}"},
		{"{body: {a: {not: {absent: true}}}}", "f:8:30: not: want a value or another matcher, got absent"},
		{"{body: {a: +44}}", `f:8:24: value: want a number as JSON writes it, got +44; quote it: "+44" if it is text`},
		{"{body: no}", `f:8:20: value: no is a boolean to some readers of YAML and text to others; write true or false, or quote it: "no"`},
		{"[a]", "f:8:13: expect: want a mapping of at least one key, got a list"},
	} {
		t.Run(test.in, func(t *testing.T) {
			if got := problemsOf(head + "steps:\n  - reserve: {attributes: {}}\n    expect: " + test.in + "\ncheck: [no-cross-talk]\n"); got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
}

// TestFieldsNamedLikeMatchers reads a field whose name is that of a matcher, among others that are not asked for.
func TestFieldsNamedLikeMatchers(t *testing.T) {
	s, ps := Parse("f", []byte(head+"steps:\n  - reserve: {attributes: {}}\n    expect: {body: {length: {at_least: 3}, type: {exactly: visa}}}\n"), Options{})
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	for _, test := range []struct {
		body map[string]any
		want string
	}{
		{map[string]any{"length": 3, "type": "visa", "dni": "x"}, ""},
		{map[string]any{"length": 2, "type": "visa"}, "body.length: want at least 3, got 2"},
		{map[string]any{"length": 3, "type": "amex"}, `body.type: want exactly "visa", got "amex"`},
	} {
		mismatches, err := s.Steps[0].Expect.Check(s.Scope(1), map[string]any{"body": test.body})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, m := range mismatches {
			got += fmt.Sprintf("%s: want %s, got %s", m.Path, m.Want, m.Got)
		}
		if got != test.want {
			t.Errorf("%v: got %s, want %s", test.body, got, test.want)
		}
	}
}

// TestTallies puts the text after `expect: ` of a concurrently step: line 8, column 13.
func TestTallies(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"{lease: [{status: 200, count: 5, distinct: body.dni}], indefinite: 0}", ""},
		{"{lease: [{count: {at_least: 1}}], indefinite: {at_most: 1}}", ""},
		{"{lese: [{count: 5}], indefinite: 0}", `f:7:66: as: want every name used, got "lease" unused; use note to explain a step
f:8:14: unknown key "lese" in the results of concurrently (did you mean "lease"?)`},
		{"{lease: {count: 5}}", "f:7:66: as: want every name used, got \"lease\" unused; use note to explain a step\nf:8:21: lease: want a list like [{status: 200, count: 1}], got a mapping"},
		{"{lease: [5]}", "f:7:66: as: want every name used, got \"lease\" unused; use note to explain a step\nf:8:22: lease: want a mapping like {status: 200, count: 1}, got 5"},
		{"{lease: [{status: 200}]}", "f:8:22: lease: want the key count or distinct, got none"},
		{"{lease: [{stauts: 200, count: 1}]}", `f:8:23: unknown key "stauts" in the result of reserve (did you mean "status"?)`},
		{"{lease: [{count: 6}]}", "f:8:30: count: want at most the 5 clients, got 6"},
		{"{lease: [{count: many}]}", `f:8:30: count: want a number, got "many"`},
		{"{lease: [{count: 1, distinct: bdy.dni}]}", `f:8:43: unknown field of reserve "bdy" (did you mean "body"?)`},
		{"{lease: [{count: 1, distinct: 'body dni'}]}", `f:8:43: distinct: want a path like body.dni, got "body dni"`},
		{"{lease: [{count: 1, distinct: [body]}]}", `f:8:43: distinct: want text, got a list`},
		{"{lease: [{count: 1}], indefinite: none}", `f:8:47: indefinite: want a number, got "none"`},
	} {
		t.Run(test.in, func(t *testing.T) {
			in := head + "steps:\n  - concurrently: {clients: 5, steps: [{reserve: {body: {}}, as: lease}]}\n    expect: " + test.in + "\ncheck: [no-cross-talk]\n"
			if got := problemsOf(in); got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
}
