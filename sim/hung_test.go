package sim_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/journal"
)

// stuck is an agent one of whose functions does not return, whatever its context says, until the test lets go.
type stuck struct {
	in      string
	reached chan struct{} // closed when it is there
	letGo   chan struct{}
}

func (s *stuck) hang(function string) {
	if function == s.in {
		close(s.reached)
		<-s.letGo
	}
}

func (s *stuck) Start(context.Context, conversation.StartInput) (conversation.Reply, error) {
	s.hang("start_function")
	return conversation.Reply{Hangup: s.in == "end_function"}, nil
}

func (s *stuck) Turn(context.Context, conversation.TurnInput) (conversation.Reply, error) {
	s.hang("turn")
	return conversation.Reply{Hangup: true}, nil
}

func (s *stuck) End(context.Context, conversation.EndInput) (conversation.Reply, error) {
	s.hang("end_function")
	return conversation.Reply{}, nil
}

// openWith is open with an agent of the test's own.
func openWith(t *testing.T, a conversation.Agent) *world {
	t.Helper()
	return openFor(t, "pool: {numbers: 1}", func(sim.Project) (conversation.Agent, error) { return a, nil })
}

// An agent is the user's code: it may never come back. The platform can be closed all the same, and says who is missing.
func TestCloseDoesNotWaitForAnAgentThatHangs(t *testing.T) {
	for _, c := range []struct {
		in, byCaller string
		failed       journal.Kind
	}{
		{"start_function", "", journal.StartFailed},
		{"turn", "", journal.TurnFailed},
		{"turn", "hangs up", journal.TurnFailed},
		{"end_function", "", journal.EndHookFailed},
	} {
		t.Run(strings.TrimSpace(c.in+" "+c.byCaller), func(t *testing.T) {
			a := &stuck{c.in, make(chan struct{}), make(chan struct{})}
			w := openWith(t, a)
			p := newPhone(t, w.sim.SIPAddr())
			w.ring(p, w.reserve(`{}`), "200")
			if c.in == "end_function" {
				w.must(p.takeBye())
			}
			p.up = false
			<-a.reached
			if c.byCaller != "" {
				w.must(p.bye())
				w.until("the BYE", func() bool { return w.count(journal.ByeReceived) == 1 })
			}
			closed := make(chan error, 1)
			go func() { closed <- w.shut(100 * time.Millisecond) }()
			select {
			case err := <-closed:
				want := fmt.Sprintf("sip: 1 calls not finished: context deadline exceeded\nagent of acme: %s of call %q has not returned", c.in, p.id)
				if _, mute := errors.AsType[*sim.Mute](err); mute || !errors.Is(err, context.DeadlineExceeded) || err.Error() != want {
					t.Errorf("close: want %s\ngot %v", want, err)
				}
			case <-time.After(limit):
				t.Errorf("close: want it to end with its context, got nothing for %v", limit)
			}
			close(a.letGo)
			if !strings.Contains(w.ladder(p.id), string(c.failed)) || !strings.Contains(w.ladder(p.id), "released") {
				t.Errorf("journal: want %s, and the number free, got %s", c.failed, w.ladder(p.id))
			}
			events := w.sim.Journal().Events()
			for i, e := range events {
				if e.Kind == c.failed && !strings.HasSuffix(e.Detail, "the agent has not returned") {
					t.Errorf("journal: want why, got %+v", e)
				}
				if last := i == len(events)-1; last != (e.Kind == journal.Stopped) {
					t.Errorf("want stopped at last, got %+v", e)
				}
			}
			w.rebind()
		})
	}
}
