package independent

import (
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

const module = "github.com/dnispool/dnispool"

func TestImportsNothingOfThisModule(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := strings.Fields(string(out))
	for _, path := range seen {
		if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") && path != module+"/fakes/independent" {
			t.Errorf("want the standard library alone, got %s", path)
		}
	}
	if len(seen) < 50 {
		t.Errorf("want the packages it is built of, got %v", seen)
	}
}

func TestNineSteps(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		for _, release := range []string{OnArrival, OnHangup} {
			t.Run(network+", "+release, func(t *testing.T) {
				w := start(t, Options{Release: release, Projects: DefaultProjects(1, 1)})
				dni := w.reserved(`{"nonce":"n","shared_id":"s","want_handoff_to":"billing","want_handoff_reason":"r","big":12345678901234567891}`)
				if _, status := w.post(0, `{}`); status != 404 {
					t.Errorf("the only number is taken: got %d", status)
				}
				p, status := w.dial(network, strings.TrimPrefix(dni, "+"))
				if status != 200 {
					t.Fatalf("call: got %d", status)
				}
				p.hungUp()
				h, status := w.get(0, 0, "shared_id", "s")
				if status != 200 || !regexp.MustCompile(`^CA[0-9a-f]{32}$`).MatchString(h.ID) || h.SharedID != "s" || h.Data.To != "billing" || h.Data.Nonce != "n" ||
					h.Data.DNIS != dni || h.Data.Project != "project-1" || !strings.Contains(string(h.Data.Attributes), "12345678901234567891") {
					t.Errorf("got %d %+v", status, h)
				}
				if byID, status := w.get(0, 0, "id", h.ID); status != 200 || byID.SharedID != "s" {
					t.Errorf("by id: got %d %+v", status, byID)
				}
				if again := w.reserved(`{"shared_id":"s2"}`); again != dni {
					t.Errorf("want %s again, got %s", dni, again)
				}
			})
		}
	}
}

// TestReleasePolicy: whether a number is free while its call is up.
func TestReleasePolicy(t *testing.T) {
	for release, want := range map[string]int{OnArrival: 200, OnHangup: 404} {
		w := start(t, Options{Release: release, Projects: DefaultProjects(1, 1)})
		p, _ := w.dial("udp", w.reserved(`{"want_talk":60}`))
		if _, status := w.post(0, `{}`); status != want {
			t.Errorf("%s: want %d during the call, got %d", release, want, status)
		}
		p.send("BYE", "")
		if status := p.final(); status != 200 {
			t.Errorf("%s: BYE: got %d", release, status)
		}
		if _, status := w.post(0, `{}`); status != map[string]int{OnArrival: 404, OnHangup: 200}[release] {
			t.Errorf("%s: after the call: got %d", release, status)
		}
	}
}

func TestUnboundCallLearnsNothing(t *testing.T) {
	w := start(t, Options{IDs: UUID, TellID: true})
	first := w.reserved(`{"nonce":"n","shared_id":"s"}`)
	if status := w.called(first); status != 200 {
		t.Fatal(status)
	}
	p := w.phone("udp", first)
	p.send("INVITE", "")
	var id string
	for {
		m := p.receive()
		id = m.get("x-conversation-id")
		if m.status == 200 {
			p.to = ";tag=" + parameter(m.get("to"), "tag")
			break
		}
	}
	p.send("ACK", "")
	p.hungUp()
	h, status := w.get(0, 0, "id", id)
	if status != 200 || h.SharedID != "" || h.Data.To != "DEFAULT_QUEUE" || h.Data.Nonce != "" || string(h.Data.Attributes) != "null" {
		t.Errorf("got %d %+v", status, h)
	}
}

func TestWindowCoolDownAndVisible(t *testing.T) {
	w := start(t, Options{Projects: DefaultProjects(1, 1), Window: 60 * time.Millisecond, CoolDown: 20 * time.Millisecond, Visible: 30 * time.Millisecond})
	began := time.Now()
	w.reserved(`{"nonce":"nobody calls"}`)
	var dni string
	w.eventually(func() (ok bool) { dni, _ = w.post(0, `{"nonce":"n","shared_id":"s"}`); return dni != "" })
	if d := time.Since(began); d < 80*time.Millisecond {
		t.Errorf("want the number 80 ms after its reservation at the earliest, got %s", d)
	}
	over := time.Now()
	if status := w.called(dni); status != 200 {
		t.Fatal(status)
	}
	w.eventually(func() bool { _, status := w.get(0, 0, "shared_id", "s"); return status == 200 })
	if d := time.Since(over); d < 30*time.Millisecond {
		t.Errorf("want the state 30 ms after the call at the earliest, got %s", d)
	}
	if nonce := w.state("s").Data.Nonce; nonce != "n" {
		t.Errorf("got %q", nonce)
	}
}

