package wire_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dnispool/dnispool/fakes/wire"
)

const reply = `{"dni":"+442071838750"}`

// side is one way of putting a wire between a client and a server.
type side struct {
	name  string
	start func(t *testing.T, w *wire.Wire, h http.Handler) (*http.Client, string)
}

var sides = []side{
	{"round-tripper", func(t *testing.T, w *wire.Wire, h http.Handler) (*http.Client, string) {
		s := httptest.NewServer(h)
		transport := &http.Transport{}
		t.Cleanup(func() { transport.CloseIdleConnections(); w.Reset(); s.Close() })
		return &http.Client{Transport: w.RoundTripper(transport)}, s.URL
	}},
	{"listener", func(t *testing.T, w *wire.Wire, h http.Handler) (*http.Client, string) {
		s := httptest.NewUnstartedServer(h)
		s.Listener = w.Listener(s.Listener)
		s.Start()
		transport := &http.Transport{}
		t.Cleanup(func() { transport.CloseIdleConnections(); w.Reset(); s.Close() })
		return &http.Client{Transport: transport}, s.URL
	}},
}

// server counts what reaches it and answers like Reserve DNI.
type server struct{ reached atomic.Int32 }

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.reached.Add(1)
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, reply)
}

// seen is what a client sees of one exchange.
type seen struct {
	status int
	body   string
	header http.Header
	err    error // of the exchange, or of reading the body
}

