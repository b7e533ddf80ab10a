package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// unread is a simulator of which one output goes to a pipe that nobody reads.
type unread struct {
	*exec.Cmd
	read  *os.File      // of the pipe
	other *bufio.Reader // the output that is read
	url   string
}

// startUnread starts a simulator and reads its addresses from the output that is not blocked.
func startUnread(t *testing.T, blocked string) *unread {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = read.Close() })
	defer write.Close()
	u := &unread{Cmd: command(t, t.TempDir(), "sim", "--http", "127.0.0.1:0", "--sip", "127.0.0.1:0", "--control", "", "--set", "log.buffer=4096"), read: read}
	var other io.ReadCloser
	if blocked == "stdout" {
		fill(t, write)
		u.Stdout = write
		other, err = u.StderrPipe()
	} else {
		u.Stderr = write
		other, err = u.StdoutPipe()
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := u.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = u.Process.Kill(); _ = u.Wait() })
	u.other = bufio.NewReader(other)
	pattern := `HTTP +(http://\S+)`
	if blocked == "stdout" {
		pattern = `msg=started.*"http ([^,]+),`
	}
	for u.url == "" {
		line, err := u.other.ReadString('\n')
		if err != nil {
			t.Fatalf("want its address, got %q (%v)", line, err)
		}
		if strings.Contains(line, "HTTP  ") || strings.Contains(line, "msg=started") {
			u.url = "http://" + strings.TrimPrefix(find(t, line, pattern)[1], "http://")
		}
	}
	return u
}

// fill puts as much into a pipe as it holds.
func fill(t *testing.T, w *os.File) {
	t.Helper()
	for {
		if err := w.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(bytes.Repeat([]byte{'.'}, 4096)); err != nil {
			return // it is full
		}
	}
}

// ask makes requests that are logged, and wants each answered.
func (u *unread) ask(t *testing.T, n int) {
	t.Helper()
	for range n {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u.url+"/v1/acme-uk/acme-support/handoff_state?shared_id=nobody", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("x-api-key", "demo-handoff-key-acme")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		if res.StatusCode != 404 {
			t.Fatalf("status: want 404, got %d", res.StatusCode)
		}
	}
}

// terminated wants a polite end.
func (u *unread) terminated(t *testing.T) {
	t.Helper()
	if err := u.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- u.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("SIGTERM: want exit code 0, got %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("SIGTERM: want it ended, got it running")
	}
}

// A log that nobody reads holds no request, and says afterwards how much of it is missing.
func TestSimWithALogThatIsNotRead(t *testing.T) {
	t.Parallel()
	u := startUnread(t, "stderr")
	u.ask(t, 1000) // the pipe holds some 500 of the lines
	lines := bufio.NewReader(u.read)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(line, "msg=output-dropped lines=") {
			break
		}
	}
	u.ask(t, 1000)
	u.terminated(t)
}

func TestSimWithALogWhoseReaderIsGone(t *testing.T) {
	t.Parallel()
	u := startUnread(t, "stderr")
	if err := u.read.Close(); err != nil {
		t.Fatal(err)
	}
	u.ask(t, 10)
	u.terminated(t)
}

func TestSimWithAStandardOutputThatIsNotRead(t *testing.T) {
	t.Parallel()
	u := startUnread(t, "stdout")
	go func() { _, _ = io.Copy(io.Discard, u.other) }()
	u.ask(t, 10)
	u.terminated(t)
}

// Who sends both outputs to one pipe gets whole lines: they share a buffer, or one would write while the pipe has taken a part of the
// other's line.
func TestOneBufferForOneStream(t *testing.T) {
	t.Parallel()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	defer write.Close()
	other, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for _, c := range []struct {
		name     string
		out, err io.Writer
		one      bool
	}{
		{"one pipe", write, write, true},
		{"a pipe and a file", write, other, false},
		{"no files", new(bytes.Buffer), new(bytes.Buffer), false},
		{"a file that is closed", read, os.NewFile(^uintptr(0), "closed"), false},
	} {
		e, flush := new(simFlags).unblocked(env{out: c.out, err: c.err}, 4096)
		if (e.out == e.err) != c.one {
			t.Errorf("%s: want one buffer: %v, got %v", c.name, c.one, e.out == e.err)
		}
		flush()
	}
}

// Who stops a simulator before it is up has done nothing wrong either.
func TestSimThatIsStoppedWhileItStarts(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for _, more := range [][]string{{"--control", ""}, {"--control", "127.0.0.1:0"}} {
		var out, err bytes.Buffer
		e := env{args: append([]string{"sim", "--http", "127.0.0.1:0", "--sip", "127.0.0.1:0", "-q"}, more...), out: &out, err: &err, getenv: func(string) string { return "" }}
		if code := dispatch(ctx, e); code != 0 || err.Len() > 0 {
			t.Errorf("%q: want 0 and no error, got %d %s", more, code, err.String())
		}
	}
}
