package sim_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/journal"
)

// rounds is how often a race is run.
const rounds = 200

// With one number and one channel a client that acts on what it has just seen finds out at once whether it is true.
const oneNumber = "pool: {numbers: 1}\nsip: {max_calls_per_number: 1}"

// The platform's BYE is the moment from which the number can be reserved and dialled, and the state read: not before,
// and not when the BYE has been confirmed.
func TestNumberIsFreeAtThePlatformsBye(t *testing.T) {
	w := open(t, oneNumber)
	p := newPhone(t, w.sim.SIPAddr())
	dni := w.reserve(`{"nonce":"0"}`)
	for i := range rounds {
		w.full()
		w.ring(p, dni, "200")
		bye, err := p.await("BYE ")
		w.must(err)
		dni = w.reserve(fmt.Sprintf(`{"nonce":"%d"}`, i+1))
		if got := w.handoff("id", p.id)["echo_nonce"]; got != fmt.Sprint(i) {
			t.Fatalf("round %d: got the state of %v", i, got)
		}
		w.must(p.answer(bye))
	}
	if got := w.count(journal.CallRejected); got != 0 {
		t.Errorf("want no call rejected, got %d", got)
	}
}

// The platform's answer to the caller's BYE is that moment for a call that the caller ends.
func TestNumberIsFreeWhenTheCallersByeIsConfirmed(t *testing.T) {
	w := open(t, oneNumber+stays+"\nhandoff: {state_keys: [handoff_to]}")
	p := newPhone(t, w.sim.SIPAddr())
	dni := w.reserve(`{}`)
	for i := range rounds {
		w.full()
		w.ring(p, dni, "200")
		if i%2 == 0 { // else the BYE may come before the agent has begun
			w.until("start", func() bool { return strings.Contains(w.ladder(p.id), "start") })
		}
		w.must(p.hangUp())
		dni = w.reserve(`{}`)
		if got := w.handoff("id", p.id); i%2 == 0 && got["handoff_to"] != "billing" {
			t.Fatalf("round %d: got %v", i, got)
		}
	}
	w.ring(p, dni, "200")
	w.until("turn", func() bool { return strings.Contains(w.ladder(p.id), "turn") })
	w.must(p.hangUp())
	w.wantLadder(p.id, "reserve-accepted invite bound answered start turn(max-duration) bye-received(caller) released(hangup) freed(release) handoff-written end-hook")
}

// A caller that is told of the end of its attempt, by 487 or by a refusal, finds the number free as well.
func TestNumberIsFreeWhenTheCallIsNotAnswered(t *testing.T) {
	tests := []struct {
		name, config, ladder string
		end                  func(*phone) (code string, err error)
	}{
		{"cancel", "\nsip: {max_calls_per_number: 1, answer_after: 1h}",
			"reserve-accepted invite bound cancelled(cancel) released(hangup) freed(release)",
			func(p *phone) (string, error) {
				if _, err := p.await("SIP/2.0 180"); err != nil {
					return "", err
				}
				if err := p.cancel(); err != nil {
					return "", err
				}
				return p.code()
			}},
		{"early bye", "\nsip: {max_calls_per_number: 1, answer_after: 1h}",
			"reserve-accepted invite bound bye-received(caller) released(hangup) freed(release)",
			func(p *phone) (string, error) {
				if _, err := p.await("SIP/2.0 180"); err != nil {
					return "", err
				}
				if err := p.bye(); err != nil {
					return "", err
				}
				return p.code()
			}},
		{"no codec", "\nsip: {max_calls_per_number: 1}",
			"reserve-accepted invite bound call-rejected(no-codec) released(hangup) freed(release)", (*phone).code},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := open(t, "pool: {numbers: 1}"+tt.config)
			p := newPhone(t, w.sim.SIPAddr())
			sdp, want := offer, "487"
			if tt.name == "no codec" {
				sdp, want = g729, "488"
			}
			dni := w.reserve(`{}`)
			for range rounds / 4 {
				w.must(p.invite(dni, sdp))
				if code, err := tt.end(p); err != nil || code != want {
					t.Fatalf("want %s, got %s, %v", want, code, err)
				}
				dni = w.reserve(`{}`)
				w.must(p.ack())
			}
			w.wantLadder(p.id, tt.ladder)
			if status, reply, err := w.tryHandoff(0, "id", p.id); err != nil || status != 404 {
				t.Errorf("handoff: want none of a call that was never up, got %d %v, %v", status, reply, err)
			}
		})
	}
}

