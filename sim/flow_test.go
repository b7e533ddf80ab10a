package sim_test

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/dnispool/dnispool/sim/journal"
)

// ring places a call and expects its outcome.
func (w *world) ring(p *phone, number, want string) {
	w.t.Helper()
	if got, err := p.call(number); err != nil || got != want {
		w.t.Fatalf("call to %s: want %s, got %s, %v", number, want, got, err)
	}
}

// must is for what a phone does.
func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestTheWholeFlow(t *testing.T) {
	w := open(t, "pool: {numbers: 2}")
	p := newPhone(t, w.sim.SIPAddr())
	dni := w.reserve(`{"shared_id":"s-1","nonce":"n-1","want_handoff_to":"billing","want_handoff_reason":"refund","big":12345678901234567890}`)
	w.ring(p, dni, "200")
	w.must(p.takeBye())
	w.wantLadder(p.id, "reserve-accepted invite bound answered start(agent) released(hangup) freed(release) handoff-written bye-sent(agent) end-hook")

	for name, value := range map[string]string{"id": p.id, "shared_id": "s-1"} {
		got := w.handoff(name, value)
		if _, err := time.Parse(time.RFC3339Nano, fmt.Sprint(got["echo_arrived_at"])); err != nil {
			t.Errorf("echo_arrived_at: %v", err)
		}
		delete(got, "echo_arrived_at")
		if attributes := fmt.Sprint(got["echo_attributes"]); !strings.Contains(attributes, "big:12345678901234567890") {
			t.Errorf("attributes: want them all as they were, got %s", attributes)
		}
		delete(got, "echo_attributes")
		want := map[string]any{"handoff_to": "billing", "handoff_reason": "refund", "echo_nonce": "n-1", "echo_dnis": dni,
			"echo_ani": "+442079460500", "echo_project": "PROJECT-00000001"}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("data: want %v, got %v", want, got)
		}
	}
	if status, reply, err := w.tryHandoff(0, "id", "nobody"); err != nil || status != 404 {
		t.Errorf("unknown call: want 404, got %d %v, %v", status, reply, err)
	}
	events := w.sim.Journal().Events()
	if first := events[0]; first.Kind != journal.Started || first.Detail != "http "+w.sim.HTTPAddr()+", sip "+w.sim.SIPAddr() {
		t.Errorf("first: want started with both addresses, got %+v", first)
	}
	for i, e := range events {
		if e.Seq != uint64(i+1) || i > 0 && e.At.Before(events[i-1].At) {
			t.Errorf("want the order of time, got %+v after %+v", e, events[i-1])
		}
		if e.Lease != 0 && (e.Lease != 1 || e.Number != dni || e.Project != "acme") {
			t.Errorf("want lease 1, %s, acme, got %+v", dni, e)
		}
	}
	last := events[len(events)-3:]
	for i, want := range []journal.Kind{journal.HandoffRead, journal.HandoffRead, journal.HandoffMissed} {
		if last[i].Kind != want || want == journal.HandoffRead && (last[i].SharedID != "s-1" || last[i].Call != p.id) {
			t.Errorf("read: want %s, got %+v", want, last[i])
		}
	}
	if got := w.stats(); got.Free != 2 || got.Reserved != 1 || got.Bound != 1 || got.Released != 1 || w.sim.Calls() != 0 {
		t.Errorf("pool: want all free again, got %+v with %d calls up", got, w.sim.Calls())
	}
}

func TestCallWithoutAReservation(t *testing.T) {
	w := open(t, "pool: {numbers: 1}")
	p := newPhone(t, w.sim.SIPAddr())
	w.ring(p, "+442079460000", "200")
	w.must(p.takeBye())
	w.wantLadder(p.id, "invite unbound(not reserved) answered start(agent) handoff-written bye-sent(agent) end-hook")
	if got := w.handoff("id", p.id); got["handoff_to"] != "DEFAULT_QUEUE" || got["echo_attributes"] != nil {
		t.Errorf("data: want DEFAULT_QUEUE and no attributes, got %v", got)
	}
}

