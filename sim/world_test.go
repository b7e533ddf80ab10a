package sim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/journal"
	"github.com/dnispool/dnispool/sim/pool"
)

// limit is how long a test waits for anything. Nothing comes near it unless something is broken.
const limit = 20 * time.Second

func echo(sim.Project) (conversation.Agent, error) { return agent.Echo(agent.EchoConfig{}), nil }

// written gives each project the agent of its configuration, and the echo agent when there is none.
func written(p sim.Project) (conversation.Agent, error) {
	if p.Agent.IsZero() {
		return echo(p)
	}
	script, problems := agent.Parse("c.yaml", &p.Agent)
	return script, problems.Err()
}

// stays is an agent that leaves the hanging-up to the caller.
const stays = "\nagent: {start: [{set: {handoff_to: billing}}], turns: [{takes: 24h}]}"

// world is a platform on loopback, and what its clients need.
type world struct {
	t      testing.TB
	sim    *sim.Sim
	http   *http.Client
	change chan struct{} // filled by every journal event
}

// open makes and starts a platform. When the test ends it is closed, and nothing may be left of it.
func open(t testing.TB, text string, options ...sim.Option) *world {
	t.Helper()
	return openFor(t, text, written, options...)
}

// openFor is open with other agents.
func openFor(t testing.TB, text string, agents sim.Agents, options ...sim.Option) *world {
	t.Helper()
	return openAs(t, published(t, text), agents, options...)
}

// openBeside is open for tests that run at the same time: no goroutine can be said to be one's own, so their parent looks for what is left.
func openBeside(t testing.TB, text string, options ...sim.Option) *world {
	t.Helper()
	return openAny(t, published(t, text), written, options...)
}

func published(t testing.TB, text string) sim.Config {
	t.Helper()
	c := parse(t, "profile: published\n"+text)
	for i := range c.Projects { // all that these callers know of a conversation is its Call-ID; identity_test.go has the other forms
		c.Projects[i].Conversation.ID = conversation.IDCallID
	}
	return c
}

// openAs is openFor with a whole configuration, of which only the addresses are changed.
func openAs(t testing.TB, c sim.Config, agents sim.Agents, options ...sim.Option) *world {
	t.Helper()
	leavesNothing(t)
	return openAny(t, c, agents, options...)
}

func openAny(t testing.TB, c sim.Config, agents sim.Agents, options ...sim.Option) *world {
	t.Helper()
	c.HTTP.Listen, c.SIP.Listen = "127.0.0.1:0", "127.0.0.1:0"
	s, err := sim.New(c, agents, options...)
	if err != nil {
		t.Fatal(err)
	}
	w := around(t, s)
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.http.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return w
}

// around is the world of a simulator.
func around(t testing.TB, s *sim.Sim) *world {
	w := &world{t: t, sim: s, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}, Timeout: limit}, change: make(chan struct{}, 1)}
	s.Journal().Subscribe(func(journal.Event) {
		select {
		case w.change <- struct{}{}:
		default:
		}
	})
	return w
}

// leavesNothing fails the test when goroutines outlive it. What is cleaned up later is looked at first.
func leavesNothing(t testing.TB) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(end); {
			runtime.Gosched()
		}
		if n := runtime.NumGoroutine(); n > before {
			stacks := make([]byte, 1<<16)
			t.Errorf("goroutines: want %d, got %d\n%s", before, n, stacks[:runtime.Stack(stacks, true)])
		}
	})
}

// project returns the n-th tenant.
func (w *world) project(n int) sim.Project { return w.sim.Config().Projects[n] }

// do sends a request and reads the reply.
func (w *world) do(method, path, key string, body string) (int, map[string]any, error) {
	r, err := http.NewRequest(method, "http://"+w.sim.HTTPAddr()+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("X-Api-Key", key)
	res, err := w.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, nil, err
	}
	var out map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		return 0, nil, fmt.Errorf("%s: %w", raw, err)
	}
	return res.StatusCode, out, nil
}

