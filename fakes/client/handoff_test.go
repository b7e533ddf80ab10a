package client_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dnispool/dnispool/fakes/client"
	"github.com/dnispool/dnispool/fakes/wire"
	"github.com/dnispool/dnispool/sim/clock"
)

func TestRecords(t *testing.T) {
	cases := []struct {
		name, body string
		outcome    client.Outcome
		record     client.Record
		reason     string
		warnings   []string
	}{
		{"handoff", record(`{"handoff_to":"billing"}`), client.Transferred, client.Handoff, "handoff to billing", nil},
		{"blanks", record(`{"handoff_to":" billing "}`), client.Transferred, client.Handoff, "handoff to billing", nil},
		{"extension", record(`{"handoff_to":1234}`), client.Transferred, client.Handoff, "handoff to 1234", nil},
		{"extra fields", `{"id":"1","shared_id":"s-1","data":{"handoff_to":"billing","x":{}},"more":[1]}`, client.Transferred, client.Handoff, "handoff to billing", nil},
		{"all null", record(`{"handoff_to":null,"handoff_reason":null}`), client.Completed, client.None, "no handoff (handoff_to is not set)", nil},
		{"empty", record(`{}`), client.Completed, client.None, "no handoff (handoff_to is not set)", nil},
		{"other keys", record(`{"echo_nonce":"n"}`), client.Completed, client.None, "no handoff (handoff_to is not set)", nil},
		{"empty text", record(`{"handoff_to":""}`), client.Completed, client.None, `no handoff (handoff_to is "")`, nil},
		{"sentinel", record(`{"handoff_to":"CONTAINED"}`), client.Completed, client.None, `no handoff (handoff_to is "CONTAINED")`, nil},
		{"sentinel, small", record(`{"handoff_to":"contained"}`), client.Completed, client.None, `no handoff (handoff_to is "contained")`, nil},
		{"null id", `{"id":null,"shared_id":"s-1","data":{"handoff_to":"billing"}}`, client.Transferred, client.Handoff, "handoff to billing", []string{"handoff: id: want text, got null"}},
		{"no ids", `{"data":{"handoff_to":"billing"}}`, client.Transferred, client.Handoff, "handoff to billing", []string{"handoff: id: want text, got nothing", `handoff: shared_id: want "s-1", got none`}},
		{"null shared_id", `{"id":"1","shared_id":null,"data":{}}`, client.Completed, client.None, "no handoff (handoff_to is not set)", []string{`handoff: shared_id: want "s-1", got none`}},
		{"no data", `{"id":"1","shared_id":"s-1"}`, client.Transferred, client.Unreadable, "handoff: no data", []string{"handoff: data: want an object, got nothing"}},
		{"null data", record(`null`), client.Transferred, client.Unreadable, "handoff: no data", []string{"handoff: data: want an object, got null"}},
		{"empty list", record(`[]`), client.Completed, client.None, "no handoff (empty data)", []string{"handoff: data: want an object, got []"}},
		{"list", record(`["billing"]`), client.Transferred, client.Unreadable, "handoff: data is no object", []string{`handoff: data: want an object, got ["billing"]`}},
		{"object destination", record(`{"handoff_to":{"queue":"billing"}}`), client.Transferred, client.Unreadable, "handoff: handoff_to is no destination", []string{`handoff: handoff_to: want text, got {"queue":"billing"}`}},
		{"another's", `{"id":"1","shared_id":"s-2","data":{"handoff_to":"billing"}}`, client.Transferred, client.Unreadable, `handoff: shared_id: want "s-1", got "s-2": this is the record of another call`, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := world{platform: platform{reserve: []canned{{status: 200, body: number}}, handoff: []canned{{status: 200, body: c.body}}}}
			conf := config()
			conf.DefaultQueue = "general"
			j := w.run(t, conf)
			if j.Outcome != c.outcome || j.Record != c.record || j.Reason != c.reason || j.Polls != 1 {
				t.Errorf("got %s, %s: %s\nwant %s, %s: %s", j.Outcome, j.Record, j.Reason, c.outcome, c.record, c.reason)
			}
			if !slices.Equal(j.Warnings, c.warnings) {
				t.Errorf("warnings %q, want %q", j.Warnings, c.warnings)
			}
			if j.FailOpen != (c.record == client.Unreadable) {
				t.Errorf("fail-open %v with record %s", j.FailOpen, c.record)
			}
			if want := map[client.Record]string{client.Unreadable: "general", client.Handoff: j.Queue}[c.record]; j.Queue != want {
				t.Errorf("queue %q, want %q", j.Queue, want)
			}
		})
	}
}

