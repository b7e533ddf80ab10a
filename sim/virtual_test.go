package sim_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/journal"
)

var epoch = time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)

// virtual is a platform whose time the test moves.
type virtual struct {
	*world
	clock   *clock.Virtual
	carrier *pstn.Carrier
}

func openVirtual(t *testing.T, text string) *virtual {
	t.Helper()
	v := &virtual{clock: clock.NewVirtual(epoch)}
	v.world = open(t, text, sim.WithClock(v.clock))
	var err error
	v.carrier, err = pstn.New(t.Context(), pstn.Config{Platform: v.sim.SIPAddr(), Clock: v.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		v.idle() // a carrier that closes may leave a BYE without its answer
		v.must(v.carrier.Close())
	})
	return v
}

// dial places a call that comes up without time passing.
func (v *virtual) dial(number string) *pstn.Call {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	call, err := v.carrier.Dial(ctx, pstn.Dial{To: number, From: "+442079460500"})
	if err != nil || !call.Answered() {
		v.t.Fatalf("call to %s: %d %s, %v", number, call.Status(), call.Reason(), err)
	}
	return call
}

// after is how long after the epoch the first event of a kind was.
func (v *virtual) after(call string, k journal.Kind) time.Duration {
	v.t.Helper()
	for _, e := range v.sim.Journal().Events() {
		if e.Kind == k && (call == "" || (e.Call == call || e.CallID == call)) {
			return e.At.Sub(epoch)
		}
	}
	v.t.Fatalf("want %s, got %s", k, v.ladder(call))
	return 0
}

func over(c *pstn.Call) bool {
	select {
	case <-c.Ended():
		return true
	default:
		return false
	}
}

// ended waits for a BYE that is on its way.
func (v *virtual) ended(c *pstn.Call) {
	v.t.Helper()
	select {
	case <-c.Ended():
	case <-time.After(limit):
		v.t.Fatal("the call does not end")
	}
}

const anHour = "pool: {numbers: 1, window: 2m}\nconversation: {max_duration: 2h}\nagent: {start: [{set: {handoff_to: billing}}], turns: [{takes: 1h}]}"

func TestAnHourTakesNoTime(t *testing.T) {
	v := openVirtual(t, anHour)
	start := time.Now()
	call := v.dial(v.reserve(`{}`))
	v.clock.Advance(time.Hour - time.Nanosecond)
	if over(call) {
		t.Fatal("the call has ended a nanosecond early")
	}
	v.full()
	v.clock.Advance(time.Nanosecond)
	v.ended(call)
	if got := v.after(call.ID(), journal.ByeSent); got != time.Hour {
		t.Errorf("BYE: want it after 1h, got %v", got)
	}
	if got := call.EndedAt().Sub(epoch); got != time.Hour || call.EndedBy() != pstn.ByPlatform {
		t.Errorf("caller: want the platform's BYE after 1h, got %v from the %s", got, call.EndedBy())
	}
	v.reserve(`{}`)
	if d := time.Since(start); d > time.Second {
		t.Errorf("want milliseconds, took %v", d)
	}
}

func TestLongestCall(t *testing.T) {
	v := openVirtual(t, strings.Replace(anHour, "2h", "10m", 1))
	call := v.dial(v.reserve(`{}`))
	v.clock.Advance(2 * time.Hour)
	v.ended(call)
	v.wantLadder(call.ID(), "reserve-accepted invite bound answered start turn(max-duration) released(hangup) freed(release) handoff-written bye-sent(max-duration) end-hook")
	if got := v.after(call.ID(), journal.ByeSent); got != 10*time.Minute {
		t.Errorf("BYE: want it after 10m, got %v", got)
	}
}

func TestRingingAndAnswerTakeTheirTime(t *testing.T) {
	v := openVirtual(t, "pool: {numbers: 1}\nsip: {ringing_after: 2s, answer_after: 5s}")
	number := v.reserve(`{}`)
	dialled := make(chan *pstn.Call, 1)
	release := v.clock.Hold() // the carrier's work is not known to the clock
	go func() {
		call, err := v.carrier.Dial(context.Background(), pstn.Dial{To: number})
		if err != nil {
			t.Error(err)
		}
		dialled <- call
	}()
	v.until("INVITE", func() bool { return v.count(journal.Invite) == 1 })
	release()
	v.clock.Advance(2*time.Second - 1)
	if v.count(journal.Answered) != 0 {
		t.Error("answered before it rang")
	}
	v.clock.Advance(1)
	v.clock.Advance(5 * time.Second)
	call := <-dialled
	v.ended(call)
	if got := v.after(call.ID(), journal.Answered); got != 7*time.Second {
		t.Errorf("answered: want 7s, got %v", got)
	}
	if got := call.Progress(); len(got) == 0 || got[len(got)-1] != 180 {
		t.Errorf("progress: want 180, got %v", got)
	}
}

