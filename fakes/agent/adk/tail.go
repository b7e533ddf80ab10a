package adk

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/dnispool/dnispool/sim/conversation"
)

// maxTail is how many bytes are kept of what a process writes past Python's own streams; the rest is read and dropped, so that
// nobody waits for us.
const maxTail = 2 << 10

// mark is what a process writes there after all that a function has written.
const mark = "\x00dnispool: a function has returned\x00\n"

// tail keeps the end of what is written.
type tail struct {
	mu      sync.Mutex
	kept    []byte
	dropped int           // bytes, before what is kept
	more    chan struct{} // has a value when something was written; nobody need take it
}

func newTail() *tail { return &tail{more: make(chan struct{}, 1)} }

// Write implements io.Writer.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	t.kept = append(t.kept, b...)
	if over := len(t.kept) - maxTail; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
		t.dropped += over
	}
	t.mu.Unlock()
	select {
	case t.more <- struct{}{}:
	default:
	}
	return len(b), nil
}

// readFrom keeps the end of what r gives, and closes it.
func (t *tail) readFrom(r io.ReadCloser) {
	_, _ = io.CopyBuffer(t, struct{ io.Reader }{r}, make([]byte, 1<<10))
	_ = r.Close()
}

// marksWithin is how long, in real time, a mark may be on its way.
const marksWithin = 500 * time.Millisecond

// untilMark takes what was written before the mark, which has been written too but may not have come yet.
func (t *tail) untilMark() []conversation.Note {
	late := time.NewTimer(marksWithin)
	defer late.Stop()
	for {
		t.mu.Lock()
		before, after, found := bytes.Cut(t.kept, []byte(mark))
		if found {
			notes := outputNotes(before, t.dropped)
			t.kept, t.dropped = append(t.kept[:0], after...), 0
			t.mu.Unlock()
			return notes
		}
		t.mu.Unlock()
		select {
		case <-t.more:
		case <-late.C:
			return t.take()
		}
	}
}

// take takes what has come.
func (t *tail) take() []conversation.Note {
	t.mu.Lock()
	defer t.mu.Unlock()
	notes := outputNotes(t.kept, t.dropped)
	t.kept, t.dropped = t.kept[:0], 0
	return notes
}

// mostLines is how many lines of what a function has written are told, the last ones.
const mostLines = 100

// outputNotes are what was written as notes, one a line.
func outputNotes(text []byte, dropped int) (notes []conversation.Note) {
	for line := range strings.Lines(strings.ToValidUTF8(string(text), "�")) {
		if line := strings.Trim(line, "\x00 \t\r\n"); line != "" {
			notes = append(notes, conversation.Note{Kind: "output", Text: line})
		}
	}
	if over := len(notes) - mostLines; over > 0 {
		for _, n := range notes[:over] {
			dropped += len(n.Text) + 1
		}
		notes = notes[over:]
	}
	if dropped > 0 {
		return append([]conversation.Note{{Kind: "output", Text: fmt.Sprintf("%d bytes before this are left out", dropped)}}, notes...)
	}
	return notes
}

// after is what is kept, in one line behind the given text; "" when there is nothing.
func (t *tail) after(before string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.Join(strings.FieldsFunc(strings.ToValidUTF8(string(t.kept), "�"), func(r rune) bool { return r == '\n' || r == '\r' }), " / ")
	if strings.TrimSpace(text) == "" {
		return ""
	}
	return before + text
}