func TestPolling(t *testing.T) {
	gone := canned{status: 404, body: unknownID}
	there := canned{status: 200, body: record(`{"handoff_to":"billing"}`)}
	nothing := canned{status: 200, body: record(`{"handoff_to":null}`)}
	missing := "handoff: no record (no handoff state) after 10 polls"
	cases := []struct {
		name     string
		replies  []canned
		def      string
		rule     client.OnMissing
		polls    int
		outcome  client.Outcome
		record   client.Record
		failOpen bool
		queue    string
		reason   string
	}{
		{"late", []canned{gone, gone, there}, "", "", 3, client.Transferred, client.Handoff, false, "billing", "handoff to billing"},
		{"late and nothing", []canned{gone, nothing}, "general", "", 2, client.Completed, client.None, false, "", "no handoff (handoff_to is not set)"},
		{"never", []canned{gone}, "", "", 10, client.Completed, client.Missing, true, "", missing + "; taken for a completed call"},
		{"never, documented rule", []canned{gone}, "general", client.Complete, 10, client.Completed, client.Missing, true, "", missing + "; taken for a completed call"},
		{"never, default queue", []canned{gone}, "general", "", 10, client.Transferred, client.Missing, true, "general", missing},
		{"never, said so", []canned{gone}, "general", client.ToDefaultQueue, 10, client.Transferred, client.Missing, true, "general", missing},
		{"never, wrong url", []canned{{status: 404, body: `{"message":"no Route matched with those values"}`}}, "general", "", 10, client.Transferred, client.Missing, true, "general",
			"handoff: no record (404, not the handoff's own: no Route matched with those values: is the URL right?) after 10 polls"},
		{"401", []canned{{status: 401, body: `{"error_message":"no"}`}}, "general", "", 1, client.Transferred, client.Unreadable, true, "general", "handoff: 401 (no)"},
		{"403", []canned{{status: 403, body: `{"error_message":"no"}`}}, "", "", 1, client.Completed, client.Unreadable, true, "", "handoff: 403 (no); taken for a completed call"},
		{"400", []canned{{status: 400}}, "general", "", 1, client.Transferred, client.Unreadable, true, "general", "handoff: 400 (empty body)"},
		{"204", []canned{{status: 204}}, "general", "", 1, client.Completed, client.None, false, "", "no handoff (204)"},
		{"500, then there", []canned{{status: 500}, there}, "", "", 2, client.Transferred, client.Handoff, false, "billing", "handoff to billing"},
		{"half, then there", []canned{{status: 200, body: `{"id":`}, there}, "", "", 2, client.Transferred, client.Handoff, false, "billing", "handoff to billing"},
		{"closed, then there", []canned{{err: io.EOF}, there}, "", "", 2, client.Transferred, client.Handoff, false, "billing", "handoff to billing"},
		{"429", []canned{{status: 429, header: "Retry-After: 8"}, there}, "", "", 2, client.Transferred, client.Handoff, false, "billing", "handoff to billing"},
		{"429 for too long", []canned{{status: 429, header: "Retry-After: 60"}, there}, "general", "", 1, client.Transferred, client.Unreadable, true, "general", "handoff: 429 (empty body) after 1 polls"},
		{"html for ever", []canned{{status: 502, body: "<html>"}}, "general", "", 6, client.Transferred, client.Unreadable, true, "general", "handoff: 502 (HTML instead of JSON) after 6 polls"},
		{"silence for ever", []canned{{hang: true}}, "general", "", 2, client.Transferred, client.Unreadable, true, "general", "handoff: timeout after 4s after 2 polls"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world{platform: platform{reserve: []canned{{status: 200, body: number}}, handoff: c.replies}}
				conf := config()
				conf.DefaultQueue, conf.OnMissing, conf.HandoffTimeout = c.def, c.rule, 4*time.Second
				j := w.run(t, conf)
				if j.Outcome != c.outcome || j.Record != c.record || j.FailOpen != c.failOpen || j.Queue != c.queue || j.Reason != c.reason {
					t.Errorf("got %s, %s, fail-open %v, queue %q: %s\nwant %s, %s, %v, %q: %s",
						j.Outcome, j.Record, j.FailOpen, j.Queue, j.Reason, c.outcome, c.record, c.failOpen, c.queue, c.reason)
				}
				if j.Polls != c.polls {
					t.Errorf("%d polls, want %d; waits %v", j.Polls, c.polls, w.clock.waits)
				}
			})
		})
	}
}

