package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/fakes/client"
)

func TestNineSteps(t *testing.T) {
	w := world{platform: platform{
		reserve: []canned{{status: 200, body: number}},
		handoff: []canned{{status: 200, body: record(`{"handoff_to":"billing","handoff_reason":"verified"}`)}},
	}}
	c := config()
	c.Queues = map[string]string{"billing": "billing-desk"}
	j := w.run(t, c)
	want := client.Journey{
		Outcome: client.Transferred, Reason: "handoff to billing", DNI: "+442071838750", CallID: "call-1", SharedID: "s-1",
		Dialled: true, Connected: true, Queue: "billing", Destination: "billing-desk",
		Record: client.Handoff, HandoffReason: "verified", ReserveAttempts: 1, Polls: 1,
	}
	what := make([]string, len(j.Steps))
	for i, s := range j.Steps {
		what[i] = s.What
	}
	if got := strings.Join(what, " "); got != "reserve dial connected ended handoff transfer done" {
		t.Errorf("steps %s", got)
	}
	if string(j.Data) != `{"handoff_to":"billing","handoff_reason":"verified"}` {
		t.Errorf("data %s", j.Data)
	}
	j.Steps, j.Data = nil, nil
	if fmt.Sprintf("%+v", j) != fmt.Sprintf("%+v", want) {
		t.Errorf("got  %+v\nwant %+v", j, want)
	}
	if got := w.phone.dialled; !slices.Equal(got, []string{"dial +442071838750 from +15550100", "transfer billing-desk from +15550100"}) {
		t.Errorf("calls %q", got)
	}
	post, get := w.platform.requests[0], w.platform.requests[1]
	if post.URL.String() != "http://platform.invalid/v1/conversations/dni-reservation" || post.Header.Get("x-api-key") != "dni-key" ||
		post.Header.Get("Content-Type") != "application/json" || w.platform.bodies[0] != `{"attributes":{"shared_id":"s-1"}}` {
		t.Errorf("reserve: %s %v %s", post.URL, post.Header, w.platform.bodies[0])
	}
	if get.URL.String() != "http://platform.invalid/v1/ws-1/PROJECT-1/handoff_state?shared_id=s-1" || get.Header.Get("x-api-key") != "handoff-key" {
		t.Errorf("handoff: %s %v", get.URL, get.Header)
	}
}

func TestCallsThatFail(t *testing.T) {
	reserve := []canned{{status: 200, body: number}, {status: 200, body: other}}
	handoff := []canned{{status: 200, body: record(`{"handoff_to":"billing"}`)}}
	cases := []struct {
		name     string
		refuse   []string
		attempts int
		def      string
		outcome  client.Outcome
		reason   string
		unused   []string
		calls    []string
	}{
		{"one busy", []string{"+442071838750"}, 0, "", client.Transferred, "handoff to billing", []string{"+442071838750"}, []string{"+442071838750", "+442071838751", "billing"}},
		{"both busy", []string{"+442071838750", "+442071838751"}, 0, "", client.Fallback, "call: +442071838751: 486 Busy Here", []string{"+442071838750", "+442071838751"}, []string{"+442071838750", "+442071838751", "overflow"}},
		{"one try", []string{"+442071838750"}, 1, "", client.Fallback, "call: +442071838750: 486 Busy Here", []string{"+442071838750"}, []string{"+442071838750", "overflow"}},
		{"fallback busy too", []string{"+442071838750", "overflow"}, 1, "", client.Failed, "call: +442071838750: 486 Busy Here; fallback: overflow: 486 Busy Here", []string{"+442071838750"}, []string{"+442071838750", "overflow"}},
		{"desk busy", []string{"billing"}, 0, "", client.Failed, "handoff to billing; transfer: billing: 486 Busy Here", nil, []string{"+442071838750", "billing"}},
		{"desk busy, default queue", []string{"billing"}, 0, "general", client.Transferred, "handoff to billing; transfer: billing: 486 Busy Here", nil, []string{"+442071838750", "billing", "general"}},
		{"desks busy", []string{"billing", "general"}, 0, "general", client.Failed, "handoff to billing; transfer: billing: 486 Busy Here; transfer: general: 486 Busy Here", nil, []string{"+442071838750", "billing", "general"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := world{platform: platform{reserve: slices.Clone(reserve), handoff: handoff}, phone: phone{refuse: c.refuse}}
			conf := config()
			conf.DialAttempts, conf.DefaultQueue = c.attempts, c.def
			j := w.run(t, conf)
			if j.Outcome != c.outcome || j.Reason != c.reason || !slices.Equal(j.Unused, c.unused) || !j.Dialled {
				t.Errorf("got %s: %s, unused %v\nwant %s: %s, %v", j.Outcome, j.Reason, j.Unused, c.outcome, c.reason, c.unused)
			}
			var calls []string
			for _, d := range w.phone.dialled {
				calls = append(calls, strings.Fields(d)[1])
			}
			if !slices.Equal(calls, c.calls) {
				t.Errorf("calls %v, want %v", calls, c.calls)
			}
		})
	}
}

func TestNoFallbackQueueIsAFailure(t *testing.T) {
	w := world{platform: platform{reserve: []canned{{status: 404, body: full}}}}
	c := config()
	c.Fallback = ""
	if j := w.run(t, c); j.Outcome != client.Failed || j.Reason != "reserve: no number is free; there is no fallback queue" {
		t.Errorf("%s: %s", j.Outcome, j.Reason)
	}
}