func post(client *http.Client, url string, timeout time.Duration) seen {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/conversations/dni-reservation", strings.NewReader(`{"attributes":{}}`))
	if err != nil {
		return seen{err: err}
	}
	res, err := client.Do(req)
	if err != nil {
		return seen{err: err}
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return seen{res.StatusCode, string(body), res.Header, err}
}

func TestFaultsAsTheClientSeesThem(t *testing.T) {
	const long, short = 10 * time.Second, 30 * time.Millisecond
	timedOut := func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }
	is := func(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }
	clean := func(err error) bool { return err == nil }
	cases := []struct {
		name    string
		fault   wire.Fault
		only    string // a side
		timeout time.Duration
		status  int
		body    string
		err     func(error) bool
		reached int32
		outcome wire.Outcome
	}{
		{"latency", wire.Fault{Latency: &wire.Delay{Fixed: time.Millisecond}}, "", long, 200, reply, clean, 1, wire.Definite},
		{"latency beyond patience", wire.Fault{Latency: &wire.Delay{Fixed: time.Minute}}, "", short, 0, "", timedOut, 1, wire.Definite},
		{"slow", wire.Fault{Slow: &wire.Slow{Bytes: 8, Every: time.Microsecond}}, "", long, 200, reply, clean, 1, wire.Definite},
		{"refused", wire.Fault{DropRequest: wire.RequestRefused}, "round-tripper", long, 0, "", is(syscall.ECONNREFUSED), 0, wire.Definite},
		{"refused too late", wire.Fault{DropRequest: wire.RequestRefused}, "listener", long, 0, "", is(syscall.ECONNRESET), 0, wire.Indefinite},
		{"request reset", wire.Fault{DropRequest: wire.RequestReset}, "", long, 0, "", is(syscall.ECONNRESET), 0, wire.Indefinite},
		{"request lost", wire.Fault{DropRequest: wire.RequestTimeout}, "", short, 0, "", timedOut, 0, wire.Indefinite},
		{"reply lost, closed", wire.Fault{DropReply: wire.ReplyEOF}, "", long, 0, "", is(io.EOF), 1, wire.Indefinite},
		{"reply lost, silence", wire.Fault{DropReply: wire.ReplyTimeout}, "", short, 0, "", timedOut, 1, wire.Indefinite},
		{"reset in the body", wire.Fault{Reset: new(5)}, "", long, 200, reply[:5], is(syscall.ECONNRESET), 1, wire.Indefinite},
		{"reset at the body", wire.Fault{Reset: new(0)}, "", long, 200, "", is(syscall.ECONNRESET), 1, wire.Indefinite},
		{"truncated", wire.Fault{Truncate: new(7)}, "", long, 200, reply[:7], is(io.ErrUnexpectedEOF), 1, wire.Indefinite},
		{"truncated at most", wire.Fault{Truncate: new(1000)}, "", long, 200, reply[:len(reply)-1], is(io.ErrUnexpectedEOF), 1, wire.Indefinite},
		{"slow and truncated", wire.Fault{Truncate: new(3), Slow: &wire.Slow{Bytes: 2, Every: time.Microsecond}}, "", long, 200, reply[:3], is(io.ErrUnexpectedEOF), 1, wire.Indefinite},
		{"replaced before", wire.Fault{Reply: &wire.Reply{Status: 403, Body: new(`{"x":1}`)}}, "", long, 403, `{"x":1}`, clean, 0, wire.Definite},
		{"replaced after", wire.Fault{Reply: &wire.Reply{Status: 500, AfterCommit: true}}, "", long, 500, "", clean, 1, wire.Indefinite},
		{"replaced and late", wire.Fault{Reply: &wire.Reply{Status: 400}, Latency: &wire.Delay{Fixed: time.Millisecond}}, "", long, 400, "", clean, 0, wire.Definite},
		{"replaced and cut", wire.Fault{Reply: &wire.Reply{Status: 400, Body: new("abc")}, Truncate: nil, Slow: &wire.Slow{Bytes: 1, Every: time.Microsecond}}, "", long, 400, "abc", clean, 0, wire.Definite},
		{"preset 429", wire.Fault{Reply: &wire.Reply{Preset: wire.PresetTooMany}}, "", long, 429, `{"message":"API rate limit exceeded"}`, clean, 0, wire.Definite},
		{"preset 503", wire.Fault{Reply: &wire.Reply{Preset: wire.PresetDown, Body: new("later")}}, "", long, 503, "later", clean, 0, wire.Indefinite},
		{"preset html", wire.Fault{Reply: &wire.Reply{Preset: wire.PresetHTML, Status: 504, Body: new("<p>")}}, "", long, 504, "<p>", clean, 0, wire.Indefinite},
		{"preset empty", wire.Fault{Reply: &wire.Reply{Preset: wire.PresetEmpty}}, "", long, 200, "", clean, 0, wire.Indefinite},
		{"preset half an object", wire.Fault{Reply: &wire.Reply{Preset: wire.PresetTruncated}}, "", long, 200, `{"dni":"+44207`, clean, 0, wire.Indefinite},
		{"preset no route", wire.Fault{Reply: &wire.Reply{Preset: wire.PresetNoRoute}}, "", long, 404, `{"message":"no Route matched with those values"}`, clean, 0, wire.Definite},
	}
	for _, s := range sides {
		for _, c := range cases {
			if c.only != "" && c.only != s.name {
				continue
			}
			t.Run(s.name+"/"+c.name, func(t *testing.T) {
				w := wire.New(1, nil)
				c.fault.Times = 1
				if err := w.Set(c.fault); err != nil {
					t.Fatal(err)
				}
				var srv server
				client, url := s.start(t, w, &srv)
				got := post(client, url, c.timeout)
				if got.status != c.status || got.body != c.body || !c.err(got.err) {
					t.Errorf("client saw %d %q, %v; want %d %q", got.status, got.body, got.err, c.status, c.body)
				}
				if n := srv.reached.Load(); n != c.reached {
					t.Errorf("%d requests reached the server, want %d", n, c.reached)
				}
				did := w.Injections()
				if len(did) != 1 || did[0].Outcome != c.outcome || did[0].Reached != (c.reached == 1) {
					t.Errorf("injections %+v, want one, %s, reached %v", did, c.outcome, c.reached == 1)
				}
				if got := post(client, url, long); got.status != 200 || got.body != reply || got.err != nil {
					t.Errorf("afterwards the client saw %d %q, %v; want a clean reply", got.status, got.body, got.err)
				}
			})
		}
	}
}

