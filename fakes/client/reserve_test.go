package client_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dnispool/dnispool/fakes/client"
)

func TestReserveThatFailsFallsBack(t *testing.T) {
	html := "<html><body>502 Bad Gateway</body></html>"
	cases := []struct {
		name   string
		reply  canned
		leaks  int
		reason string
	}{
		{"exhausted", canned{status: 404, body: full}, 0, "reserve: no number is free"},
		{"exhausted, envelope", canned{status: 404, body: `{"success":false,"error":"x","error_id":"1","error_code":"NOT_FOUND","error_message":"No available route found","data":null}`}, 0, "reserve: no number is free"},
		{"misrouted", canned{status: 404, body: `{"message":"no Route matched with those values"}`}, 0, "reserve: 404, not the exhaustion body (no Route matched with those values): is the URL right?"},
		{"misrouted html", canned{status: 404, body: html}, 0, "reserve: 404, not the exhaustion body (HTML instead of JSON): is the URL right?"},
		{"misrouted empty", canned{status: 404}, 0, "reserve: 404, not the exhaustion body (empty body): is the URL right?"},
		{"400", canned{status: 400, body: `{"success":false,"error":"Bad Request","message":"attributes missing"}`}, 0, "reserve: 400 (attributes missing)"},
		{"401", canned{status: 401, body: `{"message":"Unauthorized"}`}, 0, "reserve: 401 (Unauthorized)"},
		{"403", canned{status: 403, body: `{"success":false,"error_code":"FORBIDDEN","error_message":"not yours"}`}, 0, "reserve: 403 (not yours)"},
		{"409, short codes", canned{status: 409, body: `{"success":false,"error":"conflict","message":"in use"}`}, 0, "reserve: 409 (in use)"},
		{"410, outbound's shape", canned{status: 410, body: `{"error":"gone","code":"E7"}`}, 0, "reserve: 410 (gone)"},
		{"422, no message", canned{status: 422, body: `{"error":{"a":1}}`}, 0, "reserve: 422 (JSON without a message)"},
		{"302", canned{status: 302, header: "Location: /login"}, 0, "reserve: 302 (empty body)"},
		{"500", canned{status: 500, body: `{"success":false,"error":"Internal Server Error","message":"boom"}`}, 1, "reserve: 500 (boom)"},
		{"502", canned{status: 502, body: html}, 1, "reserve: 502 (HTML instead of JSON)"},
		{"503", canned{status: 503, body: "", header: "Retry-After: 1"}, 1, "reserve: 503 (empty body)"},
		{"504, truncated", canned{status: 504, body: `{"error_mess`}, 1, "reserve: 504 (body is no JSON object: unexpected end of JSON input)"},
		{"500, array", canned{status: 500, body: `["x"]`}, 1, "reserve: 500 (body is no JSON object: json: cannot unmarshal array into Go value of type map[string]json.RawMessage)"},
		{"refused", canned{err: fmt.Errorf("dial tcp: %w", syscall.ECONNREFUSED)}, 0, "reserve: dial tcp: connection refused"},
		{"reset", canned{err: syscall.ECONNRESET}, 1, "reserve: connection reset by peer"},
		{"closed", canned{err: io.EOF}, 1, "reserve: EOF"},
		{"reset in the body", canned{status: 200, body: `{"dni":"+44`, err: syscall.ECONNRESET}, 1, "reserve: 200, then connection reset by peer"},
		{"no dni", canned{status: 200, body: `{"number":"+44"}`}, 1, "reserve: 200 without dni"},
		{"null dni", canned{status: 200, body: `{"dni":null}`}, 1, "reserve: 200, dni: want text, got null"},
		{"empty dni", canned{status: 200, body: `{"dni":""}`}, 1, `reserve: 200, dni: want a number to dial, got ""`},
		{"number dni", canned{status: 200, body: `{"dni":442071838750}`}, 1, "reserve: 200, dni: want text, got 442071838750"},
		{"word dni", canned{status: 200, body: `{"dni":"none"}`}, 1, `reserve: 200, dni: want a number to dial, got "none"`},
		{"empty 200", canned{status: 200}, 1, "reserve: 200, empty body"},
		{"html 200", canned{status: 200, body: "<p>sign in</p>"}, 1, "reserve: 200, HTML instead of JSON"},
		{"half 200", canned{status: 200, body: `{"dni":"+44`}, 1, "reserve: 200, body is no JSON object: unexpected end of JSON input"},
		{"null 200", canned{status: 200, body: `null`}, 1, "reserve: 200, body is null"},
		{"huge 200", canned{status: 200, body: strings.Repeat(" ", 1<<20) + number}, 1, "reserve: 200, then body over 1 MiB"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := world{platform: platform{reserve: []canned{c.reply}}}
			j := w.run(t, config())
			if j.Outcome != client.Fallback || j.Reason != c.reason {
				t.Errorf("got %s: %s\nwant fallback: %s", j.Outcome, j.Reason, c.reason)
			}
			if j.ReserveAttempts != 1 || j.PossibleLeaks != c.leaks || j.Dialled || j.Queue != "overflow" || j.Polls != 0 || j.FailOpen {
				t.Errorf("attempts %d, leaks %d, dialled %v, queue %q, polls %d, fail-open %v; want 1, %d, false, overflow, 0, false",
					j.ReserveAttempts, j.PossibleLeaks, j.Dialled, j.Queue, j.Polls, j.FailOpen, c.leaks)
			}
			if got := w.phone.dialled; !slices.Equal(got, []string{"transfer overflow from +15550100"}) {
				t.Errorf("calls %q, want the fallback queue", got)
			}
			if len(w.clock.waits) != 0 {
				t.Errorf("waited %v, want no wait", w.clock.waits)
			}
		})
	}
}

func TestReserveTimesOutWithinItsBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world{platform: platform{reserve: []canned{{hang: true}}}}
		start := time.Now()
		j := w.run(t, config())
		if j.Outcome != client.Fallback || j.Reason != "reserve: timeout after 2s" || j.PossibleLeaks != 1 || time.Since(start) != 2*time.Second {
			t.Errorf("%s: %s, %d leaks, after %v", j.Outcome, j.Reason, j.PossibleLeaks, time.Since(start))
		}
	})
}

func TestReserveRetries(t *testing.T) {
	done := canned{status: 200, body: record(`{"handoff_to":null}`)}
	ok := canned{status: 200, body: number}
	cases := []struct {
		name                    string
		replies                 []canned
		retries                 int
		budget                  time.Duration
		attempts, leaks         int
		outcome                 client.Outcome
		reason                  string
		waits                   int
		waitAtLeast, waitAtMost time.Duration // together
	}{
		{"timeout, then a number", []canned{{hang: true}, ok}, 1, 0, 2, 1, client.Completed, "no handoff (handoff_to is not set)", 1, 100 * time.Millisecond, 200 * time.Millisecond},
		{"timeouts to the end", []canned{{hang: true}}, 2, 10 * time.Second, 3, 3, client.Fallback, "reserve: timeout after 2s", 2, 300 * time.Millisecond, 600 * time.Millisecond},
		{"500, then a number", []canned{{status: 500}, ok}, 1, 0, 2, 1, client.Completed, "no handoff (handoff_to is not set)", 1, 100 * time.Millisecond, 200 * time.Millisecond},
		{"503 with a date", []canned{{status: 503, header: "Retry-After: 1"}, ok}, 1, 0, 2, 1, client.Completed, "no handoff (handoff_to is not set)", 1, time.Second, time.Second},
		{"refused, then a number", []canned{{err: syscall.ECONNREFUSED}, ok}, 1, 0, 2, 0, client.Completed, "no handoff (handoff_to is not set)", 1, 100 * time.Millisecond, 200 * time.Millisecond},
		{"exhausted is final", []canned{{status: 404, body: full}}, 5, 0, 1, 0, client.Fallback, "reserve: no number is free", 0, 0, 0},
		{"unauthorised is final", []canned{{status: 401}}, 5, 0, 1, 0, client.Fallback, "reserve: 401 (empty body)", 0, 0, 0},
		{"429 in seconds", []canned{{status: 429, header: "Retry-After: 1"}, ok}, 0, 0, 2, 0, client.Completed, "no handoff (handoff_to is not set)", 1, time.Second, time.Second},
		{"429 with a date", []canned{{status: 429, header: "Retry-After: Thu, 01 Jan 2026 00:00:01 GMT"}, ok}, 0, 0, 2, 0, client.Completed, "no handoff (handoff_to is not set)", 1, time.Second, time.Second},
		{"429 with a past date", []canned{{status: 429, header: "Retry-After: Wed, 31 Dec 2025 00:00:01 GMT"}, ok}, 0, 0, 2, 0, client.Completed, "no handoff (handoff_to is not set)", 1, 100 * time.Millisecond, 200 * time.Millisecond},
		{"429 that asks for nothing", []canned{{status: 429}, {status: 429, header: "Retry-After: soon"}, ok}, 0, 0, 3, 0, client.Completed, "no handoff (handoff_to is not set)", 2, 300 * time.Millisecond, 600 * time.Millisecond},
		{"429 that asks for 0", []canned{{status: 429, header: "Retry-After: 0"}, ok}, 0, 0, 2, 0, client.Completed, "no handoff (handoff_to is not set)", 1, 100 * time.Millisecond, 200 * time.Millisecond},
		{"429 beyond the budget", []canned{{status: 429, header: "Retry-After: 30"}}, 0, 0, 1, 0, client.Fallback, "reserve: 429 (empty body); no time to wait 30s more", 0, 0, 0},
		{"429 for ever", []canned{{status: 429, header: "Retry-After: 99999999999999999"}}, 0, 0, 1, 0, client.Fallback, "reserve: 429 (empty body); no time to wait 2562047h47m16s more", 0, 0, 0},
		{"429 with a longer budget", []canned{{status: 429, header: "Retry-After: 30"}, ok}, 0, time.Minute, 2, 0, client.Completed, "no handoff (handoff_to is not set)", 1, 30 * time.Second, 30 * time.Second},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world{platform: platform{reserve: c.replies, handoff: []canned{done}}}
				conf := config()
				conf.ReserveRetries, conf.ReserveBudget = c.retries, c.budget
				j := w.run(t, conf)
				if j.Outcome != c.outcome || j.Reason != c.reason || j.ReserveAttempts != c.attempts || j.PossibleLeaks != c.leaks {
					t.Errorf("got %s: %s, %d attempts, %d leaks\nwant %s: %s, %d, %d",
						j.Outcome, j.Reason, j.ReserveAttempts, j.PossibleLeaks, c.outcome, c.reason, c.attempts, c.leaks)
				}
				var waited time.Duration
				for _, d := range w.clock.waits {
					waited += d
				}
				if len(w.clock.waits) != c.waits || waited < c.waitAtLeast || waited > c.waitAtMost {
					t.Errorf("waited %v, want %d waits of %v to %v", w.clock.waits, c.waits, c.waitAtLeast, c.waitAtMost)
				}
			})
		})
	}
}

