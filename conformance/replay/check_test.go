package replay_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/report"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/reference"
	"github.com/dnispool/dnispool/fakes/mutants"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/handoff"
	poolsim "github.com/dnispool/dnispool/sim/pool"
)

// pool is what a judge knows of a pool of n numbers that are held until hang-up.
func pool(n int) reading.Facts {
	return reading.Facts{Size: n, WindowMin: time.Minute, WindowMax: time.Minute, Release: "hangup", Exclusive: true, CoolDown: new(time.Duration(0)), Strays: new(0.0), Signal: new(time.Duration(0)), ServerMax: new(30 * time.Second)}
}

// TestBrokenReferences plays on references that are not what the scenario asks for. Each must be caught by the check
// that is there for it, and by nothing else: no step expects anything.
func TestBrokenReferences(t *testing.T) {
	each := func(change func(*sim.Project)) func(*sim.Config) {
		return func(c *sim.Config) {
			for i := range c.Projects {
				change(&c.Projects[i])
			}
		}
	}
	const twice = `
given: {pool: {numbers: 1, window: 60s, cool_down: 30s}, agent: {echo: {talk: 10s}}}
steps:
  - {reserve: {attributes: {nonce: n-1}}, as: lease}
  - {dial: {to: "${lease.body.dni}"}, as: call}
  - {await: {call: call}}
  - {reserve: {attributes: {nonce: n-2}}}
`
	const held = `
given: {pool: {numbers: 1, window: 60s}, agent: {echo: {talk: 10m}}}
steps:
  - {reserve: {attributes: {nonce: n-1}}, as: lease}
  - {dial: {to: "${lease.body.dni}"}}
  - {reserve: {attributes: {nonce: n-2}}}
`
	const freed = `
given: {pool: {numbers: 1, window: 60s}, agent: {echo: {talk: 10s}}}
steps:
  - {reserve: {attributes: {nonce: n-1}}, as: lease}
  - {dial: {to: "${lease.body.dni}"}, as: call}
  - {await: {call: call}}
  - advance: 1s
  - {reserve: {attributes: {nonce: n-2}}}
`
	const expired = `
given: {pool: {numbers: 1, window: 60s}}
steps:
  - {reserve: {attributes: {nonce: n-1}}}
  - advance: %s
  - {reserve: {attributes: {nonce: n-2}}}
`
	const full = `
given: {pool: {numbers: 2, window: 60s}}
steps:
  - {reserve: {attributes: {}}}
  - {reserve: {attributes: {}}}
  - {reserve: {attributes: {}}}
`
	const whole = `
given: {pool: {numbers: 2, window: 60s}, agent: {echo: {talk: 10s}}}
steps:
  - {reserve: {attributes: {shared_id: s-1, nonce: n-1}}, as: lease}
  - {dial: {to: "${lease.body.dni}", from: "+442079460123"}, as: call}
  - {await: {call: call}}
  - advance: 1s
  - {handoff: {shared_id: s-1}}
`
	const hungUp = `
given: {pool: {numbers: 2, window: 60s}, agent: {echo: {talk: 10s}}}
steps:
  - {reserve: {attributes: {nonce: n-1}}, as: first}
  - {dial: {to: "${first.body.dni}"}, as: served}
  - {await: {call: served}}
  - {handoff: {id: "${served.id}"}}
  - {reserve: {attributes: {nonce: n-2}}, as: second}
  - {dial: {to: "${second.body.dni}"}, as: left}
  - {hangup: {call: left}}
  - advance: 1s
  - {handoff: {id: "${left.id}"}}
`
	for _, c := range []struct {
		name, check, body string
		wrong             func(*sim.Project)
		text              string
	}{
		{"no cool-down", "no-double-lease", twice, func(p *sim.Project) { p.Pool.CoolDown = 0 },
			"+442079460000 was given twice: the first reservation could not end before 10s, and the second was answered at 10s"},
		{"released on arrival", "no-double-lease", held, func(p *sim.Project) { p.Pool.Release = poolsim.ReleaseArrival }, "+442079460000 was given twice"},
		{"window too short", "no-double-lease", fmt.Sprintf(expired, "40s"), func(p *sim.Project) { p.Pool.Window = 30 * time.Second }, "+442079460000 was given twice"},
		{"more numbers than agreed", "capacity-respected", full, func(p *sim.Project) { p.Pool.Numbers = poolsim.Numbers{Count: 5} }, "3 reservations were live"},
		{"numbers of somebody else", "dialable-numbers", whole, func(p *sim.Project) { p.Pool.Numbers = p.Pool.Numbers.At(7) }, "dni: +442079460007 is not one of the pool's 2 numbers"},
		{"cool-down that nobody agreed on", "exhaustion-justified", freed, func(p *sim.Project) { p.Pool.CoolDown = time.Hour }, "refused at 11s although at most 0 of 1 numbers can have been held"},
		{"window too long", "exhaustion-justified", fmt.Sprintf(expired, "61s"), func(p *sim.Project) { p.Pool.Window = time.Hour }, "refused at 1m1s although at most 0 of 1 numbers can have been held"},
		{"a number that never comes back", "no-lost-number", whole, func(p *sim.Project) { p.Pool.CoolDown = 1000 * time.Hour }, "1 of 2 numbers came back"},
		{"a number that was never there", "no-lost-number", whole, func(p *sim.Project) { p.Pool.Numbers = poolsim.Numbers{Count: 1} }, "1 of 2 numbers came back"},
		{"wrong alias", "handoff-matches-call", whole, func(p *sim.Project) {
			p.Handoff.StateKeys = []string{"echo_nonce", "echo_ani"}
			p.Handoff.Aliases = map[string]string{"echo_ani": "echo_dnis"}
		}, "the state of the call to +442079460000 says that +442079460123 was dialled"},
		{"a state that goes with its caller", "handoff-visible", hungUp, func(p *sim.Project) { p.Handoff.Abandoned = handoff.Drop }, "there was no state of id "},
		{"wrong state key", "no-fail-open-drop", whole, func(p *sim.Project) { p.Handoff.SharedIDStateKey = "echo_nonce" }, "fail-open drop: the call to +442079460000 was answered, yet there is no handoff state under shared_id \"s-1\""},
	} {
		t.Run(c.check+"/"+c.name, func(t *testing.T) {
			body := c.body + "check: [" + c.check + "]\n"
			wantPassed(t, play(t, reference.Target{}, body))
			r := play(t, reference.Target{Break: each(c.wrong)}, body)
			if r.Status != finding.Failed || len(r.Failures) != 1 {
				t.Fatalf("want one violation, got %s", tell(r))
			}
			f := r.Failures[0]
			named, err := check.Named(c.check)
			if err != nil {
				t.Fatal(err)
			}
			if f.Kind != finding.KindCheck || f.Path != c.check || f.Want != named[0].Invariant+": "+named[0].Says || !strings.HasPrefix(f.Got, c.text) {
				t.Errorf("want %q of %s, got %s", c.text, c.check, tell(r))
			}
			if f.Because == "" || !strings.HasPrefix(f.Likely, "F") || len(report.Chart(f.Chart)) < 3 || len(f.Operations) == 0 {
				t.Errorf("want the rule, a hypothesis, a timeline and the operations, got %+v", f)
			}
			if underlined(t, f) != c.check || f.Step != "" || len(f.Before) == 0 {
				t.Errorf("want the name underlined and the steps before, got %+v", f)
			}
		})
	}
}

