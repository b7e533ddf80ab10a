package page_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/control/client"
)

const (
	wide, high   = 1400, 900
	narrow, tall = 390, 844
)

// frozen has the platform's time stand still, so that a call stays up until it is moved.
const frozen = "clock: {frozen: true, start: 2026-03-02T09:00:00Z}\nagent: {echo: {talk: 2s}}\n"

// TestACallWalksThroughThePage from the reservation to its BYE, by the buttons of the page.
func TestACallWalksThroughThePage(t *testing.T) {
	t.Parallel()
	w := start(t, frozen+"pool: {numbers: 6, cool_down: 30s}")
	b := w.open(t, wide, high)
	b.wait(`document.querySelectorAll('.cell').length === 6`)
	b.click("#reserve button.main")
	b.see("#reserve output", "+442079460000 is reserved")
	b.wait(`document.querySelector('[data-number="+442079460000"]').dataset.state === 'pending'`)
	b.see(`[data-number="+442079460000"]`, "2:00")
	b.see(`[data-number="+442079460000"]`, "try-1")
	b.click("#call button.main")
	b.wait(`document.querySelector('[data-number="+442079460000"]').dataset.state === 'in-call'`)
	b.see(`.conversation-row[data-state="up"]`, "+442079460500 → +442079460000")
	b.picture("in-call")
	b.click(`[data-advance="10s"]`)
	b.wait(`document.querySelector('[data-number="+442079460000"]').dataset.state === 'cooling'`)
	b.see(`.conversation-row[data-state="over"]`, "billing")
	b.see("#call output", "was ended by the platform")
	b.click(`[data-advance="1m"]`)
	b.wait(`document.querySelector('[data-number="+442079460000"]').dataset.state === 'free'`)

	b.click(`[data-conversation]`)
	b.see(".verdict", "The agent was given the attributes of lease 1.")
	b.wait(`document.querySelector('.step[data-sip="200 OK"][data-sent="false"]')`) // the caller's answer to the BYE
	ladder := eval[[]string](b, `[...document.querySelectorAll('.ladder .step')].map((step) => step.dataset.sip ?? step.dataset.http ?? step.dataset.note)`)
	if got := strings.Join(ladder, " "); !strings.HasPrefix(got, "reserve INVITE") || !strings.HasSuffix(got, "BYE 200 OK") || !strings.Contains(got, "200 OK ACK agent") {
		t.Errorf("ladder: want reservation, INVITE, 200, ACK, agent, BYE, 200, got %s", got)
	}
	b.click(`.step[data-sip="BYE"] summary`)
	b.see(`.step[data-sip="BYE"] pre`, "BYE sip:")
	b.click(`.step[data-http="reserve"] summary`)
	b.see(`.step[data-http="reserve"] pre`, `"want_handoff_to": "billing"`)
	b.picture("ladder")
}

// TestAFaultIsSwitchedOnAndHits, and is counted while others come and go.
func TestAFaultIsSwitchedOnAndHits(t *testing.T) {
	t.Parallel()
	w := start(t, "pool: {numbers: 3}")
	b := w.open(t, wide, high)
	const busy, slow = `.switch[data-fault='calls {"refuse":486}']`, `.switch[data-fault^='http {"endpoint":"reserve","latency"']`
	b.click(`nav [data-view="faults"]`)
	b.click(busy)
	b.see(busy+`[aria-checked="true"]`, "0 hits")
	if placed, err := w.Place(t.Context(), client.Dial{To: "+442079460000"}); err != nil || placed.Status != 486 {
		t.Fatalf("call: want it busy, got %+v (%v)", placed, err)
	}
	b.see(busy, "1 hit")
	b.click(slow)
	b.see(slow+`[aria-checked="true"]`, "0 hits")
	b.see(busy, "1 hit")
	b.see("#count-faults", "2")
	b.picture("faults")
	b.click(busy)
	b.click(slow)
	b.wait(`!document.querySelector('.switch[aria-checked="true"]')`)
	const twice, lost = `.switch[data-fault='calls {"duplicate_invites":true}']`, `.switch[data-fault='calls {"lose_invites":true}']`
	b.click(twice)
	b.see(twice+`[aria-checked="true"]`, "0 hits")
	w.invite(t, "first")
	b.see(twice, "1 hit")
	b.click(twice)
	b.click(lost)
	b.see(lost+`[aria-checked="true"]`, "0 hits")
	w.invite(t, "second")
	b.see(lost, "1 hit")
	b.click(lost)
	b.wait(`!document.querySelector('.switch[aria-checked="true"]')`)
	if calls, err := w.Client.Journal(t.Context(), client.JournalQuery{Kinds: []string{"call-rejected"}}); err != nil || len(calls.Events) != 2 || calls.Events[1].CallID != "first" {
		t.Errorf("INVITEs: want the busy call, one of the INVITE that came twice, and none of the one that was lost, got %+v (%v)", calls, err)
	}
	if f, err := w.Faults(t.Context()); err != nil || string(f.Faults) != "null" {
		t.Errorf("want no faults left, got %+v (%v)", f, err)
	}
	b.fill(`#fault-text textarea`, "htp: {}")
	b.click(`#fault-text button`)
	b.see("#notice", `unknown key "htp" (did you mean "http"?)`)
	if _, err := w.Begin(t.Context(), client.SessionRequest{Holder: "alice <b>"}); err != nil {
		t.Fatal(err)
	}
	b.click(busy)
	b.see("#notice", `session: "alice <b>" holds the simulator`)
}

