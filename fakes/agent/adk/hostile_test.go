package adk_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/agent/adk"
	"github.com/dnispool/dnispool/sim/conversation"
)

var hostileCalls = flag.Int("hostile", 22, "calls at projects that do harm, at 10 at one time")

// hostile is what a function does, and how the error of its start_function begins; | is between what versions of Python make of it.
var hostile = []struct{ do, err string }{
	{"", ""},
	{"hang", "start_function: timeout: want 1s at most, and it had not returned when it was ended"},
	{"", ""},
	{"sleep", "start_function: timeout: want 1m0s at most, took 2m0s"},
	{"fork", "start_function: Refused: another process is refused: os.fork (the simulator runs a function by itself) at functions/start_function.py:26"},
	{"shell", "start_function: Refused: another process is refused: subprocess.Popen (the simulator runs a function by itself) at functions/start_function.py:28"},
	{"", ""},
	{"fork behind our back", ""},
	{"thread", ""},
	{"exit", "start_function: SystemExit: 7 at functions/start_function.py:36"},
	{"exit at once", "start_function: its process ended: exit status 7"},
	{"print", ""},
	{"", ""},
	{"write", ""},
	{"recurse", "start_function: RecursionError: maximum recursion depth exceeded at functions/start_function.py:13"},
	{"recurse on", "start_function: timeout: want 1s at most, and it had not returned when it was ended|start_function: its process ended: SIGSEGV"},
	{"connect", "start_function: Refused: the network is refused: socket.getaddrinfo 127.0.0.1:9 (the simulator runs a function by itself) at functions/start_function.py:51"},
	{"memory", "start_function: MemoryError at functions/start_function.py:53"},
	{"state", "start_function: reply: want 8388608 bytes at most, got more"},
	{"loop in state", ""},
	{"", ""},
	{"break the line", "start_function: its process ended"},
}

// TestHostileCalls: what one call's functions do is felt by no other call, and nothing of it is left.
func TestHostileCalls(t *testing.T) {
	t.Parallel()
	needPython(t)
	python := filepath.Join(t.TempDir(), "python3") // a name by which its processes are found
	if err := os.Symlink(interpreter(), python); err != nil {
		t.Fatal(err)
	}
	a := open(t, "hostile", func(o *adk.Options) { o.Python = python })
	var calls sync.WaitGroup
	slots := make(chan struct{}, 10)
	for i := range *hostileCalls {
		slots <- struct{}{}
		calls.Go(func() {
			defer func() { <-slots }()
			h := hostile[i%len(hostile)]
			config := conversation.Default()
			config.StartTimeout = time.Minute // all that work get there, however busy the machine is
			if strings.Contains(h.err, "want 1s") {
				config.StartTimeout = time.Second
			}
			id := fmt.Sprintf("%d %s", i, h.do)
			c := talk(t, a, config, id, fmt.Sprintf(`{"do":%q}`, h.do))
			c.Begin(t.Context())
			got := ""
			for _, err := range c.Errors() {
				got += err.Error()
			}
			begins := func(want string) bool { return strings.HasPrefix(got, want) }
			if !slices.ContainsFunc(strings.Split(h.err, "|"), begins) || h.err == "" && got != "" {
				t.Errorf("%s: want %q, got %q", id, h.err, got)
			}
			if did := string(c.State()["did"]); h.err == "" && did != fmt.Sprintf("%q", h.do) {
				t.Errorf("%s: want it in the state, got %s", id, did)
			}
			a.Over(id)
		})
	}
	calls.Wait()
	if left := processes(t, python); len(left) != 1 {
		t.Errorf("processes: want the warm one alone once the calls are over, got %d:\n%s", len(left), strings.Join(left, "\n"))
	}
	if err := a.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if left := processes(t, python); len(left) != 0 {
		t.Errorf("processes: want none, got\n%s", strings.Join(left, "\n"))
	}
}

// processes are those with this program.
func processes(t *testing.T, program string) (found []string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("skipped: the rest of this test looks into /proc")
	}
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range all {
		text, err := os.ReadFile(file)
		if err == nil && bytes.HasPrefix(text, []byte(program+"\x00")) {
			found = append(found, file)
		}
	}
	return found
}

// TestTheWarmProcessIsReplaced: calls that are up go on without it, and new ones get another.
func TestTheWarmProcessIsReplaced(t *testing.T) {
	t.Parallel()
	a := open(t, "hostile", nil)
	up := talk(t, a, conversation.Default(), "up", `{"do":""}`)
	up.Begin(t.Context())
	for range 2 {
		c := talk(t, a, conversation.Default(), "killer", `{"do":"end the host"}`)
		c.Begin(t.Context())
		if len(c.Errors()) > 0 {
			t.Errorf("errors: want none, for its own process is there, got %v", c.Errors())
		}
		a.Over("killer")
	}
	if up.Next(t.Context()); len(up.Errors()) > 0 {
		t.Errorf("errors of a call that was up: want none, got %v", up.Errors())
	}
	next := talk(t, a, conversation.Default(), "next", `{"do":""}`)
	next.Begin(t.Context())
	equal(t, "state", state(next), `{"did":""}`)
}