// TestCrossTalk answers as a platform does that mixes up its callers.
func TestCrossTalk(t *testing.T) {
	const body = `steps:
  - {reserve: {attributes: {nonce: n-1, shared_id: s-1}}, as: first}
  - {reserve: {attributes: {nonce: n-2, shared_id: s-2}}}
  - {dial: {to: "${first.body.dni}"}}
  - {handoff: {shared_id: s-1}, expect: {status: 200}}
check: [%s]
`
	for _, c := range []struct{ name, check, id, sharedID, data, text string }{
		{"its own", "no-cross-talk", "call-1", "s-1", `{"echo_nonce":"n-1","echo_dnis":"+441"}`, ""},
		{"nothing", "no-cross-talk", "call-1", "s-1", `{"echo_nonce":null,"echo_dnis":"+441"}`, ""},
		{"another's", "no-cross-talk", "call-1", "s-1", `{"echo_nonce":"n-2","echo_dnis":"+441"}`, "call to +441 was given the attributes of another reservation: want nonce n-1, got n-2"},
		{"nobody's", "no-cross-talk", "call-1", "s-1", `{"echo_nonce":"n-9","echo_dnis":"+441"}`, "call to +441 was given attributes that nobody sent (nonce n-9)"},
		{"its own", "handoff-matches-call", "call-1", "s-1", `{"echo_nonce":"n-1","echo_dnis":"+441"}`, ""},
		{"another number", "handoff-matches-call", "call-1", "s-1", `{"echo_nonce":"n-1","echo_dnis":"+442"}`, "the state of the call to +441 says that +442 was dialled"},
		{"another id", "handoff-matches-call", "call-1", "s-2", `{"echo_nonce":"n-1","echo_dnis":"+441"}`, `asked for shared_id "s-1", got the state of shared_id "s-2"`},
	} {
		t.Run(c.check+"/"+c.name, func(t *testing.T) {
			f := &fake{
				tick: time.Millisecond, facts: pool(2),
				do: func(n int, r *http.Request) (*http.Response, error) {
					if r.Method == http.MethodPost {
						return gives(fmt.Sprintf("+44%d", n))()
					}
					return state(c.id, c.sharedID, c.data)()
				},
			}
			f.dial = func(targets.Dial) (targets.Call, error) { return ended("call-1", f.stage.Now()), nil }
			r := play(t, f, fmt.Sprintf(body, c.check))
			if c.text == "" {
				wantPassed(t, r)
				return
			}
			if r.Status != finding.Failed || len(r.Failures) == 0 || !strings.HasPrefix(r.Failures[0].Got, c.text) || r.Failures[0].Path != c.check {
				t.Errorf("want %q, got %s", c.text, tell(r))
			}
		})
	}
}

