package rehearse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dnispool/dnispool/conformance/procgroup"
)

// Command is a shell command that is run once a caller, with Caller.Settings in its environment. It ends when the client is
// done with the caller.
type Command string

// Setting is an environment variable by which a client can be set up.
type Setting struct{ Name, Value string }

// Settings are what a client has to know, the two that every client needs first.
func (c Caller) Settings() []Setting {
	all := []Setting{
		{"BASE_URL", c.BaseURL}, {"SIP_PEER", c.SIP}, {"DNI_KEY", c.DNIKey}, {"HANDOFF_KEY", c.HandoffKey}, {"ACCOUNT_ID", c.Account}, {"PROJECT_ID", c.Project},
		{"HANDOFF_QUEUE", c.Names.Queue}, {"FALLBACK_QUEUE", c.Names.Fallback}, {"DEFAULT_QUEUE", c.Names.DefaultQueue},
	}
	return slices.DeleteFunc(all, func(s Setting) bool { return s.Value == "" })
}

// ToSet are the Settings but for those that were learned from the client, which has them and whose keys are not to be shown.
func (c Caller) ToSet() []Setting {
	own := map[string]string{"DNI_KEY": c.Names.DNIKey, "HANDOFF_KEY": c.Names.HandoffKey, "ACCOUNT_ID": c.Names.Account, "PROJECT_ID": c.Names.Project}
	return slices.DeleteFunc(c.Settings(), func(s Setting) bool { return own[s.Name] != "" })
}

// Stays implements Arrival.
func (Command) Stays() bool { return true }

func (k Command) Says() string { return "is a run of " + string(k) }

// check says what is wrong with the command.
func (k Command) check() error {
	if strings.TrimSpace(string(k)) == "" {
		return fmt.Errorf("run: want a command of the shell, got %q", string(k))
	}
	return nil
}

// endsWithin is how long a command may take to end when it is told to.
const endsWithin = 2 * time.Second

// Arrive implements Arrival.
func (k Command) Arrive(ctx context.Context, c Caller) error {
	cmd := shell(ctx, string(k))
	cmd.Env = os.Environ()
	for _, s := range append(c.Settings(), Setting{"CALLER_ANI", c.ANI}, Setting{"SHARED_ID", c.SharedID}, Setting{"CALLER", strconv.Itoa(c.Number)}, Setting{"LESSON", c.Lesson}) {
		cmd.Env = append(cmd.Env, s.Name+"="+s.Value)
	}
	var said tail
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &said, &said, endsWithin
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("run: it was still running when its time was up%s", said.quoted())
	case errors.Is(err, exec.ErrWaitDelay):
		return nil // something that it started holds its output
	case err != nil:
		return fmt.Errorf("run: %w%s", err, said.quoted())
	}
	return nil
}

// shell runs a line of the shell in a process group of its own, which ends with ctx.
func shell(ctx context.Context, line string) *exec.Cmd {
	words := []string{"sh", "-c", line}
	if runtime.GOOS == "windows" {
		words = []string{"cmd", "/C", line}
	}
	c := exec.CommandContext(ctx, words[0], words[1:]...)
	procgroup.Own(c)
	c.Cancel = func() error { return procgroup.Terminate(c) }
	return c
}

// tail keeps the end of what a command prints.
type tail struct {
	mu   sync.Mutex
	kept []byte
	cut  bool // there was more before
}

const mostSaid = 400 // bytes

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, b...)
	if more := len(t.kept) - mostSaid; more > 0 {
		t.kept, t.cut = t.kept[more:], true
	}
	return len(b), nil
}

func (t *tail) quoted() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	kept := t.kept
	if _, whole, more := bytes.Cut(kept, []byte("\n")); t.cut && more {
		kept = whole
	}
	said := strings.TrimSpace(string(bytes.ToValidUTF8(kept, nil)))
	if said == "" {
		return ""
	}
	return ", having said: " + said
}
