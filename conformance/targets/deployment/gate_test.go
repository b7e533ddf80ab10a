package deployment_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/deployment"
	"github.com/dnispool/dnispool/conformance/targets/targetfile"
)

const reservePath = "/v1/conversations/dni-reservation"

// described is a target file for a server, with further lines.
func described(t *testing.T, url, more string) targetfile.File {
	t.Helper()
	f, problems := targetfile.Parse("t.yaml", []byte(fmt.Sprintf("target: v1\nbase_url: %s\naccount: acme\nproject: support\nkeys: {dni: {env: D}, handoff: {env: H}}\n", url)+more), time.Now())
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return f
}

func target(t *testing.T, url, more string) *deployment.Target {
	t.Helper()
	d, err := deployment.New(described(t, url, more), targetfile.Source{Getenv: func(name string) string { return "key-" + name }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Gate.Close)
	return d
}

// platform answers reservations with numbers in a row, unless it is told otherwise.
func platform(t *testing.T, otherwise func(n int, w http.ResponseWriter, r *http.Request) bool) (url string, requests *atomic.Int32) {
	t.Helper()
	requests = new(atomic.Int32)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := int(requests.Add(1))
		if otherwise != nil && otherwise(n, w, r) {
			return
		}
		fmt.Fprintf(w, `{"dni":"+99920%05d"}`, n)
	}))
	t.Cleanup(s.Close)
	return s.URL, requests
}

func post(ctx context.Context, to targets.Doer, url string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+reservePath, strings.NewReader(`{"attributes":{}}`))
	if err != nil {
		return 0, err
	}
	r.Header["X-API-KEY"] = []string{"key-D"} // as a scenario may write it, and not as net/http does
	res, err := to.Do(r)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}

func stage(t *testing.T, d *deployment.Target) targets.Stage {
	t.Helper()
	s, err := d.Open(t.Context(), targets.World{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestOneGate: whatever a stage sends is counted by the gate, and nothing else reaches the platform.
func TestOneGate(t *testing.T) {
	url, requests := platform(t, nil)
	d := target(t, url, "facts: {window_max: 1m}\nlimits: {patience: 200ms}\n")
	s := stage(t, d)
	for range 4 {
		if status, err := post(t.Context(), s, url); status != 200 || err != nil {
			t.Fatal(status, err)
		}
	}
	deployment.Identify(t.Context(), s, targets.Project{Account: "acme", Project: "support", HandoffKey: "key-H"}, "nobody")
	used := d.Gate.Used()
	if got := requests.Load(); int(got) != used.Requests || used.Reservations != 4 || used.Held != 4 {
		t.Errorf("want every request counted, and four numbers held, got %d requests, %+v", got, used)
	}
	if holds := d.Gate.Holds(time.Now()); len(holds) != 4 || holds[0].Number != "+9992000001" || holds[0].Until.Sub(holds[0].Since) != time.Minute+200*time.Millisecond {
		t.Errorf("want four numbers for a minute each, and as much more as patience allows, got %+v", holds)
	}
	if !d.Gate.Gave("+9992000001") || d.Gate.Gave("+9992000009") {
		t.Error("want the numbers that were given known, and no other")
	}
	const told = "numbers that this run reserved and nobody called may still be held: +9992000001 (until "
	if got := deployment.Told(d.Gate.Holds(time.Now())); !strings.HasPrefix(got, told) {
		t.Errorf("want %q, got %q", told, got)
	}
}

// TestNoMoreThanMayBeHeld: the number beyond the limit is asked for when one of the others is free, and not at all where nobody
// knows when that is.
func TestNoMoreThanMayBeHeld(t *testing.T) {
	for facts, want := range map[string]struct {
		reached int32
		err     string
	}{
		"facts: {window_max: 300ms}\n": {3, ""},
		"facts: {window_max: 1h}\n":    {2, "limits.reservations: 2 numbers are held: context deadline exceeded"},
		"":                             {2, "limits.reservations: 2 numbers are held, and nobody knows until when: state the fact window_max"},
	} {
		url, requests := platform(t, nil)
		s := stage(t, target(t, url, "limits: {reservations: 2}\n"+facts))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		var last error
		for range 3 {
			_, last = post(ctx, s, url)
		}
		cancel()
		if got := requests.Load(); got != want.reached || want.err == "" && last != nil || want.err != "" && (last == nil || !strings.Contains(last.Error(), want.err)) {
			t.Errorf("%q: want %d requests and %q, got %d and %v", facts, want.reached, want.err, got, last)
		}
	}
}

// TestLimitHoldsForClientsTogether: many clients at once are no reason to hold more.
func TestLimitHoldsForClientsTogether(t *testing.T) {
	var now, most atomic.Int32
	url, _ := platform(t, func(int, http.ResponseWriter, *http.Request) bool {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		time.Sleep(20 * time.Millisecond) // the platform takes its time, so that clients meet
		now.Add(-1)
		return false
	})
	d := target(t, url, "limits: {reservations: 3, requests_per_second: 100}\nconsent: {requests_per_second: a test}\nfacts: {window_max: 100ms}\n")
	s := stage(t, d)
	var clients sync.WaitGroup
	for range 9 {
		clients.Go(func() { _, _ = post(t.Context(), s, url) })
	}
	clients.Wait()
	if used := d.Gate.Used(); used.Held > 3 || most.Load() > 3 || used.Reservations != 9 {
		t.Errorf("want 9 reservations, never more than 3 at one time, got %+v, %d under way", used, most.Load())
	}
}

// TestLostReply: a number that a lost reply may have named counts as held.
func TestLostReply(t *testing.T) {
	url, _ := platform(t, func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		_, _ = io.Copy(io.Discard, r.Body) // a server sees that its client is gone once it has read all
		<-r.Context().Done()
		return true
	})
	d := target(t, url, "facts: {window_max: 1m}\n")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := post(ctx, stage(t, d), url); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("want no reply, got %v", err)
	}
	holds := d.Gate.Holds(time.Now())
	if len(holds) != 1 || !strings.Contains(deployment.Told(holds), "one whose reply was lost (until ") {
		t.Errorf("want one number that may be held, got %+v", holds)
	}
}

// TestRetryAfter: a request that the platform has no time for is sent again when it says, and nothing else meanwhile.
func TestRetryAfter(t *testing.T) {
	for _, c := range []struct {
		name, header string
		status       int
		again        bool
	}{
		{"in seconds", "1", 429, true},
		{"without a word", "", 429, true},
		{"unavailable, with a word", "1", 503, true},
		{"unavailable", "", 503, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var first atomic.Pointer[time.Time]
			url, requests := platform(t, func(n int, w http.ResponseWriter, _ *http.Request) bool {
				if n > 1 {
					return false
				}
				first.Store(new(time.Now()))
				if c.header != "" {
					w.Header().Set("Retry-After", c.header)
				}
				w.WriteHeader(c.status)
				return true
			})
			d := target(t, url, "")
			status, err := post(t.Context(), stage(t, d), url)
			switch waited := time.Since(*first.Load()); {
			case err != nil:
				t.Fatal(err)
			case c.again && (status != 200 || requests.Load() != 2 || waited < time.Second || d.Gate.Used().Throttled != 1):
				t.Errorf("want it sent again after a second, got %d after %s, %d requests", status, waited, requests.Load())
			case !c.again && (status != c.status || requests.Load() != 1):
				t.Errorf("want %d as it came, got %d, %d requests", c.status, status, requests.Load())
			}
		})
	}
}

