package reference_test

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/reference"
)

// node reads what stands under given, or under a part of fault.
func node(t *testing.T, text string) *yaml.Node {
	t.Helper()
	if text == "" {
		return nil
	}
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(text), &n); err != nil {
		t.Fatal(err)
	}
	return n.Content[0]
}

// open makes a world, and sees to it that nothing of it is left at the end of the test.
func open(t *testing.T, r reference.Target, given string) targets.Stage {
	t.Helper()
	before := leftovers()
	s, err := r.Open(t.Context(), targets.World{File: "x.yaml", Given: node(t, given), Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		before.check(t)
	})
	return s
}

// resources counts what a world must give back.
type resources struct{ goroutines, sockets int }

func leftovers() resources {
	r := resources{goroutines: runtime.NumGoroutine()}
	entries, _ := os.ReadDir("/proc/self/fd") // not there: sockets are not counted
	for _, e := range entries {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			r.sockets++
		}
	}
	return r
}

// check waits for what has been told to end.
func (before resources) check(t *testing.T) {
	t.Helper()
	for patience := time.Now().Add(3 * time.Second); ; time.Sleep(time.Millisecond) {
		now := leftovers()
		if now.goroutines <= before.goroutines && now.sockets <= before.sockets {
			return
		}
		if time.Now().After(patience) {
			buf := make([]byte, 1<<20)
			t.Fatalf("leftovers: want %+v, got %+v\n%s", before, now, buf[:runtime.Stack(buf, true)])
		}
	}
}
