package sim_test

import (
	"strings"
	"testing"

	"github.com/dnispool/dnispool/sim/journal"
)

// hold brings a call up and leaves it there.
func (w *world) hold(number string) *phone {
	w.t.Helper()
	p := newPhone(w.t, w.sim.SIPAddr())
	w.ring(p, number, "200")
	return p
}

func TestBusyNumber(t *testing.T) {
	w := open(t, "pool: {numbers: 2}\nsip: {max_calls_per_number: 1}"+stays)
	first, second := w.reserve(`{}`), w.reserve(`{}`)
	up := w.hold(first)
	p := newPhone(t, w.sim.SIPAddr())
	w.ring(p, first, "486")
	w.wantLadder(p.id, "invite call-rejected(busy)")
	w.hold(second) // the other number has a channel of its own
	if got := w.stats(); got.Calls != 2 || got.Unbound != 0 {
		t.Errorf("pool: want the busy call unseen, got %+v", got)
	}
	w.must(up.hangUp())
	w.ring(p, first, "200")
	for _, e := range w.sim.Journal().Events() {
		if e.Kind == journal.CallRejected && (e.Project != "acme" || e.Number != first || e.Detail != "486") {
			t.Errorf("journal: want project, number and status, got %+v", e)
		}
	}
}

func TestTooManyCalls(t *testing.T) {
	w := open(t, "pool: {numbers: 3}\nsip: {max_calls: 2}"+stays)
	for range 2 {
		w.hold(w.reserve(`{}`))
	}
	third := w.reserve(`{}`)
	p := newPhone(t, w.sim.SIPAddr())
	w.must(p.invite(third, offer))
	refusal, err := p.await("SIP/2.0 503")
	w.must(err)
	if !strings.Contains(refusal, "\r\nRetry-After: ") {
		t.Errorf("want Retry-After, got %s", refusal)
	}
	if got, want := w.ladder(p.id), "invite call-rejected(too many calls)"; got != want { // before the caller is told
		t.Errorf("journal: want %s, got %s", want, got)
	}
	p.refused = true
	w.must(p.ack())
	for _, e := range w.sim.Journal().Events() {
		if e.Kind == journal.CallRejected && (e.Project != "acme" || e.Number != third || e.Detail != "503") {
			t.Errorf("journal: want project, number and status, got %+v", e)
		}
	}
	if got := w.stats(); got.Pending != 1 || got.InCall != 2 || w.sim.Calls() != 2 {
		t.Errorf("pool: want the third reservation untouched, got %+v", got)
	}
}

func TestUnknownNumber(t *testing.T) {
	w := open(t, "pool: {numbers: 1}\nsip: {unknown_number: 604}")
	p := newPhone(t, w.sim.SIPAddr())
	w.ring(p, "+15550000000", "604")
	w.wantLadder(p.id, "invite call-rejected(number of no pool)")
	w.ring(p, "", "604")
	w.wantLadder(p.id, "invite call-rejected(number of no pool)")
}

func TestUnreservedCallIsRejected(t *testing.T) {
	w := open(t, "pool: {numbers: 1}\nsip: {unreserved_dial: reject}"+stays)
	const dni = "+442079460000"
	p := newPhone(t, w.sim.SIPAddr())
	w.ring(p, dni, "480")
	w.wantLadder(p.id, "invite unbound(not reserved) call-rejected(unreserved)")
	w.reserve(`{}`)
	up := w.hold(dni)
	w.ring(p, dni, "480") // the reservation has had its call
	w.wantLadder(p.id, "invite unbound(consumed) call-rejected(unreserved)")
	if got := w.stats(); got.InCall != 1 {
		t.Errorf("pool: want the first call to keep its number, got %+v", got)
	}
	w.must(up.hangUp())
	w.gets(dni)
	if status, _, err := w.tryHandoff(0, "id", p.id); err != nil || status != 404 {
		t.Errorf("handoff of a rejected call: want 404, got %d, %v", status, err)
	}
}

// gets expects the only number to be free, and takes it.
func (w *world) gets(want string) {
	w.t.Helper()
	if got := w.reserve(`{}`); got != want {
		w.t.Errorf("reserve: want %s, got %s", want, got)
	}
}

