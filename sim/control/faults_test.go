package control_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/control/client"
)

// TestFaultsOnTheRunningSimulator: each hits what it says, as often as it says, is counted, and is in the journal.
func TestFaultsOnTheRunningSimulator(t *testing.T) {
	w := start(t, "projects: [{name: one, dni_key: key-one, handoff_key: h-one, pool: {numbers: 5}}, {name: two, dni_key: key-two, pool: {numbers: 5}}]")
	ctx := t.Context()
	reserve := func(key string) (int, string) {
		return w.request(t, "POST", reservePath, key, `{"attributes":{"shared_id":"f"}}`)
	}
	for _, c := range []struct {
		name, faults string
		hits         func(client.FaultHits) []int
		play         func(t *testing.T)
	}{
		{"a project's reservations", "http: {endpoint: reserve, project: one, times: 1, reply: {status: 503, preset: error-envelope}}",
			func(h client.FaultHits) []int { return h.HTTP }, func(t *testing.T) {
				if status, _ := reserve("key-two"); status != 200 {
					t.Errorf("the other project: want 200, got %d", status)
				}
				if status, body := reserve("key-one"); status != 503 || !strings.Contains(body, `"error_code":"SERVICE_UNAVAILABLE"`) {
					t.Errorf("want the envelope's 503, got %d %s", status, body)
				}
				if status, _ := reserve("key-one"); status != 200 {
					t.Errorf("afterwards: want 200, got %d", status)
				}
			}},
		{"a key", "http: [{key: key-two, times: 1, reply: {status: 429}}]", func(h client.FaultHits) []int { return h.HTTP }, func(t *testing.T) {
			if status, _ := reserve("key-one"); status != 200 {
				t.Errorf("the other key: want 200, got %d", status)
			}
			if status, _ := reserve("key-two"); status != 429 {
				t.Errorf("want 429, got %d", status)
			}
		}},
		{"busy", "calls: {project: one, refuse: 486, times: 1}", func(h client.FaultHits) []int { return h.Calls }, func(t *testing.T) {
			if c := w.dial(t, "+442079460000"); c.Status() != 486 {
				t.Errorf("want 486, got %d", c.Status())
			}
			if c := w.dial(t, "+442079460001"); c.Status() != 200 {
				t.Errorf("afterwards: want 200, got %d", c.Status())
			}
		}},
		{"no answer", "calls: {no_answer: true}", func(h client.FaultHits) []int { return h.Calls }, func(t *testing.T) {
			placed, err := w.Place(ctx, client.Dial{To: "+442079460000", CancelAfter: client.In(50 * time.Millisecond)})
			if err != nil || placed.Status != 487 {
				t.Errorf("want it given up, got %+v (%v)", placed, err)
			}
		}},
		{"late answer and late BYE", "calls: {late_answer: 30ms, late_bye: 30ms}", func(h client.FaultHits) []int { return h.Calls }, func(t *testing.T) {
			began := time.Now()
			if c := w.dial(t, "+442079460000"); c.EndedBy() != pstn.ByPlatform || time.Since(began) < 60*time.Millisecond {
				t.Errorf("want it late, got it ended by the %s after %v", c.EndedBy(), time.Since(began))
			}
		}},
		{"no BYE", "calls: {no_bye: true}", func(h client.FaultHits) []int { return h.Calls }, func(t *testing.T) {
			placed, err := w.Place(ctx, client.Dial{To: "+442079460000"})
			if err != nil || !placed.Answered {
				t.Fatalf("want it answered, got %+v (%v)", placed, err)
			}
			if up, _ := w.Call(ctx, placed.ID, 50*time.Millisecond); up.EndedBy != "" {
				t.Errorf("want it up, got %+v", up)
			}
			if over, err := w.Hangup(ctx, placed.ID); err != nil || over.EndedBy != "caller" {
				t.Errorf("want it ended by its caller, got %+v (%v)", over, err)
			}
		}},
		{"an agent that crashes", "agent: {function: start, crash: true, times: 1}", func(h client.FaultHits) []int { return h.Agent }, func(t *testing.T) {
			w.dial(t, "+442079460002")
			if e, err := w.Next(ctx, client.JournalQuery{Kinds: []string{"start-failed"}, After: 1, Wait: 5 * time.Second}); err != nil || e.Number != "+442079460002" {
				t.Errorf("want start_function failed, got %+v (%v)", e, err)
			}
		}},
		{"handoffs that never come, then are null", "handoffs: [{never: true, times: 1}, {null_data: true}]", func(h client.FaultHits) []int { return h.Handoffs }, func(t *testing.T) {
			_, body := reserve("key-one")
			w.dial(t, member(t, body, "dni"))
			if _, err := w.Next(ctx, client.JournalQuery{Kinds: []string{"handoff-written"}, SharedID: "f", After: 1, Wait: 5 * time.Second}); err != nil {
				t.Fatal(err)
			}
			ask := func() (int, string) {
				return w.request(t, "GET", "/v1/acme-uk/acme-support/handoff_state?shared_id=f", "h-one", "")
			}
			if status, _ := ask(); status != 404 {
				t.Errorf("first: want 404, got %d", status)
			}
			if status, body := ask(); status != 200 || !strings.Contains(body, `"data":null`) {
				t.Errorf("then: want null data, got %d %s", status, body)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := w.SetFaults(ctx, []byte(c.faults)); err != nil {
				t.Fatal(err)
			}
			journal, err := w.Client.Journal(ctx, client.JournalQuery{})
			if err != nil {
				t.Fatal(err)
			}
			c.play(t)
			f, err := w.Faults(ctx)
			if err != nil || f.Faults == nil || !slices.Contains(c.hits(f.Hits), 1) {
				t.Errorf("hits: want one, got %+v (%v)", f, err)
			}
			if e, err := w.Next(ctx, client.JournalQuery{Kinds: []string{"fault-hit"}, After: journal.Next, Wait: time.Second}); err != nil || e.Cause == "" {
				t.Errorf("journal: want the hit, got %+v (%v)", e, err)
			}
			if f, err := w.ResetFaults(ctx); err != nil || string(f.Faults) != "null" {
				t.Errorf("reset: want no faults, got %+v (%v)", f, err)
			}
		})
	}
	for _, bad := range []string{"htp: {}", "http: {}", "calls: {refuse: 200}", "calls: {project: one}", "agent: {function: begin, crash: true}", "handoffs: {never: true, times: -1}", "carrier: {outages: true}"} {
		if _, err := w.SetFaults(ctx, []byte(bad)); !client.IsStatus(err, 400) {
			t.Errorf("%s: want 400, got %v", bad, err)
		}
	}
	if f, err := w.Faults(ctx); err != nil || string(f.Faults) != "null" {
		t.Errorf("after what was refused: want no faults, got %+v (%v)", f, err)
	}
}

// member is a text of a JSON object.
func member(t *testing.T, object, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(object, `"`+name+`":"`)
	value, _, ok2 := strings.Cut(rest, `"`)
	if !ok || !ok2 {
		t.Fatalf("want a %s, got %s", name, object)
	}
	return value
}

// TestFaultsOfTheConfiguration are there from the start.
func TestFaultsOfTheConfiguration(t *testing.T) {
	w := start(t, "faults: {http: {endpoint: handoff, reply: {status: 500}}}")
	if status, _ := w.request(t, "GET", "/v1/acme-uk/acme-support/handoff_state?id=x", w.sim.Config().Projects[0].HandoffKey, ""); status != 500 {
		t.Errorf("handoff: want 500, got %d", status)
	}
	w.reserve(t, `{}`)
}

// TestCarrierFaultOfTheConfiguration ends when faults are reset: the carrier is then as the configuration has it.
func TestCarrierFaultOfTheConfiguration(t *testing.T) {
	w := start(t, "carrier: {format: national}\nfaults: {carrier: {outage: true}}")
	ctx := t.Context()
	if placed, err := w.Place(ctx, client.Dial{To: "+442079460000"}); err != nil || placed.Status != 503 {
		t.Errorf("outage: want 503, got %+v (%v)", placed, err)
	}
	if _, err := w.ResetFaults(ctx); err != nil {
		t.Fatal(err)
	}
	if placed, err := w.Place(ctx, client.Dial{To: "+442079460000"}); err != nil || !placed.Answered {
		t.Errorf("reset: want it answered, got %+v (%v)", placed, err)
	}
	once := `"carrier":{"refuse":{"busy":{"times":1}}}`
	if _, err := w.SetFaults(ctx, []byte("{"+once+"}")); err != nil {
		t.Fatal(err)
	}
	if placed, err := w.Place(ctx, client.Dial{To: "+442079460000"}); err != nil || placed.Status != 486 {
		t.Errorf("busy once: want 486, got %+v (%v)", placed, err)
	}
	if _, err := w.KeepFaults(ctx, []byte("{"+once+`,"http":{"endpoint":"handoff","latency":"1ms"}}`)); err != nil {
		t.Fatal(err)
	}
	if placed, err := w.Place(ctx, client.Dial{To: "+442079460000"}); err != nil || !placed.Answered {
		t.Errorf("kept: want it to have hit already, got %+v (%v)", placed, err)
	}
}
