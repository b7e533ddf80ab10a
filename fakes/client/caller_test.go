package client_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/client"
)

// TestCallersOfTheirOwnMind: callers who take their time, leave before the call, give it up, or end it.
func TestCallersOfTheirOwnMind(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		caller  client.Caller
		hold    bool
		givesUp bool
		reason  string
		calls   int
		unused  int
		gaveUp  bool
		polls   int
		waits   []time.Duration
		outcome client.Outcome
	}{
		{name: "thinks", caller: client.Caller{Think: 2 * time.Second}, reason: "handoff to billing", calls: 2, polls: 1, waits: []time.Duration{2 * time.Second}, outcome: client.Transferred},
		{name: "leaves", caller: client.Caller{Think: 2 * time.Second, Leaves: true}, reason: "the caller gave up", unused: 1, gaveUp: true, waits: []time.Duration{2 * time.Second}, outcome: client.Completed},
		{name: "leaves at once", caller: client.Caller{Leaves: true}, reason: "the caller gave up", unused: 1, gaveUp: true, outcome: client.Completed},
		{name: "gives the call up", givesUp: true, reason: "call: +442071838750: the caller gave up", calls: 1, unused: 1, gaveUp: true, outcome: client.Completed},
		{name: "hangs up", caller: client.Caller{HangUpAfter: time.Minute}, hold: true, reason: "the caller hung up", calls: 1, waits: []time.Duration{time.Minute}, outcome: client.Completed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := world{platform: platform{
				reserve: []canned{{status: 200, body: number}}, handoff: []canned{{status: 200, body: record(`{"handoff_to":"billing"}`)}},
			}, phone: phone{hold: c.hold, gaveUp: c.givesUp}}
			cl, err := client.New(config(), &w.platform, &w.phone, &w.clock)
			if err != nil {
				t.Fatal(err)
			}
			c.caller.SharedID = "s-1"
			j := cl.Run(context.Background(), c.caller)
			if j.Outcome != c.outcome || j.Reason != c.reason || j.GaveUp != c.gaveUp || j.Polls != c.polls || len(j.Unused) != c.unused {
				t.Errorf("got %s: %s, gave up %v, %d polls, unused %v\nwant %s: %s, %v, %d, %d", j.Outcome, j.Reason, j.GaveUp, j.Polls, j.Unused, c.outcome, c.reason, c.gaveUp, c.polls, c.unused)
			}
			if len(w.phone.dialled) != c.calls || !slices.Equal(w.clock.waits, c.waits) || w.phone.up != 0 {
				t.Errorf("calls %s, waits %v, %d up; want %d, %v, 0", strings.Join(w.phone.dialled, "; "), w.clock.waits, w.phone.up, c.calls, c.waits)
			}
		})
	}
}

// ringing is a phone whose numbers nobody answers.
type ringing struct{ *phone }

func (ringing) Dial(ctx context.Context, _, _ string) (client.Call, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestNumberThatNobodyAnswersIsGivenUp(t *testing.T) {
	t.Parallel()
	w := world{platform: platform{reserve: []canned{{status: 200, body: number}}}}
	c := config()
	c.RingTimeout = time.Millisecond
	cl, err := client.New(c, &w.platform, ringing{&w.phone}, &w.clock)
	if err != nil {
		t.Fatal(err)
	}
	j := cl.Run(t.Context(), client.Caller{SharedID: "s-1"})
	if j.Outcome != client.Fallback || len(j.Unused) != 2 || j.Destination != "overflow" {
		t.Errorf("want the fallback queue after two numbers, got %+v", j)
	}
}