func TestKeysAndPaths(t *testing.T) {
	w := open(t, "projects: [{name: one}, {name: two}]")
	one, two := w.project(0), w.project(1)
	handoff := func(account, project string) string {
		return "/v1/" + account + "/" + project + "/handoff_state?id=x"
	}
	const rejected = "request-rejected"
	tests := []struct {
		name, method, path, key string
		want                    int
		journal                 string
	}{
		{"no key", "POST", reservePath, "", 401, rejected},
		{"unknown key", "POST", reservePath, "nope", 401, rejected},
		{"handoff key to reserve", "POST", reservePath, one.HandoffKey, 401, rejected},
		{"right key", "POST", reservePath, one.DNIKey, 200, "reserve-accepted"},

		{"by slugs", "GET", handoff(one.Account.Slug, one.Project.Slug), one.HandoffKey, 404, "handoff-missed"},
		{"by identifiers", "GET", handoff(one.Account.ID, one.Project.ID), one.HandoffKey, 404, "handoff-missed"},
		{"mixed", "GET", handoff(one.Account.ID, one.Project.Slug), one.HandoffKey, 404, "handoff-missed"},
		{"reserve key to read", "GET", handoff(one.Account.Slug, one.Project.Slug), one.DNIKey, 401, rejected},
		{"other project's key", "GET", handoff(one.Account.Slug, one.Project.Slug), two.HandoffKey, 403, rejected},
		{"other project", "GET", handoff(one.Account.Slug, two.Project.Slug), one.HandoffKey, 403, rejected},
		{"unknown project", "GET", handoff("x", "y"), one.HandoffKey, 403, rejected},
		{"other path", "GET", "/v1/nothing/here", one.HandoffKey, 404, rejected},
		{"other method", "DELETE", reservePath, one.DNIKey, 405, rejected},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := len(w.sim.Journal().Events())
			status, reply, err := w.do(tt.method, tt.path, tt.key, `{"attributes":{}}`)
			if err != nil || status != tt.want {
				t.Fatalf("want %d, got %d %v, %v", tt.want, status, reply, err)
			}
			w.until(tt.journal, func() bool { return len(w.sim.Journal().Events()) > before })
			events := w.sim.Journal().Events()[before:]
			if len(events) != 1 || string(events[0].Kind) != tt.journal {
				t.Errorf("journal: want %s alone, got %+v", tt.journal, events)
			}
			if e := events[0]; tt.journal == rejected && (e.Cause == "" || !strings.HasPrefix(e.Detail, fmt.Sprint(tt.want))) {
				t.Errorf("journal: want a cause and the status, got %+v", e)
			}
		})
	}
	if got := w.stats(); got.Reserved != 1 {
		t.Errorf("pool: want only the good request to reserve, got %+v", got)
	}
}

func TestProjectsAreIsolated(t *testing.T) {
	w := open(t, "pool: {numbers: 1}\nprojects: [{name: one}, {name: two}]")
	p := newPhone(t, w.sim.SIPAddr())
	numbers := make(map[string]bool)
	for n := range 2 {
		status, dni, err := w.tryReserve(n, fmt.Sprintf(`{"shared_id":"same","nonce":"of-%d"}`, n))
		if err != nil || status != 200 {
			t.Fatalf("reserve: got %d, %v; want the other project's empty pool not to matter", status, err)
		}
		if status, _, err := w.tryReserve(n, `{}`); err != nil || status != 404 {
			t.Errorf("second reserve: want 404, got %d, %v", status, err)
		}
		numbers[dni] = true
	}
	ids := make([]string, 0, 2)
	for _, dni := range slices.Sorted(maps.Keys(numbers)) {
		w.ring(p, dni, "200")
		w.must(p.takeBye())
		ids = append(ids, p.id)
	}
	for n := range 2 {
		status, reply, err := w.tryHandoff(n, "shared_id", "same")
		if err != nil || status != 200 {
			t.Fatalf("handoff: got %d %v, %v", status, reply, err)
		}
		data := reply["data"].(map[string]any)
		if data["echo_nonce"] != fmt.Sprintf("of-%d", n) || data["echo_project"] != w.project(n).Project.ID {
			t.Errorf("project %d: want its own call, got %v", n, data)
		}
		if status, reply, err := w.tryHandoff(n, "id", ids[1-n]); err != nil || status != 404 {
			t.Errorf("project %d: want the other's call unknown, got %d %v, %v", n, status, reply, err)
		}
	}
}

