package replay_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/replay"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/reference"
)

func strict(o *replay.Options) { o.Strict = true }

func TestExpectationFails(t *testing.T) {
	r := play(t, reference.Target{}, `steps:
  - {reserve: {attributes: {}}, as: lease, expect: {status: 200}}
  - advance: 5s
  - reserve: {attributes: {shared_id: a-2}}
    note: Another number is free.
    expect:
      status: 200
      body:
        dni: "${lease.body.dni}"
        extra: {absent: true}
      headers: {content-type: text/plain}
`)
	wantFailed(t, r,
		`expectation body.dni: want "+442079460000", got "+442079460001"`,
		`expectation headers.content-type: want "text/plain", got "application/json"`,
	)
	f := r.Failures[0]
	if got := underlined(t, f); got != `"${lease.body.dni}"` || f.File != "test/x.yaml" || f.Line != 14 {
		t.Errorf("place: want the wanted value on line 14, got %s:%d %q", f.File, f.Line, got)
	}
	var shown []int
	for _, l := range f.Source {
		shown = append(shown, l.Line)
	}
	if want := []int{9, 12, 13, 14}; !slices.Equal(shown, want) {
		t.Errorf("source: want the step's first line and those that lead to the caret %v, got %v", want, shown)
	}
	if want := `step 3 of 3 "reserve"`; f.Step != want {
		t.Errorf("step: want %s, got %s", want, f.Step)
	}
	if want := []string{"1 reserve lease → 200 +442079460000", "2 advance 5s"}; !slices.Equal(lines(f.Before), want) {
		t.Errorf("before: want %q, got %q", want, f.Before)
	}
	if f.Because != "Another number is free." || f.Again != "again test/x" || f.Contract != "published: valid\nstrict: valid" {
		t.Errorf("want note, command and contract, got %+v", f)
	}
	if f.Exchange == nil || f.Exchange.RequestBody != `{"attributes":{"shared_id":"a-2"}}` {
		t.Errorf("exchange: want that of the step, got %+v", f.Exchange)
	}
	if r.Steps != 3 {
		t.Errorf("steps: want 3, got %d", r.Steps)
	}
}

func TestNothingIsPlayedAfterAFailure(t *testing.T) {
	f := &fake{do: replies(noNumber)}
	wantFailed(t, play(t, f, `steps:
  - {reserve: {attributes: {}}, expect: {status: 200}}
  - {reserve: {attributes: {}}, expect: {status: 200}}
`), `expectation status: want 200, got 404`)
	if n := f.stage.count(); n != 1 {
		t.Errorf("requests: want 1, got %d", n)
	}
	if !f.stage.closed {
		t.Error("stage: want it closed, got it open")
	}
}

func TestContractFails(t *testing.T) {
	number := func() (*http.Response, error) { return reply(200, `{"dni":5}`) }
	nothing := func() (*http.Response, error) { return reply(200, `{}`) }
	const step = "steps:\n  - {reserve: {attributes: {}}, expect: {status: 200}"
	const breach = `contract reserveDni: response /dni: want a string, got a number`
	for _, c := range []struct {
		name, body string
		reply      func() (*http.Response, error)
		change     []func(*replay.Options)
		failure    string
		warning    string
	}{
		{name: "published", body: step + "}\n", reply: number, failure: breach},
		{name: "published, strict run", body: step + "}\n", reply: number, change: []func(*replay.Options){strict}, failure: breach},
		{name: "published, off", body: step + ", contract: {mode: none, because: b}}\n", reply: number},
		{name: "strict", body: step + "}\n", reply: nothing, warning: `step 1 of 1 "reserve": strict contract: response /dni: missing (`},
		{name: "strict, strict run", body: step + "}\n", reply: nothing, change: []func(*replay.Options){strict}, failure: `contract reserveDni: response /dni: missing (`},
		{name: "strict, published only", body: step + ", contract: {mode: published, because: b}}\n", reply: nothing, change: []func(*replay.Options){strict}},
		{name: "strict, off", body: step + ", contract: {mode: none, because: b}}\n", reply: nothing, change: []func(*replay.Options){strict}},
		{name: "on the way", body: "steps:\n  - {handoff: {id: x}, within: 1s, expect: {status: 200}}\n",
			reply: func() (*http.Response, error) { return reply(404, `{"error_message":5}`) }, failure: `contract getHandoffState: response /error_message: want a string, got a number`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := play(t, &fake{do: replies(c.reply)}, c.body, c.change...)
			warnings := strings.Join(r.Warnings, "\n")
			if (c.warning == "") != (warnings == "") || !strings.HasPrefix(warnings, c.warning) {
				t.Errorf("warnings: want %q, got %q", c.warning, warnings)
			}
			if c.failure == "" {
				if r.Status != finding.Passed {
					t.Errorf("want passed, got %s", tell(r))
				}
				return
			}
			if r.Status != finding.Failed || len(r.Failures) == 0 {
				t.Fatalf("want failed, got %s", tell(r))
			}
			f := r.Failures[0]
			if got := f.Kind + " " + f.Headline(); !strings.HasPrefix(got, c.failure) {
				t.Errorf("want %s, got %s", c.failure, got)
			}
			if verb := underlined(t, f); verb != "reserve" && verb != "handoff" || !strings.HasPrefix(f.Contract, "published: ") || f.Exchange == nil {
				t.Errorf("want the verb underlined, and what both documents say, got %+v", f)
			}
		})
	}
}

