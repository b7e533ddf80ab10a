package replay_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets/reference"
)

// TestVerbs plays each verb on the reference, and expects every field of its result.
func TestVerbs(t *testing.T) {
	for _, c := range []struct{ name, body string }{
		{"reserve and dial", `
given: {pool: {numbers: 1}, agent: {echo: {talk: 45s}}}
steps:
  - reserve: {attributes: {shared_id: v-1, nonce: n-1}}
    as: lease
    expect: {outcome: definite, status: 200, headers: {Content-Type: {contains: json}}, body: {dni: {matches: e164}}}
  - dial: {to: "${lease.body.dni}", from: "+442079460001"}
    as: call
    expect: {id: {present: true}, status: 200, answered: true, reason: OK, ended_by: {absent: true}}
  - await: {call: call, within: 1m}
    expect: {ended_by: platform, how: bye, cause: {present: true}, headers: {user-agent: {present: true}}}
  - handoff: {shared_id: v-1}
    expect: {outcome: definite, status: 200, headers: {content-type: {contains: json}}, body: {id: "${call.id}", data: {echo_nonce: n-1, echo_ani: "+442079460001"}}}
check: [no-double-lease, capacity-respected, no-lost-number, no-cross-talk, handoff-matches-call, no-fail-open-drop, dialable-numbers]
`},
		{"reserve a whole body", `
steps:
  - reserve: {body: {attributes: 5}}
    expect: {status: 400}
  - reserve: {body: {attributes: {nonce: n-1}}, project: acme}
    expect: {status: 200}
`},
		{"reserve with keys", `
steps:
  - {reserve: {attributes: {}, key: none}, expect: {status: 401}}
  - {reserve: {attributes: {}, key: handoff}, expect: {status: 401}}
  - {reserve: {attributes: {}, key: wrong}, expect: {status: 401}}
  - {reserve: {attributes: {}, key: dni}, expect: {status: 200}}
`},
		{"reserve again after a lost reply", `
given: {pool: {numbers: 2}}
steps:
  - fault: {http: {drop_reply: eof, times: 1}}
  - reserve: {attributes: {}, retry: 1}
    expect: {status: 200}
  - reserve: {attributes: {}}
    note: The lost reply holds the other number.
    expect: {status: 404}
check: [exhaustion-justified]
`},
		{"dial a number that nobody serves", `
steps:
  - dial: {to: "+442079469999"}
    expect: {answered: false, status: 404}
`},
		{"dial without being seen", `
given: {agent: {echo: {talk: 5s}}}
steps:
  - {reserve: {attributes: {}}, as: lease}
  - {dial: {to: "${lease.body.dni}", withheld: true, format: national, transport: tcp, via_to: true, sdp: late}, as: call, expect: {answered: true}}
  - {await: {call: call}, expect: {ended_by: platform}}
  - {handoff: {id: "${call.id}"}, expect: {body: {data: {echo_ani: null}}}}
`},
		{"dial with headers", `
given:
  handoff: {state_keys: [ward, language, other, subject]}
  agent:
    start: [{set: {ward: {header: X-Ward}, language: {header: x-Language}, other: {header: X-LANGUAGE}, subject: {header: Subject}}}]
vars: {ward: A1}
steps:
  - {dial: {to: "+442079460000", headers: {x-Language: "fr; q=1", X-Ward: "${vars.ward}", Subject: "not the caller's own"}}, as: call, expect: {answered: true}}
  - {await: {call: call}}
  - {handoff: {id: "${call.id}"}, expect: {body: {data: {ward: A1, language: "fr; q=1", other: null, subject: null}}}}
`},
		{"dial and give up", `
given: {agent: {echo: {}}, sip: {answer_after: 10s}}
steps:
  - {dial: {to: "+442079460000", ring_only: true}, expect: {answered: false, status: 487, ended_by: caller}}
  - {dial: {to: "+442079460000", cancel_after: 2s}, expect: {answered: false, status: 487, ended_by: caller}}
`},
		{"dial with repeated INVITEs", `
given: {agent: {echo: {talk: forever}}}
steps:
  - {dial: {to: "+442079460000", count: 3}, as: call, expect: {answered: true}}
  - {hangup: {call: call}, expect: {status: 200}}
  - {await: {call: call}, expect: {ended_by: caller, how: bye}}
`},
		{"handoff in every way", `
given: {agent: {echo: {}}}
vars: {shared: "a b"}
steps:
  - {reserve: {attributes: {shared_id: "${vars.shared}"}}, as: lease}
  - {dial: {to: "${lease.body.dni}"}, as: call}
  - {await: {call: call}}
  - {handoff: {shared_id: "${vars.shared}"}, expect: {status: 200}}
  - {handoff: {id: "${call.id}", project: acme, account: acme-uk}, expect: {status: 200, body: {shared_id: "${vars.shared}"}}}
  - {handoff: {query: "shared_id=a+b"}, expect: {status: 200}}
  - {handoff: {id: x, account: other-uk}, expect: {status: 403}}
  - {handoff: {id: x, key: none}, expect: {status: 401}}
  - {handoff: {}, expect: {status: 400}}
`},
		{"request", `
steps:
  - request: {method: POST, path: /v1/conversations/dni-reservation, headers: {x-a: "1"}, json: {attributes: {}}, key: dni}
    expect: {status: 200, body: {dni: {matches: e164}}}
  - request: {method: POST, path: /v1/conversations/dni-reservation, body: "{", key: dni}
    expect: {outcome: definite, status: 400, headers: {content-type: {contains: json}}, body: {success: false}}
  - request: {method: GET, path: /v1/acme-uk/acme-support/handoff_state, query: "id=1&id=2", key: handoff}
    expect: {status: 404}
  - request: {method: GET, path: /nowhere}
    expect: {status: 404}
`},
		{"journey that ends with a human", `
given: {agent: {echo: {talk: 5s}}, pool: {numbers: 1}}
steps:
  - journey: {attributes: {shared_id: j-1, nonce: n-1, want_handoff_to: billing}, ani: "+442079460002", fallback: queue}
    expect:
      {outcome: transferred, queue: billing, destination: billing, dialled: true, reserve_attempts: 1, polls: 1, fail_open: false, reason: {present: true}, id: {present: true}}
check: [no-double-lease, no-lost-number, no-cross-talk, handoff-matches-call]
`},
		{"journey of callers who are drawn", `
given:
  pool: {numbers: 3, window: 30s}
steps:
  - journey: {attributes: {shared_id: j-3, nonce: n-3}, fallback: queue, think: {min: 5s, max: 9s}, talk: {min: 20s, max: 30s}, handoff: 1}
    expect: {outcome: transferred, queue: human, gave_up: false}
  - journey: {attributes: {}, fallback: queue, think: 5s, patience: 4s}
    note: gives up before dialling
    expect: {outcome: completed, gave_up: true, dialled: false, polls: 0}
  - fault: {carrier: {post_dial_delay: {min: 5s, max: 9s}}}
  - journey: {attributes: {}, fallback: queue, think: 1s, patience: 4s}
    note: gives up before it rings
    expect: {outcome: completed, gave_up: true, dialled: true, polls: 0}
  - journey: {attributes: {shared_id: j-4, nonce: n-4}, fallback: queue, talk: {mean: 20s, cv: 0.5}, hangs_up: 1}
    expect: {outcome: completed, gave_up: false, polls: 0, reason: the caller hung up}
  - handoff: {shared_id: j-4}
    within: 2s
    expect: {status: 200, body: {data: {echo_nonce: n-4, handoff_to: null}}}
`},
		{"journey without a number", `
given: {pool: {numbers: 1}}
steps:
  - {reserve: {attributes: {}}, expect: {status: 200}}
  - journey: {attributes: {shared_id: j-2}, fallback: overflow}
    expect: {outcome: fallback, queue: overflow, dialled: false, polls: 0, id: {absent: true}}
check: [exhaustion-justified]
`},
		{"advance", `
given: {pool: {numbers: 1, window: 60s}}
steps:
  - {reserve: {attributes: {}}, expect: {status: 200}}
  - advance: 59s
  - {reserve: {attributes: {}}, expect: {status: 404}}
  - advance: 1s
  - {reserve: {attributes: {}}, expect: {status: 200}}
check: [exhaustion-justified, no-double-lease, capacity-respected]
`},
		{"restart", `
given: {pool: {numbers: 1}}
steps:
  - {reserve: {attributes: {}}, expect: {status: 200}}
  - restart: {leases: keep}
  - {reserve: {attributes: {}}, expect: {status: 404}}
  - restart: {leases: lose}
  - {reserve: {attributes: {}}, expect: {status: 200}}
`},
		{"several faults on the wire", `
steps:
  - fault: {http: [{path: dni-reservation, reply: {status: 500}, times: 1}, {path: handoff_state, reply: {status: 502}}]}
  - {handoff: {id: x}, expect: {status: 502}, contract: {mode: none, because: the fault made this reply}}
  - {reserve: {attributes: {}}, expect: {status: 500}, contract: {mode: none, because: the fault made this reply}}
  - {reserve: {attributes: {}}, expect: {status: 200}}
`},
		{"fault on the wire and in the carrier", `
given: {agent: {echo: {}}}
steps:
  - fault: {http: {reply: {status: 500}, times: 1}, carrier: {outage: true}}
  - {reserve: {attributes: {}}, expect: {status: 500}, contract: {mode: none, because: the fault made this reply}}
  - {dial: {to: "+442079460000"}, expect: {answered: false}}
  - fault: none
  - {dial: {to: "+442079460000"}, expect: {answered: true}}
`},
	} {
		t.Run(c.name, func(t *testing.T) { wantPassed(t, play(t, reference.Target{}, c.body)) })
	}
}

