package simcontainer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"testing"
	"time"

	"github.com/testcontainers/testcontainers-go"

	"github.com/dnispool/dnispool/fakes/client"
	"github.com/dnispool/dnispool/fakes/phone"
	"github.com/dnispool/dnispool/sim/clock"
	control "github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/simcontainer"
)

// A client in any language is judged by a rehearsal in a container: begin a lesson, send it a caller, ask for the verdict.
func ExampleWithRehearsal() {
	ctx := context.Background()
	c, err := simcontainer.Run(ctx, "dnispool", simcontainer.WithRehearsal())
	defer func() {
		if err := testcontainers.TerminateContainer(c); err != nil {
			log.Print(err)
		}
	}()
	if err != nil {
		log.Print(err)
		return
	}
	api, err := c.Control(ctx)
	if err != nil {
		log.Print(err)
		return
	}
	lesson, err := api.Rehearse(ctx, control.LessonRequest{Lesson: "happy-transfer"})
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Println("a caller arrives:", lesson.Playing.Summary)
	// Here the client under test takes the caller through, with c.URL and c.SIP.
	if err := api.Served(ctx); err != nil {
		log.Print(err)
		return
	}
	verdict, err := api.Verdict(ctx)
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Println(verdict.Status, verdict.Want, verdict.Got)
}

// TestRehearsal: a client outside of the container is judged by what it sends to the published ports.
func TestRehearsal(t *testing.T) {
	c := start(t, simcontainer.WithRehearsal("--queue", "sales"))
	ctx := t.Context()
	api, err := c.Control(ctx)
	if err != nil {
		t.Fatal(err)
	}
	now, err := api.Rehearsal(ctx, true)
	if err != nil {
		t.Fatal(err)
	}
	url, err := c.URL(ctx)
	if err != nil {
		t.Fatal(err)
	}
	peer, err := c.SIP(ctx)
	if err != nil {
		t.Fatal(err)
	}
	serve := func(config client.Config) {
		t.Helper()
		line, err := phone.Open(ctx, peer)
		if err != nil {
			t.Fatal(err)
		}
		config.BaseURL, config.DNIKey, config.HandoffKey, config.Account, config.Project = url, now.DNIKey, now.HandoffKey, now.AccountID, now.ProjectID
		k, err := client.New(config, http.DefaultClient, line, clock.Real())
		if err != nil {
			t.Fatal(err)
		}
		k.Run(ctx, client.Caller{ANI: "+442079460501", SharedID: "c-1", Attributes: json.RawMessage(`{}`)})
		if err := line.Close(ctx); err != nil {
			t.Error(err)
		}
	}
	careful := client.Config{Fallback: "fallback", DefaultQueue: "default", Poll: client.Poll{Every: 200 * time.Millisecond, For: 3 * time.Second}}
	for _, tc := range []struct {
		lesson, want string
		client       func()
	}{
		{"happy-transfer", "passed", func() { serve(careful) }},
		{"reserve-404-falls-back", "passed", func() { serve(careful) }},
		{"reserve-404-falls-back", "failed", func() {}},
	} {
		if _, err := api.Rehearse(ctx, control.LessonRequest{Lesson: tc.lesson}); err != nil {
			t.Fatal(err)
		}
		if err := api.Arrived(ctx); err != nil {
			t.Fatal(err)
		}
		tc.client()
		if err := api.Served(ctx); err != nil {
			t.Fatal(err)
		}
		v, err := api.Verdict(ctx)
		if err != nil || v.Status != tc.want || v.Lesson != tc.lesson {
			t.Errorf("%s: want it %s, got %+v (%v)", tc.lesson, tc.want, v, err)
		}
	}
}