// TestReroutedCalls: where the carrier brings a call to another number, the reservation that it was for goes on waiting.
// That is no breach, and not known to be none either, until the agent has said where the call came in.
func TestReroutedCalls(t *testing.T) {
	const body = `
given: {pool: {numbers: 2, window: 60s}, agent: {echo: {talk: 5s}}%s}
steps:
%s  - {reserve: {attributes: {nonce: n-1}}, as: lease}
  - {dial: {to: "${lease.body.dni}"}, as: call}
  - {await: {call: call}}
  - advance: 1s
%s  - {reserve: {attributes: {nonce: n-2}}, expect: {status: 200}}
  - {reserve: {attributes: {nonce: n-3}}, expect: {status: 404}}
check: [{exhaustion-justified: {cases: 1}}, {linearizable: {cases: 1}}]
`
	const rewrite = `{rewrite: {"+442079460000": "+442079460001"}}`
	const reason = "exhaustion-justified was not judged: the carrier may bring calls to other numbers, and where 1 of them went is not known; linearizable was not judged: "
	for name, c := range map[string]struct{ given, fault, asked string }{
		"from the start":  {", carrier: " + rewrite, "", ""},
		"by a fault":      {"", "  - fault: {carrier: " + rewrite + "}\n", ""},
		"and it is asked": {", carrier: " + rewrite, "", "  - {handoff: {id: \"${call.id}\"}, expect: {status: 200}}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			r := play(t, reference.Target{}, fmt.Sprintf(body, c.given, c.fault, c.asked))
			if c.asked != "" {
				wantPassed(t, r)
			} else if r.Status != finding.Inconclusive || !strings.HasPrefix(r.Reason, reason) {
				t.Errorf("want inconclusive %q, got %s", reason, tell(r))
			}
		})
	}
}

