package page_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/rehearse"
	"github.com/dnispool/dnispool/conformance/rehearse/remote"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control"
	"github.com/dnispool/dnispool/sim/control/client"
)

const lesson = `lesson: v1
summary: It asks for a number, once.
requirement: A client asks for a number.
source: "a test"
level: must
advice: Ask once.
expect:
  - reserves: once
  - dials: never
`

// startRehearsal serves a rehearsal of one lesson, and the page of it.
func startRehearsal(t *testing.T) *world {
	t.Helper()
	l, problems := rehearse.Parse("once.yaml", []byte(lesson))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	l.ID = "once"
	api := remote.New([]*rehearse.Lesson{l})
	config := sim.DefaultControl()
	config.Listen = "127.0.0.1:0"
	w := &world{recorder: control.NewRecorder(config)}
	r, err := rehearse.New(t.Context(), rehearse.Options{
		Quiet: 10 * time.Second, Progress: api.Progress, Recorder: w.recorder, Stage: func(s *control.Stage) { w.server.Show(s) },
	})
	if err != nil {
		t.Fatal(err)
	}
	api.Set(r, true)
	if w.server, err = control.Listen(t.Context(), config, control.WithRecorder(w.recorder), control.WithRehearsal(api)); err != nil {
		t.Fatal(err)
	}
	if w.Client, err = client.New(w.server.Link()); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	played := make(chan struct{})
	go func() { defer close(played); api.Play(ctx, nil) }()
	t.Cleanup(func() {
		end()
		<-played
		closed(t, func(context.Context) error { return r.Close() })
		closed(t, w.server.Close)
	})
	return w
}

// TestARehearsalIsSeenWhileItHappens: the lesson, what the client does, and each expectation as it is met or broken.
func TestARehearsalIsSeenWhileItHappens(t *testing.T) {
	t.Parallel()
	w := startRehearsal(t)
	b := w.look(t, wide, high)
	b.see("#rehearsal .none", "No lesson has begun.")
	begun, err := w.Rehearse(t.Context(), client.LessonRequest{Lesson: "once"})
	if err != nil {
		t.Fatal(err)
	}
	b.see("#rehearsal .playing h2", "once")
	b.see(`#rehearsal .playing li[data-state="open"]`, "reserves: once")
	b.see("#rehearsal .did", "The client has done nothing yet.")
	b.see("#live", "live")
	b.see("#http-address", begun.BaseURL)
	if err := w.Arrived(t.Context()); err != nil {
		t.Fatal(err)
	}
	reserve := func() {
		t.Helper()
		now, err := w.Rehearsal(t.Context(), true)
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, begun.BaseURL+"/v1/conversations/dni-reservation", strings.NewReader(`{"attributes":{"shared_id":"<b>a"}}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Api-Key", now.DNIKey)
		r.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
	}
	reserve()
	b.see(`#rehearsal .playing li[data-state="met"]`, "reserves: once")
	b.see("#rehearsal .did", "The client asked for a number and got +442079460000, never dialled it")
	b.picture("rehearsal")
	reserve()
	b.see(`#rehearsal .playing li[data-state="broken"]`, "reserves: once")
	b.see(`#rehearsal .playing li[data-state="met"]`, "dials: never")
	if err := w.Served(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.see(`#rehearsal [data-lesson="once"][data-status="failed"]`, "Ask once.")
	b.see("#rehearsal .total", "1 played, 0 passed, 1 failed")
	if _, err := w.Rehearse(t.Context(), client.LessonRequest{Lesson: "once", Arrival: "self"}); err != nil {
		t.Fatal(err)
	}
	b.see("#rehearsal .playing .small", "you start the caller in your client")
	b.see("#http-address", begun.BaseURL)
	b.click(`nav [data-view="http"]`)
	b.see("#http .total", "2") // what the client sent can be looked at as in any simulator
	b.picture("rehearsal-over")
}

// TestASimulatorAloneShowsNoRehearsal.
func TestASimulatorAloneShowsNoRehearsal(t *testing.T) {
	t.Parallel()
	b := start(t, "pool: {numbers: 1}").open(t, wide, high)
	b.see(".cell", "+442079460000")
	b.wait(`document.querySelector('nav [data-view="rehearsal"]').hidden`)
}
