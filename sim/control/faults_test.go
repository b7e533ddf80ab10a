package control_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/control/client"
)

// faulty is the platform whose faults are tried: two projects, and calls over every transport.
const faulty = "sip: {tls_listen: \"127.0.0.1:0\"}\nprojects: [{name: one, dni_key: key-one, handoff_key: h-one, pool: {numbers: 5}}, {name: two, dni_key: key-two, pool: {numbers: 5}}]\n"

func (w *world) reserveAs(t *testing.T, key string) (int, string) {
	t.Helper()
	return w.request(t, "POST", reservePath, key, `{"attributes":{"shared_id":"f"}}`)
}

// served reserves, calls from outside, and waits until what the call leaves is there.
func (w *world) served(t *testing.T) {
	t.Helper()
	_, body := w.reserveAs(t, "key-one")
	w.dial(t, member(t, body, "dni"))
	w.written(t)
}

func (w *world) written(t *testing.T) {
	t.Helper()
	if _, err := w.Next(t.Context(), client.JournalQuery{Kinds: []string{"handoff-written"}, SharedID: "f", After: 1, Wait: 5 * time.Second}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) wantHandoffs(t *testing.T, want ...string) {
	t.Helper()
	for i, part := range want {
		status, body := w.request(t, "GET", "/v1/acme-uk/acme-support/handoff_state?shared_id=f", "h-one", "")
		if got := fmt.Sprint(status, " ", body); !strings.Contains(got, part) {
			t.Errorf("question %d: want %s, got %s", i+1, part, got)
		}
	}
}

func (w *world) wantStatus(t *testing.T, number string, status int) {
	t.Helper()
	if c := w.dial(t, number); c.Status() != status {
		t.Errorf("%s: want %d, got %d", number, status, c.Status())
	}
}

// wantInviteLost sends an INVITE and a question, of which the question alone is answered. It closes the connection.
func wantInviteLost(t *testing.T, c net.Conn, transport string) {
	t.Helper()
	defer c.Close()
	for _, method := range []string{"INVITE", "OPTIONS"} {
		if _, err := fmt.Fprintf(c, "%[1]s sip:+442079460000@%[2]s SIP/2.0\r\nVia: SIP/2.0/%[4]s %[3]s;branch=z9hG4bK%[1]s\r\nMax-Forwards: 70\r\n"+
			"From: <sip:a@b>;tag=1\r\nTo: <sip:+442079460000@%[2]s>\r\nCall-ID: %[1]s\r\nCSeq: 1 %[1]s\r\nContact: <sip:a@%[3]s>\r\nContent-Length: 0\r\n\r\n",
			method, c.RemoteAddr(), c.LocalAddr(), transport); err != nil {
			t.Fatal(err)
		}
	}
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	answer := make([]byte, 4096)
	if n, err := c.Read(answer); err != nil || !strings.HasPrefix(string(answer[:n]), "SIP/2.0 200 ") || !strings.Contains(string(answer[:n]), "CSeq: 1 OPTIONS") {
		t.Errorf("want what came after it answered alone, got %q (%v)", answer[:n], err)
	}
}

// wantArrivedTwice holds what is known of a call against one of two INVITEs.
func (w *world) wantArrivedTwice(t *testing.T, callID string) {
	t.Helper()
	if _, err := w.Next(t.Context(), client.JournalQuery{Kinds: []string{"bye-sent"}, CallID: callID, After: 1, Wait: 5 * time.Second}); err != nil {
		t.Fatal(err) // the ACK has come by then, and the second INVITE before it
	}
	j, err := w.Client.Journal(t.Context(), client.JournalQuery{Kinds: []string{"invite"}, CallID: callID})
	if err != nil || len(j.Events) != 1 {
		t.Errorf("want one call of two INVITEs, got %+v (%v)", j.Events, err)
	}
	arrived := 0
	m, err := w.Messages(t.Context(), callID)
	for _, m := range m.Messages {
		if !m.Sent && strings.HasPrefix(m.StartLine, "INVITE ") {
			arrived++
		}
	}
	if arrived != 2 {
		t.Errorf("want two INVITEs to have arrived, got %d (%v)", arrived, err)
	}
}

// trusted is TLS by the certificate that the simulator has made itself.
func (w *world) trusted(t *testing.T) *tls.Config {
	t.Helper()
	pem, err := w.Authority(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return &tls.Config{RootCAs: roots}
}

func (w *world) dialTLS(t *testing.T) net.Conn {
	t.Helper()
	c, err := tls.Dial("tcp", w.sim.SIPSAddr(), w.trusted(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// faultCases are one of each kind. Whoever calls does so from outside, by SIP. The hit that is looked for in the journal has the
// fault's own words.
var faultCases = []struct {
	name, faults string
	hits         int // in all
	words        string
	play         func(t *testing.T, w *world)
}{
	{"a project's reservations", "http: {endpoint: reserve, project: one, times: 1, reply: {status: 503, preset: error-envelope}}", 1, "reply: error-envelope 503", func(t *testing.T, w *world) {
		if status, _ := w.reserveAs(t, "key-two"); status != 200 {
			t.Errorf("the other project: want 200, got %d", status)
		}
		if status, body := w.reserveAs(t, "key-one"); status != 503 || !strings.Contains(body, `"error_code":"SERVICE_UNAVAILABLE"`) {
			t.Errorf("want the envelope's 503, got %d %s", status, body)
		}
		if status, _ := w.reserveAs(t, "key-one"); status != 200 {
			t.Errorf("afterwards: want 200, got %d", status)
		}
	}},
	{"a key", "http: [{key: key-two, times: 1, reply: {status: 429}}]", 1, "reply: 429", func(t *testing.T, w *world) {
		if status, _ := w.reserveAs(t, "key-one"); status != 200 {
			t.Errorf("the other key: want 200, got %d", status)
		}
		if status, _ := w.reserveAs(t, "key-two"); status != 429 {
			t.Errorf("want 429, got %d", status)
		}
	}},
	{"busy", "calls: {project: one, refuse: 486, times: 1}", 1, "refuse: 486", func(t *testing.T, w *world) {
		w.wantStatus(t, "+442079460000", 486)
		w.wantStatus(t, "+442079460001", 200)
	}},
	{"no answer", "calls: {no_answer: true}", 1, "no_answer", func(t *testing.T, w *world) {
		placed, err := w.Place(t.Context(), client.Dial{To: "+442079460000", CancelAfter: client.In(50 * time.Millisecond)})
		if err != nil || placed.Status != 487 {
			t.Errorf("want it given up, got %+v (%v)", placed, err)
		}
	}},
	{"late answer and late BYE", "calls: {late_answer: 30ms, late_bye: 30ms}", 1, "late_answer: 30ms, late_bye: 30ms", func(t *testing.T, w *world) {
		began := time.Now()
		if c := w.dial(t, "+442079460000"); c.EndedBy() != pstn.ByPlatform || time.Since(began) < 60*time.Millisecond {
			t.Errorf("want it late, got it ended by the %s after %v", c.EndedBy(), time.Since(began))
		}
	}},
	{"no BYE", "calls: {no_bye: true}", 1, "no_bye", func(t *testing.T, w *world) {
		placed, err := w.Place(t.Context(), client.Dial{To: "+442079460000"})
		if err != nil || !placed.Answered {
			t.Fatalf("want it answered, got %+v (%v)", placed, err)
		}
		if up, _ := w.Call(t.Context(), placed.ID, 50*time.Millisecond); up.EndedBy != "" {
			t.Errorf("want it up, got %+v", up)
		}
		if over, err := w.Hangup(t.Context(), placed.ID); err != nil || over.EndedBy != "caller" {
			t.Errorf("want it ended by its caller, got %+v (%v)", over, err)
		}
	}},
	{"a lost INVITE", "calls: {number: \"+442079460001\", lose_invites: true, times: 1}", 1, "lose_invites", func(t *testing.T, w *world) {
		w.wantStatus(t, "+442079460000", 200) // another number
		began := time.Now()
		w.wantStatus(t, "+442079460001", 200) // which comes again after half a second (RFC 3261 17.1.1.2)
		if time.Since(began) < 500*time.Millisecond {
			t.Errorf("want it after the second INVITE, got it in %v", time.Since(began))
		}
	}},
	{"INVITEs that are lost over TCP as well", "calls: {lose_invites: true}", 1, "lose_invites", func(t *testing.T, w *world) {
		c, err := net.Dial("tcp", w.sim.SIPAddr())
		if err != nil {
			t.Fatal(err)
		}
		wantInviteLost(t, c, "TCP")
	}},
	{"INVITEs that are lost over TLS as well", "calls: {lose_invites: true}", 1, "lose_invites", func(t *testing.T, w *world) {
		wantInviteLost(t, w.dialTLS(t), "TLS")
	}},
	{"an INVITE that is doubled over TLS", "calls: {project: one, duplicate_invites: true}", 1, "duplicate_invites", func(t *testing.T, w *world) {
		c, err := w.Place(t.Context(), client.Dial{To: "+442079460000", From: "+442079460500", Transport: "tls"})
		if err != nil || !c.Answered {
			t.Fatalf("want it answered, got %+v (%v)", c, err)
		}
		w.wantArrivedTwice(t, c.ID)
	}},
	{"a doubled INVITE", "calls: {project: one, duplicate_invites: true}", 1, "duplicate_invites", func(t *testing.T, w *world) {
		c := w.dial(t, "+442079460000")
		if c.Status() != 200 {
			t.Errorf("want it answered, got %d", c.Status())
		}
		w.wantArrivedTwice(t, c.ID())
	}},
	{"an agent that crashes", "agent: {function: start, crash: true, times: 1}", 1, "crash", func(t *testing.T, w *world) {
		w.dial(t, "+442079460002")
		if e, err := w.Next(t.Context(), client.JournalQuery{Kinds: []string{"start-failed"}, After: 1, Wait: 5 * time.Second}); err != nil || e.Number != "+442079460002" {
			t.Errorf("want start_function failed, got %+v (%v)", e, err)
		}
	}},
	{"an agent that is slow", "agent: {project: one, function: start, slow: 40ms}", 1, "slow: 40ms", func(t *testing.T, w *world) {
		began := time.Now()
		if c := w.dial(t, "+442079460000"); c.Status() != 200 || time.Since(began) < 40*time.Millisecond {
			t.Errorf("want it slow, got %d after %v", c.Status(), time.Since(began))
		}
	}},
	{"handoffs that never come, then are null", "handoffs: [{never: true, times: 1}, {null_data: true}]", 2, "null_data", func(t *testing.T, w *world) {
		w.served(t)
		w.wantHandoffs(t, "404", `"data":null`)
	}},
	{"handoffs that are late", "handoffs: {late: {min: 50s, max: 55s}}", 2, "late: 50s to 55s", func(t *testing.T, w *world) {
		if _, err := w.Freeze(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		w.served(t)
		w.wantHandoffs(t, "404")
		for _, c := range []struct {
			by   time.Duration
			want string
		}{{49 * time.Second, "404"}, {6 * time.Second, "200"}} {
			if _, err := w.Advance(t.Context(), c.by); err != nil {
				t.Fatal(err)
			}
			w.wantHandoffs(t, c.want)
		}
	}},
	{"handoffs that flap", "handoffs: {flapping: true}", 2, "flapping", func(t *testing.T, w *world) {
		w.served(t)
		w.wantHandoffs(t, "404", "200", "404", "200")
	}},
}

// TestFaultsOnTheRunningSimulator: each hits what it says, as often as it says, is counted, and is in the journal, whether it is set
// while the simulator runs or stands in its configuration.
func TestFaultsOnTheRunningSimulator(t *testing.T) {
	for _, c := range faultCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			t.Run("set", func(t *testing.T) {
				t.Parallel()
				w := start(t, faulty)
				if _, err := w.SetFaults(t.Context(), []byte(c.faults)); err != nil {
					t.Fatal(err)
				}
				c.play(t, w)
				w.wantHits(t, c.hits, c.words)
				if f, err := w.ResetFaults(t.Context()); err != nil || string(f.Faults) != "null" {
					t.Errorf("reset: want no faults, got %+v (%v)", f, err)
				}
			})
			t.Run("configured", func(t *testing.T) {
				t.Parallel()
				w := start(t, faulty+"faults: {"+c.faults+"}")
				c.play(t, w)
				w.wantHits(t, c.hits, c.words)
			})
		})
	}
}

func (w *world) wantHits(t *testing.T, hits int, words string) {
	t.Helper()
	f, err := w.Faults(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := 0
	for _, part := range [][]int{f.Hits.HTTP, f.Hits.Calls, f.Hits.Agent, f.Hits.Handoffs} {
		for _, n := range part {
			got += n
		}
	}
	j, err := w.Client.Journal(t.Context(), client.JournalQuery{Kinds: []string{"fault-hit"}})
	if err != nil || got != hits || len(j.Events) != hits || j.Events[len(j.Events)-1].Cause != words {
		t.Errorf("want %d hits, the last %q, got %d and %+v (%v)", hits, words, got, j.Events, err)
	}
}

func TestFaultsThatAreRefused(t *testing.T) {
	w := start(t, "profile: published")
	ctx := t.Context()
	for _, bad := range []string{"htp: {}", "http: {}", "calls: {refuse: 200}", "calls: {project: one}", "agent: {function: begin, crash: true}", "handoffs: {never: true, times: -1}", "carrier: {outages: true}",
		"calls: {lose_invites: true, refuse: 486}", "calls: {lose_invites: true, duplicate_invites: true}"} {
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

// TestFaultsOverTLS: HTTPS is the same edge.
func TestFaultsOverTLS(t *testing.T) {
	w := start(t, "http: {tls_listen: \"127.0.0.1:0\"}\nfaults: {http: [{endpoint: handoff, reply: {status: 500}, times: 1}, {endpoint: handoff, drop_reply: eof}]}")
	https := &http.Client{Transport: &http.Transport{TLSClientConfig: w.trusted(t), ForceAttemptHTTP2: true}}
	defer https.CloseIdleConnections()
	ask := func() (*http.Response, error) {
		r, err := http.NewRequestWithContext(t.Context(), "GET", "https://"+w.sim.HTTPSAddr()+"/v1/acme-uk/acme-support/handoff_state?id=x", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Api-Key", w.sim.Config().Projects[0].HandoffKey)
		res, err := https.Do(r)
		if err == nil {
			_ = res.Body.Close()
		}
		return res, err
	}
	if res, err := ask(); err != nil || res.StatusCode != 500 {
		t.Errorf("want 500, got %+v (%v)", res, err)
	}
	if res, err := ask(); err == nil {
		t.Errorf("want the reply lost, got %+v", res)
	}
}
