package history

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"unicode/utf8"
)

// input is the lines of a file that say something.
type input struct {
	name    string
	scanner *bufio.Scanner
	line    []byte // the line that was read last
	n       int    // which one it is, from 1
	read    int64  // bytes up to its end
	open    bool   // nothing ends it
}

// next reads on to a line that is not empty.
func (in *input) next() bool {
	for in.scanner.Scan() {
		in.n++
		if in.line = in.scanner.Bytes(); len(bytes.TrimSpace(in.line)) > 0 {
			return true
		}
	}
	return false
}

// split is bufio.ScanLines that notes whether a line has an end.
func (in *input) split(data []byte, atEOF bool) (advance int, line []byte, err error) {
	advance, line, err = bufio.ScanLines(data, atEOF)
	in.read += int64(advance)
	in.open = advance > 0 && data[advance-1] != '\n'
	return advance, line, err
}

// isCut reports whether err is that of a line whose rest was never written.
func (in *input) isCut(err error) bool { return in.open && errors.Is(err, io.ErrUnexpectedEOF) }

func (in *input) errorf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: history: %w", in.name, in.n, fmt.Errorf(format, args...))
}

// header reads the first line.
func (in *input) header(f *File) error {
	if !in.next() {
		in.n++
		if err := in.scanner.Err(); err != nil {
			return in.errorf("want a header, got %s", lineError(err))
		}
		return in.errorf("want a header, got an empty file")
	}
	line := bytes.TrimPrefix(in.line, []byte("\ufeff"))
	given, err := strict(line, &f.Header)
	switch {
	case err != nil && given["kind"]:
		return in.errorf("want a header before the operations, as {\"format\":%q,\"base\":\"2026-01-01T00:00:00Z\"}", Format)
	case err != nil:
		return in.errorf("want a header: %w", err)
	case f.Format != Format:
		return in.errorf("format: want %s, got %q", Format, f.Format)
	case !given["base"]:
		return in.errorf("base: want the wall time of the operations' zero, got nothing")
	case f.Eps < 0:
		return in.errorf("eps_ns: want 0 or more, got %d", f.Eps)
	}
	f.FactsLine, f.FactsColumn = in.n, columnOf("facts", line)
	return nil
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