// TestAJourneyIsHeldAgainstTheContract lets the platform answer an integrator in a way that nobody documents.
func TestAJourneyIsHeldAgainstTheContract(t *testing.T) {
	const body = "given: {http: {rate_limit: 1, rate_burst: 1}}\nsteps:\n  - {reserve: {attributes: {}}}\n  - {journey: {attributes: {}, fallback: q}, expect: {outcome: completed}%s}\n"
	wantFailed(t, play(t, reference.Target{}, fmt.Sprintf(body, "")), `contract reserveDni: response status: want one of 200 400 401 404 500, got 429`)
	wantPassed(t, play(t, reference.Target{}, fmt.Sprintf(body, ", contract: {mode: none, because: b}")))
}

// TestWhatAFaultMadeIsNotThePlatforms plays faults of the scenario's own without a word on the contract.
func TestWhatAFaultMadeIsNotThePlatforms(t *testing.T) {
	const of = "steps:\n  - fault: {http: {path: dni-reservation, %s}}\n"
	const teapot = "reply: {status: 418, body: '{\"dni\":5}'}"
	const many = "  - concurrently: {clients: 2, steps: [{reserve: {attributes: {}}, as: lease}]}\n"
	for _, c := range []struct {
		name, body, reason string // passed without one, else inconclusive
		failure            string // or failed
	}{
		{name: "a reply that nobody documents", body: fmt.Sprintf(of, teapot) + "  - {reserve: {attributes: {}}, expect: {status: 418}}\n"},
		{name: "in a journey", body: fmt.Sprintf(of, teapot) + "  - {journey: {attributes: {}, fallback: q}, expect: {outcome: fallback}}\n"},
		{name: "among many", body: fmt.Sprintf(of, "times: 1, "+teapot) + "  - concurrently: {clients: 2, steps: [{reserve: {attributes: {}}, as: lease}]}\n    expect: {lease: [{status: 418, count: 1}, {status: 200, count: 1}]}\n"},
		{name: "another was expected", body: fmt.Sprintf(of, teapot) + "  - {reserve: {attributes: {}}, expect: {status: 200}}\n",
			reason: `step 2 of 2 "reserve": the scenario's own fault made this reply (reply: 418), so it says nothing of the platform: status: want 200, got 418`},
		{name: "another was expected, among many", body: fmt.Sprintf(of, "times: 1, "+teapot) + "  - concurrently: {clients: 2, steps: [{reserve: {attributes: {}}, expect: {status: 200}}]}\n",
			reason: `step 2 of 2 "concurrently": of 2 clients 1 got what says nothing of the platform where its reply was expected`},
		{name: "counted as expected, among many", body: fmt.Sprintf(of, "times: 1, "+teapot) + many + "    expect: {lease: [{status: 418, count: 1}, {status: 200, count: 2}]}\n",
			failure: "expectation lease[1].count: want 2, got 1"},
		{name: "a count that it changes, among many", body: fmt.Sprintf(of, "times: 1, "+teapot) + many + "    expect: {lease: [{status: 200, count: 2}]}\n",
			reason: `step 2 of 2 "concurrently": the scenario's own fault made, cut or lost answers (reply: 418), so the counts say nothing of the platform: lease[0].count: want 2, got 1`},
		{name: "a reply that it loses, among many that try again", body: "given: {pool: {numbers: 2}}\n" + fmt.Sprintf(of, "times: 1, drop_reply: eof") +
			"  - concurrently: {clients: 2, start: {spread: 2s}, steps: [{reserve: {attributes: {}, retry: 1}, as: lease}]}\n    expect: {lease: [{status: 200, count: 2}]}\n",
			reason: `step 2 of 2 "concurrently": the scenario's own fault made, cut or lost answers (drop_reply: eof), so the counts say nothing of the platform: lease[0].count: want 2, got 1`},
		{name: "a call that the carrier refuses, among many", body: "steps:\n  - fault: {carrier: {refuse: {busy: {times: 1}}}}\n" +
			"  - concurrently: {clients: 2, steps: [{dial: {to: \"+442079460000\"}, as: call}]}\n    expect: {call: [{answered: true, count: 2}]}\n",
			reason: `step 2 of 2 "concurrently": the scenario's own fault made, cut or lost answers (a call that the carrier refused or lost by itself), so the counts say nothing of the platform: call[0].count: want 2, got 1`},
		{name: "one number for two, among many", body: fmt.Sprintf(of, `times: 2, reply: {status: 200, body: '{"dni":"+442079460000"}', headers: {Content-Type: application/json}}`) +
			"  - concurrently: {clients: 3, steps: [{reserve: {attributes: {}}, as: lease}]}\n    expect: {lease: [{status: 200, distinct: body.dni}]}\n",
			reason: `step 2 of 2 "concurrently": the scenario's own fault made, cut or lost answers (reply: 200), so the counts say nothing of the platform: lease[0].distinct: want 3 different values of body.dni, got "+442079460000" more than once`},
		{name: "while the pool is filled", body: fmt.Sprintf(of, "times: 1, "+teapot) + "  - {fill: {leave: 0}, expect: {reserved: \"${pool.size}\"}}\n",
			reason: `step 2 of 2 "fill": reservation 1: the scenario's own fault made this reply (reply: 418), so the count says nothing of the platform`},
		{name: "another end of a journey", body: fmt.Sprintf(of, "times: 9, "+teapot) + "  - {journey: {attributes: {}, fallback: q}, expect: {outcome: completed}}\n",
			reason: `step 2 of 2 "journey": the scenario's own fault was at work (reply: 418), so it says nothing of the platform: outcome: want "completed", got "fallback"`},
		{name: "a connection that is refused", body: fmt.Sprintf(of, "drop_request: refused") + "  - {reserve: {attributes: {}}, expect: {status: 200}}\n",
			reason: `step 2 of 2 "reserve": no reply to judge: dial tcp: connection refused (the scenario's own fault: drop_request: refused)`},
		{name: "the carrier loses every INVITE", body: "timeout: 200ms\nsteps:\n  - fault: {carrier: {lose_invites: 1}}\n  - {dial: {to: \"+442079460000\"}, expect: {answered: true}}\n",
			reason: `step 2 of 2 "dial": call to +442079460000: context deadline exceeded, and the carrier had lost all of it`},
		{name: "the carrier refuses", body: "steps:\n  - fault: {carrier: {refuse: {busy: {times: 1}}}}\n  - {dial: {to: \"+442079460000\"}, expect: {answered: true}}\n",
			reason: `step 2 of 2 "dial": the carrier refused or lost the call by itself, so it says nothing of the platform: answered: want true, got false`},
		{name: "one number twice", body: fmt.Sprintf(of, `reply: {status: 200, body: '{"dni":"+442079460000"}', headers: {Content-Type: application/json}}`) +
			"  - {reserve: {attributes: {}}, expect: {status: 200}}\n  - {reserve: {attributes: {}}, expect: {status: 200}}\ncheck: [no-double-lease]\n"},
		{name: "a full pool", body: fmt.Sprintf(of, `reply: {status: 404, body: '{"success":false,"error":"Not Found","message":"no available route found"}', headers: {Content-Type: application/json}}`) +
			"  - {reserve: {attributes: {}}, expect: {status: 404}}\ncheck: [exhaustion-justified]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := play(t, reference.Target{}, c.body)
			switch {
			case c.failure != "":
				wantFailed(t, r, c.failure)
			case c.reason == "":
				wantPassed(t, r)
			case r.Status != finding.Inconclusive || r.Reason != c.reason:
				t.Errorf("want inconclusive %q, got %s", c.reason, tell(r))
			}
			for _, x := range r.Exchanges {
				if strings.Contains(x.URL, "dni-reservation") && x.Injected == "" && !strings.Contains(c.name, "among many") {
					t.Errorf("exchange: want it to name the fault, got %+v", x)
				}
			}
		})
	}
}