// TestWrongKeysProveNothing: a 404 for a key that is not the project's says nothing about its pool or its calls.
func TestWrongKeysProveNothing(t *testing.T) {
	wantPassed(t, play(t, reference.Target{}, `
given: {pool: {numbers: 1}, http: {key_error: 404}}
steps:
  - {reserve: {attributes: {nonce: n-1}, key: wrong}, expect: {status: 404}}
  - {request: {method: POST, path: /v1/conversations/dni-reservation, headers: {x-api-key: wrong}, json: {attributes: {}}}, expect: {status: 404}}
  - advance: 1s
  - {reserve: {attributes: {nonce: n-2, shared_id: s-2}}, as: lease, expect: {status: 200}}
  - {dial: {to: "${lease.body.dni}"}, as: call}
  - {await: {call: call}}
  - advance: 1s
  - {handoff: {shared_id: s-2}, expect: {status: 200}}
  - advance: 1s
  - {handoff: {shared_id: s-2, key: wrong}, expect: {status: 404}}
check: [exhaustion-justified, handoff-visible, no-fail-open-drop, linearizable]
`))
}

// TestNotJudged is a note, and neither green nor red where the scenario requires cases or asserts nothing else.
func TestNotJudged(t *testing.T) {
	known := pool(1)
	unknown := known
	unknown.Size = 0
	shared := known
	shared.Exclusive = false
	for _, c := range []struct {
		check, reason string
		facts         reading.Facts
	}{
		{"no-double-lease", "no-double-lease was not judged: the window or the release rule of the pool is not known", reading.Facts{Size: 1}},
		{"exhaustion-justified", "exhaustion-justified was not judged: somebody else may be using the pool", shared},
		{"no-lost-number", "no-lost-number was not judged: the size of the pool is not known", unknown},
		{"no-cross-talk", "no-cross-talk was not judged: ", known},
		{"handoff-matches-call", "handoff-matches-call was not judged: no handoff state was read", known},
		{"no-fail-open-drop", "no-fail-open-drop was not judged: no answered call's shared_id was asked for", known},
	} {
		t.Run(c.check, func(t *testing.T) {
			f := &fake{do: replies(noNumber), facts: c.facts}
			const steps = "steps:\n  - {reserve: {attributes: {}}%s}\ncheck: [%s]\n"
			r := play(t, f, fmt.Sprintf(steps, ", expect: {status: 404}", c.check))
			if r.Status != finding.Passed || len(r.Notes) != 1 || !strings.HasPrefix(r.Notes[0], c.reason) {
				t.Errorf("want passed with a note %q, got %s", c.reason, tell(r))
			}
			for _, asks := range []string{
				fmt.Sprintf(steps, ", expect: {status: 404}", "{"+c.check+": {cases: 1}}"),
				fmt.Sprintf(steps, "", c.check),
			} {
				if r := play(t, f, asks); r.Status != finding.Inconclusive || !strings.HasPrefix(r.Reason, c.reason) {
					t.Errorf("want inconclusive %q, got %s", c.reason, tell(r))
				}
			}
		})
	}
	t.Run("a violation is worth more", func(t *testing.T) {
		f := &fake{do: replies(noNumber), facts: pool(1)}
		r := play(t, f, "steps:\n  - {reserve: {attributes: {}}}\ncheck: [handoff-matches-call, exhaustion-justified]\n")
		wantFailed(t, r, "check exhaustion-justified: refused at 0s although at most 0 of 1 numbers can have been held")
	})
	t.Run("a scenario without history", func(t *testing.T) {
		f := &fake{do: replies(noNumber)}
		r := play(t, f, "steps:\n  - {request: {method: GET, path: /}, expect: {status: 404}}\ncheck: [no-lost-number, capacity-respected]\n")
		want := "no-lost-number was not judged: the size of the pool is not known; capacity-respected was not judged: the size, the window or the release rule of the pool is not known"
		if r.Status != finding.Passed || strings.Join(r.Notes, "; ") != want {
			t.Errorf("want passed with notes %q, got %s", want, tell(r))
		}
	})
	t.Run("fewer cases than required", func(t *testing.T) {
		f := &fake{do: replies(noNumber, gives("+442079460000")), facts: pool(1)}
		r := play(t, f, "steps:\n  - {reserve: {attributes: {}}, expect: {status: 404}}\n  - {reserve: {attributes: {}}, expect: {status: 200}}\ncheck: [{dialable-numbers: {cases: 2}}]\n")
		if want := "dialable-numbers looked at 1 case, and the scenario requires 2"; r.Status != finding.Inconclusive || r.Reason != want {
			t.Errorf("want inconclusive %q, got %s", want, tell(r))
		}
	})
}

