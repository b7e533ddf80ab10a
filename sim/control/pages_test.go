package control_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/conversation"
)

// arrive has the recorder keep so many calls, as the platform would tell it of them.
func (w *world) arrive(n int) {
	for i := range n {
		w.recorder.Arrived(sim.Arrived{
			Call:    conversation.Call{ID: fmt.Sprintf("call-%02d", i), DNIS: fmt.Sprintf("+4420794600%02d", i%20), ANI: "+442079460500", Bound: i%2 == 0, ArrivedAt: time.Unix(int64(i), 0)},
			Project: "acme", CallID: fmt.Sprintf("%d@carrier", i), Attributes: []byte(fmt.Sprintf(`{"shared_id":"order-%02d"}`, i)),
		})
	}
}

// TestListsAreReadInPages: each says how many there are, so that a reader knows without reading them.
func TestListsAreReadInPages(t *testing.T) {
	w := start(t, "pool: {numbers: 1}")
	ctx := t.Context()
	w.arrive(30)
	for _, c := range []struct {
		q     client.ConversationsQuery
		total int
		want  []string
	}{
		{client.ConversationsQuery{Skip: 28, Limit: 5}, 30, []string{"call-01", "call-00"}},
		{client.ConversationsQuery{Bound: new(true), Skip: 1, Limit: 2}, 15, []string{"call-26", "call-24"}},
		{client.ConversationsQuery{Text: "ORDER-07"}, 1, []string{"call-07"}},
		{client.ConversationsQuery{Text: "3@carrier"}, 3, []string{"call-23", "call-13", "call-03"}},
		{client.ConversationsQuery{Text: "60500", State: "over"}, 0, nil},
	} {
		got, err := w.Client.Conversations(ctx, c.q)
		var ids []string
		for _, one := range got.Conversations {
			ids = append(ids, one.ID)
		}
		if err != nil || got.Total != c.total || !slices.Equal(ids, c.want) {
			t.Errorf("conversations %+v: want %v of %d, got %v of %d (%v)", c.q, c.want, c.total, ids, got.Total, err)
		}
	}
	for i := range 5 {
		w.recorder.Exchange(api.Exchange{Method: "GET", Path: fmt.Sprintf("/nowhere/%d", i), Status: 404})
	}
	got, err := w.Exchanges(ctx, client.ExchangesQuery{Status: 4, Skip: 1, Limit: 1})
	if err != nil || got.Total != 5 || len(got.Exchanges) != 1 || got.Exchanges[0].Path != "/nowhere/3" {
		t.Fatalf("exchanges: want the second of 5, got %+v (%v)", got, err)
	}
	if older, err := w.Exchanges(ctx, client.ExchangesQuery{Before: got.Exchanges[0].ID}); err != nil || older.Total != 3 || older.Exchanges[0].Path != "/nowhere/2" {
		t.Errorf("exchanges: want the three before it, got %+v (%v)", older, err)
	}
	if none, err := w.Exchanges(ctx, client.ExchangesQuery{Project: "acme"}); err != nil || none.Total != 0 {
		t.Errorf("exchanges: want none with a key of the project, got %+v (%v)", none, err)
	}
	for _, list := range []struct{ path, want string }{
		{"/v1/refused?skip=4&limit=3", `"total":5}`},
		{"/v1/refused?skip=9", `{"refused":[],"total":5}`},
		{"/v1/pools/acme?state=free&limit=1", `"total":1}`},
		{"/v1/pools/acme?number=%2B442079460000", `"number":"+442079460000"`},
		{"/v1/pools/acme?number=%2B442079460001", `"numbers":[],"total":0}`},
	} {
		if status, body := ask(t, w, "GET", list.path, nil); status != 200 || !strings.Contains(body, list.want) {
			t.Errorf("%s: want %s, got %d %s", list.path, list.want, status, body)
		}
	}
}

// TestTheJournalIsReadBackwards, in pages, as one does who looks at it.
func TestTheJournalIsReadBackwards(t *testing.T) {
	w := start(t, "pool: {numbers: 3}")
	ctx := t.Context()
	for i := range 3 {
		w.reserve(t, fmt.Sprintf(`{"shared_id":"%d"}`, i))
	}
	got, err := w.Client.Journal(ctx, client.JournalQuery{Kinds: []string{"reserve-accepted"}, Newest: true, Skip: 1, Limit: 1})
	if err != nil || got.Total != 3 || len(got.Events) != 1 || got.Events[0].Number != "+442079460001" || got.Next != 4 {
		t.Errorf("want the second newest of 3, got %+v (%v)", got, err)
	}
	if got, err := w.Client.Journal(ctx, client.JournalQuery{Text: "9460002"}); err != nil || len(got.Events) != 1 || got.Events[0].Seq != 4 {
		t.Errorf("text: want the event of the third number, got %+v (%v)", got, err)
	}
}

// TestALadderWithoutAConversation: a call that was refused has messages all the same.
func TestALadderWithoutAConversation(t *testing.T) {
	w := start(t, "pool: {numbers: 1}")
	ctx := t.Context()
	w.dial(t, "+442079460009")
	refused, err := w.Refused(ctx, 1)
	if err != nil || len(refused) != 1 {
		t.Fatalf("refused: want the call, got %+v (%v)", refused, err)
	}
	got, err := w.Messages(ctx, refused[0].CallID)
	if err != nil || len(got.Messages) < 2 || !strings.HasPrefix(got.Messages[0].Raw, "INVITE sip:+442079460009@") || got.Messages[0].Sent {
		t.Errorf("messages: want the INVITE and its refusal, got %+v (%v)", got, err)
	}
	if _, err := w.Messages(ctx, "nobody@nowhere"); !client.IsStatus(err, http.StatusNotFound) {
		t.Errorf("messages: want 404 for a Call-ID that is not known, got %v", err)
	}
}

// TestFaultsThatStayKeepTheirCounts where that is asked for: others begin anew.
func TestFaultsThatStayKeepTheirCounts(t *testing.T) {
	w := start(t, "pool: {numbers: 9}")
	ctx := t.Context()
	const busy, slow, null = `"calls":[{"refuse":486}]`, `"http":[{"endpoint":"reserve","latency":"1ms"}`, `"handoffs":[{"null_data":true}]`
	if _, err := w.SetFaults(ctx, []byte("{"+busy+","+slow+"]}")); err != nil {
		t.Fatal(err)
	}
	w.dial(t, w.reserve(t, `{}`))
	got, err := w.KeepFaults(ctx, []byte(`{"http":[{"endpoint":"handoff","latency":"1ms"},`+strings.TrimPrefix(slow, `"http":[`)+"],"+busy+","+null+"}"))
	want := client.FaultHits{HTTP: []int{0, 1}, Calls: []int{1}, Agent: []int{}, Handoffs: []int{0}}
	if err != nil || fmt.Sprint(got.Hits) != fmt.Sprint(want) {
		t.Errorf("kept: want %v, got %v (%v)", want, got.Hits, err)
	}
	if got, err = w.SetFaults(ctx, []byte("{"+busy+"}")); err != nil || !slices.Equal(got.Hits.Calls, []int{0}) {
		t.Errorf("set: want the counts to begin anew, got %v (%v)", got.Hits, err)
	}
}
