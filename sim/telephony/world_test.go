package telephony

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/sipua/memnet"
)

const (
	ours   = "10.0.0.1:5060"
	theirs = "10.0.0.2:5060"
	dni    = "+442079460000"
)

// platform is the one behind the edge: it owns one number, and writes down what it is told and when.
type platform struct {
	bound bool
	steps []conversation.Step
	begin func(context.Context) // in place of an agent; may be nil
	waits string                // the digit that has a step of its own

	start time.Time
	mu    sync.Mutex
	log   []string
}

func (p *platform) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.log = append(p.log, fmt.Sprintf("%v ", time.Since(p.start).Truncate(time.Second))+fmt.Sprintf(format, args...))
}

func (p *platform) told() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.log, ", ")
}

func (p *platform) Dialled(number string) (string, bool) { return dni, number == dni }

func (p *platform) Arrive(a Arrival) Session {
	p.note("arrive %s from %q%s", a.Number, a.ANI, headerText(a.Headers))
	return &session{platform: p}
}

func (p *platform) Refused(a Arrival, status int, cause string) {
	p.note("refused %s from %q: %d %s", a.Number, a.ANI, status, cause)
}

func (p *platform) Rejected(r sipua.Rejection) {
	p.note("rejected %s %s: %d %s", r.Method, r.Dialled, r.Status, r.Cause)
}

func (p *platform) Tolerated(r sipua.Tolerance) {
	p.note("tolerated %s %s: %s, %s", r.Method, r.Dialled, r.What, r.Section)
}

func (p *platform) Leave() { p.note("leave") }

func headerText(h map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(h)) {
		fmt.Fprintf(&b, " %s=%s", name, h[name])
	}
	return b.String()
}

// session is told of its end from two sides at once; as in the simulator the first cause counts.
type session struct {
	*platform
	next         int
	due          bool
	ended, wrote sync.Once
}

func (s *session) Bound() bool { return s.bound }
func (s *session) Answered()   { s.note("answered") }

func (s *session) Begin(ctx context.Context) conversation.Step {
	if s.begin != nil {
		s.begin(ctx)
	}
	return s.step()
}

func (s *session) Next(context.Context) conversation.Step {
	s.mu.Lock()
	s.due = false
	s.mu.Unlock()
	return s.step()
}

func (s *session) step() conversation.Step {
	s.note("step")
	s.next++
	return s.steps[s.next-1]
}

func (s *session) Pressed(digit string) bool {
	s.note("pressed %s", digit)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.due = s.due || digit == s.waits
	return digit == s.waits
}

func (s *session) Due() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.due
}

func (s *session) Release(cause string) { s.ended.Do(func() { s.note("release %s", cause) }) }

func (s *session) Hangup(cause string) {
	s.Release(cause)
	s.wrote.Do(func() { s.note("write") })
}

func (s *session) ByeLeft()                     { s.note("bye left") }
func (s *session) ByeLost(cause, detail string) { s.note("bye lost %s %s", cause, detail) }

func (s *session) Finish(context.Context) { s.note("finish") }

// talk is an agent that talks for d and hangs up.
func talk(d time.Duration) []conversation.Step {
	return []conversation.Step{{Wait: d, Hangup: true, Cause: conversation.CauseAgent}}
}

// world is an edge and a caller on a network in virtual time.
type world struct {
	t      *testing.T
	net    *memnet.Network
	edge   *Edge
	caller *sipua.Endpoint
}

// bubble runs f in virtual time with an edge for p. The edge must end idle.
func bubble(t *testing.T, c Config, p *platform, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p.start = time.Now()
		w := &world{t: t, net: memnet.New(memnet.Config{})}
		conn, err := w.net.Listen(ours)
		if err != nil {
			t.Fatal(err)
		}
		w.edge, err = listen(t.Context(), sipua.Config{PacketConn: conn}, c, p, clock.Real(), slog.New(slog.DiscardHandler), Options{})
		if err != nil {
			t.Fatal(err)
		}
		conn, err = w.net.Listen(theirs)
		if err != nil {
			t.Fatal(err)
		}
		w.caller, err = sipua.Listen(t.Context(), sipua.Config{PacketConn: conn})
		if err != nil {
			t.Fatal(err)
		}
		f(w)
		time.Sleep(5 * time.Minute) // every SIP timer
		synctest.Wait()
		if got := w.edge.Active(); got != 0 {
			t.Errorf("calls left: %d", got)
		}
		if len(w.edge.perLine) != 0 {
			t.Errorf("channels left: %v", w.edge.perLine)
		}
		if err := w.edge.Close(t.Context()); err != nil {
			t.Errorf("close: %v", err)
		}
		_ = w.caller.Close()
	})
}

// call is an ordinary call to the platform's number.
func ordinary() sipua.Dial {
	return sipua.Dial{Target: ours, To: "sip:" + dni + "@" + ours, From: "sip:+15550100@carrier.example"}
}

// dial places a call and waits for its outcome: "200", another status, or an error's text.
func (w *world) dial(ctx context.Context, d sipua.Dial) (*sipua.Leg, string) {
	leg, err := w.caller.Dial(ctx, d)
	if err == nil {
		return leg, "200"
	}
	var refused *sipua.StatusError
	if errors.As(err, &refused) {
		return nil, fmt.Sprint(refused.Code, " ", refused.Reason)
	}
	return nil, err.Error()
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\nwant %v\n got %v", what, want, got)
	}
}
