package control_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/control/client"
)

// TestAWindowPassesInAMoment: and with it cool-down, talk and retention.
func TestAWindowPassesInAMoment(t *testing.T) {
	w := start(t, "clock: {frozen: true, start: 2026-01-01T09:00:00Z}\npool: {numbers: 1, window: 2m, cool_down: 1m}\nagent: {echo: {talk: 1h}}\nhandoff: {retention: 10m}")
	ctx := t.Context()
	if c, err := w.Clock(ctx); err != nil || !c.Frozen || c.Now.Format(time.RFC3339) != "2026-01-01T09:00:00Z" {
		t.Fatalf("clock: want it frozen at its start, got %+v (%v)", c, err)
	}
	first := w.reserve(t, `{}`)
	if _, err := w.Advance(ctx, 2*time.Minute); err != nil {
		t.Fatal(err)
	}
	if e, err := w.Next(ctx, client.JournalQuery{Kinds: []string{"expired"}, After: 1, Wait: time.Second}); err != nil || e.Number != first {
		t.Errorf("window: want it over, got %+v (%v)", e, err)
	}
	if _, err := w.Advance(ctx, time.Minute); err != nil {
		t.Fatal(err)
	}
	second := w.reserve(t, `{"shared_id":"a"}`)
	placed, err := w.Place(ctx, client.Dial{To: second, From: "+442079460500"})
	if err != nil || !placed.Answered {
		t.Fatalf("call: want it answered, got %+v (%v)", placed, err)
	}
	if up, err := w.Call(ctx, placed.ID, 0); err != nil || up.EndedBy != "" {
		t.Errorf("call: want it up, got %+v (%v)", up, err)
	}
	if _, err := w.Advance(ctx, time.Hour); err != nil {
		t.Fatal(err)
	}
	if over, err := w.Call(ctx, placed.ID, 10*time.Second); err != nil || over.EndedBy != "platform" || over.How != "bye" {
		t.Errorf("call: want the platform's BYE after the talk, got %+v (%v)", over, err)
	}
	if c, err := w.Freeze(ctx, false); err != nil || c.Frozen {
		t.Errorf("clock: want it running, got %+v (%v)", c, err)
	}
}