// Between the end of the window and the call nobody looks, and yet the expiry has happened on time.
func TestWindowEndsWhileNobodyLooks(t *testing.T) {
	for _, tt := range []struct {
		name   string
		config string
		wait   time.Duration
		want   string
	}{
		{"a nanosecond before", "", 2*time.Minute - 1, "reserve-accepted invite bound"},
		{"at its end", "", 2 * time.Minute, "invite unbound(not reserved: lease 1 expired 0s before, at 2026-01-01T09:02:00Z)"},
		{"an hour later", "", 62 * time.Minute, "invite unbound(not reserved: lease 1 expired 1h0m0s before, at 2026-01-01T09:02:00Z)"},
		{"after a late reaper's lag", ", reaper: lag, lag: 10s", 130 * time.Second, "invite unbound(not reserved: lease 1 expired 0s before, at 2026-01-01T09:02:10Z)"},
		{"within the lag", ", reaper: lag, lag: 10s", 130*time.Second - 1, "reserve-accepted invite bound"},
		{"in the cool-down", ", cool_down: 1h", 2 * time.Minute, "invite unbound(cooling: lease 1 expired 0s before, at 2026-01-01T09:02:00Z)"},
		{"with a lazy reaper", ", reaper: lazy", time.Hour, "reserve-accepted invite bound"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := openVirtual(t, "pool: {numbers: 1"+tt.config+"}")
			number := v.reserve(`{}`)
			v.clock.Advance(tt.wait)
			call := v.dial(number)
			v.ended(call)
			if got := v.ladder(call.ID()); !strings.HasPrefix(got, tt.want+" ") {
				t.Errorf("want %s, got %s", tt.want, got)
			}
			if !strings.Contains(tt.want, "unbound") {
				return
			}
			want := 2 * time.Minute
			if strings.Contains(tt.config, "lag") {
				want += 10 * time.Second
			}
			if got := v.after("", journal.Expired); got != want {
				t.Errorf("expired: want it dated %v, got %v", want, got)
			}
		})
	}
}

// What ends by itself is in the journal when it ends, and in order, although nobody asks.
func TestIdlePlatformTellsWhatEnds(t *testing.T) {
	v := openVirtual(t, "pool: {numbers: 2, window: 1m, cool_down: 10s}")
	first, second := v.reserve(`{}`), ""
	v.clock.Advance(30 * time.Second)
	second = v.reserve(`{}`)
	v.clock.Advance(5 * time.Minute)
	var got []string
	for _, e := range v.sim.Journal().Events() {
		if e.Kind == journal.Expired || e.Kind == journal.Freed {
			got = append(got, fmt.Sprint(e.Kind, " ", e.Number, " ", e.At.Sub(epoch)))
		}
	}
	want := []string{"expired " + first + " 1m0s", "freed " + first + " 1m10s", "expired " + second + " 1m30s", "freed " + second + " 1m40s"}
	if !slices.Equal(got, want) {
		t.Errorf("want %q, got %q", want, got)
	}
	for _, e := range v.sim.Journal().Events() {
		if e.At.After(v.clock.Now()) {
			t.Errorf("want no event ahead of its time, got %+v", e)
		}
	}
}

// So it is in real time.
func TestIdlePlatformTellsWhatEndsInRealTime(t *testing.T) {
	w := open(t, "pool: {window: 20ms}")
	w.reserve(`{}`)
	w.until("expired", func() bool { return w.count(journal.Expired) == 1 })
}

// The number is free again at the moment that pool.release names, and the journal has it in that order.
func TestReleaseRules(t *testing.T) {
	for _, tt := range []struct{ release, ringing, answered, ladder string }{
		{"arrival", "free", "free", "reserve-accepted invite bound released(arrival) freed(release) answered start(agent) handoff-written bye-sent(agent) end-hook"},
		{"answer", "held", "free", "reserve-accepted invite bound answered released(answer) freed(release) start(agent) handoff-written bye-sent(agent) end-hook"},
		{"hangup", "held", "held", "reserve-accepted invite bound answered start(agent) released(hangup) freed(release) handoff-written bye-sent(agent) end-hook"},
	} {
		t.Run(tt.release, func(t *testing.T) {
			v := openVirtual(t, "pool: {numbers: 1, release: "+tt.release+"}\nsip: {answer_after: 5s}\nagent: {start: [{sleep: 7s}]}")
			state := func() string {
				if v.stats().Free == 1 {
					return "free"
				}
				return "held"
			}
			p := newPhone(t, v.sim.SIPAddr())
			v.must(p.invite(v.reserve(`{}`), offer))
			_, err := p.await("SIP/2.0 180")
			v.must(err)
			v.clock.Settle()
			if got := state(); got != tt.ringing {
				t.Errorf("ringing: want the number %s, got %s", tt.ringing, got)
			}
			advanced := make(chan struct{})
			go func() {
				defer close(advanced)
				v.clock.Advance(5 * time.Second)
			}()
			code, err := p.code()
			v.must(err)
			v.must(p.ack())
			<-advanced
			if got := state(); got != tt.answered || code != "200" {
				t.Errorf("answered: want the number %s, got %s after %s", tt.answered, got, code)
			}
			go v.clock.Advance(7 * time.Second)
			v.must(p.takeBye())
			v.wantLadder(p.id, tt.ladder)
			v.conserved()
		})
	}
}

// An answered call whose caller hangs up while it rings gives its number back under every rule.
func TestCallerGivesUpUnderEveryRule(t *testing.T) {
	for _, release := range []string{"arrival", "answer", "hangup"} {
		t.Run(release, func(t *testing.T) {
			v := openVirtual(t, "pool: {numbers: 1, release: "+release+"}\nsip: {answer_after: 5s}")
			p := newPhone(t, v.sim.SIPAddr())
			v.must(p.invite(v.reserve(`{}`), offer))
			_, err := p.await("SIP/2.0 180")
			v.must(err)
			v.must(p.cancel())
			if code, err := p.code(); err != nil || code != "487" {
				t.Fatalf("want 487, got %s, %v", code, err)
			}
			v.must(p.ack())
			v.conserved()
		})
	}
}
