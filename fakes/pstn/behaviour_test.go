package pstn_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/fakes/wire"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/sipua/memnet"
)

// inVirtualTime runs f with a platform and a carrier on a network in memory, where SIP's timers cost nothing.
func inVirtualTime(t *testing.T, handle func(*sipua.Leg), config pstn.Config, f func(*testing.T, *pstn.Carrier, *platform)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := memnet.New(memnet.Config{})
		conn, err := network.Listen("10.0.0.1:5060")
		if err != nil {
			t.Fatal(err)
		}
		p := &platform{}
		p.Endpoint, err = sipua.Listen(t.Context(), sipua.Config{PacketConn: conn, OnCall: func(leg *sipua.Leg) {
			p.mu.Lock()
			p.legs = append(p.legs, leg)
			p.mu.Unlock()
			handle(leg)
		}})
		if err != nil {
			t.Fatal(err)
		}
		config.Platform, config.Listen, config.ListenPacket = "10.0.0.1:5060", "10.0.0.2:5060", network.Listen
		c, err := pstn.New(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		f(t, c, p)
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestCarrierRefuses(t *testing.T) {
	c, p := start(t, answerAndBye, pstn.Config{Seed: 1})
	cases := []struct {
		name          string
		behaviour     pstn.Behaviour
		status, cause int
		reason        string
	}{
		{"busy", pstn.Behaviour{Refuse: pstn.Refuse{Busy: pstn.Always()}}, 486, 17, "Busy Here"},
		{"no route", pstn.Behaviour{Refuse: pstn.Refuse{NoRoute: pstn.Always()}}, 404, 3, "Not Found"},
		{"congestion", pstn.Behaviour{Refuse: pstn.Refuse{Congestion: pstn.Always()}}, 503, 42, "Service Unavailable"},
		{"dead number", pstn.Behaviour{Dead: []string{"+44 20 7183 8750"}}, 404, 1, "Not Found"},
		{"outage", pstn.Behaviour{Outage: true}, 503, 38, "Service Unavailable"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			if err := c.Behave(tc.behaviour); err != nil {
				t.Fatal(err)
			}
			call := dial(t, c, pstn.Dial{To: dni})
			ended(t, call)
			if call.Answered() || call.Status() != tc.status || call.Reason() != tc.reason || call.Cause() != tc.cause || call.EndedBy() != pstn.ByCarrier || call.Attempts() != 0 {
				t.Errorf("answered %v, %d %s, cause %d by %s", call.Answered(), call.Status(), call.Reason(), call.Cause(), call.EndedBy())
			}
			want := sipua.Header{Name: "Reason", Value: fmt.Sprintf("Q.850;cause=%d", tc.cause)}
			if !slices.Equal(call.EndHeaders(), []sipua.Header{want}) {
				t.Errorf("headers %v, want %v", call.EndHeaders(), want)
			}
			if call.ID() == "" || call.Hangup(t.Context()) != nil {
				t.Error("want a Call-ID and a hangup that does nothing")
			}
		})
	}
	if n := len(p.calls()); n != 0 {
		t.Errorf("%d calls reached the platform, want none", n)
	}
	c.SetOutage(false)
	if err := c.Behave(pstn.Behaviour{Dead: []string{"+442071838751"}}); err != nil {
		t.Fatal(err)
	}
	ended(t, dial(t, c, pstn.Dial{To: dni}))
	if n := len(p.calls()); n != 1 {
		t.Errorf("%d calls reached the platform, want the last", n)
	}
}

func TestOutageAndBack(t *testing.T) {
	c, _ := start(t, answerAndStay, pstn.Config{Behaviour: pstn.Behaviour{Format: pstn.E164NoPlus}})
	up := dial(t, c, pstn.Dial{To: dni})
	c.SetOutage(true)
	if call := dial(t, c, pstn.Dial{To: dni}); call.Cause() != 38 {
		t.Errorf("cause %d, want 38", call.Cause())
	}
	if up.EndedBy() != "" {
		t.Errorf("the call that was up ended by %s", up.EndedBy())
	}
	c.SetOutage(false)
	again := dial(t, c, pstn.Dial{To: dni})
	if !again.Answered() || c.Behaviour().Format != pstn.E164NoPlus {
		t.Errorf("after the outage: %d, format %s", again.Status(), c.Behaviour().Format)
	}
	for _, call := range []*pstn.Call{up, again} {
		if err := call.Hangup(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestChances(t *testing.T) {
	c, _ := start(t, reject(480, "Temporarily Unavailable"), pstn.Config{Seed: 7})
	run := func(chance pstn.Chance, n int) (busy int) {
		if err := c.Behave(pstn.Behaviour{Refuse: pstn.Refuse{Busy: chance}}); err != nil {
			t.Fatal(err)
		}
		for range n {
			if dial(t, c, pstn.Dial{To: dni}).Status() == 486 {
				busy++
			}
		}
		return busy
	}
	if n := run(pstn.Chance{}, 10); n != 0 {
		t.Errorf("never: %d of 10 busy", n)
	}
	if n := run(pstn.Next(3), 10); n != 3 {
		t.Errorf("next 3: %d of 10 busy", n)
	}
	if n := run(pstn.Next(3), 2); n != 2 {
		t.Errorf("next 3, again: %d of 2 busy", n)
	}
	if n := run(pstn.Chance{Probability: 0.5}, 200); n < 70 || n > 130 {
		t.Errorf("half: %d of 200 busy", n)
	}
}

func TestChannelsPerNumber(t *testing.T) {
	c, _ := start(t, answerAndStay, pstn.Config{Behaviour: pstn.Behaviour{ChannelsPerNumber: 2}})
	first, second := dial(t, c, pstn.Dial{To: dni}), dial(t, c, pstn.Dial{To: "+44 2071838750"})
	if third := dial(t, c, pstn.Dial{To: dni}); third.Cause() != 17 {
		t.Errorf("third: %d, cause %d; want busy", third.Status(), third.Cause())
	}
	other := dial(t, c, pstn.Dial{To: "+442071838751"})
	if err := first.Hangup(t.Context()); err != nil {
		t.Fatal(err)
	}
	fourth := dial(t, c, pstn.Dial{To: dni})
	for i, call := range []*pstn.Call{second, other, fourth} {
		if !call.Answered() {
			t.Errorf("call %d: %d, want answered", i, call.Status())
		}
	}
}

func TestRewrite(t *testing.T) {
	c, p := start(t, answerAndBye, pstn.Config{Behaviour: pstn.Behaviour{Rewrite: map[string]string{"+44 2071838750": "+442071838799"}}})
	call := dial(t, c, pstn.Dial{To: dni, Format: pstn.E164NoPlus})
	ended(t, call)
	if got := p.calls()[0].RequestURI().User; got != "442071838799" || call.Number() != "+442071838799" {
		t.Errorf("delivered to %s, said %s", got, call.Number())
	}
}

// stepClock passes time only where somebody waits for it.
type stepClock struct {
	mu    sync.Mutex
	now   time.Time
	waits []time.Duration
}

func (s *stepClock) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *stepClock) Sleep(ctx context.Context, d time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now, s.waits = s.now.Add(d), append(s.waits, d)
	return ctx.Err()
}
func (s *stepClock) Run(f func())        { f() }
func (s *stepClock) Hold() (free func()) { return func() {} }

func TestPostDialDelay(t *testing.T) {
	draw := func(seed uint64) []time.Duration {
		clock := &stepClock{}
		c, _ := start(t, answerAndBye, pstn.Config{Seed: seed, Clock: clock, Behaviour: pstn.Behaviour{
			PostDialDelay: wire.Delay{Median: 2500 * time.Millisecond, P95: 6 * time.Second},
		}})
		var pdds []time.Duration
		for range 20 {
			call := dial(t, c, pstn.Dial{To: dni})
			ended(t, call)
			pdds = append(pdds, call.PDD())
		}
		if !slices.Equal(pdds, clock.waits) {
			t.Errorf("post-dial delays %v, want the waits %v", pdds, clock.waits)
		}
		return pdds
	}
	first, again, other := draw(1), draw(1), draw(2)
	if !slices.Equal(first, again) || slices.Equal(first, other) {
		t.Errorf("seed 1: %v and %v; seed 2: %v", first, again, other)
	}
	slices.Sort(first)
	if first[10] < time.Second || first[10] > 5*time.Second {
		t.Errorf("median %v of 20, want about 2.5s", first[10])
	}
}

func TestVirtualClock(t *testing.T) {
	v := clock.NewVirtual(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	begin := v.Now()
	release := v.Hold()
	trace, wait := cancelled(t)
	c, p := start(t, func(leg *sipua.Leg) {
		release() // the platform has the call: time may pass for the ringing
		ringOn(leg)
	}, pstn.Config{Clock: v, Trace: trace, Behaviour: pstn.Behaviour{PostDialDelay: wire.Delay{Fixed: time.Minute}}})
	done := make(chan *pstn.Call, 1)
	go func() {
		call, err := c.Dial(t.Context(), pstn.Dial{To: dni, CancelAfter: 70 * time.Second})
		if err != nil {
			t.Error(err)
		}
		done <- call
	}()
	if !v.AdvanceToNext(time.Hour, nil) || v.Now() != begin.Add(time.Minute) {
		t.Errorf("now %v, want the delay of a minute to have passed", v.Now().Sub(begin))
	}
	for !v.AdvanceToNext(time.Hour, nil) {
		runtime.Gosched()
	}
	call := <-done
	wait()
	if call.Status() != 487 || call.EndedAt() != begin.Add(70*time.Second) {
		t.Errorf("%d at %v, want 487 at 1m10s", call.Status(), call.EndedAt().Sub(begin))
	}
	<-p.calls()[0].Done()
}

func TestContextEndsThePostDialDelay(t *testing.T) {
	inVirtualTime(t, answerAndBye, pstn.Config{Behaviour: pstn.Behaviour{PostDialDelay: wire.Delay{Fixed: time.Minute}}},
		func(t *testing.T, c *pstn.Carrier, p *platform) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			begin := time.Now()
			call, err := c.Dial(ctx, pstn.Dial{To: dni})
			if err == nil || call.Status() != 487 || call.EndedBy() != pstn.ByCaller || time.Since(begin) != time.Second {
				t.Errorf("%v, %d by %s after %v", err, call.Status(), call.EndedBy(), time.Since(begin))
			}
			if len(p.calls()) != 0 {
				t.Error("the call reached the platform")
			}
		})
}

func TestCallerGivesUpBeforeTheCallIsThrough(t *testing.T) {
	clock := clock.NewVirtual(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	c, p := start(t, answerAndBye, pstn.Config{Clock: clock, Behaviour: pstn.Behaviour{PostDialDelay: wire.Delay{Fixed: time.Minute}}})
	release := clock.Hold()
	done := make(chan *pstn.Call, 1)
	go func() {
		defer release()
		call, err := c.Dial(t.Context(), pstn.Dial{To: dni, CancelAfter: 10 * time.Second})
		if err != nil {
			t.Error(err)
		}
		done <- call
	}()
	begin := clock.Now()
	clock.Advance(10 * time.Second)
	call := <-done
	if call.Status() != 487 || call.EndedBy() != pstn.ByCaller || call.Attempts() != 0 || call.EndedAt() != begin.Add(10*time.Second) {
		t.Errorf("%d by %s after %v, %d attempts", call.Status(), call.EndedBy(), call.EndedAt().Sub(begin), call.Attempts())
	}
	if n := len(p.calls()); n != 0 {
		t.Errorf("%d calls at the platform, want none", n)
	}
}

func TestLostInvitesAreRepeated(t *testing.T) {
	inVirtualTime(t, answerAndBye, pstn.Config{Behaviour: pstn.Behaviour{LoseInvites: pstn.Next(3)}},
		func(t *testing.T, c *pstn.Carrier, p *platform) {
			call := dial(t, c, pstn.Dial{To: dni})
			ended(t, call)
			if !call.Answered() || !call.PassedOn() || len(p.calls()) != 1 {
				t.Errorf("%d, %d calls at the platform; want one, passed on and answered", call.Status(), len(p.calls()))
			}
			if got := call.PDD().Round(100 * time.Millisecond); got != 3500*time.Millisecond { // 0.5 + 1 + 2
				t.Errorf("answered after %v, want 3.5s", got)
			}
		})
}

func TestAllInvitesLost(t *testing.T) {
	inVirtualTime(t, answerAndBye, pstn.Config{Behaviour: pstn.Behaviour{LoseInvites: pstn.Always()}},
		func(t *testing.T, c *pstn.Carrier, p *platform) {
			call, err := c.Dial(t.Context(), pstn.Dial{To: dni})
			if err != nil || call.Status() != 408 || call.EndedBy() != pstn.ByNetwork || call.How() != sipua.HowTimeout || call.PassedOn() || len(p.calls()) != 0 {
				t.Errorf("%v, %d by %s, %s, passed on: %t; want 408 by the network, and not passed on", err, call.Status(), call.EndedBy(), call.How(), call.PassedOn())
			}
		})
}

func TestDuplicatedInvitesAreOneCall(t *testing.T) {
	cases := []struct {
		name      string
		behaviour pstn.Behaviour
		copies    int
		want      int // INVITEs that arrive
	}{
		{"once", pstn.Behaviour{}, 1, 1},
		{"copies", pstn.Behaviour{}, 4, 4},
		{"by the network", pstn.Behaviour{DuplicateInvites: pstn.Next(1)}, 0, 2},
		{"both", pstn.Behaviour{DuplicateInvites: pstn.Always()}, 3, 4},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			var invites int
			synctest.Test(t, func(t *testing.T) {
				network := memnet.New(memnet.Config{})
				conn, err := network.Listen("10.0.0.1:5060")
				if err != nil {
					t.Fatal(err)
				}
				p, err := sipua.Listen(t.Context(), sipua.Config{PacketConn: conn, OnCall: answerAndBye, Trace: func(m sipua.Message) {
					if !m.Sent && strings.HasPrefix(m.StartLine, "INVITE ") {
						invites++
					}
				}})
				if err != nil {
					t.Fatal(err)
				}
				c, err := pstn.New(t.Context(), pstn.Config{Platform: p.Addr(), Listen: "10.0.0.2:5060", ListenPacket: network.Listen, Behaviour: tc.behaviour})
				if err != nil {
					t.Fatal(err)
				}
				call := dial(t, c, pstn.Dial{To: dni, Copies: tc.copies})
				ended(t, call)
				if !call.Answered() || call.EndedBy() != pstn.ByPlatform {
					t.Errorf("%d by %s", call.Status(), call.EndedBy())
				}
				if err := c.Close(); err != nil {
					t.Error(err)
				}
				if err := p.Close(); err != nil {
					t.Error(err)
				}
			})
			if invites != tc.want {
				t.Errorf("%d INVITEs arrived, want %d", invites, tc.want)
			}
		})
	}
}

func TestReattempt(t *testing.T) {
	c, p := start(t, answerAndStay, pstn.Config{Behaviour: pstn.Behaviour{Reattempt: pstn.Next(1)}})
	call := dial(t, c, pstn.Dial{To: dni, From: "+15550100"})
	legs := p.calls()
	if !call.Answered() || call.Attempts() != 2 || len(legs) != 2 {
		t.Fatalf("answered %v, %d attempts, %d calls at the platform", call.Answered(), call.Attempts(), len(legs))
	}
	<-legs[0].Done()
	if legs[0].CallID() == call.ID() || legs[0].End().How != sipua.HowBye || legs[1].CallID() != call.ID() {
		t.Errorf("first call %s ended by %s, second %s; want the second to be %s", legs[0].CallID(), legs[0].End().How, legs[1].CallID(), call.ID())
	}
	if again := dial(t, c, pstn.Dial{To: dni}); again.Attempts() != 1 {
		t.Errorf("next call: %d attempts, want 1", again.Attempts())
	}
}