func TestRetryAfterArrives(t *testing.T) {
	for _, s := range sides {
		t.Run(s.name, func(t *testing.T) {
			w := wire.New(1, nil)
			if err := w.Set(wire.Fault{Reply: &wire.Reply{Preset: wire.PresetTooMany, Headers: map[string]string{"retry-after": "7"}}}); err != nil {
				t.Fatal(err)
			}
			client, url := s.start(t, w, &server{})
			if got := post(client, url, time.Minute); got.header.Get("Retry-After") != "7" || got.header.Get("Content-Type") != "application/json" {
				t.Errorf("headers %v, want Retry-After: 7 and JSON", got.header)
			}
		})
	}
}

func TestWhichExchangesAreHit(t *testing.T) {
	refuse := func(f wire.Fault) wire.Fault { f.Reply = &wire.Reply{Status: 418}; return f }
	cases := []struct {
		name  string
		fault wire.Fault
		want  []int
	}{
		{"all", refuse(wire.Fault{}), []int{418, 418, 418, 418}},
		{"two", refuse(wire.Fault{Times: 2}), []int{418, 418, 200, 200}},
		{"the third", refuse(wire.Fault{After: 2, Times: 1}), []int{200, 200, 418, 200}},
		{"never", refuse(wire.Fault{Probability: new(0.0)}), []int{200, 200, 200, 200}},
		{"always", refuse(wire.Fault{Probability: new(1.0)}), []int{418, 418, 418, 418}},
		{"method", refuse(wire.Fault{Method: "POST"}), []int{418, 418, 418, 418}},
		{"other method", refuse(wire.Fault{Method: "GET"}), []int{200, 200, 200, 200}},
		{"whole path", refuse(wire.Fault{Path: "/v1/*/dni-reservation"}), []int{418, 418, 418, 418}},
		{"other path", refuse(wire.Fault{Path: "/v1/dni-reservation"}), []int{200, 200, 200, 200}},
		{"last segment", refuse(wire.Fault{Path: "dni-*"}), []int{418, 418, 418, 418}},
		{"other segment", refuse(wire.Fault{Path: "handoff_state"}), []int{200, 200, 200, 200}},
	}
	for _, s := range sides {
		for _, c := range cases {
			t.Run(s.name+"/"+c.name, func(t *testing.T) {
				w := wire.New(1, nil)
				if err := w.Set(c.fault); err != nil {
					t.Fatal(err)
				}
				client, url := s.start(t, w, &server{})
				var got []int
				for range c.want {
					got = append(got, post(client, url, time.Minute).status)
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("got %v, want %v", got, c.want)
				}
			})
		}
	}
}

func TestTheSeedDecidesWhichAreHit(t *testing.T) {
	draw := func(seed uint64) (hits []int) {
		w := wire.New(seed, nil)
		if err := w.Set(wire.Fault{Probability: new(0.5), Reply: &wire.Reply{Status: 418}}); err != nil {
			t.Fatal(err)
		}
		rt := w.RoundTripper(roundTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
		}))
		for range 200 {
			res, err := rt.RoundTrip(httptest.NewRequest("POST", "/x", nil))
			if err != nil {
				t.Fatal(err)
			}
			hits = append(hits, res.StatusCode)
		}
		return hits
	}
	a, again, b := draw(1), draw(1), draw(2)
	if !slices.Equal(a, again) {
		t.Error("one seed gave two results")
	}
	if slices.Equal(a, b) {
		t.Error("two seeds gave one result")
	}
	n := 0
	for _, status := range a {
		if status == 418 {
			n++
		}
	}
	if n < 70 || n > 130 {
		t.Errorf("hit %d of 200, want about half", n)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestTheNextRuleTakesOverWhenOneIsUsedUp(t *testing.T) {
	w := wire.New(1, nil)
	err := w.Set(
		wire.Fault{Times: 1, Reply: &wire.Reply{Status: 429}},
		wire.Fault{Times: 1, Reply: &wire.Reply{Status: 503}},
	)
	if err != nil {
		t.Fatal(err)
	}
	client, url := sides[0].start(t, w, &server{})
	for i, want := range []int{429, 503, 200} {
		if got := post(client, url, time.Minute).status; got != want {
			t.Errorf("exchange %d: status %d, want %d", i+1, got, want)
		}
	}
	if did := w.Injections(); len(did) != 2 || did[1].Rule != 1 || did[1].Seq != 2 || did[1].Path != "/v1/conversations/dni-reservation" {
		t.Errorf("injections %+v", did)
	}
}

func TestLatencyIsExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := wire.New(1, nil)
		if err := w.Set(wire.Fault{Latency: &wire.Delay{Fixed: 3 * time.Second}, Slow: &wire.Slow{Bytes: 10, Every: time.Second}}); err != nil {
			t.Fatal(err)
		}
		rt := w.RoundTripper(roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(reply))}, nil
		}))
		start := time.Now()
		res, err := rt.RoundTrip(httptest.NewRequest("POST", "/x", nil))
		if err != nil || time.Since(start) != 3*time.Second {
			t.Fatalf("reply after %v, %v; want 3s", time.Since(start), err)
		}
		body, err := io.ReadAll(res.Body)
		if string(body) != reply || err != nil {
			t.Fatalf("body %q, %v", body, err)
		}
		if took := time.Since(start); took != 6*time.Second { // 10+10+3 bytes, then the end: three waits
			t.Errorf("body after %v, want 6s", took)
		}
	})
}

