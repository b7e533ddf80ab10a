package rehearse_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/rehearse"
	"github.com/dnispool/dnispool/fakes/client"
	"github.com/dnispool/dnispool/fakes/client/broken"
	"github.com/dnispool/dnispool/fakes/phone"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/sipua"
)

var (
	only   = flag.String("lesson", "", "play no lesson but this")
	rounds = flag.Int("rounds", 1, "how often every lesson is played with every client")
	hog    = flag.Bool("hog", false, "keep all processors busy meanwhile")
)

// careful is the reference client, which polls and tries again, with budgets that are as long as the lessons allow: how long a
// machine takes that does much else is no fault of the client's.
func careful() broken.Client {
	return broken.Client{Name: "careful", Config: func(c *client.Config) {
		c.Fallback, c.DefaultQueue, c.RingTimeout = "fallback", "default", 20*time.Second
		c.ReserveTimeout, c.ReserveRetries, c.ReserveBudget = 9*time.Second, 2, 9*time.Second // a caller has somebody within 15 s
		c.HandoffTimeout, c.Poll = 15*time.Second, client.Poll{Every: 400 * time.Millisecond, For: 20 * time.Second}
	}}
}

// patient is as right, and the opposite: it tries nothing twice, waits before it asks, and queues its caller at once.
func patient() broken.Client {
	const wait = time.Second
	return broken.Client{
		Name: "patient",
		Config: func(c *client.Config) {
			c.Fallback, c.DefaultQueue, c.RingTimeout = "fallback", "default", 20*time.Second
			c.DialAttempts, c.ReserveTimeout, c.HandoffTimeout = 1, 9*time.Second, 15*wait
			c.Poll = client.Poll{Every: time.Second, For: time.Millisecond}
		},
		HTTP: func(next client.Doer) client.Doer { return waiting{next, wait} },
	}
}

// waiting asks for a handoff after a while.
type waiting struct {
	client.Doer
	wait time.Duration
}

func (w waiting) Do(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet {
		if err := clock.Real().Sleep(r.Context(), w.wait); err != nil {
			return nil, err
		}
	}
	return w.Doer.Do(r)
}

// wrong is the careful client with one fault.
func wrong(b broken.Client) broken.Client {
	breaks := b.Config
	b.Config = func(c *client.Config) {
		careful().Config(c)
		if breaks != nil {
			breaks(c)
		}
	}
	return b
}

func brokenClient(t *testing.T, name string) broken.Client {
	t.Helper()
	for _, b := range broken.All() {
		if b.Name == name {
			return wrong(b)
		}
	}
	t.Fatalf("want the broken client %q, got none", name)
	return broken.Client{}
}

// takenThrough is a client in this process, with a telephone for each caller.
func takenThrough(b broken.Client) rehearse.Func {
	return func(ctx context.Context, c rehearse.Caller) error {
		line, err := phone.Open(ctx, c.SIP)
		if err != nil {
			return err
		}
		defer func() { _ = line.Close(context.WithoutCancel(ctx)) }()
		return take(ctx, b, line, c)
	}
}

// take serves one caller.
func take(ctx context.Context, b broken.Client, calls client.Phone, c rehearse.Caller) error {
	config := client.Config{BaseURL: c.BaseURL, DNIKey: c.DNIKey, HandoffKey: c.HandoffKey, Account: c.Account, Project: c.Project}
	b.Config(&config)
	web := &http.Client{Transport: &http.Transport{}}
	defer web.CloseIdleConnections()
	var doer client.Doer = web
	if b.HTTP != nil {
		doer = b.HTTP(doer)
	}
	if b.Phone != nil {
		calls = b.Phone(calls)
	}
	k, err := client.New(config, doer, calls, clock.Real())
	if err != nil {
		return err
	}
	caller := client.Caller{ANI: c.ANI, SharedID: c.SharedID, HangUpAfter: c.HangsUp, Attributes: json.RawMessage(`{"channel":"voice"}`)}
	if caller.SharedID == "" {
		caller.SharedID = fmt.Sprintf("%s-%d", c.Lesson, c.Number)
	}
	if b.Caller != nil {
		b.Caller(&caller)
	}
	k.Run(ctx, caller)
	return nil
}

// queues are what the clients of the tests call.
var queues = rehearse.Client{Fallback: "fallback", DefaultQueue: "default"}

