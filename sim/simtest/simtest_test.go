package simtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/simtest"
)

// ask sends a request with a key and reads the reply's JSON into out.
func ask(t testing.TB, method, url, key, body string, out any) (status int) {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Api-Key", key)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil {
		err = json.Unmarshal(b, out)
	}
	if err != nil {
		t.Fatalf("want JSON, got %d %s (%v)", res.StatusCode, b, err)
	}
	return res.StatusCode
}

func reserve(t testing.TB, s *simtest.Server, p client.Project, body string) (dni string, status int) {
	t.Helper()
	var got struct{ DNI string }
	status = ask(t, http.MethodPost, s.URL+"/v1/conversations/dni-reservation", p.DNIKey, body, &got)
	return got.DNI, status
}

// call places a call and waits for the platform to end it.
func call(t testing.TB, s *simtest.Server, dni string) {
	t.Helper()
	carrier, err := pstn.New(t.Context(), pstn.Config{Platform: s.SIP})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = carrier.Close() })
	c, err := carrier.Dial(t.Context(), pstn.Dial{To: dni, From: "+442079460500"})
	if err != nil || !c.Answered() {
		t.Fatalf("call: want it answered, got %v", err)
	}
	select {
	case <-c.Ended():
	case <-time.After(10 * time.Second):
		t.Fatal("call: want the platform's BYE, got none")
	}
}

func TestStart(t *testing.T) {
	s := simtest.Start(t, simtest.Options{})
	dni, status := reserve(t, s, s.Project, `{"attributes":{"shared_id":"a&1","want_handoff_to":"billing"}}`)
	if status != http.StatusOK {
		t.Fatalf("reserve: got %d", status)
	}
	call(t, s, dni)
	var state struct {
		Data struct {
			To string `json:"handoff_to"`
		}
	}
	if status := ask(t, http.MethodGet, s.HandoffURL(s.Project, "a&1"), s.Project.HandoffKey, "", &state); status != http.StatusOK || state.Data.To != "billing" {
		t.Errorf("handoff: want billing, got %d %+v", status, state)
	}
	if err := s.Control.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOptions(t *testing.T) {
	s := simtest.Start(t, simtest.Options{
		Profile: "strict-spec",
		Config:  "http: {listen: 127.0.0.1:1}\npool: {numbers: 3}\nprojects: [{name: one}, {name: two, pool: {numbers: 1}}]\ncontrol: {token: s3cret-token}",
		Set:     []string{"pool.numbers=2"},
	})
	if len(s.Projects) != 2 || s.Project.Name != "one" || s.Project.Numbers != 2 || s.Projects[1].Numbers != 1 {
		t.Errorf("want two projects with pools of 2 and 1, got %+v", s.Projects)
	}
	for want := range 2 {
		if _, status := reserve(t, s, s.Projects[1], `{"attributes":{}}`); (status == http.StatusOK) != (want == 0) {
			t.Errorf("reservation %d of a pool of one: got %d", want, status)
		}
	}
	if c, err := client.New(s.ControlURL); err != nil {
		t.Error(err)
	} else if _, err := c.Simulator(t.Context()); err == nil {
		t.Error("control API without its token: want it refused, got it answered")
	}
}

// silent is an agent in Go that leaves a mark and hangs up.
type silent struct{ conversation.Agent }

func (silent) Start(context.Context, conversation.StartInput) (conversation.Reply, error) {
	return conversation.Reply{Set: conversation.State{"shared_id": json.RawMessage(`"go"`), "handoff_to": json.RawMessage(`"mine"`)}, Hangup: true}, nil
}
func (silent) Turn(context.Context, conversation.TurnInput) (conversation.Reply, error) {
	return conversation.Reply{Hangup: true}, nil
}
func (silent) End(context.Context, conversation.EndInput) (conversation.Reply, error) {
	return conversation.Reply{}, nil
}

func TestAgentInGo(t *testing.T) {
	s := simtest.Start(t, simtest.Options{Agent: silent{}})
	dni, _ := reserve(t, s, s.Project, `{"attributes":{}}`)
	call(t, s, dni)
	var state struct {
		Data struct {
			To string `json:"handoff_to"`
		}
	}
	if ask(t, http.MethodGet, s.HandoffURL(s.Project, "go"), s.Project.HandoffKey, "", &state); state.Data.To != "mine" {
		t.Errorf("handoff: want what the agent left, got %+v", state)
	}
}

// test is a testing.TB that is not the one that runs: what it is told is kept.
type test struct {
	testing.TB
	ctx      context.Context
	cleanups []func()
	failed   bool
	said     strings.Builder
}

func (t *test) Helper()                  {}
func (t *test) Context() context.Context { return t.ctx }
func (t *test) Cleanup(f func())         { t.cleanups = append(t.cleanups, f) }
func (t *test) Failed() bool             { return t.failed }
func (t *test) Logf(format string, args ...any) {
	fmt.Fprintf(&t.said, format+"\n", args...)
}
func (t *test) Errorf(format string, args ...any) { t.failed = true; t.Logf(format, args...) }
func (t *test) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	runtime.Goexit()
}

