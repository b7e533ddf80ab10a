package history

import (
	"bufio"
	"encoding/json"
	"io"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"
)

// Format names the form of a history file. It changes when a reader of the old form would be misled.
const Format = "dnispool.history/v1"

// Header is the first line of a history file.
type Header struct {
	Format string `json:"format"`
	// Base is the wall time of the operations' zero, for people and for merging; nothing is judged by it.
	Base time.Time `json:"base"`
	// Eps bounds how far the clocks of the generators may be apart.
	Eps time.Duration `json:"eps_ns,omitempty"`
	// Source is what was played: a scenario's id, a seed.
	Source string `json:"source,omitempty"`
	// Facts is what is known of each project's pool, for whoever judges; see check.Facts.
	Facts json.RawMessage `json:"facts,omitempty"`
}

// Writer writes a history file as it happens, one operation a line. It keeps nothing in memory but its buffer, and is
// safe for concurrent use. An operation that changes is written again: the last line of an id counts.
type Writer struct {
	mu   sync.Mutex
	out  *bufio.Writer
	line []byte
	n    int32 // lines
	err  error
}

// NewWriter writes the header to w at once and returns a Writer on w.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	h.Format = Format
	head, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	_, _ = out.Write(append(head, '\n')) // Flush returns its error
	return &Writer{out: out, n: 1}, out.Flush()
}

// Append writes op. The first error of the underlying writer is kept and returned from then on.
func (w *Writer) Append(op *Op) error {
	_, err := w.append(op)
	return err
}

// append is Append that says on which line.
func (w *Writer) append(op *Op) (line int32, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return 0, w.err
	}
	w.line = append(appendOp(w.line[:0], op), '\n')
	if len(w.line) > w.out.Available() { // whole lines only, so that what a killed process leaves can be read
		w.err = w.out.Flush()
	}
	if w.err == nil {
		_, w.err = w.out.Write(w.line)
	}
	w.n++
	return w.n, w.err
}

// Flush hands everything written so far to the underlying writer.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = w.out.Flush()
	}
	return w.err
}

// appendOp writes op as encoding/json would, without reflection: a load test appends one for every request. The time of
// an end is written even when it is 0.
func appendOp(b []byte, o *Op) []byte {
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, int64(o.ID), 10)
	b = appendText(b, "generator", o.Generator)
	b = appendText(b, "client", o.Client)
	b = appendText(b, "step", o.Step)
	b = appendText(b, "kind", string(o.Kind))
	b = appendText(b, "outcome", string(o.Outcome))
	b = appendInt(b, "start_ns", int64(o.Start), true)
	b = appendInt(b, "sent_ns", int64(o.Sent), false)
	b = appendInt(b, "end_ns", int64(o.End), true)
	b = appendText(b, "project", o.Project)
	if o.Drain {
		b = append(b, `,"drain":true`...)
	}
	b = appendInt(b, "status", int64(o.Status), false)
	b = appendText(b, "number", o.Number)
	b = appendText(b, "nonce", o.Nonce)
	b = appendText(b, "shared_id", o.SharedID)
	b = appendRaw(b, "attributes", o.Attributes)
	b = appendText(b, "call_id", o.CallID)
	if o.Ended {
		b = append(b, `,"ended":true`...)
	}
	b = appendText(b, "ended_by", o.EndedBy)
	b = appendInt(b, "bye_ns", int64(o.Bye), o.Ended)
	b = appendText(b, "asked_id", o.AskedID)
	b = appendText(b, "asked_shared_id", o.AskedSharedID)
	b = appendText(b, "got_id", o.GotID)
	b = appendText(b, "got_shared_id", o.GotSharedID)
	b = appendRaw(b, "data", o.Data)
	return append(b, '}')
}

func appendInt(b []byte, name string, v int64, always bool) []byte {
	if v == 0 && !always {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":`...)
	return strconv.AppendInt(b, v, 10)
}

func appendText(b []byte, name, v string) []byte {
	if v == "" {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":`...)
	if plain(v) {
		return append(append(append(b, '"'), v...), '"')
	}
	quoted, _ := json.Marshal(v) // a string always can
	return append(b, quoted...)
}

// plain reports whether JSON writes a text as it is.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func appendRaw(b []byte, name string, v json.RawMessage) []byte {
	if len(v) == 0 {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":`...)
	compact, err := json.Marshal(v) // on one line, whatever it was
	if err != nil {
		return append(b, "null"...)
	}
	return append(b, compact...)
}