func TestReservationForOneCaller(t *testing.T) {
	w := open(t, "pool: {numbers: 1, match: dni+ani}")
	p := newPhone(t, w.sim.SIPAddr())
	dni := w.reserve(`{"ani":"+442079460599"}`)
	w.ring(p, dni, "200")
	w.must(p.takeBye())
	w.wantLadder(p.id, "invite unbound(ani) answered start(agent) handoff-written bye-sent(agent) end-hook")
	p.headers = "P-Asserted-Identity: <tel:+44-20-7946-0599>\r\n"
	w.ring(p, dni, "200")
	w.must(p.takeBye())
	w.wantLadder(p.id, "reserve-accepted invite bound answered start(agent) released(hangup) freed(release) handoff-written bye-sent(agent) end-hook")
}

func TestResizeKeepsWhatIsLive(t *testing.T) {
	w := open(t, "pool: {numbers: [\"+442079460000..+442079460002\"]}\nprojects: [{}, {pool: {numbers: [\"+15550000000\"]}}]"+stays)
	pending, inCall := w.reserve(`{"want_handoff_to":"x"}`), w.reserve(`{}`)
	up := w.hold(inCall)
	for _, tt := range []struct{ numbers, want string }{
		{"+15550000000", "numbers: want none of another project, got +15550000000 of globex"},
		{"15", `numbers: want E.164 like +442079460000 or a range like +442079460000..+442079460019, got "15"`},
	} {
		if err := w.sim.Resize("acme", []string{tt.numbers}); err == nil || err.Error() != tt.want {
			t.Errorf("want %s, got %v", tt.want, err)
		}
	}
	if got := w.stats(); got.Size != 3 || got.Draining != 0 {
		t.Errorf("pool: want an error to change nothing, got %+v", got)
	}
	w.must(w.sim.Resize("acme", []string{"+442079470000..+442079470003"}))
	if got := w.stats(); got.Size != 4 || got.Draining != 2 || got.Free != 4 {
		t.Errorf("pool: want two numbers drained, got %+v", got)
	}
	if e := w.sim.Journal().Events(); e[len(e)-1].Kind != journal.Resized || e[len(e)-1].Detail != "4 numbers" {
		t.Errorf("journal: got %+v", e[len(e)-1])
	}
	p := newPhone(t, w.sim.SIPAddr())
	w.ring(p, pending, "200")
	if !strings.Contains(w.ladder(p.id), "bound") || strings.Contains(w.ladder(p.id), "unbound") {
		t.Errorf("want the reservation to be kept, got %s", w.ladder(p.id))
	}
	w.must(p.hangUp())
	w.must(up.hangUp())
	if got := w.stats(); got.Size != 4 || got.Draining != 0 {
		t.Errorf("pool: want both to have left, got %+v", got)
	}
	w.ring(p, pending, "404")
	w.must(w.sim.Resize("globex", []string{"+442079460000"})) // nobody's now
	w.ring(p, "+442079460000", "200")
	w.must(p.hangUp())
}

// What is refused before it is a call, and what is accepted against its RFC, is in the journal with the section that says so.
func TestBreachesOfTheRFC(t *testing.T) {
	w := open(t, "pool: {numbers: 1}"+stays)
	strict := open(t, "pool: {numbers: 1}\nsip: {strict: true}"+stays)
	for _, tt := range []struct {
		w             *world
		from, to      string
		answer        string
		kind          journal.Kind
		cause, detail string
	}{
		{w, "Max-Forwards: 70\r\n", "", "200", journal.Tolerated, "no Max-Forwards", "RFC 3261 8.1.1.6: INVITE from "},
		{strict, "Max-Forwards: 70\r\n", "", "400", journal.CallRejected, "no Max-Forwards (RFC 3261 8.1.1.6)", "400 INVITE from "},
		{w, "CSeq: 1 INVITE", "CSeq: 1 INVITE\r\nCSeq: 2 INVITE", "400", journal.CallRejected, "2 CSeq (RFC 3261 7.3.1)", "400 INVITE from "},
	} {
		p := newPhone(t, tt.w.sim.SIPAddr())
		p.alter = strings.NewReplacer(tt.from, tt.to)
		w.must(p.invite("+442079460000", offer))
		if code, err := p.code(); code != tt.answer {
			t.Errorf("%s: want %s, got %s, %v", tt.cause, tt.answer, code, err)
		}
		p.alter = nil
		var got []journal.Event
		for _, e := range tt.w.sim.Journal().Events() {
			if e.Kind == tt.kind && e.CallID == p.id {
				got = append(got, e)
			}
		}
		if len(got) != 1 || got[0].Cause != tt.cause || got[0].Detail != tt.detail+p.addr {
			t.Errorf("want one %s: %s, %s, got %+v", tt.kind, tt.cause, tt.detail+p.addr, got)
		}
		if p.up {
			w.must(p.hangUp())
		}
	}
}
