//go:build unix

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/independent"
)

// atTerminal runs a command on a terminal of its own: what is written to its input is typed there.
const atTerminal = `import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])) % 256)`

// TestCtrlCInACall: at a terminal the first Ctrl-C ends the call that a command has placed, and the report says which numbers are
// still held; the second leaves at once. In the end no process of the command is left.
func TestCtrlCInACall(t *testing.T) {
	for _, program := range []string{"python3", "sipp"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	example, err := os.ReadFile("../../specs/examples/dial.sh")
	if err != nil {
		t.Fatal(err)
	}
	const (
		held  = "numbers that this run reserved and nobody called may still be held: +12025550000 (until "
		mayBe = "the call to +12025550000 may still be up: "
	)
	for _, c := range []struct {
		name, script string
		presses      int
		code         int
		says, not    string
	}{
		{"while it rings", "exec ./example.sh \"$1\" \"$2\"\n", 1, 130, held, mayBe},
		{"with a command that does not hang up", "trap '' TERM; echo '{\"event\":\"answered\"}'; sleep 600\n", 1, 130, mayBe, held},
		{"twice", "echo '{\"event\":\"answered\"}'; read order; sleep 2\n", 2, 254, "once more leaves at once", "Interrupted:"}, // -2: by SIGINT
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := independent.Start(independent.Options{Projects: independent.DefaultProjects(1, 20), Ring: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = p.Close() }()
			dir := write(t, map[string]string{
				"example.sh": string(example),
				"dial.sh":    "#!/bin/sh\necho $$ > pid.new; mv pid.new pid\n" + c.script,
				"t.yaml": fmt.Sprintf(`target: v1
base_url: %s
account: %s
project: %s
keys: {dni: {env: D}, handoff: {env: H}}
calls: {exec: [./dial.sh, '{dni}', '%s']}
%s`, p.URL(), p.Projects()[0].Account, p.Projects()[0].ID, p.SIP(), wellKnown),
			})
			for _, script := range []string{"example.sh", "dial.sh"} {
				if err := os.Chmod(filepath.Join(dir, script), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			run := command(t, dir, "check", "--target", "t.yaml", "--yes", "core/platform-sends-the-bye")
			at := exec.CommandContext(t.Context(), "python3", append([]string{"-c", atTerminal, run.Path}, run.Args[1:]...)...)
			at.Dir, at.Env = dir, append(run.Env, "D="+p.Projects()[0].DNIKey, "H="+p.Projects()[0].HandoffKey)
			keys, err := at.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := at.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := at.Start(); err != nil {
				t.Fatal(err)
			}
			group := placed(t, dir)
			press := func() {
				if _, err := io.WriteString(keys, "\x03"); err != nil {
					t.Error(err)
				}
			}
			press()
			var seen strings.Builder
			for lines := bufio.NewScanner(out); lines.Scan(); {
				seen.WriteString(lines.Text() + " ")
				if c.presses > 1 && strings.Contains(lines.Text(), "once more") {
					press()
				}
			}
			_ = at.Wait()
			text := strings.Join(strings.Fields(seen.String()), " ")
			if code := at.ProcessState.ExitCode(); code != c.code || !strings.Contains(text, c.says) || strings.Contains(text, c.not) {
				t.Errorf("want %d and %q, without %q, got %d\n%s", c.code, c.says, c.not, code, text)
			}
			for end := time.Now().Add(10 * time.Second); inGroup(group) != nil; time.Sleep(10 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("process group of the command: want it empty, got %v", inGroup(group))
				}
			}
		})
	}
}

// placed waits for the command of a call, and returns its process group.
func placed(t *testing.T, dir string) int {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if text, err := os.ReadFile(filepath.Join(dir, "pid")); err == nil {
			group, err := strconv.Atoi(strings.TrimSpace(string(text)))
			if err != nil {
				t.Fatal(err)
			}
			return group
		}
	}
	t.Fatal("want a call placed, got none")
	return 0
}
