package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/client"
)

// canned is one reply of the fake platform: a status and body, an error of the exchange, or silence.
type canned struct {
	status int
	body   string
	header string // "Name: value"
	err    error
	hang   bool // until the client gives up
}

// platform answers each request with the next canned reply; the last one stays.
type platform struct {
	reserve, handoff []canned

	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
}

func (p *platform) Do(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	queue := &p.handoff
	if r.Method == http.MethodPost {
		queue = &p.reserve
	}
	body := ""
	if r.Body != nil {
		b, _ := io.ReadAll(r.Body)
		body = string(b)
	}
	p.requests, p.bodies = append(p.requests, r), append(p.bodies, body)
	if len(*queue) == 0 {
		p.mu.Unlock()
		return nil, errors.New("unexpected request")
	}
	next := (*queue)[0]
	if len(*queue) > 1 {
		*queue = (*queue)[1:]
	}
	p.mu.Unlock()
	if next.hang {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	if next.err != nil && next.status == 0 {
		return nil, next.err
	}
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/json")
	if name, value, ok := strings.Cut(next.header, ": "); ok {
		w.Header().Set(name, value)
	}
	w.WriteHeader(next.status)
	_, _ = io.WriteString(w, next.body)
	res := w.Result()
	if next.err != nil {
		res.Body = io.NopCloser(io.MultiReader(res.Body, failing{next.err}))
	}
	return res, nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// phone answers every number but those in refuse.
type phone struct {
	refuse  []string
	endedBy string
	hold    bool // calls to DNIs do not end
	gaveUp  bool // the caller gives every call up

	mu      sync.Mutex
	dialled []string // "dial +44… from +44…"
	up      int
}

func (p *phone) Dial(_ context.Context, to, from string) (client.Call, error) {
	return p.call("dial", to, from, !p.hold)
}

func (p *phone) Transfer(_ context.Context, to, from string) (client.Call, error) {
	return p.call("transfer", to, from, false)
}

func (p *phone) call(what, to, from string, ends bool) (client.Call, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dialled = append(p.dialled, what+" "+to+" from "+from)
	if p.gaveUp {
		return nil, client.ErrGaveUp
	}
	if slices.Contains(p.refuse, to) {
		return nil, errors.New("486 Busy Here")
	}
	c := &call{phone: p, ended: make(chan struct{}), by: p.endedBy}
	p.up++
	if ends {
		c.close()
	}
	return c, nil
}

type call struct {
	phone *phone
	ended chan struct{}
	by    string
	over  bool
}

func (c *call) close() {
	if !c.over {
		c.over = true
		c.phone.up--
		close(c.ended)
	}
}

func (c *call) ID() string             { return "call-1" }
func (c *call) Ended() <-chan struct{} { return c.ended }
func (c *call) EndedBy() string        { return c.by }
func (c *call) Hangup(context.Context) error {
	c.phone.mu.Lock()
	defer c.phone.mu.Unlock()
	c.close()
	return nil
}

// fakeClock passes no real time and remembers the waits.
type fakeClock struct {
	now   time.Time
	waits []time.Duration
}

func (c *fakeClock) Now() time.Time { return c.now }
func (c *fakeClock) Sleep(ctx context.Context, d time.Duration) error {
	c.now = c.now.Add(d)
	c.waits = append(c.waits, d)
	return ctx.Err()
}

const (
	number    = `{"dni":"+442071838750"}`
	other     = `{"dni":"+442071838751"}`
	full      = `{"success":false,"error":"Not Found","message":"no available route found"}`
	unknownID = `{"error_message":"no handoff state"}`
)

func record(data string) string {
	return `{"id":"conv-1","shared_id":"s-1","data":` + data + `}`
}

func config() client.Config {
	return client.Config{
		BaseURL: "http://platform.invalid/", DNIKey: "dni-key", HandoffKey: "handoff-key",
		Account: "ws-1", Project: "PROJECT-1", Fallback: "overflow",
	}
}

// world is one journey's surroundings.
type world struct {
	platform platform
	phone    phone
	clock    fakeClock
}

func (w *world) run(t *testing.T, c client.Config) client.Journey {
	t.Helper()
	w.clock.now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	cl, err := client.New(c, &w.platform, &w.phone, &w.clock)
	if err != nil {
		t.Fatal(err)
	}
	j := cl.Run(t.Context(), client.Caller{ANI: "+15550100", SharedID: "s-1"})
	if w.phone.up != 0 {
		t.Errorf("%d calls left up", w.phone.up)
	}
	if last := j.Steps[len(j.Steps)-1]; last.What != "done" || last.Detail != string(j.Outcome)+": "+j.Reason {
		t.Errorf("last step %+v, want the outcome", last)
	}
	return j
}