func TestFailOpenIsSaid(t *testing.T) {
	r := play(t, reference.Target{}, `
given: {agent: {echo: {}}, handoff: {shared_id_state_key: nothing}}
steps:
  - {journey: {attributes: {shared_id: j}, poll: {every: 1s, for: 2s}}, expect: {fail_open: true, outcome: completed}}
`)
	want := []string{"journey: handoff: no record (no matching handoff state) after 2 polls; taken for a completed call by the documented rule: a caller who may need a human is dropped"}
	if r.Status != finding.Passed || !slices.Equal(r.Warnings, want) {
		t.Errorf("want passed with %q, got %s", want, tell(r))
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		name, body, reason string
		on                 targets.Target
	}{
		{"unknown project", "steps:\n  - {reserve: {attributes: {}, project: nobody}, expect: {status: 200}}\n",
			`step 1 of 1 "reserve": project: want one of the target's projects, got "nobody"`, reference.Target{}},
		{"reference without a value", "steps:\n  - {reserve: {attributes: {}}, as: lease}\n  - {handoff: {id: \"${lease.body.dni}\"}, expect: {status: 200}}\n",
			`step 2 of 2 "handoff": reference: want ${lease.body.dni}, got nothing: lease.body has error, message, success`, &fake{do: replies(noNumber)}},
		{"reference in an expectation", "steps:\n  - {reserve: {attributes: {}}, as: lease}\n  - {reserve: {attributes: {}}, expect: {body: {dni: \"${lease.body.dni}\"}}}\n",
			`step 2 of 2 "reserve": reference: want ${lease.body.dni}, got nothing: lease.body has error, message, success`, &fake{do: replies(noNumber)}},
		{"no line", "steps:\n  - {dial: {to: \"+441\"}, expect: {answered: true}}\n", `step 1 of 1 "dial": call to +441: no line`, &fake{}},
		{"no integrator", "steps:\n  - {journey: {attributes: {}}, expect: {outcome: completed}}\n", `step 1 of 1 "journey": no integrator`, &fake{}},
		{"hang up twice", "given: {agent: {echo: {talk: forever}}}\nsteps:\n  - {dial: {to: \"+442079460000\"}, as: call}\n  - {hangup: {call: call}}\n  - {hangup: {call: call}, expect: {status: 200}}\n",
			`step 3 of 3 "hangup": call call: want it up, got it ended by caller`, reference.Target{}},
		{"world that does not open", "steps:\n  - {handoff: {}, expect: {status: 200}}\n", "no room", &fake{openErr: errors.New("no room")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := play(t, c.on, c.body)
			if r.Status != finding.Error || !strings.HasPrefix(r.Reason, c.reason) {
				t.Fatalf("want error %q, got %s", c.reason, tell(r))
			}
			if strings.HasPrefix(c.reason, "step") && (len(r.Failures) != 1 || r.Failures[0].Kind != finding.KindError || underlined(t, r.Failures[0]) == "") {
				t.Errorf("want one failure at its step, got %+v", r.Failures)
			}
		})
	}
}