// run does f as a test of its own would be run, to its end.
func run(t *testing.T, f func(*test)) *test {
	ctx, cancel := context.WithCancel(t.Context())
	in := &test{TB: t, ctx: ctx}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(in)
	}()
	<-done
	cancel() // as package testing does before the cleanups
	for _, f := range in.cleanups {
		f()
	}
	return in
}

func TestClosedByTheTest(t *testing.T) {
	var url string
	in := run(t, func(t *test) {
		s := simtest.Start(t, simtest.Options{})
		url = strings.TrimPrefix(s.URL, "http://")
	})
	if in.failed || in.said.Len() > 0 {
		t.Errorf("want a test that passes and says nothing, got %s", in.said.String())
	}
	if c, err := net.Dial("tcp", url); err == nil {
		_ = c.Close()
		t.Error("after the test: want nobody to listen, got a connection")
	}
}

func TestAFailedTestSaysWhatHappened(t *testing.T) {
	in := run(t, func(in *test) {
		s := simtest.Start(in, simtest.Options{})
		if _, status := reserve(t, s, s.Project, `{"attributes":{}}`); status != http.StatusOK {
			t.Errorf("reserve: got %d", status)
		}
		in.Errorf("the client is wrong")
	})
	if said := in.said.String(); !strings.Contains(said, "what happened in the platform:") || !strings.Contains(said, "msg=reserve-accepted") {
		t.Errorf("want the reservation told, got %s", said)
	}
}

func TestErrorsFailTheTest(t *testing.T) {
	for _, c := range []struct {
		options simtest.Options
		want    string
	}{
		{simtest.Options{Config: "pool: {windo: 2s}"}, "simtest: simtest.Options.Config:1:8: unknown key \"windo\" in pool (did you mean \"window\"?)\n"},
		{simtest.Options{Config: "agent: {echo: {talk: 5}}"}, "simtest: project acme: agent: simtest.Options.Config:1:22: talk: want a duration like 20s, or forever, got 5\n"},
		{simtest.Options{Set: []string{"pool.windo=2s"}}, "simtest: --set pool.windo: no such setting (did you mean \"pool.window\"?)\n"},
		{simtest.Options{Profile: "publisht"}, "simtest: --set profile: want one of gateway, published, release-on-arrival, strict-spec, got \"publisht\" (did you mean \"published\"?)\n"},
		{simtest.Options{Set: []string{"control.listen="}}, "simtest: control.listen: want the control API served, got nothing\n"},
	} {
		in := run(t, func(t *test) { simtest.Start(t, c.options) })
		if !in.failed || in.said.String() != c.want {
			t.Errorf("%+v: want\n%s got\n%s", c.options, c.want, in.said.String())
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	for i := range 10 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			s := simtest.Start(t, simtest.Options{Config: "pool: {numbers: 1}"})
			if dni, status := reserve(t, s, s.Project, `{"attributes":{}}`); status != http.StatusOK {
				t.Errorf("want a number of its own, got %q, %d", dni, status)
			}
		})
	}
}

// BenchmarkStart is a platform from nothing to closed.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		s, err := simtest.New(b.Context(), simtest.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
