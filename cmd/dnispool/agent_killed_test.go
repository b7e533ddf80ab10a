//go:build unix

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/pstn"
)

// TestNothingOfAKilledSimulatorIsLeft: the processes of its agent end with it, one that is in the middle of a call too. They hold a
// pipe open, which ends when the last of them has.
func TestNothingOfAKilledSimulatorIsLeft(t *testing.T) {
	t.Parallel()
	needPython(t)
	dir := write(t, map[string]string{
		"sim.yaml": "agent: {adk: agent}\n",
		"agent/functions/start_function.py": `import os

alive = os.open(os.path.join(os.path.dirname(__file__), "alive"), os.O_WRONLY)


def start_function(conv):
    os.write(alive, b"in a call\n")
    while True:
        pass
`,
	})
	fifo := filepath.Join(dir, "agent", "functions", "alive")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	opened := make(chan *os.File, 1)
	go func() {
		f, err := os.Open(fifo) // waits for the other end
		if err != nil {
			t.Error(err)
		}
		opened <- f
	}()
	p := serve(t, dir, "--config", "sim.yaml", "-q")
	alive := <-opened
	defer alive.Close()
	if err := alive.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	carrier, err := pstn.New(t.Context(), pstn.Config{Platform: p.sip})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = carrier.Close() }) // its call has nobody at the other end
	if _, err := carrier.Dial(t.Context(), pstn.Dial{To: p.number(t), From: "+442079460001"}); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(alive)
	if line, err := said.ReadString('\n'); line != "in a call\n" {
		t.Fatalf("want the call begun, got %q (%v)", line, err)
	}
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(said); err != nil {
		t.Error(fmt.Errorf("want no process of Python left, got one still there: %w (%q)", err, rest))
	}
}