// TestBeforeAnError keeps the line of the step before, which a failing expectation has after its own.
func TestBeforeAnError(t *testing.T) {
	r := play(t, &fake{do: replies(gives("+441"))}, "steps:\n  - {reserve: {attributes: {}}, expect: {status: 200}}\n  - {dial: {to: \"+441\"}, expect: {answered: true}}\n")
	if want := []string{"1 reserve → 200 +441"}; len(r.Failures) != 1 || !slices.Equal(lines(r.Failures[0].Before), want) {
		t.Errorf("before: want %q, got %+v", want, r.Failures)
	}
}

// TestUnreachable asks a port that nobody listens on.
func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	knock := func(_ int, r *http.Request) (*http.Response, error) {
		_, err := new(net.Dialer).DialContext(r.Context(), "tcp", address)
		return nil, err
	}
	r := play(t, &fake{do: knock}, "steps:\n  - {reserve: {attributes: {}}, expect: {status: 200}}\n")
	if r.Status != finding.Error || !strings.HasPrefix(r.Reason, `step 1 of 1 "reserve": target: cannot be reached: dial tcp `+address) {
		t.Fatalf("want an error that says so, got %s", tell(r))
	}
	if x := r.Exchanges[0]; !x.Definite || x.Error == "" || x.Status != 0 {
		t.Errorf("exchange: want a definite one without a reply, got %+v", x)
	}
	r = play(t, &fake{do: knock}, "steps:\n  - {reserve: {attributes: {}}, expect: {outcome: definite, status: {absent: true}}}\n")
	wantPassed(t, r)
}