// A CANCEL that crosses the answer ends with 487 or with an answered call. One that is as fast as its INVITE leaves
// the reservation as it was: the call has not arrived.
func TestCancelRacesTheAnswer(t *testing.T) {
	w := open(t, fmt.Sprintf("pool: {numbers: %d}", rounds))
	var answered atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		p := newPhone(t, w.sim.SIPAddr())
		wg.Go(func() {
			for i := range rounds / 4 {
				_, dni, err := w.tryReserve(0, `{}`)
				if err == nil {
					err = p.invite(dni, offer)
				}
				time.Sleep(time.Duration(i%5) * 100 * time.Microsecond) // how far the platform gets is the point
				if err == nil {
					err = p.cancel()
				}
				var code string
				if err == nil {
					code, err = p.code()
				}
				if err == nil {
					err = p.ack()
				}
				if err == nil && code == "200" {
					err = p.takeBye()
				}
				if code == "200" {
					answered.Add(1)
				}
				if err != nil || code != "200" && code != "487" {
					t.Errorf("round %d: got %s, %v", i, code, err)
					return
				}
			}
		})
	}
	wg.Wait()
	w.idle()
	w.must(w.shut(limit)) // a call whose caller has its 487 may still be on its way to the pool
	bound, cancelled, ended := w.count(journal.Bound), w.count(journal.Cancelled), w.count(journal.ByeSent)
	if bound != cancelled+ended || int64(ended) != answered.Load() || w.count(journal.HandoffWritten) != ended {
		t.Errorf("want %d calls ended and written, got %d bound, %d cancelled, %d ended, %d written", answered.Load(), bound, cancelled, ended, w.count(journal.HandoffWritten))
	}
	if got := w.stats(); got.InCall != 0 || got.Pending != rounds-bound || got.Released != uint64(bound) {
		t.Errorf("pool: want every call's number free, got %+v", got)
	}
	t.Logf("%d cancelled, %d answered, %d never arrived", cancelled, ended, rounds-bound)
}

// conserved expects every number of an idle platform to be free, and the journal, if all of it is there, to tell of
// every lease's end.
func (w *world) conserved() {
	w.t.Helper()
	for _, p := range w.sim.Config().Projects {
		st, _ := w.sim.Pool(p.Name)
		if st.Free != st.Size || st.Pending+st.InCall+st.Cooling+st.Draining != 0 {
			w.t.Errorf("pool of %s: want every number free, got %+v", p.Name, st)
		}
		if st.Reserved != st.Bound+st.Expired || st.Bound != st.Released {
			w.t.Errorf("pool of %s: want every lease ended, got %+v", p.Name, st)
		}
	}
	if w.sim.Journal().Dropped() > 0 {
		return
	}
	type number struct{ project, number string }
	held := make(map[number]uint64)
	for _, e := range w.sim.Journal().Events() {
		n := number{e.Project, e.Number}
		switch e.Kind {
		case journal.ReserveAccepted:
			if held[n] != 0 {
				w.t.Errorf("%s: reserved as lease %d while lease %d has it", e.Number, e.Lease, held[n])
			}
			held[n] = e.Lease
		case journal.Bound:
			if held[n] != e.Lease {
				w.t.Errorf("%s: lease %d bound while lease %d has it", e.Number, e.Lease, held[n])
			}
		case journal.Released, journal.Expired:
			if held[n] != e.Lease {
				w.t.Errorf("%s: lease %d ended while lease %d has it", e.Number, e.Lease, held[n])
			}
			delete(held, n)
		}
	}
	if len(held) > 0 {
		w.t.Errorf("leases without an end: %v", held)
	}
}
