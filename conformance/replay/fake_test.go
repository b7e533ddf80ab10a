package replay_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// fake is a target whose replies a test writes by hand. Its time moves when somebody waits, and by tick whenever
// somebody looks.
type fake struct {
	refuses  string        // why every scenario is unsupported
	patience time.Duration // of the stage
	noDrain  bool
	openErr  error
	closeErr error
	// do answers a request; n counts them from 1.
	do    func(n int, r *http.Request) (*http.Response, error)
	dial  func(targets.Dial) (targets.Call, error)
	wait  func(context.Context, time.Duration) error // nil: moves the time
	facts reading.Facts
	tick  time.Duration
	order targets.Order

	stage *stage // of the last Open
}

func (f *fake) Name() string                                 { return "fake" }
func (f *fake) Given(string, *yaml.Node) strictyaml.Problems { return nil }
func (f *fake) Fault(string, *yaml.Node) strictyaml.Problems { return nil }
func (f *fake) Config() json.RawMessage                      { return nil }
func (f *fake) Secrets() []string                            { return nil }
func (f *fake) Formats() []string                            { return nil }
func (f *fake) Timeout(s *scenario.Scenario) time.Duration   { return s.Timeout }
func (f *fake) Refuses(*scenario.Scenario) (finding.Status, string) {
	if f.refuses == "" {
		return "", ""
	}
	return finding.Unsupported, f.refuses
}
func (f *fake) Open(_ context.Context, w targets.World) (targets.Stage, error) {
	if f.openErr != nil {
		return nil, f.openErr
	}
	f.stage = &stage{fake: f, world: w, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	return f.stage, nil
}

// stage is a fake opened.
type stage struct {
	*fake
	world targets.World

	mu       sync.Mutex
	now      time.Time
	requests []*http.Request
	closed   bool
}

func (s *stage) Order() targets.Order { return s.order }

func (s *stage) Do(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.requests = append(s.requests, r)
	n := len(s.requests)
	s.mu.Unlock()
	return s.do(n, r)
}

func (s *stage) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

func (s *stage) BaseURL() string { return "http://fake" }

func (s *stage) Restart(bool) error { return nil }

func (s *stage) Projects() []string { return []string{"acme"} }

func (s *stage) Project(string) (targets.Project, bool) {
	return targets.Project{Name: "acme", Account: "acme-uk", Project: "support", DNIKey: "dni-key", HandoffKey: "handoff-key"}, true
}

func (s *stage) Facts(string) reading.Facts { return s.facts }

func (s *stage) Dial(_ context.Context, d targets.Dial) (targets.Call, error) {
	if s.dial == nil {
		return nil, errors.New("no line")
	}
	return s.dial(d)
}

func (s *stage) Journey(context.Context, targets.Journey, targets.Doer) (targets.JourneyResult, error) {
	return targets.JourneyResult{}, errors.New("no integrator")
}

func (s *stage) Fault(*yaml.Node) error { return nil }

func (s *stage) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(s.tick)
	return s.now
}

func (s *stage) Wait(ctx context.Context, d time.Duration) error {
	if s.wait != nil {
		return s.wait(ctx, d)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
	return ctx.Err()
}

func (s *stage) Await(_ context.Context, c targets.Call, _ time.Duration) bool {
	select {
	case <-c.Ended():
		return true
	default:
		return false
	}
}

// Launch starts the clients one after the other: nobody else lets time pass meanwhile.
func (s *stage) Launch(ctx context.Context, at []time.Duration, run func(context.Context, int)) error {
	var clients sync.WaitGroup
	defer clients.Wait()
	var last time.Duration
	for i, d := range at {
		if err := s.Wait(ctx, d-last); err != nil {
			return err
		}
		last = d
		clients.Go(func() { run(ctx, i) })
	}
	return nil
}

func (s *stage) Patience() time.Duration { return s.patience }
func (s *stage) MayDrain(string) bool    { return !s.noDrain }

func (s *stage) Settle()                      {}
func (s *stage) Ladder() []finding.SIPMessage { return nil }

func (s *stage) Close() error {
	s.closed = true
	return s.closeErr
}

// reply is a complete JSON reply.
func reply(status int, body string) (*http.Response, error) {
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-PolyAI-Correlation-Id", "c-1")
	w.WriteHeader(status)
	fmt.Fprint(w, body)
	return w.Result(), nil
}

// replies answers the n-th request with the n-th reply, and all further ones with the last.
func replies(all ...func() (*http.Response, error)) func(int, *http.Request) (*http.Response, error) {
	return func(n int, _ *http.Request) (*http.Response, error) { return all[min(n, len(all))-1]() }
}

func gives(number string) func() (*http.Response, error) {
	return func() (*http.Response, error) { return reply(200, fmt.Sprintf(`{"dni":%q}`, number)) }
}

func noNumber() (*http.Response, error) {
	return reply(404, `{"success":false,"error":"Not Found","message":"No DNI available"}`)
}

func noState() (*http.Response, error) {
	return reply(404, `{"error_message":"No handoff state"}`)
}

func state(id, sharedID, data string) func() (*http.Response, error) {
	return func() (*http.Response, error) {
		return reply(200, fmt.Sprintf(`{"id":%q,"shared_id":%q,"data":%s}`, id, sharedID, data))
	}
}

// lost is a request whose reply never came.
func lost() (*http.Response, error) { return nil, errors.New("connection reset by peer") }

// hang answers when the client has given up.
func hang(_ int, r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// talk is an answered call that is over when end is closed.
type talk struct {
	id  string
	end chan struct{}
	at  time.Time
}

func ended(id string, at time.Time) *talk {
	t := &talk{id: id, end: make(chan struct{}), at: at}
	close(t.end)
	return t
}

func (c *talk) ID() string                                         { return c.id }
func (c *talk) Answered() bool                                     { return true }
func (c *talk) Status() int                                        { return 200 }
func (c *talk) Reason() string                                     { return "OK" }
func (c *talk) Press(context.Context, string, string) (int, error) { return 200, nil }
func (c *talk) Hangup(context.Context) (int, error)                { close(c.end); return 200, nil }
func (c *talk) Ended() <-chan struct{}                             { return c.end }
func (c *talk) End() targets.CallEnd {
	return targets.CallEnd{By: "platform", How: "bye", At: c.at}
}