func TestInconclusive(t *testing.T) {
	for _, c := range []struct{ name, body, reason string }{
		{"reserve", "steps:\n  - {reserve: {attributes: {}}, expect: {status: 200}}\n", `step 1 of 1 "reserve": no reply to judge: connection reset by peer`},
		{"request", "steps:\n  - {request: {method: GET, path: /}, expect: {status: 200}}\n", `step 1 of 1 "request": no reply to judge: connection reset by peer`},
		{"handoff that is waited for", "steps:\n  - {handoff: {id: x}, within: 1s, as: h}\n  - {handoff: {id: \"${h.body.id}\"}, expect: {status: 200}}\n",
			`step 1 of 2 "h": no reply to judge: connection reset by peer`},
		{"a client of many", "steps:\n  - concurrently: {clients: 2, steps: [{reserve: {attributes: {}}, expect: {status: 200}}]}\n",
			`step 1 of 1 "concurrently": 2 replies never came, so the counts prove nothing`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := play(t, &fake{do: replies(lost)}, c.body)
			if r.Status != finding.Inconclusive || r.Reason != c.reason {
				t.Errorf("want inconclusive %q, got %s", c.reason, tell(r))
			}
		})
	}
	t.Run("expected", func(t *testing.T) {
		wantPassed(t, play(t, &fake{do: replies(lost)}, "steps:\n  - {reserve: {attributes: {}}, expect: {outcome: indefinite}}\n"))
	})
	t.Run("not asked for", func(t *testing.T) {
		wantPassed(t, play(t, &fake{do: replies(lost, noState)}, "steps:\n  - {reserve: {attributes: {}}}\n  - {handoff: {id: x}, expect: {status: 404}}\n"))
	})
}

// TestAReplyThatIsLateIsNoTimeout of the scenario: the client gave up, not the clock.
func TestAReplyThatIsLateIsNoTimeout(t *testing.T) {
	for name, step := range map[string]string{
		"reserve": "{reserve: {attributes: {}, timeout: 20ms}, expect: {status: 200}}",
		"request": "{request: {method: GET, path: /}, expect: {status: 200}}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := checker()
			s := parse(t, "steps:\n  - "+step+"\n")
			r := replay.Play(t.Context(), s, &fake{do: hang}, replay.Options{Checker: c})
			if r.Status != finding.Inconclusive || !strings.Contains(r.Reason, "no reply to judge: "+context.DeadlineExceeded.Error()) {
				t.Errorf("want inconclusive, got %s", tell(r))
			}
		})
	}
}