func TestNoTightLoopAgainstARateLimit(t *testing.T) {
	w := world{platform: platform{reserve: []canned{{status: 429}}}}
	j := w.run(t, config())
	if j.Outcome != client.Fallback || j.ReserveAttempts > 6 || !strings.HasPrefix(j.Reason, "reserve: 429 (empty body); no time to wait ") {
		t.Errorf("%s: %s after %d attempts, want a fallback after a few", j.Outcome, j.Reason, j.ReserveAttempts)
	}
}

func TestAStormOfRetries(t *testing.T) {
	t.Parallel()
	w := world{platform: platform{reserve: []canned{{status: 404, body: full}, {status: 500}, {status: 404, body: full}, {status: 200, body: number}}, handoff: []canned{{status: 204}}}}
	c := config()
	c.Storm, c.ReserveRetries = true, 3
	if j := w.run(t, c); j.DNI == "" || j.ReserveAttempts != 4 || slices.ContainsFunc(w.clock.waits, func(d time.Duration) bool { return d > 0 }) {
		t.Errorf("want a number at the fourth try and no wait, got %+v after %v", j, w.clock.waits)
	}
}

func TestReserveWaitsAsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world{platform: platform{reserve: []canned{{status: 500}, {status: 500}, {status: 200, body: number}}, handoff: []canned{{status: 200, body: record(`{"handoff_to":null}`)}}}}
		conf := config()
		conf.ReserveRetries = 2
		conf.Backoff = func(*rand.Rand) time.Duration { return 20 * time.Second } // longer than all tries
		if j := w.run(t, conf); j.Outcome != client.Completed || !slices.Equal(w.clock.waits, []time.Duration{20 * time.Second, 20 * time.Second}) {
			t.Errorf("want two waits of 20s, got %v; %s: %s", w.clock.waits, j.Outcome, j.Reason)
		}
	})
}
