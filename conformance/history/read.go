package history

import (
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
// is asked for its length, so that the operations are seldom moved to a larger place.
//
// A byte order mark, ends of lines as Windows has them and empty lines are no part of a history. A last line that is cut,
// as a killed recorder leaves it, is left out with a warning; any other line that cannot be read is an error.
func Read(name string, r io.Reader) (File, error) {
	length, err := length(r)
	if err != nil {
		return File{}, fmt.Errorf("%s: history: %w", name, err)
	}
	in := &input{name: name, from: r}
	var f File
	behind, err := in.header(&f)
	if err != nil {
		return f, err
	}
	decoding := in.ahead()
	seen, called, read := make(index), newCalls(), int64(0)
	for b := range decoding.blocks(behind) {
		if free := cap(f.Ops) - len(f.Ops); free < len(b.ops) {
			f.Ops = slices.Grow(f.Ops, max(len(b.ops), room(len(f.Ops), read, length)))
		}
		for i := range b.ops {
			if err := f.add(&b.ops[i], seen, called); err != nil {
				return f, err
			}
		}
		if b.err != nil {
			return f, b.err
		}
		if b.warning != "" {
			f.Warnings = append(f.Warnings, b.warning)
		}
		read = b.read
		decoding.reuse(b)
	}
	closeOps(f.Ops)
	sortOps(f.Ops)
	return f, nil
}

// add puts an operation to its place: that of the earlier line of its id, if there is one.
func (f *File) add(op *Op, seen index, called calls) error {
	errorf := func(format string, args ...any) error {
		return fmt.Errorf("%s:%d: history: %w", op.File, op.Line, fmt.Errorf(format, args...))
	}
	i, again := seen.place(op, len(f.Ops))
	switch {
	case !again:
		f.Ops = append(f.Ops, *op)
	case f.Ops[i].Kind != op.Kind || f.Ops[i].Start != op.Start:
		before := &f.Ops[i]
		return errorf("id: want one of its own, got %d, which is a %s at %s on line %d; where several recorded, give each a generator", op.ID, before.Kind, before.Start, before.Line)
	default:
		f.Ops[i] = *op
	}
	if other := called.namesake(f.Ops, i); other != nil {
		return errorf("call_id: want one of its own for each call, got %q, which is also that of the call on line %d", op.CallID, other.Line)
	}
	return nil
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

// room is for how many more operations room is to be made behind the n that came on the first bytes of so many. An
// operation has several lines when it was written as it happened, and lines are of any length, so the rest is taken to be
// like what was read, within reason: a file of empty lines is given no more for them.
func room(n int, read, length int64) int {
	const enough, times = 4096, 256
	if n < enough || length <= read {
		return 1
	}
	rest := float64(length-read) * float64(n) / float64(read)
	return int(min(rest*17/16, float64(times*n))) + enough
}

// length is how many bytes there are up to the end of r, 0 when it cannot seek. The error says that r cannot be brought
// back to where it was.
func length(r io.Reader) (int64, error) {
	s, ok := r.(io.Seeker)
	if !ok {
		return 0, nil
	}
	from, err := s.Seek(0, io.SeekCurrent)
	if err != nil { // a pipe
		return 0, nil
	}
	end, err := s.Seek(0, io.SeekEnd)
	if err != nil {
		end = from
	}
	_, err = s.Seek(from, io.SeekStart)
	return end - from, err
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