// invite sends one INVITE to a number of no pool, as a phone does that is none of the simulator's own carrier, and does not wait for an answer.
func (w *world) invite(t *testing.T, id string) {
	t.Helper()
	c, err := net.Dial("udp", w.sim.SIPAddr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := fmt.Fprintf(c, "INVITE sip:+442079460090@%[1]s SIP/2.0\r\nVia: SIP/2.0/UDP %[2]s;branch=z9hG4bK%[3]s\r\nMax-Forwards: 70\r\n"+
		"From: <sip:+442079460500@%[2]s>;tag=1\r\nTo: <sip:+442079460090@%[1]s>\r\nCall-ID: %[3]s\r\nCSeq: 1 INVITE\r\nContact: <sip:a@%[2]s>\r\nContent-Length: 0\r\n\r\n",
		w.sim.SIPAddr(), c.LocalAddr(), id); err != nil {
		t.Fatal(err)
	}
}

// TestThreeIncidents: who sees the page for the first time learns what happened in two clicks at most.
func TestThreeIncidents(t *testing.T) {
	t.Parallel()
	w := start(t, frozen+"pool: {numbers: 4, window: 2m}")
	ctx := t.Context()
	reserve := func(attributes string) string {
		r, err := w.Reserve(ctx, client.ReserveRequest{Attributes: []byte(attributes)})
		if err != nil || r.DNI == "" {
			t.Fatalf("reserve: want a number, got %+v (%v)", r, err)
		}
		return r.DNI
	}
	late := reserve(`{"shared_id":"order-1"}`) // whose caller dials eight seconds after the window
	if _, err := w.Advance(ctx, 2*time.Minute+8*time.Second); err != nil {
		t.Fatal(err)
	}
	if p, err := w.Place(ctx, client.Dial{To: late, From: "+442079460500"}); err != nil || !p.Answered {
		t.Fatalf("call: want it answered, got %+v (%v)", p, err)
	}
	held := reserve(`{"shared_id":"order-2","want_handoff_to":"billing"}`)
	w.request(t, "GET", "/v1/acme-uk/support/handoff_state?shared_id=order-1", w.sim.Config().Projects[0].HandoffKey)
	if p, err := w.Place(ctx, client.Dial{To: "+442079460090"}); err != nil || p.Status != 404 {
		t.Fatalf("call: want 404, got %+v (%v)", p, err)
	}
	b := w.open(t, wide, high)
	for _, c := range []struct {
		question string
		clicks   []string
		where    string
		answer   []string
		picture  string
	}{
		{"why did this caller get no attributes?", []string{"[data-conversation]"}, ".verdict", []string{"No attributes: the number was not reserved", "Lease 1 expired 8s before"}, "no-attributes"},
		{"who holds this number, and until when?", []string{`[data-number="` + held + `"]`}, "#number", []string{"Held by lease 2 (order-2) until", "2:00 from now", `"shared_id": "order-2"`}, "number"},
		{"what was refused, and why?", []string{`nav [data-view="refused"]`}, "#refused", []string{
			"GET /v1/acme-uk/support/handoff_state?shared_id=order-1", "no such project support; did you mean acme-support", "INVITE +442079460090", "because number of no pool", "nearest: +44207946000",
		}, "refused"},
		{"what did the refused caller send?", []string{`nav [data-view="refused"]`, `.refused-row[data-refused="sip"]`}, "#messages", []string{"Refused with 404: number of no pool", "INVITE", "404 Not Found"}, "refused-call"},
		{"what did the refused client send?", []string{`nav [data-view="refused"]`, `.refused-row[data-refused="http"]`}, "#exchange", []string{"403", "X-Api-Key: ***"}, "refused-request"},
	} {
		b.home()
		for _, at := range c.clicks {
			b.click(at)
		}
		for _, answer := range c.answer {
			b.see(c.where, answer)
		}
		if b.clicks > 2 {
			t.Errorf("%s want two clicks at most, got %d", c.question, b.clicks)
		}
		b.picture(c.picture)
	}
}

// request asks the platform itself.
func (w *world) request(t *testing.T, method, path, key string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+w.sim.HTTPAddr()+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Api-Key", key)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
}

// TestThePageFollowsASimulatorThatIsChanged in place, and says when there is none.
func TestThePageFollowsASimulatorThatIsChanged(t *testing.T) {
	t.Parallel()
	w := start(t, "pool: {numbers: 3}")
	b := w.open(t, wide, high)
	b.wait(`document.querySelectorAll('.cell').length === 3`)
	if _, err := w.Configure(t.Context(), []byte("profile: gateway\npool: {numbers: 2, cool_down: 1m}\nprojects: [{name: sales}, {name: support, pool: {numbers: [\"+441614960000\"]}}]")); err != nil {
		t.Fatal(err)
	}
	b.see("#profile", "gateway")
	b.wait(`document.querySelectorAll('.cell').length === 2`)
	eval[bool](b, `(document.querySelector('#project').value = 'support', document.querySelector('#project').dispatchEvent(new Event('change')))`)
	b.see(".cell", "+441614960000")
	closed(t, w.server.Close)
	b.see(`#live[data-state="waiting"]`, "no connection")
}
