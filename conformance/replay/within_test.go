package replay_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/reference"
)

func serverError() (*http.Response, error) {
	return reply(500, `{"success":false,"error":"Internal Server Error","message":"m"}`)
}

// TestWithin counts the requests of a step that may be tried again.
func TestWithin(t *testing.T) {
	const ok = finding.Passed
	for _, c := range []struct {
		name, step string
		replies    []func() (*http.Response, error)
		requests   int
		status     finding.Status
	}{
		{"reserve after a refusal", "{reserve: {attributes: {}}, within: 1s, expect: {status: 200}}", []func() (*http.Response, error){noNumber, noNumber, gives("+441")}, 3, ok},
		{"reserve not after a lost reply", "{reserve: {attributes: {}}, within: 1s, expect: {status: 200}}", []func() (*http.Response, error){noNumber, lost, gives("+441")}, 2, finding.Inconclusive},
		{"reserve not after an error", "{reserve: {attributes: {}}, within: 1s, expect: {status: 200}}", []func() (*http.Response, error){serverError, gives("+441")}, 1, finding.Failed},
		{"reserve not after a number", "{reserve: {attributes: {}}, within: 1s, expect: {status: 404}}", []func() (*http.Response, error){gives("+441"), noNumber}, 1, finding.Failed},
		{"reserve without within", "{reserve: {attributes: {}}, expect: {status: 200}}", []func() (*http.Response, error){noNumber, gives("+441")}, 1, finding.Failed},
		{"handoff after anything", "{handoff: {id: x}, within: 1s, expect: {status: 200, body: {data: {handoff_to: b}}}}",
			[]func() (*http.Response, error){noState, lost, serverError, state("x", "s", `{"handoff_to":"a"}`), state("x", "s", `{"handoff_to":"b"}`)}, 5, ok},
		{"handoff until it is there", "{handoff: {id: x}, within: 1s, as: h}\n  - {handoff: {id: \"${h.body.id}\"}, expect: {status: 200}}",
			[]func() (*http.Response, error){noState, serverError, state("x", "s", `{}`)}, 4, ok},
		{"handoff that never is there", "{handoff: {id: x}, within: 1s, as: h}\n  - {handoff: {id: \"${h.body.id}\"}, expect: {status: 200}}",
			[]func() (*http.Response, error){noState}, 21, finding.Failed},
		{"request that only reads", "{request: {method: GET, path: /}, within: 1s, expect: {status: 200}}", []func() (*http.Response, error){lost, gives("+441")}, 2, ok},
		{"request after a refusal", "{request: {method: POST, path: /}, within: 1s, expect: {status: 200}}", []func() (*http.Response, error){serverError, gives("+441")}, 2, ok},
		{"request not after a lost reply", "{request: {method: POST, path: /}, within: 1s, expect: {status: 200}}", []func() (*http.Response, error){lost, gives("+441")}, 1, finding.Inconclusive},
		{"request not after success", "{request: {method: POST, path: /}, within: 1s, expect: {status: 404}}", []func() (*http.Response, error){gives("+441"), noNumber}, 1, finding.Failed},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fake{do: replies(c.replies...)}
			r := play(t, f, "steps:\n  - "+c.step+"\n")
			if n := f.stage.count(); n != c.requests || r.Status != c.status {
				t.Errorf("want %d requests and %s, got %d and %s", c.requests, c.status, n, tell(r))
			}
		})
	}
}

// TestWithinTellsHowItWasTried looks at the failure of a step that was tried in vain.
func TestWithinTellsHowItWasTried(t *testing.T) {
	f := &fake{do: replies(noState)}
	r := play(t, f, "steps:\n  - {handoff: {id: x}, within: 1s, note: It takes a while., expect: {status: 200}}\n")
	wantFailed(t, r, "expectation status: want 200, got 404")
	if want := "It takes a while. (asked 21 times within 1s; this is the last answer)"; r.Failures[0].Because != want {
		t.Errorf("because: want %q, got %q", want, r.Failures[0].Because)
	}
	r = play(t, f, "steps:\n  - {handoff: {id: x}, within: 1s}\n  - {handoff: {id: x}, expect: {status: 404}}\n")
	wantFailed(t, r, "expectation status: want 200, got 404")
	if got := underlined(t, r.Failures[0]); got != "handoff" {
		t.Errorf("caret: want the verb, got %q", got)
	}
}

// TestWithinInVirtualTime waits on the reference for a record that is readable after ten minutes.
func TestWithinInVirtualTime(t *testing.T) {
	started := time.Now()
	r := play(t, reference.Target{}, `
given: {agent: {echo: {}}, handoff: {visible_after: 2s}}
steps:
  - {reserve: {attributes: {shared_id: late}}, as: lease}
  - {dial: {to: "${lease.body.dni}"}, as: call}
  - {await: {call: call}}
  - {handoff: {shared_id: late}, expect: {status: 404}}
  - {handoff: {shared_id: late}, within: 3s, expect: {status: 200}}
`)
	wantPassed(t, r)
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("want virtual time, got %s", took)
	}
}