// TestOddBodies reads replies that are too long, cut, and no JSON.
func TestOddBodies(t *testing.T) {
	with := func(body io.Reader) func(int, *http.Request) (*http.Response, error) {
		return func(int, *http.Request) (*http.Response, error) {
			res, err := reply(200, "")
			res.Body = io.NopCloser(body)
			return res, err
		}
	}
	const step = "steps:\n  - {reserve: {attributes: {}}, expect: {status: 200, body: %s}}\n"
	long := `{"dni":"+441","pad":"` + strings.Repeat("x", 1<<20) + `"}`
	r := play(t, &fake{do: with(strings.NewReader(long))}, fmt.Sprintf(step, "{type: string}"))
	wantPassed(t, r) // it is not held against the contract: what is kept of it is no JSON
	if x := r.Exchanges[0]; !x.Truncated || len(x.ResponseBody) != 1<<20 {
		t.Errorf("want a MiB kept, and it said, got %d bytes, truncated %t", len(x.ResponseBody), x.Truncated)
	}
	cut := io.MultiReader(strings.NewReader(`{"dni":`), iotest.ErrReader(io.ErrUnexpectedEOF))
	r = play(t, &fake{do: with(cut)}, fmt.Sprintf(step, "{present: true}"))
	if r.Status != finding.Inconclusive || !strings.Contains(r.Reason, "unexpected EOF") || r.Exchanges[0].ResponseBody != `{"dni":` {
		t.Errorf("want inconclusive, and what came of the reply, got %s", tell(r))
	}
	r = play(t, &fake{do: with(strings.NewReader("busy"))}, fmt.Sprintf(step, "busy"))
	if len(r.Failures) != 1 || r.Failures[0].Kind != finding.KindContract {
		t.Errorf("want text compared, and the contract broken, got %s", tell(r))
	}
}

// TestKeptBodiesAreBounded: of many long replies the newest are kept whole, and of the others it is said that they were not.
func TestKeptBodiesAreBounded(t *testing.T) {
	const steps = 40
	long := strings.Repeat("x", 1<<20-100)
	do := func(n int, _ *http.Request) (*http.Response, error) {
		return reply(404, fmt.Sprintf(`{"message":"%d %s"}`, n, long))
	}
	r := play(t, &fake{do: do}, "timeout: 60s\nsteps:\n"+strings.Repeat("  - {handoff: {id: x}, expect: {status: 404}}\n", steps))
	wantPassed(t, r)
	kept := 0
	for i, x := range r.Exchanges {
		if whole := x.ResponseBody != ""; whole == x.Truncated || whole && !strings.HasPrefix(x.ResponseBody, fmt.Sprintf(`{"message":"%d `, i+1)) {
			t.Errorf("exchange %d: want its body or that it is gone, got %d bytes, truncated %t", i+1, len(x.ResponseBody), x.Truncated)
		}
		kept += len(x.ResponseBody)
	}
	if last := r.Exchanges[steps-1]; len(r.Exchanges) != steps || last.Truncated || kept < 30<<20 || kept > 32<<20 {
		t.Errorf("want the newest of %d exchanges, 32 MiB of them, got %d and %d bytes", steps, len(r.Exchanges), kept)
	}
}

func TestAWorldThatDoesNotClose(t *testing.T) {
	r := play(t, &fake{do: replies(noState), closeErr: errors.New("stuck")}, "steps:\n  - {handoff: {id: x}, expect: {status: 404}}\n")
	if want := []string{"the world did not close cleanly: stuck"}; r.Status != finding.Passed || !slices.Equal(r.Warnings, want) {
		t.Errorf("want passed with %q, got %s", want, tell(r))
	}
}

func TestUnsupported(t *testing.T) {
	r := play(t, &fake{refuses: "no calls"}, "steps:\n  - {handoff: {}, expect: {status: 200}}\n")
	if r.Status != finding.Unsupported || r.Reason != "no calls" {
		t.Errorf("want unsupported, got %s", tell(r))
	}
}
