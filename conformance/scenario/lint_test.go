package scenario

import "testing"

// TestReferences writes the steps from line 9 on; vars stand on lines 6 and 7.
func TestReferences(t *testing.T) {
	const (
		lease = "  - {reserve: {attributes: {a: '${vars.a}'}}, as: lease}\n"
		call  = "  - {dial: {to: '${lease.body.dni}'}, as: call}\n"
		use   = "  - {hangup: {call: call}}\n"
	)
	for _, test := range []struct{ name, in, want string }{
		{"fine", lease + call + use, ""},
		{"undefined, near", lease + "  - {dial: {to: '${laese.body.dni}'}}\n", `f:9:51: as: want every name used, got "lease" unused; use note to explain a step
f:10:18: unknown name "laese" (did you mean "lease"?)`},
		{"undefined, far", lease + call + use + "  - {dial: {to: 'x ${nothing.at.all}'}}\n", `f:12:20: unknown name "nothing"; want call, lease, pool, projects, seed or vars`},
		{"forward", "  - {dial: {to: '${lease.body.dni}'}}\n" + lease, `f:9:18: reference: want the name of an earlier step, got "lease" of step 2
f:10:51: as: want every name used, got "lease" unused; use note to explain a step`},
		{"itself in its arguments", "  - {reserve: {attributes: ['${vars.a}', '${lease.body}']}, as: lease}\n", `f:9:43: reference: want the name of an earlier step, got "lease" of step 1
f:9:65: as: want every name used, got "lease" unused; use note to explain a step`},
		{"itself in its expect", "  - {handoff: {id: '${vars.a}'}, as: h, expect: {body: {id: '${h.body.data.id}'}}}\n", ""},
		{"forward call", "  - {hangup: {call: call}}\n" + lease + call, `f:9:21: reference: want the name of an earlier step, got "call" of step 3
f:11:43: as: want every name used, got "call" unused; use note to explain a step`},
		{"call of a reserve", lease + "  - {hangup: {call: lease}}\n", `f:10:21: call: want the name of a dial step, got "lease" of reserve`},
		{"mistyped call", lease + call + "  - {await: {call: cal}}\n", `f:10:43: as: want every name used, got "call" unused; use note to explain a step
f:11:20: unknown call "cal" (did you mean "call"?)`},
		{"name twice", lease + lease + call + use, `f:10:51: as: want a name of its own, got "lease" again, first on line 9`},
		{"whole result", lease + "  - {dial: {to: '${lease}'}}\n", `f:10:18: reference: want a field like ${lease.outcome}, got ${lease}`},
		{"mistyped field", lease + "  - {dial: {to: '${lease.bdy.dni}'}}\n", `f:10:18: unknown field of reserve "bdy" (did you mean "body"?)`},
		{"field of a number", lease + "  - {dial: {to: '${lease.status.code}'}}\n", `f:10:18: reference: want status as it is, got status.code: it has no fields`},
		{"header", lease + "  - {dial: {to: '${lease.headers.X-Id}${lease.headers.x.y}'}}\n", `f:10:39: reference: want x as it is, got headers.x.y: it has no fields`},
		{"unknown var", lease + call + use + "  - {dial: {to: '${vars.aa}${vars}'}}\n", `f:12:18: unknown var "aa" (did you mean "a"?)
f:12:28: reference: want ${vars.name}, got ${vars}`},
		{"missing part of a var", lease + call + use + "  - {dial: {to: '${vars.a.x}${vars.a.n.5}'}}\n", `f:12:18: reference: want ${vars.a.x}, got nothing: vars.a has n
f:12:29: reference: want ${vars.a.n.5}, got nothing: vars.a.n is a list of 1`},
		{"seed", lease + call + use + "  - {dial: {to: '${seed}${seed.x}'}}\n", `f:12:25: reference: want ${seed}, got ${seed.x}`},
		{"client outside", lease + call + use + "  - {dial: {to: '${client.index}'}}\n", `f:12:18: reference: want ${client.index} inside the steps of concurrently, got it outside`},
		{"open brace", lease + call + use + "  - {dial: {to: '${lease.body'}}\n", `f:12:17: reference: want a closing }, got "${lease.body"; write $${ for a literal ${`},
		{"empty", lease + call + use + "  - {dial: {to: 'a${}'}}\n", `f:12:17: reference: want ${name.path}, got "${}"; write $${ for a literal ${`},
		{"expression", lease + call + use + "  - {dial: {to: '${lease.status + 1}'}}\n", `f:12:17: reference: want ${name.path}, got "${lease.status + 1}"; write $${ for a literal ${`},
		{"escaped", lease + call + use + "  - {dial: {to: '$${nothing}'}}\n", ""},
		{"in a note", lease + call + "  - {hangup: {call: call}, note: '${anything}'}\n", ""},
		{"pool", lease + "  - {dial: {to: '${lease.body.dni}', from: '${pool.size} ${pool.window} ${pool.sice} ${pool}'}}\n",
			"f:10:73: unknown field of pool \"sice\" (did you mean \"size\"?)\nf:10:86: reference: want ${pool.size} or ${pool.window}, got ${pool}"},
		{"projects", lease + "  - {dial: {to: '${lease.body.dni}', from: '${projects.acme.account} ${projects.acme.acount} ${projects.acme}'}}\n",
			"f:10:70: unknown field of a project \"acount\" (did you mean \"account\"?)\nf:10:94: reference: want one like ${projects.acme.account}, got ${projects.acme}"},
		{"in a matcher", lease + "  - {reserve: {body: 1}, expect: {body: {dni: {not: '${lese.body.dni}'}, x: {one_of: ['${lease.body.dni}']}}}}\n", `f:10:54: unknown name "lese" (did you mean "lease"?)`},
		{"in a folded text", lease + "  - dial:\n      to: >-\n        x\n        ${lese.body.dni}\n", `f:9:51: as: want every name used, got "lease" unused; use note to explain a step
f:11:11: unknown name "lese" (did you mean "lease"?)`},
		{"after an escape", lease + "  - {dial: {to: \"\\u00e9 ${lese.body}\"}}\n", `f:9:51: as: want every name used, got "lease" unused; use note to explain a step
f:10:25: unknown name "lese" (did you mean "lease"?)`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := problemsOf(head + "vars:\n  a: {n: [1]}\nsteps:\n" + used(test.in) + "check: [no-cross-talk]\n"); got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
}

// used keeps the var a used in tests that do not reserve first.
func used(steps string) string { return steps + "  - {reserve: {body: '${vars.a}'}}\n" }

// TestConcurrentNames writes the concurrent steps from line 10 on.
func TestConcurrentNames(t *testing.T) {
	const before = "  - {reserve: {body: 1}, as: lease}\n  - concurrently:\n      clients: 3\n      steps:\n"
	const after = "  - {dial: {to: '${lease.body.dni}'}, as: call}\n  - {hangup: {call: call}}\n"
	for _, test := range []struct{ name, in, want string }{
		{"fine", "      - {reserve: {attributes: {i: '${client.index}', r: '${client.random}', o: '${lease.body.dni}'}}, as: mine}\n      - {dial: {to: '${mine.body.dni}'}}\n", ""},
		{"unknown field of client", "      - {reserve: {attributes: '${client.indx}'}}\n", `f:11:33: unknown field of client "indx" (did you mean "index"?)`},
		{"client alone", "      - {reserve: {attributes: '${client}'}}\n", "f:11:33: reference: want ${client.index} or ${client.random}, got ${client}"},
		{"shadowing", "      - {reserve: {body: 1}, as: lease}\n", `f:11:34: as: want a name of its own, got "lease" again, first on line 7`},
		{"unused inside", "      - {reserve: {body: 1}, as: mine}\n", `f:11:34: as: want every name used, got "mine" unused; use note to explain a step`},
		{"a later name of the outer list", "      - {hangup: {call: call}}\n", `f:11:25: reference: want the name of an earlier step, got "call" of step 3`},
		{"used outside", "      - {reserve: {body: 1}, as: mine}\n      - {dial: {to: '${mine.body.dni}'}}\n    as: race\n  - {dial: {to: '${mine.body.dni}'}}\n  - {dial: {to: '${race.lease}'}}\n", `f:14:18: reference: want a name outside concurrently, got "mine", which each client has for itself
f:15:18: reference: want a step with one result, got ${race.lease} of concurrently`},
		{"client in the tally", "      - {reserve: {body: 1}, as: mine}\n    expect: {mine: [{status: '${client.index}', count: '${lease.status}'}], indefinite: '${nope.x}'}\n", `f:12:31: reference: want ${client.index} inside the steps of concurrently, got it outside
f:12:90: unknown name "nope"; want lease, pool, projects or seed`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := problemsOf(head + "steps:\n" + before + test.in + after + "check: [no-cross-talk]\n"); got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
}
