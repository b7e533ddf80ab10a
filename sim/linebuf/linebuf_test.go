package linebuf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

func notice(lines uint64) []byte { return fmt.Appendf(nil, "(%d dropped)\n", lines) }

// stream is one whose reader takes nothing until it is told to.
type stream struct {
	begun chan struct{}
	going chan error // what the write under way returns

	mu   sync.Mutex
	text bytes.Buffer
}

func newStream() *stream { return &stream{begun: make(chan struct{}), going: make(chan error)} }

func (s *stream) Write(p []byte) (int, error) {
	s.begun <- struct{}{}
	if err := <-s.going; err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// next lets one write happen with that result.
func (s *stream) next(err error) {
	<-s.begun
	s.going <- err
}

func (s *stream) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func say(t *testing.T, w *Writer, text string) {
	t.Helper()
	if n, err := w.Write([]byte(text)); n != len(text) || err != nil {
		t.Fatalf("write: want %d and no error, got %d, %v", len(text), n, err)
	}
}

func TestWhatThereIsNoRoomForIsCounted(t *testing.T) {
	s := newStream()
	w := New(s, 8, notice)
	say(t, w, "one\n")
	<-s.begun // one is being written, and blocks
	say(t, w, "two\n")
	say(t, w, "three\n") // does not fit
	say(t, w, "4\n")     // would fit, and would come before the notice
	s.going <- nil
	s.next(nil)
	say(t, w, "five\n")
	go s.next(nil)
	if err := w.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if got, want := s.String(), "one\ntwo\n(2 dropped)\nfive\n"; got != want {
		t.Errorf("want %q, got %q", want, got)
	}
}

func TestABrokenStreamIsTriedAgain(t *testing.T) {
	s := newStream()
	w := New(s, 100, notice)
	say(t, w, "one\n")
	s.next(errors.New("no space left"))
	say(t, w, "two\n")
	s.next(nil)
	if err := w.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if got, want := s.String(), "(1 dropped)\ntwo\n"; got != want {
		t.Errorf("want %q, got %q", want, got)
	}
}

func TestCloseDoesNotWaitForAStreamThatBlocks(t *testing.T) {
	s := newStream()
	w := New(s, 100, notice)
	say(t, w, "one\n")
	<-s.begun
	say(t, w, "two\n")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Close(ctx); err == nil || err.Error() != "output: lines not written: 1" {
		t.Errorf("close: want it to say what was left, got %v", err)
	}
	say(t, w, "three\n") // is dropped, and blocks nobody
	s.going <- nil
	s.next(nil)
	<-w.done
}

func TestManyWritersLoseNoLineUncounted(t *testing.T) {
	const writers, each = 8, 500
	var b bytes.Buffer
	w := New(&b, 256, notice)
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				say(t, w, "a line\n")
			}
		})
	}
	wg.Wait()
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := 0
	for line := range strings.Lines(b.String()) {
		n := 1
		if line != "a line\n" {
			if _, err := fmt.Sscanf(line, "(%d dropped)\n", &n); err != nil {
				t.Fatalf("line %q: %v", line, err)
			}
		}
		got += n
	}
	if got != writers*each {
		t.Errorf("lines: want %d, written or counted, got %d", writers*each, got)
	}
}
