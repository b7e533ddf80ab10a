package control_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/control/client"
)

// request asks the platform itself, and returns status and body.
func (w *world) request(t *testing.T, method, path, key, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+w.sim.HTTPAddr()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Api-Key", key)
	r.Close = true // a connection that is kept may be closed in the moment in which it is used again: the simulator can become another
	res, err := http.DefaultClient.Do(r)
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

const reservePath = "/v1/conversations/dni-reservation"

// reserve takes a number of the first project.
func (w *world) reserve(t *testing.T, attributes string) string {
	t.Helper()
	status, body := w.request(t, "POST", reservePath, w.sim.Config().Projects[0].DNIKey, `{"attributes":`+attributes+`}`)
	dni, ok := strings.CutPrefix(strings.TrimSuffix(body, `"}`), `{"dni":"`)
	if status != 200 || !ok {
		t.Fatalf("reserve: want a number, got %d %s", status, body)
	}
	return dni
}

// dial calls a number, and waits for the end of the call.
func (w *world) dial(t *testing.T, number string) *pstn.Call {
	t.Helper()
	carrier, err := pstn.New(t.Context(), pstn.Config{Platform: w.sim.SIPAddr()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = carrier.Close() })
	c, err := carrier.Dial(t.Context(), pstn.Dial{To: number, From: "+442079460500"})
	if err != nil {
		t.Fatal(err)
	}
	<-c.Ended()
	return c
}

func TestOneCallIsSeenFromEverySide(t *testing.T) {
	w := start(t, "pool: {numbers: 2, cool_down: 1h}")
	ctx := t.Context()
	dni := w.reserve(t, `{"shared_id":"s-1","want_handoff_to":"billing"}`)

	held, err := w.Numbers(ctx, "acme", client.NumbersQuery{State: "pending"})
	if err != nil || len(held.Numbers) != 1 || held.Pending != 1 || held.Free != 1 {
		t.Fatalf("pool: want one number pending, got %+v (%v)", held, err)
	}
	if n := held.Numbers[0]; n.Number != dni || n.Until == nil || n.Until.Sub(n.Since) != 2*time.Minute || !strings.Contains(string(n.Attributes), "s-1") {
		t.Errorf("number: want %s held for two minutes, got %+v", dni, n)
	}

	w.dial(t, dni)
	written, err := w.Next(ctx, client.JournalQuery{Kinds: []string{"handoff-written"}, After: 1, Wait: 5 * time.Second})
	if err != nil || written.SharedID != "s-1" {
		t.Fatalf("journal: want the handoff written, got %+v (%v)", written, err)
	}
	handoff := "/v1/acme-uk/acme-support/handoff_state?shared_id=s-1"
	w.request(t, "GET", handoff, w.sim.Config().Projects[0].HandoffKey, "")

	list, err := w.Conversations(ctx, client.ConversationsQuery{Project: "acme", Number: dni, SharedID: "s-1", State: "over", Bound: new(true)})
	if err != nil || len(list.Conversations) != 1 || list.Conversations[0].HandoffTo != "billing" {
		t.Fatalf("conversations: want the one, got %+v (%v)", list, err)
	}
	c, err := w.Conversation(ctx, written.Call)
	if err != nil {
		t.Fatal(err)
	}
	if c.Caller != "+442079460500" || string(c.Given) != `{"shared_id":"s-1","want_handoff_to":"billing"}` || string(c.ConvState["handoff_to"]) != `"billing"` ||
		c.Handoff == nil || c.Cause != "agent" || c.AnsweredAt == nil || c.EndedAt == nil || len(c.Turns) == 0 || c.Turns[0].Kind != "start" {
		t.Errorf("conversation: want it whole, got %+v", c)
	}
	var lines []string
	for _, m := range c.Messages {
		word, _, _ := strings.Cut(strings.TrimPrefix(m.StartLine, "SIP/2.0 "), " ")
		lines = append(lines, map[bool]string{true: "> ", false: "< "}[m.Sent]+word)
	}
	if got := strings.Join(lines, " "); !strings.HasPrefix(got, "< INVITE") || !strings.Contains(got, "> 200 < ACK") || !strings.Contains(got, "> BYE < 200") {
		t.Errorf("ladder: want INVITE to BYE, got %s", got)
	}
	if len(c.Exchanges) != 2 || c.Exchanges[0].Endpoint != "reserve" || c.Exchanges[1].Path != handoff || c.Exchanges[0].Project != "acme" {
		t.Errorf("exchanges: want the reservation and the question, got %+v", c.Exchanges)
	}
	x, err := w.Exchange(ctx, c.Exchanges[0].ID)
	if err != nil || x.RequestBody != `{"attributes":{"shared_id":"s-1","want_handoff_to":"billing"}}` || !strings.Contains(x.ResponseBody, dni) || x.Headers["X-Api-Key"] != "***" {
		t.Errorf("exchange: want it whole, its key masked, got %+v (%v)", x, err)
	}
	if got, err := w.Exchanges(ctx, client.ExchangesQuery{Endpoint: "handoff", Status: 2, Project: "acme"}); err != nil || len(got.Exchanges) != 1 {
		t.Errorf("exchanges: want one of handoff, got %+v (%v)", got, err)
	}
	if pools, err := w.Pools(ctx); err != nil || len(pools) != 1 || pools[0].Cooling != 1 || pools[0].Bound != 1 {
		t.Errorf("pools: want the number cooling, got %+v (%v)", pools, err)
	}
}

func TestWhyACallGotNoAttributes(t *testing.T) {
	w := start(t, "pool: {numbers: 1}")
	w.dial(t, "+442079460000")
	list, err := w.Conversations(t.Context(), client.ConversationsQuery{Bound: new(false)})
	if err != nil || len(list.Conversations) != 1 || list.Conversations[0].Unbound != "not reserved" {
		t.Fatalf("conversations: want one that says why, got %+v (%v)", list, err)
	}
	if c, err := w.Conversation(t.Context(), list.Conversations[0].ID); err != nil || string(c.Given) != "null" || c.Attributes != nil {
		t.Errorf("conversation: want None given, got %+v (%v)", c, err)
	}
}

func TestTheJournalIsFilteredAndWaitedFor(t *testing.T) {
	w := start(t, "pool: {numbers: 2}")
	ctx := t.Context()
	waited := make(chan client.Event, 1)
	go func() {
		e, _ := w.Next(ctx, client.JournalQuery{Kinds: []string{"bye-sent"}, After: 1, Wait: 30 * time.Second})
		waited <- e
	}()
	dni := w.reserve(t, `{"shared_id":"s-2"}`)
	w.dial(t, dni)
	if e := <-waited; e.Kind != "bye-sent" || e.Number != dni {
		t.Errorf("next: want the BYE of %s, got %+v", dni, e)
	}
	all, err := w.Client.Journal(ctx, client.JournalQuery{Number: dni})
	if err != nil || len(all.Events) < 6 || all.Next == 0 {
		t.Errorf("journal: want the whole call, got %+v (%v)", all, err)
	}
	if _, err := w.Next(ctx, client.JournalQuery{Kinds: []string{"bye-received"}, Wait: time.Millisecond}); !errors.Is(err, client.ErrNone) {
		t.Errorf("next: want none, got %v", err)
	}
	if status, body := ask(t, w, "GET", "/v1/journal?kind=bye-sendt", nil); status != 400 || !strings.Contains(body, `"did_you_mean":"bye-sent"`) {
		t.Errorf("kind: want 400 with a hint, got %d %s", status, body)
	}
}

func TestEventsAreStreamed(t *testing.T) {
	w := start(t, "journal: {events: 8}")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range 20 {
		w.reserve(t, `{}`)
	}
	var seen []client.Event
	var lost uint64
	err := w.Follow(ctx, client.JournalQuery{Kinds: []string{"reserve-accepted", "reserve-refused"}, After: 2}, func(e client.Event) error {
		if seen = append(seen, e); len(seen) == 8 {
			w.request(t, "POST", reservePath, w.sim.Config().Projects[0].DNIKey, `{"attributes":{}}`)
		}
		if e.Kind == "reserve-refused" {
			cancel()
		}
		return nil
	}, func(d client.Dropped) { lost += d.Count })
	if !errors.Is(err, context.Canceled) || len(seen) != 9 || seen[8].Seq != seen[0].Seq+8 || lost != seen[0].Seq-3 {
		t.Errorf("events: want the 8 that are kept, then the next, and a count of the lost, got %d lost, %+v (%v)", lost, seen, err)
	}
}

func TestWhatWasRefusedAndWhatIsNearest(t *testing.T) {
	w := start(t, "pool: {numbers: 1}")
	keys := w.sim.Config().Projects[0]
	w.dial(t, w.reserve(t, `{"shared_id":"order-4711"}`))
	for _, c := range []struct {
		method, path, key, nearest string
	}{
		{"GET", "/v1/acme/support/handoff_state?id=x", keys.HandoffKey, "no such account acme; did you mean acme-uk; no such project support; did you mean acme-support"},
		{"GET", "/v1/acme-uk/acme-support/handof_state?id=x", keys.HandoffKey, "/v1/acme-uk/acme-support/handoff_state"},
		{"POST", "/v1/conversation/dni-reservation", keys.DNIKey, reservePath},
		{"POST", reservePath, keys.HandoffKey, "the DNI key of acme: this is its handoff key"},
		{"GET", "/v1/acme-uk/acme-support/handoff_state?id=x", keys.DNIKey, "the handoff key of acme: this is its DNI key"},
		{"POST", reservePath, "demo-dni-key-acne", "the key of acme, which this one resembles"},
		{"GET", "/v1/acme-uk/acme-support/handoff_state?shared_id=order-4771", keys.HandoffKey, "order-4711"},
		{"POST", reservePath, keys.DNIKey, ""},
	} {
		if status, body := w.request(t, c.method, c.path, c.key, `{"attributes":[]}`); status < 400 {
			t.Fatalf("%s %s: want it refused, got %d %s", c.method, c.path, status, body)
		}
		got, err := w.Refused(t.Context(), 1)
		if err != nil || len(got) != 1 || got[0].What != c.method+" "+c.path || got[0].Nearest != c.nearest || got[0].Reason == "" || got[0].Exchange == 0 {
			t.Errorf("%s %s: want %q nearest, got %+v (%v)", c.method, c.path, c.nearest, got, err)
		}
	}
	w.dial(t, "+442079460001")
	got, err := w.Refused(t.Context(), 1)
	if err != nil || len(got) != 1 || got[0].Edge != "sip" || got[0].Status != 404 || got[0].What != "INVITE +442079460001" || got[0].Nearest != "+442079460000" {
		t.Errorf("call: want the number of the pool nearest, got %+v (%v)", got, err)
	}
}

// TestRefusedWhileTheClockStandsStill are listed newest first all the same.
func TestRefusedWhileTheClockStandsStill(t *testing.T) {
	w := start(t, "clock: {frozen: true}")
	key := w.sim.Config().Projects[0].HandoffKey
	for _, path := range []string{"first", "second", "third"} {
		w.request(t, "GET", "/v1/"+path, key, "")
	}
	for _, number := range []string{"+15550101", "+15550102"} {
		w.wantStatus(t, number, 404)
	}
	refused, err := w.Refused(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range refused {
		got = append(got, r.What)
	}
	if want := []string{"INVITE +15550102", "INVITE +15550101", "GET /v1/third", "GET /v1/second", "GET /v1/first"}; !slices.Equal(got, want) {
		t.Errorf("want %q, got %q", want, got)
	}
}