func TestCallsAreEndedFromBothSides(t *testing.T) {
	w := start(t, "agent: {echo: {talk: 1h}}")
	ctx := t.Context()
	got, err := w.Reserve(ctx, client.ReserveRequest{Project: "acme", Attributes: []byte(`{"shared_id":"b"}`)})
	if err != nil || got.Status != 200 || got.DNI == "" {
		t.Fatalf("reserve: want a number, got %+v (%v)", got, err)
	}
	for _, by := range []string{"platform", "caller"} {
		placed, err := w.Place(ctx, client.Dial{To: got.DNI})
		if err != nil || !placed.Answered {
			t.Fatalf("call: want it answered, got %+v (%v)", placed, err)
		}
		up, err := w.Client.Conversations(ctx, client.ConversationsQuery{State: "up"})
		if err != nil || len(up.Conversations) != 1 {
			t.Fatalf("conversations: want one up, got %+v (%v)", up, err)
		}
		id := up.Conversations[0].ID
		if by == "platform" {
			err = w.EndConversation(ctx, id)
		} else {
			_, err = w.Hangup(ctx, placed.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		if over, err := w.Call(ctx, placed.ID, 10*time.Second); err != nil || over.EndedBy != by {
			t.Errorf("call: want it ended by the %s, got %+v (%v)", by, over, err)
		}
		if err := w.EndConversation(ctx, id); !client.IsStatus(err, 404) {
			t.Errorf("ended twice: want 404, got %v", err)
		}
	}
}

func TestDigitsArePressed(t *testing.T) {
	w := start(t, `agent: {turns: [{takes: 30m}], dtmf: {"42#": {do: [{hangup: true}]}}}`)
	ctx := t.Context()
	placed, err := w.Place(ctx, client.Dial{To: w.reserve(t, `{}`)})
	if err != nil || !placed.Answered {
		t.Fatalf("call: want it answered, got %+v (%v)", placed, err)
	}
	for _, wrong := range []client.Press{{Digits: ""}, {Digits: "4x"}, {Digits: "4", Form: "tones"}} {
		if _, err := w.Press(ctx, placed.ID, wrong); !client.IsStatus(err, 409) {
			t.Errorf("%+v: want 409, got %v", wrong, err)
		}
	}
	for _, p := range []client.Press{{Digits: "4"}, {Digits: "2#", Form: "dtmf"}} {
		if a, err := w.Press(ctx, placed.ID, p); err != nil || a.Status != 200 {
			t.Errorf("%+v: want 200, got %+v (%v)", p, a, err)
		}
	}
	if over, err := w.Call(ctx, placed.ID, 10*time.Second); err != nil || over.EndedBy != "platform" {
		t.Errorf("call: want it ended by the agent, got %+v (%v)", over, err)
	}
	if _, err := w.Press(ctx, placed.ID, client.Press{Digits: "1"}); !client.IsStatus(err, 409) {
		t.Errorf("after the end: want 409, got %v", err)
	}
	if _, err := w.Press(ctx, "nobody's", client.Press{Digits: "1"}); !client.IsStatus(err, 404) {
		t.Errorf("no call: want 404, got %v", err)
	}
	all, err := w.Journal(ctx, client.JournalQuery{Kinds: []string{"dtmf"}})
	if err != nil || len(all.Events) != 3 || all.Events[2].Detail != "42#" {
		t.Errorf("journal: want three digits, got %+v (%v)", all, err)
	}
}

func TestReset(t *testing.T) {
	w := start(t, "pool: {numbers: 2}\nagent: {echo: {talk: 1h}}")
	ctx := t.Context()
	placed, err := w.Place(ctx, client.Dial{To: w.reserve(t, `{}`)})
	if err != nil || !placed.Answered {
		t.Fatalf("call: want it answered, got %+v (%v)", placed, err)
	}
	w.reserve(t, `{}`)
	if _, err := w.SetFaults(ctx, []byte(`http: {reply: {status: 503}}`)); err != nil {
		t.Fatal(err)
	}
	if err := w.Client.Reset(ctx); err != nil {
		t.Fatal(err)
	}
	if over, err := w.Call(ctx, placed.ID, 10*time.Second); err != nil || over.EndedBy != "platform" {
		t.Errorf("call: want it ended, got %+v (%v)", over, err)
	}
	if pools, err := w.Pools(ctx); err != nil || pools[0].Free != 2 || pools[0].Reserved != 0 {
		t.Errorf("pool: want it as new, got %+v (%v)", pools, err)
	}
	if list, err := w.Exchanges(ctx, client.ExchangesQuery{}); err != nil || len(list.Exchanges) != 0 {
		t.Errorf("exchanges: want none, got %+v (%v)", list, err)
	}
	w.reserve(t, `{}`) // no fault is left
	if err := w.ResetPool(ctx, "acme"); err != nil {
		t.Fatal(err)
	}
	if pools, err := w.Pools(ctx); err != nil || pools[0].Free != 2 {
		t.Errorf("pool: want it free, got %+v (%v)", pools, err)
	}
	w.reserve(t, `{}`)
	if err := w.Restart(ctx, true); err != nil {
		t.Fatal(err)
	}
	if pools, _ := w.Pools(ctx); pools[0].Pending != 1 {
		t.Errorf("restart: want the lease kept, got %+v", pools)
	}
	if err := w.Restart(ctx, false); err != nil {
		t.Fatal(err)
	}
	if pools, _ := w.Pools(ctx); pools[0].Free != 2 {
		t.Errorf("restart: want the lease lost, got %+v", pools)
	}
}

func TestNumbersAndAgentsChange(t *testing.T) {
	w := start(t, "pool: {numbers: 1}")
	ctx := t.Context()
	if err := w.SetNumbers(ctx, "acme", []string{"+441614960000..+441614960002"}); err != nil {
		t.Fatal(err)
	}
	dni := w.reserve(t, `{"shared_id":"c"}`)
	if dni != "+441614960000" {
		t.Errorf("reserve: want one of the new numbers, got %s", dni)
	}
	if err := w.SetAgent(ctx, "acme", []byte("start:\n  - {set: {shared_id: {attribute: shared_id}, handoff_to: \"tier2\"}}\n")); err != nil {
		t.Fatal(err)
	}
	w.dial(t, dni)
	if e, err := w.Next(ctx, client.JournalQuery{Kinds: []string{"handoff-written"}, After: 1, Wait: 5 * time.Second}); err != nil || !strings.Contains(e.Detail, "tier2") {
		t.Errorf("agent: want the new one's handoff, got %+v (%v)", e, err)
	}
	if err := w.SetAgent(ctx, "acme", []byte("echo")); err != nil {
		t.Errorf("agent: want a word taken, got %v", err)
	}
	for _, err := range []error{
		w.SetAgent(ctx, "acme", []byte("start: [{sett: {}}]")), w.SetNumbers(ctx, "acme", []string{"12"}), w.SetNumbers(ctx, "acne", nil),
	} {
		if e := new(client.Error); !errors.As(err, &e) || e.Status < 400 || e.Status > 404 {
			t.Errorf("want it refused, got %v", err)
		}
	}
}

// TestTheSimulatorBecomesAnother in place.
func TestTheSimulatorBecomesAnother(t *testing.T) {
	w := start(t, "pool: {numbers: 1}")
	ctx := t.Context()
	before, err := w.Simulator(ctx)
	if err != nil {
		t.Fatal(err)
	}
	w.reserve(t, `{}`)
	after, err := w.Configure(ctx, []byte("profile: gateway\npool: {numbers: 7}\nprojects: [{name: one, dni_key: other-key}]\nclock: {frozen: true}\n"))
	if err != nil || after.Addresses != before.Addresses || after.Profile != "gateway" {
		t.Fatalf("configure: want another at %+v, got %+v (%v)", before.Addresses, after, err)
	}
	if err := w.Client.Ready(ctx); err != nil {
		t.Error(err)
	}
	if status, _ := w.request(t, "POST", reservePath, "other-key", `{"attributes":{}}`); status != 200 {
		t.Errorf("reserve: want a number with the new key, got %d", status)
	}
	if pools, err := w.Pools(ctx); err != nil || pools[0].Project != "one" || pools[0].Free != 6 {
		t.Errorf("pool: want the new one, got %+v (%v)", pools, err)
	}
	for _, bad := range []string{"pool: {numbers: 0}", "agent: {echo: {talk: 5}}"} {
		if _, err := w.Configure(ctx, []byte(bad)); err == nil {
			t.Errorf("%s: want it refused, got it done", bad)
		}
		if pools, err := w.Pools(ctx); err != nil || pools[0].Project != "one" {
			t.Errorf("%s: want the simulator as before, got %+v (%v)", bad, pools, err)
		}
	}
}

// TestHolds: the time goes from one moment to the next, and waits for the work of a client between.
func TestHolds(t *testing.T) {
	w := start(t, "clock: {frozen: true, start: 2026-01-01T09:00:00Z}")
	ctx := t.Context()
	before, err := w.Settled(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := w.AdvanceToNext(ctx, time.Hour); err != nil || c.Moved || !c.Now.Equal(before.Now) {
		t.Errorf("want nobody to wake, got %+v (%v)", c, err)
	}
	hold, err := w.Hold(ctx)
	if err != nil {
		t.Fatal(err)
	}
	woken := make(chan client.Clock, 1)
	go func() {
		c, err := w.Sleep(ctx, hold.ID, time.Minute)
		if err != nil {
			t.Error(err)
		}
		if err := w.Release(ctx, hold.ID); err != nil {
			t.Error(err)
		}
		woken <- c
	}()
	if c, err := w.Advance(ctx, time.Second); err != nil || !c.Moved { // waits until the hold sleeps
		t.Errorf("want it moved, got %+v (%v)", c, err)
	}
	if c, err := w.AdvanceToNext(ctx, time.Second); err != nil || c.Moved {
		t.Errorf("want nobody to wake so soon, got %+v (%v)", c, err)
	}
	if c, err := w.AdvanceToNext(ctx, time.Hour); err != nil || !c.Moved || c.Now.Sub(before.Now) < time.Minute {
		t.Errorf("want the hold woken, got %+v (%v)", c, err)
	}
	if c := <-woken; c.Now.Sub(before.Now) < time.Minute {
		t.Errorf("sleep: want a minute over, got %v", c.Now.Sub(before.Now))
	}
	for name, err := range map[string]error{
		"release": w.Release(ctx, hold.ID),
		"sleep":   second(w.Sleep(ctx, hold.ID, time.Second)),
		"for":     second(w.Sleep(ctx, hold.ID, 0)),
		"limit":   second(w.AdvanceToNext(ctx, 0)),
	} {
		if err == nil {
			t.Errorf("%s: want it refused", name)
		}
	}
}

// TestReleaseOfOneThatSleeps wakes it.
func TestReleaseOfOneThatSleeps(t *testing.T) {
	w := start(t, "clock: {frozen: true}")
	ctx := t.Context()
	hold, err := w.Hold(ctx)
	if err != nil {
		t.Fatal(err)
	}
	slept := make(chan error, 1)
	go func() { slept <- second(w.Sleep(ctx, hold.ID, time.Hour)) }()
	if _, err := w.Settled(ctx); err != nil { // it sleeps
		t.Fatal(err)
	}
	if err := w.Release(ctx, hold.ID); err != nil {
		t.Error(err)
	}
	if err := <-slept; err != nil {
		t.Error(err)
	}
	if c, err := w.Advance(ctx, time.Minute); err != nil || !c.Moved {
		t.Errorf("want nothing held, got %+v (%v)", c, err)
	}
}

func second[T any](_ T, err error) error { return err }