func TestResetLetsGoOfWhatIsHeld(t *testing.T) {
	for _, s := range sides {
		for _, f := range []wire.Fault{{DropRequest: wire.RequestTimeout}, {DropReply: wire.ReplyTimeout}} {
			t.Run(s.name+"/"+f.String(), func(t *testing.T) {
				w := wire.New(1, nil)
				if err := w.Set(f); err != nil {
					t.Fatal(err)
				}
				client, url := s.start(t, w, &server{})
				done := make(chan seen, 1)
				go func() { done <- post(client, url, time.Minute) }()
				for len(w.Injections()) == 0 {
					runtime.Gosched()
				}
				w.Reset()
				if got := <-done; !errors.Is(got.err, io.EOF) {
					t.Errorf("error %v, want EOF", got.err)
				}
				if got := post(client, url, time.Minute); got.status != 200 {
					t.Errorf("after Reset: %d, %v; want 200", got.status, got.err)
				}
			})
		}
	}
}

func TestManyClientsAtOnce(t *testing.T) {
	for _, s := range sides {
		t.Run(s.name, func(t *testing.T) {
			w := wire.New(1, nil)
			if err := w.Set(wire.Fault{Times: 10, DropReply: wire.ReplyEOF}, wire.Fault{Times: 15, Reply: &wire.Reply{Status: 429}}); err != nil {
				t.Fatal(err)
			}
			var srv server
			client, url := s.start(t, w, &srv)
			var lost, refused, served atomic.Int32
			var wg sync.WaitGroup
			for range 40 {
				wg.Go(func() {
					switch got := post(client, url, time.Minute); {
					case errors.Is(got.err, io.EOF):
						lost.Add(1)
					case got.status == 429:
						refused.Add(1)
					case got.status == 200 && got.body == reply:
						served.Add(1)
					}
				})
			}
			wg.Wait()
			if lost.Load() != 10 || refused.Load() != 15 || served.Load() != 15 || srv.reached.Load() != 25 {
				t.Errorf("lost %d, refused %d, served %d, reached %d; want 10, 15, 15, 25", lost.Load(), refused.Load(), served.Load(), srv.reached.Load())
			}
		})
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, s := range sides {
		t.Run(s.name, func(t *testing.T) {
			w := wire.New(1, nil)
			if err := w.Set(wire.Fault{Times: 1, DropReply: wire.ReplyTimeout}, wire.Fault{Times: 1, DropRequest: wire.RequestTimeout}, wire.Fault{Times: 1, Truncate: new(1)}); err != nil {
				t.Fatal(err)
			}
			client, url := s.start(t, w, &server{})
			for range 3 {
				if got := post(client, url, 20*time.Millisecond); got.err == nil {
					t.Error("want an error, got a clean reply")
				}
			}
		})
	}
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before {
		buf := make([]byte, 1<<16)
		_, _ = os.Stderr.Write(buf[:runtime.Stack(buf, true)])
		t.Errorf("%d goroutines, want %d", n, before)
	}
}