const reservePath = "/v1/conversations/dni-reservation"

// tryReserve asks for a number of the n-th project.
func (w *world) tryReserve(n int, attributes string) (status int, dni string, err error) {
	status, reply, err := w.do("POST", reservePath, w.project(n).DNIKey, `{"attributes":`+attributes+`}`)
	dni, _ = reply["dni"].(string)
	return status, dni, err
}

// reserve gets a number of the first project.
func (w *world) reserve(attributes string) string {
	w.t.Helper()
	status, dni, err := w.tryReserve(0, attributes)
	if err != nil || status != 200 || dni == "" {
		w.t.Fatalf("reserve: got %d %q, %v", status, dni, err)
	}
	return dni
}

// full expects the first project to have no number.
func (w *world) full() {
	w.t.Helper()
	if status, dni, err := w.tryReserve(0, `{}`); err != nil || status != 404 {
		w.t.Errorf("reserve: want 404, got %d %q, %v", status, dni, err)
	}
}

// tryHandoff asks the n-th project for state; query is like id=… or shared_id=….
func (w *world) tryHandoff(n int, name, value string) (int, map[string]any, error) {
	p := w.project(n)
	path := "/v1/" + p.Account.Slug + "/" + p.Project.Slug + "/handoff_state?" + name + "=" + url.QueryEscape(value)
	return w.do("GET", path, p.HandoffKey, "")
}

// handoff reads the data of a call of the first project.
func (w *world) handoff(name, value string) map[string]any {
	w.t.Helper()
	status, reply, err := w.tryHandoff(0, name, value)
	data, ok := reply["data"].(map[string]any)
	if err != nil || status != 200 || !ok {
		w.t.Fatalf("handoff of %s: got %d %v, %v", value, status, reply, err)
	}
	return data
}

// stats is the pool of the first project.
func (w *world) stats() pool.Stats {
	st, _ := w.sim.Pool(w.project(0).Name)
	return st
}

// until waits for something that the journal tells of, or that follows soon upon what it tells.
func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	patience := time.After(limit)
	soon := time.NewTicker(5 * time.Millisecond)
	defer soon.Stop()
	for !ok() {
		select {
		case <-w.change:
		case <-soon.C:
		case <-patience:
			w.t.Fatalf("%s: not within %v\n%s", what, limit, w.ladder(""))
		}
	}
}

// idle waits for the end of every call.
func (w *world) idle() {
	w.t.Helper()
	w.until("the end of each call", func() bool { return w.sim.Calls() == 0 })
}

// count is how often something happened.
func (w *world) count(k journal.Kind) int {
	n := 0
	for _, e := range w.sim.Journal().Events() {
		if e.Kind == k {
			n++
		}
	}
	return n
}

// of reports whether an event is of a call, by its conversation's id or its Call-ID.
func of(e journal.Event, call string) bool { return e.Call == call || e.CallID == call }

// ladder writes what happened, one `kind(cause)` a word, of one call or, for "", of all of them.
func (w *world) ladder(call string) string {
	lease := uint64(0)
	events := w.sim.Journal().Events()
	if i := slices.IndexFunc(events, func(e journal.Event) bool { return call != "" && of(e, call) && e.Lease != 0 }); i >= 0 {
		lease = events[i].Lease
	}
	var words []string
	for _, e := range events {
		if call != "" && !of(e, call) && (lease == 0 || e.Lease != lease) {
			continue
		}
		word := string(e.Kind)
		if e.Cause != "" {
			word += "(" + e.Cause + ")"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// wantLadder waits for the last word, and compares all of them.
func (w *world) wantLadder(call, want string) {
	w.t.Helper()
	_, last := want, want[strings.LastIndex(want, " ")+1:]
	w.until(last, func() bool { return strings.HasSuffix(w.ladder(call), last) })
	if got := w.ladder(call); got != want {
		w.t.Errorf("journal of %s:\nwant %s\n got %s", call, want, got)
	}
}
