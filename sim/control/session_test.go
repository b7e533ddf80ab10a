package control_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/control/client"
)

// TestASessionKeepsOthersFromChangingTheSimulator: they read, reserve and call as before.
func TestASessionKeepsOthersFromChangingTheSimulator(t *testing.T) {
	w := start(t, "pool: {numbers: 3}")
	ctx := t.Context()
	if s, err := w.Session(ctx); err != nil || s.Held {
		t.Fatalf("before: want nobody's, got %+v (%v)", s, err)
	}
	s, err := w.Begin(ctx, client.SessionRequest{Holder: "alice", For: client.In(time.Hour)})
	if err != nil || s.ID == "" || s.Until.Sub(*s.Since) != time.Hour {
		t.Fatalf("begin: want an hour, got %+v (%v)", s, err)
	}
	alice := w.WithSession(s.ID)
	if shown, err := w.Session(ctx); err != nil || !shown.Held || shown.Holder != "alice" || shown.ID != "" {
		t.Errorf("session: want alice's, without its id, got %+v (%v)", shown, err)
	}
	for name, change := range map[string]func(*client.Client) error{
		"reset":     func(c *client.Client) error { return c.Reset(ctx) },
		"reset one": func(c *client.Client) error { return c.ResetPool(ctx, "acme") },
		"restart":   func(c *client.Client) error { return c.Restart(ctx, true) },
		"numbers":   func(c *client.Client) error { return c.SetNumbers(ctx, "acme", []string{"+442079460000"}) },
		"agent":     func(c *client.Client) error { return c.SetAgent(ctx, "acme", []byte("echo")) },
		"clock":     func(c *client.Client) error { _, err := c.Advance(ctx, time.Second); return err },
		"faults":    func(c *client.Client) error { _, err := c.SetFaults(ctx, []byte("calls: {refuse: 486}")); return err },
		"no faults": func(c *client.Client) error { _, err := c.ResetFaults(ctx); return err },
		"configure": func(c *client.Client) error { _, err := c.Configure(ctx, []byte("pool: {numbers: 3}")); return err },
		"finish":    func(c *client.Client) error { return c.WithSession("another").Finish(ctx) },
	} {
		if err := change(w.Client); !client.IsStatus(err, 409) || !strings.Contains(err.Error(), `session: "alice" holds the simulator for `) {
			t.Errorf("%s by another: want 409 that names who holds it, got %v", name, err)
		}
		if name == "finish" {
			continue
		}
		if err := change(alice); err != nil {
			t.Errorf("%s by alice: want it done, got %v", name, err)
		}
	}
	r, err := w.Reserve(ctx, client.ReserveRequest{})
	if err != nil || r.DNI == "" {
		t.Errorf("reserve by another: want a number, got %+v (%v)", r, err)
	}
	if _, err := w.Begin(ctx, client.SessionRequest{Holder: "bob", Wait: client.In(10 * time.Millisecond)}); !client.IsStatus(err, 409) {
		t.Errorf("begin by another: want 409, got %v", err)
	}
	if err := alice.Finish(ctx); err != nil {
		t.Fatal(err)
	}
	if err := w.Reset(ctx); err != nil {
		t.Errorf("afterwards: want it anybody's, got %v", err)
	}
}

// TestASessionEndsByItself when its holder has gone, and is taken over at once by who waits, or forces it.
func TestASessionEndsByItself(t *testing.T) {
	w := start(t, "pool: {numbers: 1}")
	ctx := t.Context()
	begin := func(r client.SessionRequest) client.Session {
		t.Helper()
		s, err := w.Begin(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	begin(client.SessionRequest{Holder: "alice", For: client.In(20 * time.Millisecond)})
	bob := begin(client.SessionRequest{Holder: "bob", Wait: client.In(30 * time.Second)}) // when alice's is over

	waited := make(chan error, 1)
	go func() {
		_, err := w.Begin(ctx, client.SessionRequest{Holder: "carol", Wait: client.In(30 * time.Second), For: client.In(time.Minute)})
		waited <- err
	}()
	if err := w.WithSession(bob.ID).Finish(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-waited; err != nil {
		t.Errorf("carol: want hers begun when bob's has ended, got %v", err)
	}
	dave := begin(client.SessionRequest{Holder: "dave", Force: true})
	again, err := w.WithSession(dave.ID).Begin(ctx, client.SessionRequest{Holder: "dave", For: client.In(time.Hour)})
	if err != nil || again.ID != dave.ID || !again.Until.After(*dave.Until) {
		t.Errorf("begin again by its holder: want it longer, got %+v (%v)", again, err)
	}
	for _, c := range []struct{ body, want string }{
		{`{}`, "holder: want a name of 1 to 100 characters"},
		{`{"holder":"x","for":"2h"}`, "for: want a duration of 1ms to 1h0m0s"},
		{`{"holder":"x","wait":"2h"}`, "wait: want a duration like 5s, at most 1m0s"},
	} {
		status, body := post(t, w.server.URL()+"/v1/session", c.body)
		if status != 400 || !strings.Contains(body, c.want) {
			t.Errorf("%s: want 400 %s, got %d %s", c.body, c.want, status, body)
		}
	}
}

func post(t *testing.T, url, body string) (int, string) {
	t.Helper()
	res, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}
