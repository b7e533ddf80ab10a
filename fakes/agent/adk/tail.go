package adk

import (
	"io"
	"strings"
	"sync"
)

// maxTail is how many bytes are kept of what a process writes; the rest is read and dropped, so that nobody waits for us.
const maxTail = 2 << 10

// tail keeps the end of what is written.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

// Write implements io.Writer.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, b[max(0, len(b)-maxTail):]...)
	if over := len(t.kept) - maxTail; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	return len(b), nil
}

// readFrom keeps the end of what r gives, and closes it.
func (t *tail) readFrom(r io.ReadCloser) {
	_, _ = io.CopyBuffer(t, struct{ io.Reader }{r}, make([]byte, 1<<10))
	_ = r.Close()
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
