package pstn_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/sipua"
)

// equipment is an integrator's SIP endpoint beside a carrier with a trunk.
func equipment(t *testing.T, handle func(*sipua.Leg), b pstn.Behaviour) (own, trunk *sipua.Endpoint, c *pstn.Carrier, p *platform) {
	t.Helper()
	c, p = start(t, handle, pstn.Config{Behaviour: b})
	trunk = listen(t, func(leg *sipua.Leg) {
		switch user := leg.RequestURI().Dialled(); {
		case strings.TrimPrefix(user, "+") == "442079460000":
			c.Connect(leg, pstn.ToPlatform)
		case strings.HasPrefix(user, "+"):
			c.Connect(leg, pstn.ToNobody)
		default:
			c.Connect(leg, pstn.ToDesk)
		}
	})
	return listen(t, nil), trunk, c, p
}

func listen(t *testing.T, handle func(*sipua.Leg)) *sipua.Endpoint {
	t.Helper()
	e, err := sipua.Listen(t.Context(), sipua.Config{Listen: "127.0.0.1:0", TCP: true, OnCall: handle})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func call(ctx context.Context, e, trunk *sipua.Endpoint, user, transport string) (*sipua.Leg, error) {
	return e.Dial(ctx, sipua.Dial{To: "<sip:" + user + "@" + trunk.Addr() + ">", From: "<sip:+15550100@" + e.Addr() + ">", Transport: transport})
}

// TestTrunkPutsCallsThrough: the platform gets the number as it was dialled, and its BYE comes back with its headers.
func TestTrunkPutsCallsThrough(t *testing.T) {
	for _, user := range []string{"+442079460000", "442079460000"} {
		for _, transport := range []string{"udp", "tcp"} {
			t.Run(user+" "+transport, func(t *testing.T) {
				e, trunk, _, p := equipment(t, answerAndBye, pstn.Usual())
				leg, err := call(t.Context(), e, trunk, user, transport)
				if err != nil {
					t.Fatal(err)
				}
				<-leg.Done()
				if end := leg.End(); end.By != sipua.Remote || end.How != sipua.HowBye || !slices.Contains(end.Headers, sipua.Header{Name: "Reason", Value: "Q.850;cause=16"}) {
					t.Errorf("end %+v", end)
				}
				got := p.calls()
				if len(got) != 1 || got[0].RequestURI().Dialled() != user || got[0].From().Dialled() != "+15550100" {
					t.Errorf("platform got %d calls", len(got))
				}
			})
		}
	}
}

func TestTrunkPassesRefusalsBack(t *testing.T) {
	busy := pstn.Usual()
	busy.Refuse.Busy = pstn.Always()
	for _, tc := range []struct {
		name, user string
		handle     func(*sipua.Leg)
		behaviour  pstn.Behaviour
		want       int
	}{
		{"of the platform", "+442079460000", reject(503, "Service Unavailable"), pstn.Usual(), 503},
		{"of the carrier", "+442079460000", answerAndStay, busy, 486},
		{"of a number that nobody has", "+442079460001", answerAndStay, pstn.Usual(), 404},
		{"of a desk that is not there", "billing", answerAndStay, pstn.Behaviour{}, 404},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e, trunk, _, _ := equipment(t, tc.handle, tc.behaviour)
			_, err := call(t.Context(), e, trunk, tc.user, "udp")
			if refused, ok := errors.AsType[*sipua.StatusError](err); !ok || refused.Code != tc.want {
				t.Errorf("want %d, got %v", tc.want, err)
			}
		})
	}
}

// TestTrunkPassesTheCallersEndOn: who hangs up, or gives up while it rings, ends the call at the platform too.
func TestTrunkPassesTheCallersEndOn(t *testing.T) {
	e, trunk, _, p := equipment(t, answerAndStay, pstn.Usual())
	leg, err := call(t.Context(), e, trunk, "+442079460000", "udp")
	if err != nil {
		t.Fatal(err)
	}
	if err := leg.Bye(t.Context()); err != nil {
		t.Fatal(err)
	}
	far := p.calls()[0]
	<-far.Done()
	if far.End().How != sipua.HowBye {
		t.Errorf("end %+v", far.End())
	}

	e, trunk, _, p = equipment(t, ringOn, pstn.Usual())
	ctx, giveUp := context.WithCancel(t.Context())
	rings := sipua.Dial{To: "<sip:+442079460000@" + trunk.Addr() + ">", From: "<sip:+15550100@" + e.Addr() + ">", OnProgress: func(code int, _ string) {
		if code == 180 {
			giveUp()
		}
	}}
	if _, err := e.Dial(ctx, rings); err == nil {
		t.Fatal("want the call cancelled, got it answered")
	}
	far = p.calls()[0]
	<-far.Done()
	if far.End().How != sipua.HowCancel {
		t.Errorf("end %+v", far.End())
	}
}

// TestTrunkByesCross: whoever hangs up gets a BYE of the carrier's before the answer to their own, however busy the machine is.
func TestTrunkByesCross(t *testing.T) {
	crossing := pstn.Usual()
	crossing.CrossByes = true
	for _, tc := range []struct {
		transport string
		behaviour pstn.Behaviour
		crosses   bool
	}{{"udp", crossing, true}, {"tcp", crossing, true}, {"udp", pstn.Usual(), false}} {
		e, trunk, _, p := equipment(t, answerAndStay, tc.behaviour)
		leg, err := call(t.Context(), e, trunk, "+442079460000", tc.transport)
		if err != nil {
			t.Fatal(err)
		}
		if err := leg.Bye(t.Context()); err != nil {
			t.Errorf("%+v: want the call over, got %v", tc, err)
		}
		end := leg.End()
		if came := slices.Contains(end.Headers, sipua.Header{Name: "Reason", Value: "Q.850;cause=16"}); came != tc.crosses || end.By != sipua.Local {
			t.Errorf("%+v: got %+v", tc, end)
		}
		far := p.calls()[0]
		<-far.Done()
		if far.End().How != sipua.HowBye {
			t.Errorf("%+v: the platform's end %+v", tc, far.End())
		}
	}
}

func TestTrunkReachesDesks(t *testing.T) {
	e, trunk, c, p := equipment(t, answerAndStay, pstn.Usual())
	leg, err := call(t.Context(), e, trunk, "billing", "udp")
	if err != nil {
		t.Fatal(err)
	}
	if log := c.DeskLog("billing"); len(log) != 1 || !log[0].Answered || len(p.calls()) != 0 {
		t.Errorf("log %+v, %d calls at the platform", log, len(p.calls()))
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	<-leg.Done() // the carrier has ended it
	if leg.End().How != sipua.HowBye {
		t.Errorf("end %+v", leg.End())
	}
}