// TestOutOfTime plays what never comes to an end, and reads what is said of it.
func TestOutOfTime(t *testing.T) {
	blocked := func(ctx context.Context, _ time.Duration) error {
		<-ctx.Done()
		return ctx.Err()
	}
	const forever = "given: {agent: {echo: {talk: forever}}, conversation: {max_duration: 1000h}}\ntimeout: 100ms\nsteps:\n  - {dial: {to: \"+442079460000\"}, as: call}\n"
	for _, c := range []struct {
		name, body, got, underlined string
		on                          targets.Target
	}{
		{"handoff that is asked for again", "timeout: 100ms\nsteps:\n  - {handoff: {id: x}, within: 1h, expect: {status: 200}}\n",
			"handoff was still being tried, 1 times so far; the last reply had status: want 200, got 404: context deadline exceeded", "handoff", &fake{do: replies(noState), wait: blocked}},
		{"reply", "timeout: 100ms\nsteps:\n  - {reserve: {attributes: {}, timeout: 1h}, as: lease, expect: {status: 200}}\n  - {dial: {to: \"${lease.body.dni}\"}}\n",
			"lease had not ended: context deadline exceeded", "reserve", &fake{do: hang}},
		{"reply of the reference", "timeout: 100ms\nsteps:\n  - {fault: {http: {drop_reply: timeout}}}\n  - {reserve: {attributes: {}, timeout: 1h}, expect: {status: 200}}\n",
			"reserve had not ended: context deadline exceeded", "reserve", reference.Target{}},
		{"call", forever + "  - {await: {call: call}, expect: {ended_by: platform}}\n",
			"await had not ended: call call is still up: context deadline exceeded", "await", reference.Target{}},
		{"clients", "timeout: 100ms\nsteps:\n  - {fault: {http: {drop_reply: timeout}}}\n  - {concurrently: {clients: 20, steps: [{reserve: {attributes: {}, timeout: 1h}, expect: {status: 200}}]}}\n",
			"concurrently had not ended: context deadline exceeded", "concurrently", reference.Target{}},
		{"clients that start one after the other", "timeout: 100ms\nsteps:\n  - {concurrently: {clients: 3, start: {spread: 3s}, steps: [{reserve: {attributes: {}}, expect: {status: 200}}]}}\n",
			"concurrently had not ended: context deadline exceeded", "concurrently", &fake{do: replies(gives("+441")), wait: blocked}},
		{"drain", "timeout: 100ms\nsteps:\n  - {reserve: {attributes: {}}, expect: {status: 200}}\ncheck: [dialable-numbers, no-lost-number]\n",
			"the pool could not be drained: context deadline exceeded", "dialable-numbers", &fake{do: replies(gives("+441")), wait: blocked, facts: pool(1)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			started := time.Now()
			r := play(t, c.on, c.body)
			if took := time.Since(started); took > 3*time.Second {
				t.Errorf("want a prompt end, got it after %s", took)
			}
			wantFailed(t, r, "timeout want the scenario to end within 100ms, got "+c.got)
			if got := underlined(t, r.Failures[0]); got != c.underlined {
				t.Errorf("caret: want %q, got %q", c.underlined, got)
			}
		})
	}
}

// TestAwaitFails waits for a call that goes on.
func TestAwaitFails(t *testing.T) {
	r := play(t, reference.Target{}, `
given: {agent: {echo: {talk: 45s}}}
steps:
  - {dial: {to: "+442079460000"}, as: call}
  - await: {call: call, within: 30s}
    expect: {ended_by: platform}
`)
	wantFailed(t, r, "timeout call call: want to have ended within 30s, got it is still up")
	if got := underlined(t, r.Failures[0]); got != "call" || r.Failures[0].Step != `step 2 of 2 "await"` {
		t.Errorf("want the name of the call underlined, got %q of %s", got, r.Failures[0].Step)
	}
}

func TestInterrupted(t *testing.T) {
	for name, stop := range map[string]int{"in the first request": 1, "in the drain": 2} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			f := &fake{facts: pool(1), do: func(n int, r *http.Request) (*http.Response, error) {
				if n < stop {
					return gives("+441")()
				}
				cancel()
				return hang(n, r)
			}}
			r := playIn(t, ctx, f, "steps:\n  - {reserve: {attributes: {}}, expect: {status: 200}}\ncheck: [no-lost-number]\n")
			if r.Status != finding.Error || r.Reason != "interrupted" || len(r.Failures) != 0 {
				t.Errorf("want an error that says interrupted, got %s", tell(r))
			}
			if !f.stage.closed {
				t.Error("stage: want it closed, got it open")
			}
		})
	}
}

// TestCallsEndWithTheirScenario leaves a call up.
func TestCallsEndWithTheirScenario(t *testing.T) {
	r := play(t, reference.Target{}, "given: {agent: {echo: {talk: forever}}}\nsteps:\n  - {dial: {to: \"+442079460000\"}, expect: {answered: true}}\n")
	wantPassed(t, r)
	byes := slices.DeleteFunc(r.Ladder, func(m finding.SIPMessage) bool { return !strings.HasPrefix(m.Summary, "BYE") })
	if len(byes) != 1 || byes[0].From != "carrier" {
		t.Errorf("want one BYE of the carrier, got %+v", byes)
	}
}
