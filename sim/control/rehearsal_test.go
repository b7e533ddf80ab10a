package control_test

import (
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/stage"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control"
	"github.com/dnispool/dnispool/sim/control/client"
)

// dummy is a rehearsal with one lesson, whose client is judged as soon as it is said to be done.
type dummy struct {
	mu      sync.Mutex
	now     client.Rehearsal
	changed chan struct{}
}

func (d *dummy) change(f func(*client.Rehearsal) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := f(&d.now); err != nil {
		return err
	}
	d.now.Change++
	close(d.changed)
	d.changed = make(chan struct{})
	return nil
}

func (d *dummy) State() (client.Rehearsal, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now, d.changed
}

func (d *dummy) Lessons() []client.Lesson {
	return []client.Lesson{{Lesson: "one", Summary: "s", Level: "must", Requirement: "r", Source: "x", Budget: "30s", Callers: 1, Needs: []string{}}}
}

func (d *dummy) Begin(r client.LessonRequest) error {
	if r.Lesson != "one" {
		return &client.Error{Status: http.StatusNotFound, Message: "lesson: want one of those that there are", DidYouMean: "one"}
	}
	return d.change(func(now *client.Rehearsal) error {
		if now.Playing != nil {
			return errors.New("lesson: one is being played")
		}
		now.Playing = &client.Playing{
			Lesson: "one", Summary: "s", Level: "must", Requirement: "r", Since: time.Now(), Budget: "30s", Callers: []string{"+442079460501"}, Arrival: "told",
			Expectations: []client.Expected{{Expect: "dials: once", State: "open"}},
		}
		return nil
	})
}

func (d *dummy) Arrived() error {
	return d.change(func(now *client.Rehearsal) error { now.Playing.Arrived = true; return nil })
}

func (d *dummy) Served() error {
	return d.change(func(now *client.Rehearsal) error {
		now.Playing = nil
		now.Verdicts = append(now.Verdicts, client.Verdict{
			Lesson: "one", Summary: "s", Level: "must", Status: "failed", Want: "w", Got: "g", Because: "b", Took: "1s", Expectations: []client.Expected{{Expect: "dials: once", State: "broken"}},
		})
		return nil
	})
}

func (d *dummy) Transferred(to string) error {
	return d.change(func(now *client.Rehearsal) error { now.Playing.Did = "put through to " + to; return nil })
}

func (d *dummy) Stop() error {
	return d.change(func(now *client.Rehearsal) error { now.Playing = nil; return nil })
}

func TestARehearsalIsServed(t *testing.T) {
	c := sim.DefaultControl()
	c.Listen = "127.0.0.1:0"
	d := &dummy{changed: make(chan struct{}), now: client.Rehearsal{
		Change: 1, BaseURL: "http://127.0.0.1:1", SIPPeer: "127.0.0.1:2", DNIKey: "d-key", HandoffKey: "h-key", AccountID: "a", ProjectID: "p", Serves: true, Verdicts: []client.Verdict{},
	}}
	server, err := control.Listen(t.Context(), c, control.WithRehearsal(d))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, server.Close) })
	api, err := client.New(server.Link())
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	api = api.WithHTTP(&http.Client{Transport: described{t}})
	if err := api.Ready(ctx); err != nil {
		t.Errorf("ready before the first lesson: %v", err)
	}
	if _, err := api.Simulator(ctx); !client.IsStatus(err, 503) || err.Error() != "simulator: want a lesson that is being played, there has been none" {
		t.Errorf("simulator before the first lesson: got %v", err)
	}
	if _, err := api.Verdict(ctx); !client.IsStatus(err, 404) {
		t.Errorf("verdict before the first lesson: got %v", err)
	}
	for secrets, want := range map[bool]string{false: sim.Mask, true: "d-key"} {
		if now, err := api.Rehearsal(ctx, secrets); err != nil || now.DNIKey != want || now.BaseURL != "http://127.0.0.1:1" {
			t.Errorf("want the key %s, got %+v (%v)", want, now, err)
		}
	}
	if all, err := api.Lessons(ctx); err != nil || len(all) != 1 || all[0].Lesson != "one" {
		t.Errorf("lessons: got %+v (%v)", all, err)
	}
	if _, err := api.Rehearse(ctx, client.LessonRequest{Lesson: "on"}); !client.IsStatus(err, 404) || err.Error() != `lesson: want one of those that there are (did you mean "one"?)` {
		t.Errorf("no such lesson: got %v", err)
	}
	begun, err := api.Rehearse(ctx, client.LessonRequest{Lesson: "one"})
	if err != nil || begun.Playing == nil || begun.DNIKey != sim.Mask {
		t.Fatalf("begin: got %+v (%v)", begun, err)
	}
	if _, err := api.Rehearse(ctx, client.LessonRequest{Lesson: "one"}); !client.IsStatus(err, 409) {
		t.Errorf("begin another: want 409, got %v", err)
	}
	if now, err := api.RehearsalAfter(ctx, begun.Change, time.Millisecond); err != nil || now.Change != begun.Change {
		t.Errorf("nothing new: got %+v (%v)", now, err)
	}
	newer := make(chan client.Rehearsal)
	go func() {
		now, err := api.RehearsalAfter(ctx, begun.Change, time.Minute)
		if err != nil {
			t.Error(err)
		}
		newer <- now
	}()
	if err := api.Arrived(ctx); err != nil {
		t.Error(err)
	}
	if now := <-newer; now.Playing == nil || !now.Playing.Arrived {
		t.Errorf("something new: got %+v", now)
	}
	if err := api.Transferred(ctx, "billing"); err != nil {
		t.Error(err)
	}
	if now, err := api.Rehearsal(ctx, false); err != nil || now.Playing.Did != "put through to billing" {
		t.Errorf("transferred: got %+v (%v)", now.Playing, err)
	}
	verdict := make(chan client.Verdict)
	go func() {
		v, err := api.Verdict(ctx)
		if err != nil {
			t.Error(err)
		}
		verdict <- v
	}()
	if err := api.Served(ctx); err != nil {
		t.Error(err)
	}
	if v := <-verdict; v.Lesson != "one" || v.Status != "failed" {
		t.Errorf("verdict: got %+v", v)
	}
	if err := api.StopLesson(ctx); err != nil {
		t.Error(err)
	}

	config, err := sim.Default(sim.DefaultProfile)
	if err != nil {
		t.Fatal(err)
	}
	config.HTTP.Listen, config.SIP.Listen = "127.0.0.1:0", "127.0.0.1:0"
	for range 2 { // a simulator for each lesson
		opened, err := stage.Open(ctx, config, stage.Options{})
		if err != nil {
			t.Fatal(err)
		}
		server.Show(opened)
		if s, err := api.Simulator(ctx); err != nil || s.Addresses.HTTP != "http://127.0.0.1:1" || s.Addresses.SIP != "127.0.0.1:2" {
			t.Errorf("addresses: want those that the client is given, got %+v (%v)", s.Addresses, err)
		}
		closed(t, opened.Close)
	}
}

// TestASimulatorAloneRehearsesNobody.
func TestASimulatorAloneRehearsesNobody(t *testing.T) {
	w := start(t, "pool: {numbers: 1}")
	if _, err := w.Rehearsal(t.Context(), false); !client.IsStatus(err, 404) {
		t.Errorf("want 404, got %v", err)
	}
}
