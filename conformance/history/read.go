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

// maxLine bounds a line of a history: attributes can be large.
const maxLine = 4 << 20

// Read reads a history file. name is only used in errors, which say file and line.
func Read(name string, r io.Reader) (File, error) {
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
	type key struct {
		generator string
		id        int
	}
	index := make(map[key]int)
	for line := 2; s.Scan(); line++ {
		if len(bytes.TrimSpace(s.Bytes())) == 0 {
			continue
		}
		var op Op
		if err := strict(s.Bytes(), &op); err != nil {
			return f, fmt.Errorf("%s:%d: history: %w", name, line, err)
		}
		if err := op.validate(); err != nil {
			return f, fmt.Errorf("%s:%d: history: %w", name, line, err)
		}
		op.Source = fmt.Sprintf("%s:%d", name, line)
		k := key{op.Generator, op.ID}
		if i, again := index[k]; again {
			f.Ops[i] = op
			continue
		}
		index[k] = len(f.Ops)
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
func (o Op) validate() error {
	switch {
	case o.ID < 1:
		return fmt.Errorf("id: want 1 or more, got %d", o.ID)
	case !slices.Contains([]Kind{Reserve, Call, Handoff, Restart}, o.Kind):
		return fmt.Errorf("kind: want reserve, call, handoff or restart, got %q", o.Kind)
	case !slices.Contains([]Outcome{OK, Refused, Rejected, Indefinite, Open}, o.Outcome):
		return fmt.Errorf("outcome: want ok, refused, rejected, indefinite or open, got %q", o.Outcome)
	case o.End < o.Start:
		return fmt.Errorf("end_ns: want start_ns (%s) or later, got %s", o.Start, o.End)
	case o.Sent != 0 && (o.Sent < o.Start || o.Sent > o.End):
		return fmt.Errorf("sent_ns: want between start_ns and end_ns, got %s", o.Sent)
	}
	return nil
}

func sortOps(ops []Op) {
	slices.SortStableFunc(ops, func(a, b Op) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Generator, b.Generator), cmp.Compare(a.ID, b.ID))
	})
}

// Merge joins the histories of several generators into one whose clocks are apart by eps at most. Times are brought to
// the base of the first; each generator needs a name of its own, so that ids do not collide.
func Merge(eps time.Duration, files ...File) (File, error) {
	if len(files) == 0 {
		return File{}, fmt.Errorf("history: want at least one to merge, got none")
	}
	out := File{Header: files[0].Header}
	out.Eps = max(out.Eps, eps)
	owners := make(map[string]int)
	for i, f := range files {
		out.Eps = max(out.Eps, f.Eps)
		shift := f.Base.Sub(files[0].Base)
		for _, op := range f.Ops {
			if first, taken := owners[op.Generator]; taken && first != i {
				return File{}, fmt.Errorf("history: want a generator's name in one file only, got %q in two", op.Generator)
			}
			owners[op.Generator] = i
			out.Ops = append(out.Ops, op.shifted(shift))
		}
	}
	sortOps(out.Ops)
	return out, nil
}

// shifted moves all times of o by d.
func (o Op) shifted(d time.Duration) Op {
	o.Start += d
	o.End += d
	if o.Sent != 0 {
		o.Sent += d
	}
	if o.Ended {
		o.Bye += d
	}
	return o
}
