package sim

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/sim/conversation"
)

func TestRunner(t *testing.T) {
	boom := errors.New("boom")
	for _, c := range []struct {
		name string
		f    func() (conversation.Reply, error)
		want string
	}{
		{"answers", func() (conversation.Reply, error) { return conversation.Reply{Say: "hello"}, nil }, "hello <nil>"},
		{"fails", func() (conversation.Reply, error) { return conversation.Reply{}, boom }, " boom"},
		{"panics", func() (conversation.Reply, error) { panic("ouch") }, "panic: ouch"},
		{"ends its goroutine", func() (conversation.Reply, error) { runtime.Goexit(); return conversation.Reply{}, nil }, " the agent has ended its goroutine"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newRunner()
			got := func() (got string) {
				defer func() {
					if p := recover(); p != nil {
						got = fmt.Sprint("panic: ", p)
					}
				}()
				reply, err := m.do(run{}, c.f)
				return fmt.Sprint(reply.Say, " ", err)
			}()
			if got != c.want || m.missing() != nil {
				t.Errorf("want %q and nobody missing, got %q, %v", c.want, got, m.missing())
			}
		})
	}
}

// The agents that come with the platform only compute, and are called directly.
func TestRunnerKeepsOutOfTheWayOfAgentsThatCannotHang(t *testing.T) {
	for _, a := range []conversation.Agent{agent.Echo(agent.EchoConfig{}), new(agent.Script)} {
		if got := newRunner().wrap("acme", a); got != a {
			t.Errorf("%T: want it as it is, got %T", a, got)
		}
	}
	slow := struct{ conversation.Agent }{agent.Echo(agent.EchoConfig{})}
	if got, ok := newRunner().wrap("acme", slow).(supervised); !ok {
		t.Errorf("want any other agent supervised, got %T", got)
	}
}

func TestRunnerLeavesWhoDoesNotReturn(t *testing.T) {
	m, letGo := newRunner(), make(chan struct{})
	const runs = 12
	began, ended := make(chan struct{}), make(chan error)
	for n := range runs {
		go func() {
			_, err := m.do(run{"acme", "turn", fmt.Sprintf("c%02d\n", n)}, func() (conversation.Reply, error) {
				began <- struct{}{}
				<-letGo
				return conversation.Reply{}, nil
			})
			ended <- err
		}()
	}
	for range runs {
		<-began
	}
	m.leave()
	for range runs {
		if err := <-ended; !errors.Is(err, errLeft) {
			t.Errorf("want %v, got %v", errLeft, err)
		}
	}
	lines := strings.Split(m.missing().Error(), "\n")
	if len(lines) != 11 || lines[0] != `agent of acme: turn of call "c00\n" has not returned` || lines[10] != "agents: 2 more have not returned" {
		t.Errorf("missing: got %q", lines)
	}
	if _, err := m.do(run{}, func() (conversation.Reply, error) { panic("want it not to begin") }); !errors.Is(err, errLeft) {
		t.Errorf("want %v, got %v", errLeft, err)
	}
	close(letGo)
	for m.missing() != nil {
		runtime.Gosched()
	}
}