// TestDrain reserves all numbers of every project after everything has come to rest.
func TestDrain(t *testing.T) {
	r := play(t, reference.Target{}, `
given:
  pool: {numbers: 2, window: 60s, cool_down: 5s}
  agent: {echo: {talk: forever}}
  projects: [{}, {}]
steps:
  - {fault: {http: {drop_reply: eof, times: 1}}}
  - {reserve: {attributes: {}}, expect: {outcome: indefinite}}
  - {reserve: {attributes: {}, project: globex}, as: other, expect: {status: 200}}
  - {dial: {to: "${other.body.dni}"}, expect: {answered: true}}
  - {fault: {http: {latency: 1ms}, carrier: {outage: true}}}
check: [no-lost-number]
`)
	wantPassed(t, r)
	var drained []string
	for _, x := range r.Exchanges {
		if x.Step == "drain" {
			drained = append(drained, fmt.Sprint(x.Status))
		}
	}
	if want := []string{"200", "200", "404", "200", "200", "404"}; !slices.Equal(drained, want) {
		t.Errorf("drain: want two numbers of each project and then none, got %v", drained)
	}
}

// TestDrainOfStrays drains though the scenario reserved nothing.
func TestDrainOfStrays(t *testing.T) {
	r := play(t, reference.Target{}, `
given: {pool: {numbers: 2}, agent: {echo: {}}}
steps:
  - {dial: {to: "+442079460000"}, expect: {answered: true}}
check: [no-lost-number]
`)
	wantPassed(t, r)
	if n := len(r.Exchanges); n != 3 {
		t.Errorf("drain: want 3 requests, got %d", n)
	}
}

// TestChecksAreByProject plays two projects whose numbers must not be taken together.
func TestChecksAreByProject(t *testing.T) {
	r := play(t, reference.Target{}, `
given:
  projects: [{pool: {numbers: 1}}, {pool: {numbers: 1}}]
steps:
  - {reserve: {attributes: {}, project: acme}, expect: {status: 200}}
  - {reserve: {attributes: {}, project: acme}, expect: {status: 404}}
  - {reserve: {attributes: {}, project: globex}, as: other, expect: {status: 200}}
  - {dial: {to: "${other.body.dni}"}, expect: {answered: true}}
check: [dialable-numbers, capacity-respected, exhaustion-justified, no-lost-number]
`)
	wantPassed(t, r)
}

// A caller who does not hang up shows a platform that leaves that to callers.
func TestCallersNeedNotHangUp(t *testing.T) {
	const body = `
steps:
  - {reserve: {attributes: {nonce: n-1, shared_id: s-1, want_talk: 20}}, as: lease}
  - {dial: {to: "${lease.body.dni}"}}
  - advance: 2h
  - {handoff: {shared_id: s-1}, expect: {status: 200}}
check: [platform-ends-calls]
`
	wantPassed(t, play(t, reference.Target{}, body))
	m, ok := mutants.Named("waits-for-the-caller")
	if !ok {
		t.Fatal("want the mutant, got none")
	}
	r := play(t, reference.Target{Mutant: &m}, body)
	if r.Status != finding.Failed || len(r.Failures) != 1 || r.Failures[0].Path != m.Kill || !strings.HasSuffix(r.Failures[0].Got, "and its agent was to end it after 20s; the platform ended it then") {
		t.Errorf("want it found by %s, got %s", m.Kill, tell(r))
	}
}