func TestCallerWhoHangsUp(t *testing.T) {
	w := world{platform: platform{reserve: []canned{{status: 200, body: number}}}, phone: phone{endedBy: "caller"}}
	if j := w.run(t, config()); j.Outcome != client.Completed || j.Reason != "the caller hung up" || j.Polls != 0 || j.FailOpen {
		t.Errorf("%s: %s, %d polls", j.Outcome, j.Reason, j.Polls)
	}
}

func TestContextEndsTheJourney(t *testing.T) {
	for _, held := range []bool{true, false} {
		t.Run(fmt.Sprintf("in call %v", held), func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			w := world{platform: platform{reserve: []canned{{status: 200, body: number}}}, phone: phone{hold: held}}
			if !held {
				w.platform.reserve = []canned{{hang: true}}
			}
			cl, err := client.New(config(), &w.platform, &w.phone, &w.clock)
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan client.Journey)
			go func() { done <- cl.Run(ctx, client.Caller{}) }()
			cancel(errors.New("enough"))
			j := <-done
			if j.Outcome != client.Failed || !strings.HasPrefix(j.Reason, "journey: enough") || w.phone.up != 0 {
				t.Errorf("%s: %s, %d calls up", j.Outcome, j.Reason, w.phone.up)
			}
		})
	}
}

func TestRequestBody(t *testing.T) {
	cases := []struct {
		name, attributes, sharedID string
		body, query                string
	}{
		{"nothing", "", "", `{"attributes":{}}`, "id=call-1"},
		{"id alone", "", "s-1", `{"attributes":{"shared_id":"s-1"}}`, "shared_id=s-1"},
		{"as written", `{ "b": 90071992547409931, "a": "é" }`, "s-1", `{"attributes":{"shared_id":"s-1", "b": 90071992547409931, "a": "é" }}`, "shared_id=s-1"},
		{"empty object", ` { } `, `q"`, `{"attributes":{"shared_id":"q\"" }}`, "shared_id=q%22"},
		{"theirs", `{"shared_id":"mine"}`, "", `{"attributes":{"shared_id":"mine"}}`, "shared_id=mine"},
		{"both", `{"shared_id":"mine"}`, "s-1", `{"attributes":{"shared_id":"mine"}}`, "shared_id=s-1"},
		{"number", `{"shared_id":12345678901234567890}`, "", `{"attributes":{"shared_id":12345678901234567890}}`, "shared_id=12345678901234567890"},
		{"encoded", "", "a+b/c&d e%f#é", `{"attributes":{"shared_id":"a+b/c\u0026d e%f#é"}}`, "shared_id=a%2Bb%2Fc%26d+e%25f%23%C3%A9"},
		{"no object", `[1]`, "s-1", `{"attributes":[1]}`, "shared_id=s-1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := world{platform: platform{reserve: []canned{{status: 200, body: number}}, handoff: []canned{{status: 400}}}}
			cl, err := client.New(config(), &w.platform, &w.phone, &w.clock)
			if err != nil {
				t.Fatal(err)
			}
			cl.Run(t.Context(), client.Caller{Attributes: json.RawMessage(c.attributes), SharedID: c.sharedID})
			if w.platform.bodies[0] != c.body || w.platform.requests[1].URL.RawQuery != c.query {
				t.Errorf("body %s, query %s\nwant %s, %s", w.platform.bodies[0], w.platform.requests[1].URL.RawQuery, c.body, c.query)
			}
		})
	}
}

func TestAttributesThatAreNotJSON(t *testing.T) {
	var w world
	cl, err := client.New(config(), &w.platform, &w.phone, &w.clock)
	if err != nil {
		t.Fatal(err)
	}
	j := cl.Run(t.Context(), client.Caller{Attributes: json.RawMessage(`{"a":`)})
	if j.Outcome != client.Fallback || j.Reason != "attributes: want JSON, got unexpected end of JSON input" || j.ReserveAttempts != 0 {
		t.Errorf("%s: %s", j.Outcome, j.Reason)
	}
}

func TestConfigProblems(t *testing.T) {
	cases := []struct {
		name string
		set  func(*client.Config)
		want string
	}{
		{"url", func(c *client.Config) { c.BaseURL = "platform" }, `base_url: want an http or https URL, got "platform"`},
		{"key", func(c *client.Config) { c.DNIKey = "a\n" }, "dni_key: want a header value, got one with a line break"},
		{"timeout", func(c *client.Config) { c.ReserveTimeout = -1 }, "reserve_timeout: want 0 or more, got -1ns"},
		{"retries", func(c *client.Config) { c.ReserveRetries = -1 }, "reserve_retries: want 0 or more, got -1"},
		{"dials", func(c *client.Config) { c.DialAttempts = -1 }, "dial_attempts: want 0 or more, got -1"},
		{"word", func(c *client.Config) { c.OnMissing = "drop" }, `on_missing: want complete or default-queue, got "drop"`},
		{"queue", func(c *client.Config) { c.OnMissing = client.ToDefaultQueue }, "on_missing: want a default_queue to go to, got none"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			conf := config()
			c.set(&conf)
			if _, err := client.New(conf, &platform{}, &phone{}, &fakeClock{}); err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	if _, err := client.New(config(), nil, nil, nil); err == nil {
		t.Error("want an error for missing arguments, got nil")
	}
}