// TestLedger counts in the time that it is given.
func TestLedger(t *testing.T) {
	at := func(s int) time.Time { return time.Date(2026, 1, 1, 9, 0, s, 0, time.UTC) }
	rest := 10 * time.Second
	l := deployment.NewLedger(func(string) reading.Facts { return reading.Facts{WindowMax: time.Minute, CoolDown: &rest} })
	l.Reserved("0", "+9992000001", at(0))
	l.Reserved("0", "+9992000002", at(10))
	over := l.Called("+9992000001", true, at(20))
	if held := l.Holds(at(65)); len(held) != 2 {
		t.Errorf("want the number of a call held as long as it is up, got %+v", held)
	}
	over(true, at(65))
	if held := l.Holds(at(65)); len(held) != 1 || held[0].Number != "+9992000002" {
		t.Errorf("want the number of a call that is over given back, got %+v", held)
	}
	refused := l.Called("+9992000002", true, at(66))
	refused(false, at(67))
	if held := l.Holds(at(69)); len(held) != 1 {
		t.Errorf("want the number of a refused call held until its window is over, got %+v", held)
	}
	switch {
	case l.Clean(at(69)), l.Clean(at(74)), !l.Clean(at(75)):
		t.Error("want it clean when the window and the rest of both are over")
	}
	l.Reserved("0", "+9992000003", at(80))
	l.Called("9992000003", true, at(81))(true, at(82)) // the same number, written otherwise
	if held := l.Holds(at(90)); len(held) != 1 {
		t.Errorf("want the number of a call in another form held until its window is over, got %+v", held)
	}
	if used := l.Used(); used.Calls != 3 || used.Up != 1 || used.Held != 2 || used.Longest != 45*time.Second || used.CallTime != 47*time.Second {
		t.Errorf("got %+v", used)
	}
}

// TestKeysAreMissed before anything is sent.
func TestKeysAreMissed(t *testing.T) {
	f := described(t, "http://127.0.0.1:1", "")
	_, err := deployment.New(f, targetfile.Source{Getenv: func(string) string { return "" }})
	if err == nil || err.Error() != "keys.dni: environment variable D: want a secret, got nothing; export it before the run\nkeys.handoff: environment variable H: want a secret, got nothing; export it before the run" {
		t.Errorf("got %v", err)
	}
	d := target(t, "http://127.0.0.1:1", "")
	if got := d.Secrets(); !slices.Equal(got, []string{"key-D", "key-H"}) || strings.Contains(string(d.Config()), "key-") {
		t.Errorf("want the keys among the secrets and not in the configuration, got %v, %s", got, d.Config())
	}
}
