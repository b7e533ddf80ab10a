package history

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"unicode/utf8"
)

// input is a file that is read in parts of whole lines.
type input struct {
	name string
	from io.Reader
	rest []byte // of a line whose end is not read yet
	n    int    // lines of all parts so far
	read int64  // their bytes
	err  error  // why nothing more can be read; io.EOF at the end
}

// partBytes is how much is read at once.
const partBytes = 256 << 10

// part reads on to the end of some line, into room; there are no lines at the end of the file. The error says why the
// line behind those of all parts cannot be read.
func (in *input) part(room []byte) (lines, error) {
	text := append(room[:0], in.rest...)
	in.rest = in.rest[:0]
	for in.err == nil {
		from := len(text)
		text = in.more(text)
		first := bytes.IndexByte(text[from:], '\n')
		switch {
		case first < 0 && len(text) >= maxLine, from+first >= maxLine:
			in.err = bufio.ErrTooLong
		case first >= 0:
			end := from + bytes.LastIndexByte(text[from:], '\n') + 1
			in.rest = append(in.rest, text[end:]...)
			return in.lines(text[:end]), nil
		}
	}
	if in.err != io.EOF {
		return lines{}, in.err
	}
	return in.lines(text), nil
}

// more reads on behind text.
func (in *input) more(text []byte) []byte {
	text = slices.Grow(text, partBytes)
	for in.err == nil && len(text) < cap(text) {
		var n int
		n, in.err = in.from.Read(text[len(text):cap(text)])
		text = text[:len(text)+n]
	}
	return text
}

// lines are the next ones of the file.
func (in *input) lines(text []byte) lines {
	l := lines{text: text, n: in.n}
	in.n += bytes.Count(text, []byte{'\n'})
	in.read += int64(len(text))
	if len(text) > 0 && text[len(text)-1] != '\n' {
		in.n++
	}
	return l
}

// lines are some that stand one after the other in a file.
type lines struct {
	text []byte // those that are left
	n    int    // which one of the file was read last, from 1
	line []byte // that one, without its end
	open bool   // nothing ends it
}

// next reads on to a line that says something.
func (l *lines) next() bool {
	for len(l.text) > 0 {
		line, rest, ended := bytes.Cut(l.text, []byte{'\n'})
		l.text, l.line, l.open = rest, bytes.TrimSuffix(line, []byte{'\r'}), !ended
		l.n++
		if len(bytes.TrimSpace(line)) > 0 {
			return true
		}
	}
	return false
}

// isCut reports whether err is that of a line whose rest was never written.
func (l *lines) isCut(err error) bool { return l.open && errors.Is(err, io.ErrUnexpectedEOF) }

// header reads the first line, and returns those behind it that were read with it.
func (in *input) header(f *File) (behind lines, err error) {
	errorf := func(n int, format string, args ...any) error {
		return fmt.Errorf("%s:%d: history: %w", in.name, n, fmt.Errorf(format, args...))
	}
	var l lines
	for !l.next() {
		switch l, err = in.part(nil); {
		case err != nil:
			return l, errorf(in.n+1, "want a header, got %s", lineError(err))
		case len(l.text) == 0:
			return l, errorf(in.n+1, "want a header, got an empty file")
		}
	}
	line := bytes.TrimPrefix(l.line, []byte("\ufeff"))
	given, err := strict(line, &f.Header)
	switch {
	case err != nil && given["kind"]:
		return l, errorf(l.n, "want a header before the operations, as {\"format\":%q,\"base\":\"2026-01-01T00:00:00Z\"}", Format)
	case err != nil:
		return l, errorf(l.n, "want a header: %w", err)
	case f.Format != Format:
		return l, errorf(l.n, "format: want %s, got %q", Format, f.Format)
	case !given["base"]:
		return l, errorf(l.n, "base: want the wall time of the operations' zero, got nothing")
	case f.Eps < 0:
		return l, errorf(l.n, "eps_ns: want 0 or more, got %d", f.Eps)
	}
	f.FactsLine, f.FactsColumn = l.n, columnOf("facts", line)
	return l, nil
}

// columnOf is where the value of the last such member of an object begins, in characters from 1; 0 when there is none.
func columnOf(member string, object []byte) (column int) {
	c := cursor{data: object}
	for ok := c.take('{'); ok; ok = c.take(',') {
		key, _, _ := c.quoted()
		c.take(':')
		c.space()
		if string(key) == `"`+member+`"` {
			column = utf8.RuneCount(object[:c.at]) + 1
		}
		if !c.value(0) {
			break
		}
	}
	return column
}

func lineError(err error) string {
	if errors.Is(err, bufio.ErrTooLong) {
		return fmt.Sprintf("a line of more than %d MiB", maxLine>>20)
	}
	return err.Error()
}

// calls are the places of the calls that have an id, by a hash of generator and id. Two generators may have seen one
// call.
type calls struct {
	seed maphash.Seed
	at   map[uint64]int32
}

func newCalls() calls { return calls{maphash.MakeSeed(), make(map[uint64]int32)} }

// namesake returns another call that has the call_id of ops[at]; nil when there is none.
func (c calls) namesake(ops []Op, at int) *Op {
	o := &ops[at]
	if o.Kind != Call || o.CallID == "" {
		return nil
	}
	key := maphash.Comparable(c.seed, [2]string{o.Generator, o.CallID})
	if first, taken := c.at[key]; taken && int(first) != at && ops[first].CallID == o.CallID && ops[first].Generator == o.Generator {
		return &ops[first]
	}
	c.at[key] = int32(at)
	return nil
}
