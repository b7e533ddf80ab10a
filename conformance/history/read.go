package history

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
)

// File is a history that was written to its end.
type File struct {
	Header
	Ops []Op // in the order of their starts
}

// maxLine bounds a line of a history, in bytes: attributes can be large.
const maxLine = 4 << 20

// Read reads a history file. name stands in errors and in the operations, which say file and line. Where r can seek, it
// is read twice: the first time to count its lines, so that the operations are never moved to a larger place.
func Read(name string, r io.Reader) (File, error) {
	lines, err := count(r)
	if err != nil {
		return File{}, fmt.Errorf("%s: history: %w", name, err)
	}
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 64<<10), maxLine)
	var f File
	if !s.Scan() {
		return f, fmt.Errorf("%s:1: history: want a header, got %s", name, cmp.Or(errText(s.Err()), "an empty file"))
	}
	if err := strict(s.Bytes(), &f.Header); err != nil {
		return f, fmt.Errorf("%s:1: history: want a header: %w", name, err)
	}
	if f.Format != Format {
		return f, fmt.Errorf("%s:1: history: want format %s, got %q", name, Format, f.Format)
	}
	d, seen := newDecoder(), make(index)
	var op Op
	for line := 2; s.Scan(); line++ {
		if len(bytes.TrimSpace(s.Bytes())) == 0 {
			continue
		}
		if err := d.decode(s.Bytes(), &op); err != nil {
			return f, fmt.Errorf("%s:%d: history: %w", name, line, err)
		}
		if err := validate(&op); err != nil {
			return f, fmt.Errorf("%s:%d: history: %w", name, line, err)
		}
		op.File, op.Line = name, int32(line)
		if i, again := seen.place(&op, len(f.Ops)); again {
			f.Ops[i] = op
			continue
		}
		if len(f.Ops) == cap(f.Ops) {
			f.Ops = slices.Grow(f.Ops, room(len(f.Ops), line, lines))
		}
		f.Ops = append(f.Ops, op)
	}
	if err := s.Err(); err != nil {
		return f, fmt.Errorf("%s: history: %w", name, err)
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

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func strict(line []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("want one object, got more behind it")
	}
	return nil
}

// validate refuses what no client can have seen.
func validate(o *Op) error {
	switch {
	case o.ID < 1:
		return fmt.Errorf("id: want 1 or more, got %d", o.ID)
	case o.Kind != Reserve && o.Kind != Call && o.Kind != Handoff && o.Kind != Restart:
		return fmt.Errorf("kind: want reserve, call, handoff or restart, got %q", o.Kind)
	case o.Outcome != OK && o.Outcome != Refused && o.Outcome != Rejected && o.Outcome != Indefinite && o.Outcome != Open:
		return fmt.Errorf("outcome: want ok, refused, rejected, indefinite or open, got %q", o.Outcome)
	case o.End < o.Start:
		return fmt.Errorf("end_ns: want start_ns (%s) or later, got %s", o.Start, o.End)
	case o.Sent != 0 && (o.Sent < o.Start || o.Sent > o.End):
		return fmt.Errorf("sent_ns: want between start_ns and end_ns, got %s", o.Sent)
	}
	return nil
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