// TestEveryFieldIsSet holds the players' results against the fields that the language promises.
func TestEveryFieldIsSet(t *testing.T) {
	given := "given: {pool: {numbers: 1}, agent: {echo: {talk: 5s}}}\n"
	steps := map[scenario.Verb]string{
		scenario.VerbReserve: "  - {reserve: {attributes: {}}, expect: {%s}}\n",
		scenario.VerbHandoff: "  - {handoff: {id: x}, expect: {%s}}\n",
		scenario.VerbRequest: "  - {request: {method: GET, path: /}, expect: {%s}}\n",
		scenario.VerbDial:    "  - {dial: {to: \"+442079469999\"}, expect: {%s}}\n",
		scenario.VerbHangup:  "  - {dial: {to: \"+442079460000\"}, as: call}\n  - {hangup: {call: call}, expect: {%s}}\n",
		scenario.VerbAwait:   "  - {dial: {to: \"+442079460000\"}, as: call}\n  - {await: {call: call}, expect: {%s}}\n",
		scenario.VerbJourney: "  - {journey: {attributes: {shared_id: j, want_handoff_to: billing}}, expect: {%s}}\n",
	}
	for verb, step := range steps {
		t.Run(string(verb), func(t *testing.T) {
			var wanted []string
			for _, f := range scenario.Fields(verb) {
				wanted = append(wanted, f+": {present: true}")
			}
			wantPassed(t, play(t, reference.Target{}, given+"steps:\n"+fmt.Sprintf(step, strings.Join(wanted, ", "))))
		})
	}
}