// game is one lesson with one client.
type game struct {
	lesson *rehearse.Lesson
	client broken.Client
	bad    bool
}

func (g game) String() string { return g.lesson.ID + " with the client that " + g.client.Name }

// TestLessons: each broken client is found by its lesson, the careful one passes all, and the patient one every must.
func TestLessons(t *testing.T) {
	t.Parallel()
	hogged(t)
	var games []game
	var ended lastBye
	known := lessons(t)
	for round := range *rounds {
		for _, l := range known {
			right := careful()
			if l.ID == "bye-with-headers" && round == 0 {
				right.Phone = ended.of
			}
			games = append(games, game{lesson: l, client: right})
			if l.ID == full {
				games = append(games, game{lesson: l, client: persistent()})
			}
			if l.Level == finding.Must {
				games = append(games, game{lesson: l, client: patient()})
			}
		}
		for _, b := range broken.All() {
			i := slices.IndexFunc(known, func(l *rehearse.Lesson) bool { return l.ID == b.Lesson })
			if i < 0 {
				t.Fatalf("%s: want a lesson %s, got none", b.Name, b.Lesson)
			}
			games = append(games, game{known[i], wrong(b), true})
		}
	}
	games = slices.DeleteFunc(games, func(g game) bool { return *only != "" && g.lesson.ID != *only })
	// The games wait most of the time, so that many go on at once, and more where they are played again and again. Those that take
	// longest begin first.
	slices.SortStableFunc(games, func(a, b game) int { return b.weight() - a.weight() })
	crowded := slices.IndexFunc(games, func(g game) bool { return g.lesson.Callers > 20 })
	if crowded < 0 {
		crowded = len(games)
	}
	results := append(playAll(t, games[:crowded], min(16**rounds, 32)), playAll(t, games[crowded:], min(*rounds, 2))...)
	for i, g := range games {
		switch want := map[bool]finding.Status{true: finding.Failed, false: finding.Passed}[g.bad]; {
		case results[i].Status != want:
			t.Errorf("%s: want %s, got %s", g, want, told(results[i]))
		case g.lesson.ID == full && g.client.Name == persistent().Name && !slices.ContainsFunc(results[i].Exchanges, func(x finding.Exchange) bool { return x.Method == http.MethodPost && x.Status == http.StatusOK }):
			t.Errorf("%s: want it given a number in the end, got %s", g, told(results[i]))
		case !g.bad && !strings.Contains(fmt.Sprint(results[i].Ladder), fromTheNetwork[g.lesson.ID]):
			t.Errorf("%s: want the client sent %q, got %s", g, fromTheNetwork[g.lesson.ID], fmt.Sprint(results[i].Ladder))
		case testing.Verbose():
			t.Logf("%s: %s after %s", g, told(results[i]), results[i].Duration.Round(time.Millisecond))
		}
	}
	if want := (sipua.Header{Name: "X-Outcome", Value: "transferred"}); ended.call != nil && !slices.Contains(ended.headers(), want) {
		t.Errorf("bye-with-headers: want the client sent a BYE with %v, got one with %v", want, ended.headers())
	}
}

// full is the lesson of a pool that is free again after a while.
const full = "reserve-exhausted-then-free"

// persistent is the careful client, which asks a full pool again with pauses: as right as one that does not.
func persistent() broken.Client {
	b := careful()
	b.Name = "persistent"
	b.Config = func(c *client.Config) {
		careful().Config(c)
		c.ReserveTimeout, c.ReserveBudget = 20*time.Second, 20*time.Second // for all that it asks: it is one request to the client that is wrapped
	}
	b.HTTP = func(next client.Doer) client.Doer { return asking{next} }
	return b
}

// asking asks for a number again when there is none.
type asking struct{ client.Doer }

// Do implements client.Doer.
func (a asking) Do(r *http.Request) (*http.Response, error) {
	for range 6 {
		res, err := a.Doer.Do(r)
		if err != nil || r.Method != http.MethodPost || res.StatusCode != http.StatusNotFound {
			return res, err
		}
		_ = res.Body.Close()
		if err := clock.Real().Sleep(r.Context(), 200*time.Millisecond); err != nil {
			return nil, err
		}
		if r.Body, err = r.GetBody(); err != nil {
			return nil, err
		}
	}
	return a.Doer.Do(r)
}

