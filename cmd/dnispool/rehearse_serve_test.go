package main

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/control/client"
)

// rehearsal is one that is served, as a process of its own.
type rehearsal struct {
	*exec.Cmd
	said map[string]string // its addresses and keys
	api  *client.Client
	dir  string
}

func serveRehearsal(t *testing.T, args ...string) *rehearsal {
	t.Helper()
	r := &rehearsal{dir: write(t, map[string]string{"mine.yaml": ownLesson})}
	r.Cmd = command(t, r.dir, append([]string{"rehearse", "--serve", "--output", "json", "--lessons", "mine.yaml", "--http", "127.0.0.1:0", "--sip", "127.0.0.1:0", "--control", "127.0.0.1:0"}, args...)...)
	r.Env = append(r.Env, "DNISPOOL_CONTROL_TOKEN=a-long-secret")
	out, err := r.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Process.Kill(); _ = r.Wait() })
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &r.said)
	}
	if err == nil {
		r.api, err = client.New(r.said["control"])
	}
	if err != nil {
		t.Fatalf("want a line of JSON, got %s (%v)", line, err)
	}
	return r
}

// ctl runs a command that asks the rehearsal.
func (r *rehearsal) ctl(t *testing.T, args ...string) ran {
	t.Helper()
	return dnispool(t, r.dir, append(append([]string{"ctl"}, args...), "--url", r.said["control"])...)
}

// TestRehearsalIsServed to a test runner in another language: it knows what a line of JSON says, HTTP, and nothing else.
func TestRehearsalIsServed(t *testing.T) {
	t.Parallel()
	r := serveRehearsal(t, "--junit", "j.xml")
	if got := dnispool(t, r.dir, "ready", r.said["control"], "--timeout", "5s"); got.code != 0 {
		t.Fatalf("ready: got %+v", got)
	}
	if got := r.ctl(t, "lessons"); got.code != 0 || !strings.HasPrefix(got.out, "mine  ") {
		t.Errorf("lessons: got %+v", got)
	}
	for _, c := range []struct {
		does bool
		code int
		want string
	}{{true, 0, "passed mine (must)"}, {false, 1, "failed mine (must)"}} {
		if got := r.ctl(t, "rehearse", "mine"); got.code != 0 || !strings.Contains(got.out, "playing mine (must), each caller told") {
			t.Fatalf("rehearse: got %+v", got)
		}
		if got := r.ctl(t, "arrived"); got.code != 0 {
			t.Errorf("arrived: got %+v", got)
		}
		if c.does {
			do := exec.CommandContext(t.Context(), "curl", "-s", "-o", "reply", "-H", "X-Api-Key: "+r.said["dni_key"], "-H", "Content-Type: application/json", "-d", `{"attributes":{}}`, r.said["base_url"]+"/v1/conversations/dni-reservation")
			do.Dir = r.dir
			if _, err := exec.LookPath("curl"); err != nil {
				t.Skip("curl is not installed")
			}
			if err := do.Run(); err != nil {
				t.Fatal(err)
			}
		}
		if got := r.ctl(t, "served"); got.code != 0 {
			t.Errorf("served: got %+v", got)
		}
		if got := r.ctl(t, "verdict"); got.code != c.code || !strings.HasPrefix(got.out, c.want) {
			t.Errorf("verdict: want %d and %s, got %+v", c.code, c.want, got)
		}
	}
	if got := r.ctl(t, "stop"); got.code != 2 || !strings.Contains(got.err, "want one that was begun here") {
		t.Errorf("stop: got %+v", got)
	}
	if err := r.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- r.Wait() }()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Fatal("want it to end when it is interrupted")
	}
	if b, err := os.ReadFile(r.dir + "/j.xml"); r.ProcessState.ExitCode() != 1 || err != nil || !strings.Contains(string(b), `tests="2"`) || !strings.Contains(string(b), `failures="1"`) {
		t.Errorf("want 1 and both verdicts, got %d and %s (%v)", r.ProcessState.ExitCode(), b, err)
	}
}

// TestServedLessonIsBegunAgain by the command that its verdict names, as whoever led it did.
func TestServedLessonIsBegunAgain(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"mine.yaml": ownLesson})
	b := startBeside(t, dir, "dnispool rehearse --serve --lessons mine.yaml")
	b.until(t, "Ctrl-C ends it.")
	for _, words := range [][]string{{"rehearse", "mine"}, {"arrived"}, {"served"}} {
		if got := dnispool(t, dir, append(append([]string{"ctl"}, words...), "--url", b.page)...); got.code != 0 {
			t.Fatalf("%q: want 0, got %+v", words, got)
		}
	}
	again := "dnispool ctl rehearse mine --url '" + b.page + "'"
	b.until(t, "  again     "+again)
	if out, code := shell(t, dir, again); code != 0 || !strings.Contains(out, "playing mine (must)") {
		t.Errorf("%s: want it begun, got %d and %s", again, code, out)
	}
}