func TestPollsKeepTheirPace(t *testing.T) {
	w := world{platform: platform{
		reserve: []canned{{status: 200, body: number}},
		handoff: []canned{{status: 404, body: unknownID}},
	}}
	conf := config()
	conf.Poll = client.Poll{Every: 250 * time.Millisecond, For: time.Second}
	j := w.run(t, conf)
	want := []time.Duration{250 * time.Millisecond, 250 * time.Millisecond, 250 * time.Millisecond}
	if !slices.Equal(w.clock.waits, want) || j.Polls != 4 {
		t.Errorf("waits %v, %d polls; want %v, 4", w.clock.waits, j.Polls, want)
	}
}

// TestOverTheNetwork runs journeys at once over real HTTP with faults on the wire.
func TestOverTheNetwork(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/conversations/dni-reservation", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, number)
	})
	mux.HandleFunc("GET /v1/{account}/{project}/handoff_state", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"id":"1","shared_id":%q,"data":{"handoff_to":"billing"}}`, r.FormValue("shared_id"))
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	faults := wire.New(1, nil)
	defer faults.Reset()
	if err := faults.Set(
		wire.Fault{Path: "dni-reservation", Times: 5, DropReply: wire.ReplyEOF},
		wire.Fault{Path: "handoff_state", Times: 5, Reply: &wire.Reply{Preset: wire.PresetHTML}},
	); err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	conf := config()
	conf.BaseURL, conf.Poll, conf.ReserveTimeout = server.URL, client.Poll{Every: time.Millisecond, For: 10 * time.Second}, 10*time.Second
	line := &phone{}
	c, err := client.New(conf, &http.Client{Transport: faults.RoundTripper(transport)}, line, clock.Real())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	outcomes := make(chan client.Journey, 20)
	for i := range cap(outcomes) {
		wg.Go(func() { outcomes <- c.Run(t.Context(), client.Caller{SharedID: fmt.Sprint("s-", i)}) })
	}
	wg.Wait()
	close(outcomes)
	var transferred, fallback, leaks, polls int
	for j := range outcomes {
		switch j.Outcome {
		case client.Transferred:
			transferred++
		case client.Fallback:
			fallback++
			if !strings.HasPrefix(j.Reason, "reserve: EOF") {
				t.Errorf("fallback: %s, want a lost reply", j.Reason)
			}
		}
		leaks, polls = leaks+j.PossibleLeaks, polls+j.Polls
	}
	if transferred != 15 || fallback != 5 || leaks != 5 || polls != 20 {
		t.Errorf("%d transferred, %d fell back, %d leaks, %d polls; want 15, 5, 5, 20", transferred, fallback, leaks, polls)
	}
	if line.up != 0 {
		t.Errorf("%d calls left up", line.up)
	}
}
