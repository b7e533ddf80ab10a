package history

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"time"
)

// File is a history that was written to its end.
type File struct {
	Header
	FactsLine   int // where the facts begin, in lines and characters from 1
	FactsColumn int
	Warnings    []string // what a reader of verdicts on it must know
	Ops         []Op     // in the order of their starts
}

// maxLine bounds a line of a history, in bytes: attributes can be large.
const maxLine = 4 << 20

// Read reads a history file. name stands in errors and in the operations, which say file and line. Where r can seek, it
// is read twice: the first time to count its lines, so that the operations are never moved to a larger place.
//
// A byte order mark, ends of lines as Windows has them and empty lines are no part of a history. A last line that is cut,
// as a killed recorder leaves it, is left out with a warning; any other line that cannot be read is an error.
func Read(name string, r io.Reader) (File, error) {
	lines, err := count(r)
	if err != nil {
		return File{}, fmt.Errorf("%s: history: %w", name, err)
	}
	in := &input{name: name, scanner: bufio.NewScanner(r)}
	in.scanner.Buffer(make([]byte, 0, 64<<10), maxLine)
	in.scanner.Split(in.split)
	var f File
	if err := in.header(&f); err != nil {
		return f, err
	}
	d, seen, called := newDecoder(), make(index), newCalls()
	var op Op
	for in.next() {
		if err := d.decode(in.line, &op); err != nil {
			if in.isCut(err) {
				f.Warnings = append(f.Warnings, fmt.Sprintf("%s:%d: the last line is cut: left out", name, in.n))
				break
			}
			return f, in.errorf("%w", err)
		}
		if err := validate(&op, d.given); err != nil {
			return f, in.errorf("%w", err)
		}
		op.File, op.Line = name, int32(in.n)
		i, again := seen.place(&op, len(f.Ops))
		if again {
			if before := &f.Ops[i]; before.Kind != op.Kind || before.Start != op.Start {
				return f, in.errorf("id: want one of its own, got %d, which is a %s at %s on line %d; where several recorded, give each a generator", op.ID, before.Kind, before.Start, before.Line)
			}
			f.Ops[i] = op
		} else {
			if len(f.Ops) == cap(f.Ops) {
				f.Ops = slices.Grow(f.Ops, room(len(f.Ops), in.n, lines))
			}
			f.Ops = append(f.Ops, op)
		}
		if other := called.namesake(f.Ops, i); other != nil {
			return f, in.errorf("call_id: want one of its own for each call, got %q, which is also that of the call on line %d", op.CallID, other.Line)
		}
	}
	if err := in.scanner.Err(); err != nil {
		return f, fmt.Errorf("%s:%d: history: %s", name, in.n+1, lineError(err))
	}
	closeOps(f.Ops)
	sortOps(f.Ops)
	return f, nil
}

// closeOps ends what was still open when the recorder ended: nobody knows what became of it, nor when.
func closeOps(ops []Op) {
	last := time.Duration(0)
	for i := range ops {
		last = max(last, ops[i].Start, ops[i].End, ops[i].Bye)
	}
	for i := range ops {
		if o := &ops[i]; o.Outcome == Open {
			o.Outcome, o.End = Indefinite, last
		}
	}
}

// room is for how many more operations room is to be made behind the n that came on the first read of so many lines. An
// operation has several lines when it was written as it happened, so the rest is taken to be like what was read, within
// reason: a file of empty lines is given no more for them.
func room(n, read, lines int) int {
	const enough, times = 4096, 256
	if n < enough || lines <= read {
		return 1
	}
	rest := float64(lines-read) * float64(n) / float64(read)
	return int(min(rest*17/16, float64(times*n))) + enough
}

// count counts the lines behind r's place, or as many of them as can be read, and brings r back to it. It is 0 when r
// cannot seek. The error says that r cannot be brought back.
func count(r io.Reader) (lines int, err error) {
	s, ok := r.(io.Seeker)
	if !ok {
		return 0, nil
	}
	from, err := s.Seek(0, io.SeekCurrent)
	if err != nil { // a pipe
		return 0, nil
	}
	if end, err := s.Seek(0, io.SeekEnd); err == nil {
		if _, err := s.Seek(from, io.SeekStart); err != nil {
			return 0, err
		}
		rest := io.LimitReader(r, end-from) // it may be growing
		for buf := make([]byte, 256<<10); err == nil; {
			var n int
			n, err = rest.Read(buf)
			lines += bytes.Count(buf[:n], []byte{'\n'})
		}
	}
	_, err = s.Seek(from, io.SeekStart)
	return lines, err
}

// index finds where an operation is, by its generator and id.
type index map[string]*places

// places are where the operations of one generator are, plus one; 0 is nowhere. Ids count from 1, so that most find
// theirs in a list; a generator that gives itself large ones costs no more than their number.
type places struct {
	n      int
	byID   []int32
	others map[int]int32
}

// place returns where an operation of o's generator and id is; when it is not there yet, next, which is noted.
func (x index) place(o *Op, next int) (at int, again bool) {
	p := x[o.Generator]
	if p == nil {
		p = &places{others: make(map[int]int32)}
		x[o.Generator] = p
	}
	if o.ID < len(p.byID) && p.byID[o.ID] > 0 {
		return int(p.byID[o.ID]) - 1, true
	}
	if at, ok := p.others[o.ID]; ok {
		return int(at) - 1, true
	}
	p.n++
	if n := len(p.byID); o.ID >= n && o.ID <= 4*p.n+1024 {
		p.byID = append(p.byID, make([]int32, max(o.ID+1, 2*n)-n)...)
	}
	if o.ID < len(p.byID) {
		p.byID[o.ID] = int32(next) + 1
	} else {
		p.others[o.ID] = int32(next) + 1
	}
	return next, false
}