// lastBye remembers the call that a client has placed to the platform, for the headers of the BYE that ends it.
type lastBye struct{ call client.Call }

// of is a phone whose call is remembered.
func (b *lastBye) of(p client.Phone) client.Phone { return remembering{p, b} }

// headers are those of the BYE.
func (b *lastBye) headers() []sipua.Header {
	return b.call.(interface{ EndHeaders() []sipua.Header }).EndHeaders()
}

// remembering is the phone of a lastBye.
type remembering struct {
	client.Phone
	bye *lastBye
}

// Dial implements client.Phone.
func (r remembering) Dial(ctx context.Context, to, from string) (client.Call, error) {
	call, err := r.Phone.Dial(ctx, to, from)
	r.bye.call = call
	return call, err
}

// fromTheNetwork begins a message that has to come through the carrier to the client, by lesson.
var fromTheNetwork = map[string]string{"dial-early-media": "SIP/2.0 183 ", "dial-redirected": "SIP/2.0 302 "}

// playAll plays games, so many at once.
func playAll(t *testing.T, games []game, workers int) []finding.Result {
	results := make([]finding.Result, len(games))
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(workers, len(games)) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(games)); i = next.Add(1) - 1 {
				results[i] = games[i].play(t)
			}
		})
	}
	all.Wait()
	return results
}

// play plays a game with one telephone for all callers, as they call an office.
func (g game) play(t *testing.T) finding.Result {
	var line *phone.Phone
	var err error
	var open sync.Once
	r := play(t, g.lesson, rehearse.Options{Client: queues, Arrival: rehearse.Func(func(ctx context.Context, c rehearse.Caller) error {
		if open.Do(func() { line, err = phone.Open(context.WithoutCancel(ctx), c.SIP) }); err != nil {
			return err
		}
		return take(ctx, g.client, line, c)
	})})
	if line != nil {
		_ = line.Close(context.WithoutCancel(t.Context()))
	}
	return r
}

// weight is a guess at how long a game takes, for the order alone.
func (g game) weight() int {
	if g.lesson.Callers > 20 {
		return -1 // a crowd is busy, and plays after the others
	}
	if g.bad && g.lesson.Budget > rehearse.DefaultBudget {
		return 2 // it may well use all of it
	}
	slow := []string{"slow", "for-ever", "no-answer", "late", "window", "unknown-queue", "polled", "refused", "429-bare", "hangs-up"}
	if slices.ContainsFunc(slow, func(s string) bool { return strings.Contains(g.lesson.ID, s) }) {
		return 1
	}
	return 0
}

// hogged keeps all processors busy until the test and its subtests are over, where that was asked for.
func hogged(t *testing.T) {
	if *hog {
		t.Cleanup(burn())
	}
}

// burn keeps all processors busy until it is told to stop.
func burn() (stop func()) {
	done := make(chan struct{})
	for range 2 * runtime.GOMAXPROCS(0) {
		go func() {
			for n := 0; ; n++ {
				if n%1_000_000 == 0 {
					select {
					case <-done:
						return
					default:
					}
				}
			}
		}()
	}
	return func() { close(done) }
}

// TestBrokenClients: each has a name of its own, and each lesson finds one.
func TestBrokenClients(t *testing.T) {
	t.Parallel()
	found := make(map[string][]string)
	names := make(map[string]bool)
	for _, b := range broken.All() {
		if names[b.Name] {
			t.Errorf("%s: want one of that name, got more", b.Name)
		}
		names[b.Name] = true
		found[b.Lesson] = append(found[b.Lesson], b.Name)
	}
	for _, l := range lessons(t) {
		if by := found[l.ID]; len(by) != 1 {
			t.Errorf("%s: want one broken client that it finds, got %q", l.ID, by)
		}
	}
}

func TestClientThatDoesNothingNeverPasses(t *testing.T) {
	t.Parallel()
	idle := rehearse.Func(func(context.Context, rehearse.Caller) error { return nil })
	for _, l := range lessons(t) {
		r := play(t, l, rehearse.Options{Arrival: idle})
		if r.Status != finding.Failed || !strings.Contains(told(r), "never asked for a number") {
			t.Errorf("%s: %s", l.ID, told(r))
		}
	}
}
