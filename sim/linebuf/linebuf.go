// Package linebuf puts a bounded buffer before a stream that may block or break, as standard error does behind a pager
// or a log driver that has stalled. Whoever writes never waits and never gets an error: what there is no room for is
// dropped, and the stream says how many lines that were as soon as it takes some again.
package linebuf

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
)

// Writer is the buffer. It is safe for concurrent use; make it with New, and Close it.
type Writer struct {
	to     io.Writer
	limit  int
	notice func(lines uint64) []byte
	wake   chan struct{} // there is something to do
	done   chan struct{} // nothing will be written any more

	mu      sync.Mutex
	pending []byte
	lost    uint64 // lines that to has failed to take, all before those that are pending
	dropped uint64 // lines there was no room for, all after those that are pending
	closed  bool
}

// New returns a writer that keeps at most limit bytes for to, and as many that are being written. notice makes the line
// that stands in place of lines that were dropped.
func New(to io.Writer, limit int, notice func(lines uint64) []byte) *Writer {
	w := &Writer{to: to, limit: limit, notice: notice, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go w.run()
	return w
}

// Write takes whole lines, or drops them. It returns len(p) and no error either way.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.dropped > 0 || len(w.pending)+len(p) > w.limit { // once one is dropped, so are all, up to the notice
		w.dropped += lines(p)
		return len(p), nil
	}
	w.pending = append(w.pending, p...)
	w.signal()
	return len(p), nil
}

// Close waits until everything is written, or ctx ends. A write that is under way then is left behind; the error
// says how many lines more were not written.
func (w *Writer) Close(ctx context.Context) error {
	w.mu.Lock()
	w.closed = true
	w.signal()
	w.mu.Unlock()
	select {
	case <-w.done:
	case <-ctx.Done():
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := w.lost + w.dropped; n > 0 || len(w.pending) > 0 {
		return fmt.Errorf("output: lines not written: %d", n+uint64(bytes.Count(w.pending, newline)))
	}
	return nil
}

func (w *Writer) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *Writer) run() {
	defer close(w.done)
	var batch []byte
	for {
		var unwritten uint64
		var more bool
		if batch, unwritten, more = w.take(batch[:0]); len(batch) > 0 {
			w.write(batch, unwritten)
			continue
		}
		if !more {
			return
		}
		<-w.wake
	}
}

// take moves what is pending to batch, with a notice for what is missing. It returns the number of lines that batch
// stands for, and whether more can come.
func (w *Writer) take(batch []byte) (_ []byte, unwritten uint64, more bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.pending) == 0 && w.dropped == 0 {
		return batch, 0, !w.closed
	}
	unwritten = w.lost + uint64(bytes.Count(w.pending, newline)) + w.dropped
	if w.lost > 0 {
		batch = append(batch, w.notice(w.lost)...)
	}
	batch = append(batch, w.pending...)
	if w.dropped > 0 {
		batch = append(batch, w.notice(w.dropped)...)
	}
	w.pending, w.lost, w.dropped = w.pending[:0], 0, 0
	return batch, unwritten, true
}

// write writes a batch, and counts its lines as lost when that fails: the stream may take the next one, as a disk does
// that was full.
func (w *Writer) write(batch []byte, unwritten uint64) {
	n, err := w.to.Write(batch)
	if err == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lost += max(unwritten, uint64(bytes.Count(batch[:n], newline))) - uint64(bytes.Count(batch[:n], newline))
}

var newline = []byte{'\n'}

// lines counts the lines of p, of which the last may be open.
func lines(p []byte) uint64 { return max(1, uint64(bytes.Count(p, newline))) }