func TestOthersUseThePool(t *testing.T) {
	w := start(t, Options{Projects: DefaultProjects(1, 1), Others: time.Millisecond, OthersHold: time.Hour, Release: OnHangup})
	w.eventually(func() bool { _, status := w.post(0, `{}`); return status == 404 })
}

func TestAnswersOfTheEndpoints(t *testing.T) {
	w := start(t, Options{Projects: DefaultProjects(2, 2), IDs: NullID})
	p, q := w.options.Projects[0], w.options.Projects[1]
	reserve, handoff := "POST /v1/conversations/dni-reservation", "GET /v1/independent/project-1/handoff_state"
	for _, tc := range []struct {
		request, key, body string
		status             int
		says               string
	}{
		{reserve, p.DNIKey, `{"attributes":{}}`, 200, `{"dni":"+120255500`},
		{reserve, p.DNIKey, `{"attributes":{},"more":1}`, 200, "dni"},
		{reserve, "", `{"attributes":{}}`, 401, `"success":false`},
		{reserve, p.HandoffKey, `{"attributes":{}}`, 401, "invalid api key"},
		{reserve, p.DNIKey, ``, 400, "body: want a JSON object"},
		{reserve, p.DNIKey, `null`, 400, "body: want a JSON object"},
		{reserve, p.DNIKey, `{}`, 400, "attributes: want an object"},
		{reserve, p.DNIKey, `{"attributes":null}`, 400, "attributes: want an object"},
		{reserve, p.DNIKey, `{"attributes":[]}`, 400, "attributes: want an object"},
		{reserve, p.DNIKey, `{"attributes":{"a":"` + strings.Repeat("x", maxBody) + `"}}`, 400, "1 MiB"},
		{reserve, p.DNIKey, `{"attributes":{}}`, 404, noRoute},
		{reserve, q.DNIKey, `{"attributes":{}}`, 200, `+120255501`},
		{handoff, p.HandoffKey, "", 400, `{"error_message":"id or shared_id is required"}`},
		{handoff + "?id=x", p.HandoffKey, "", 404, "error_message"},
		{handoff + "?id=x", p.DNIKey, "", 401, "error_message"},
		{handoff + "?id=x", q.HandoffKey, "", 403, "not authorized"},
		{strings.Replace(handoff, "/v1/", "/v2/", 1), q.HandoffKey, "", 404, ""},
		{"GET /v1/conversations/dni-reservation", p.DNIKey, "", 405, ""},
	} {
		method, path, _ := strings.Cut(tc.request, " ")
		r, _ := http.NewRequest(method, w.URL()+path, strings.NewReader(tc.body))
		r.Header.Set("x-api-key", tc.key)
		r.Header.Set("X-PolyAI-Correlation-Id", "c")
		res, err := w.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != tc.status || !strings.Contains(string(body), tc.says) || res.Header.Get("X-PolyAI-Correlation-Id") != "c" {
			t.Errorf("%s %.40s: want %d with %q, got %d %s", tc.request, tc.body, tc.status, tc.says, res.StatusCode, body)
		}
	}
}

func TestStartRefuses(t *testing.T) {
	for want, o := range map[string]Options{
		"release: want arrival or hangup": {Release: "pickup"},
		"ids: want sid, uuid or null":     {IDs: "x"},
		"times: want 0 or more":           {Ring: -1},
		"defects: want of F01, ":          {Defects: []string{"F99"}},
		"independent: listen tcp":         {HTTP: "127.0.0.1:99999"},
		"independent: listen udp":         {SIP: "203.0.113.1:5060"},
	} {
		if _, err := Start(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: want %q, got %v", o, want, err)
		}
	}
}

// TestCloseLeavesNothing: with a call up, a connection open and reservations waiting.
func TestCloseLeavesNothing(t *testing.T) {
	p, err := Start(Options{Window: time.Hour, Others: 10 * time.Millisecond, Projects: DefaultProjects(1, 50)})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, Platform: p, client: &http.Client{Transport: &http.Transport{}}}
	w.reserved(`{}`)
	w.phone("tcp", "x").send("OPTIONS", "")
	caller, status := w.dial("udp", w.reserved(`{"want_talk":3000}`))
	if status != 200 {
		t.Fatal(status)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	for caller.receive().method != "BYE" {
	}
	w.client.CloseIdleConnections()
	stacks := make([]byte, 1<<20)
	left := string(stacks[:runtime.Stack(stacks, true)])
	for _, what := range []string{"independent.(*edge)", "independent.(*loop)", "independent.(*call)", "independent.(*server)"} {
		if strings.Contains(left, what) {
			t.Errorf("want no goroutine left, got one of %s in\n%s", what, left)
		}
	}
}
