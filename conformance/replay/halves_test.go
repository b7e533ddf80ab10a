package replay_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/targets/reference"
)

func TestRequestsInHalvesAndRestarts(t *testing.T) {
	for _, c := range []struct{ name, body string }{
		{"a pause lets time pass before the commit", `
given: {pool: {numbers: 1, window: 10s}}
steps:
  - {reserve: {attributes: {nonce: slow}, send: {pause: 9s}}, expect: {status: 200}}
  - advance: 9s
  - {reserve: {attributes: {}}, note: It began 18 seconds ago and was made 9 seconds ago., expect: {status: 404}}
  - advance: 1s
  - {reserve: {attributes: {}}, expect: {status: 200}}
check: [no-double-lease, exhaustion-justified]
`},
		{"a cut request takes nothing, and that is certain", `
given: {pool: {numbers: 1}}
steps:
  - {reserve: {attributes: {nonce: half}, send: {cut: true}}, expect: {outcome: definite}}
  - {reserve: {attributes: {nonce: half}, send: {pause: 1s, cut: true}}, expect: {outcome: definite}}
  - {reserve: {attributes: {nonce: whole}}, expect: {status: 200}}
`},
		{"a refusal does not wait for the body", `
given: {pool: {numbers: 1, window: 10s}}
steps:
  - {reserve: {attributes: {}}, expect: {status: 200}}
  - {reserve: {attributes: {}, key: wrong, send: {pause: 11s}}, expect: {status: 401}}
  - {reserve: {attributes: {}}, expect: {status: 404}}
`},
		{"a restart keeps or loses reservations", `
given: {pool: {numbers: 1}}
steps:
  - {reserve: {attributes: {nonce: kept}}, as: lease, expect: {status: 200}}
  - restart: {leases: keep}
  - {reserve: {attributes: {}}, expect: {status: 404}}
  - restart: {leases: lose}
  - {dial: {to: "${lease.body.dni}"}, as: call, expect: {answered: true}}
  - {handoff: {id: "${call.id}"}, within: 1s, expect: {status: 200, body: {data: {echo_nonce: null}}}}
  - {reserve: {attributes: {}}, expect: {status: 200}}
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if r := play(t, reference.Target{}, c.body); r.Status != finding.Passed {
				t.Errorf("want it passed, got %s: %s %+v", r.Status, r.Reason, r.Failures)
			}
		})
	}
}

// What is not sent yet cannot have been acted on: the number was free by the time at which the request was whole.
func TestHistorySaysWhenARequestWasSent(t *testing.T) {
	read := func(n int, r *http.Request) (*http.Response, error) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
		if n == 1 {
			return gives("+442079460000")()
		}
		return noNumber()
	}
	const body = `
steps:
  - {reserve: {attributes: {}}}
  - advance: 5s
  - {reserve: {attributes: {}, send: {pause: 10s}}}
check: [exhaustion-justified]
`
	f := &fake{do: read, facts: reading.Facts{Size: 1, WindowMin: 10 * time.Second, WindowMax: 10 * time.Second, Release: "hangup", Exclusive: true, CoolDown: new(time.Duration(0)), Strays: new(0.0), Signal: new(time.Duration(0)), ServerMax: new(30 * time.Second)}}
	r := play(t, f, body)
	if len(r.Failures) != 1 || r.Failures[0].Path != "exhaustion-justified" {
		t.Errorf("want the refusal at 15s unjustified, got %s: %+v", r.Status, r.Failures)
	}
	if got := f.stage.requests[1].Header.Get("Expect"); got != "100-continue" {
		t.Errorf("Expect: want 100-continue, got %q", got)
	}
	if r = play(t, f, strings.Replace(body, "pause: 10s", "pause: 4s", 1)); r.Status != finding.Passed {
		t.Errorf("want the refusal at 9s justified, got %s: %+v", r.Status, r.Failures)
	}
}

func TestPauseThatCannotBe(t *testing.T) {
	f := &fake{do: func(_ int, r *http.Request) (*http.Response, error) {
		_, err := io.Copy(io.Discard, r.Body)
		if err == nil {
			return nil, errors.New("want the body to fail")
		}
		return nil, err
	}}
	f.wait = func(context.Context, time.Duration) error { return errors.New("the target's time stands") }
	r := play(t, f, "steps:\n  - {reserve: {attributes: {}, send: {pause: 1s}}, expect: {outcome: indefinite}}\n")
	if r.Status != finding.Passed {
		t.Errorf("want the outcome indefinite, got %s: %s %+v", r.Status, r.Reason, r.Failures)
	}
}

// A window that the platform does not keep to is held against it by who says so: what is documented or measured is, with the window
// that would fit, and on what is only assumed nobody is judged.
func TestFactsAreJudgedBySource(t *testing.T) {
	const body = `
steps:
  - {reserve: {attributes: {}}}
  - advance: 5s
  - {reserve: {attributes: {}}}
check: [no-double-lease]
`
	for _, c := range []struct {
		source reading.Source
		status finding.Status
		says   string
	}{
		{reading.Measured, finding.Failed, "or the stated window (measured, 10s) is wrong"},
		{reading.Assumed, finding.Inconclusive, "no-double-lease was not judged: 1 of 2 cases rest on window_min, which is assumed"},
	} {
		facts := pool(1)
		facts.WindowMin, facts.WindowMax = 10*time.Second, 10*time.Second
		facts.Sources = map[string]reading.Source{"window_min": c.source, "window_max": c.source}
		r := play(t, &fake{do: func(int, *http.Request) (*http.Response, error) { return gives("+442079460000")() }, facts: facts}, body)
		if text := tell(r); r.Status != c.status || !strings.Contains(text, c.says) {
			t.Errorf("%s: want %s with %q, got %s", c.source, c.status, c.says, text)
		}
	}
}