// TestTheHistoryIsComplete lets a check tell what requests and journeys did: the pool is full because of them.
func TestTheHistoryIsComplete(t *testing.T) {
	for name, taker := range map[string]string{
		"request": `{request: {method: POST, path: /v1/conversations/dni-reservation, json: {attributes: {}}, key: dni}, expect: {status: 200}}`,
		"journey": `{journey: {attributes: {shared_id: j}}, expect: {outcome: completed}}`,
	} {
		t.Run(name, func(t *testing.T) {
			r := play(t, reference.Target{}, `
given: {pool: {numbers: 1, cool_down: 60s}, agent: {echo: {}}}
steps:
  - `+taker+`
  - {reserve: {attributes: {}}, expect: {status: 404}}
check: [exhaustion-justified]
`)
			wantPassed(t, r)
		})
	}
}

func TestEveryExchangeIsKept(t *testing.T) {
	r := play(t, reference.Target{}, `
given: {agent: {echo: {}}}
steps:
  - {reserve: {attributes: {nonce: "n"}}, as: lease, expect: {status: 200}}
  - {dial: {to: "${lease.body.dni}"}}
  - {journey: {attributes: {shared_id: j}}, as: trip, expect: {outcome: completed}}
  - {handoff: {id: "${trip.id}"}, expect: {status: 200}}
`)
	wantPassed(t, r)
	var got []string
	for _, x := range r.Exchanges {
		got = append(got, fmt.Sprintf("%s %s %d", x.Step, x.Method, x.Status))
	}
	if want := []string{"lease POST 200", "trip POST 200", "trip GET 200", "handoff GET 200"}; !slices.Equal(got, want) {
		t.Errorf("exchanges: want %q, got %q", want, got)
	}
	if x := r.Exchanges[0]; x.RequestBody != `{"attributes":{"nonce":"n"}}` || !strings.Contains(x.ResponseBody, `"dni"`) || !x.Definite || x.At.IsZero() || x.StatusText != "OK" {
		t.Errorf("exchange: want all of it, got %+v", x)
	}
	var sip []string
	for _, m := range r.Ladder {
		sip = append(sip, m.From+" "+m.Summary)
	}
	if all := strings.Join(sip, "\n"); strings.Count(all, "carrier INVITE") != 2 || strings.Count(all, "platform BYE") != 2 {
		t.Errorf("ladder: want two calls ended by the platform, got\n%s", all)
	}
	if r.Steps != 4 {
		t.Errorf("steps: want 4, got %d", r.Steps)
	}
}