func TestStartFails(t *testing.T) {
	w := open(t, `
projects:
  - {name: crashes, pool: {numbers: 1}, agent: {start: [{crash: "KeyError: 'ani'"}]}}
  - {name: hangs-up, pool: {numbers: 1}, conversation: {start_failure: hangup}, agent: {start: [{crash: boom}]}}
`)
	p := newPhone(t, w.sim.SIPAddr())
	w.ring(p, "+442079460000", "200")
	w.until("start-failed", func() bool { return w.count(journal.StartFailed) == 1 })
	w.must(p.takeBye())
	w.ring(p, "+442079460001", "200")
	w.must(p.takeBye())
	w.wantLadder(p.id, "invite unbound(not reserved) answered start-failed(start-failed) handoff-written bye-sent(start-failed) end-hook")
}

// The journal is bounded in bytes too, whatever a client sends.
func TestJournalKeepsLongTextShort(t *testing.T) {
	w := open(t, "pool: {numbers: 1}")
	p := newPhone(t, w.sim.SIPAddr())
	w.ring(p, w.reserve(`{"text":"`+strings.Repeat("é", 10_000)+`"}`), "200")
	w.must(p.takeBye())
	if status, _, err := w.do("GET", "/"+strings.Repeat("x", 10_000), "k", ""); err != nil || status != 404 {
		t.Fatalf("got %d, %v", status, err)
	}
	w.until("handoff-written", func() bool { return w.count(journal.HandoffWritten)+w.count(journal.RequestRejected) == 2 })
	for _, e := range w.sim.Journal().Events() {
		if len(e.Detail) > 1100 || !utf8.ValidString(e.Detail) {
			t.Errorf("%s: want at most 1 KiB of text, got %d bytes", e.Kind, len(e.Detail))
		}
		if (e.Kind == journal.HandoffWritten || e.Kind == journal.RequestRejected) && !strings.HasSuffix(e.Detail, " bytes)") {
			t.Errorf("%s: want it cut, got %d bytes", e.Kind, len(e.Detail))
		}
	}
	if text := fmt.Sprint(w.handoff("id", p.id)["echo_attributes"]); strings.Count(text, "é") != 10_000 {
		t.Errorf("handoff: want all of it, got %d bytes", len(text))
	}
}

func TestPoolOfNobody(t *testing.T) {
	w := open(t, "")
	if st, ok := w.sim.Pool("nobody"); ok {
		t.Errorf("want no pool, got %+v", st)
	}
	if err := w.sim.Resize("nobody", nil); err == nil || err.Error() != `project: want one of the platform's, got "nobody"` {
		t.Errorf("resize: got %v", err)
	}
}

func TestLimitsReachTheEdge(t *testing.T) {
	w := open(t, "http: {max_body: 100}")
	status, _, err := w.do("POST", reservePath, w.project(0).DNIKey, `{"attributes":{"x":"`+strings.Repeat("x", 200)+`"}}`)
	if err != nil || status != http.StatusRequestEntityTooLarge {
		t.Errorf("want 413, got %d, %v", status, err)
	}
	if got := w.stats(); got.Reserved != 0 {
		t.Errorf("pool: got %+v", got)
	}
}
