package history

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"testing"
)

// TestRecorderWritesAsItHappens reads the file in the middle: what has not ended may or may not have taken effect, up to
// the last moment that the file knows of.
func TestRecorderWritesAsItHappens(t *testing.T) {
	var b bytes.Buffer
	w, err := NewWriter(&b, Header{})
	if err != nil {
		t.Fatal(err)
	}
	read := func() []Op {
		t.Helper()
		f, err := Read("f", bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		return slices.Clone(f.Ops)
	}
	r := NewRecorder(w, "f")
	first := r.Begin(Op{Kind: Reserve, Outcome: Indefinite, Start: 5})
	second := r.Begin(Op{Kind: Call, Outcome: Indefinite, Start: 6})
	r.Update(second, func(o *Op) { o.Outcome, o.End = OK, 9 })
	if got := read(); len(got) > 0 {
		t.Errorf("want the header alone until the rest is asked for, got %+v", got)
	}
	if err := r.Flush(); err != nil {
		t.Fatal(err)
	}
	got := read()
	for i := range got {
		got[i].File, got[i].Line = "", 0
	}
	want := []Op{{ID: 1, Kind: Reserve, Outcome: Indefinite, Start: 5, End: 9}, {ID: 2, Kind: Call, Outcome: OK, Start: 6, End: 9}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("want %+v, got %+v", want, got)
	}
	if ops := r.Ops(); ops[0].Where() != "f:2" || ops[1].Where() != "f:4" {
		t.Errorf("want the line that counts of each, got %s and %s", ops[0].Where(), ops[1].Where())
	}
	if ops := r.Ops(); ops[0].Outcome != Indefinite || ops[0].End != 0 {
		t.Errorf("want the operation in memory as it was begun, got %+v", ops[0])
	}
	r.Update(first, func(o *Op) { o.Outcome, o.End = Refused, 12 })
	if err := r.Flush(); err != nil {
		t.Fatal(err)
	}
	if got := read(); got[0].Outcome != Refused || got[0].End != 12 {
		t.Errorf("want the last line of an operation to count, got %+v", got[0])
	}
}

// fullDisk has room for some writes.
type fullDisk struct{ room int }

func (d *fullDisk) Write(b []byte) (int, error) {
	if d.room--; d.room < 0 {
		return 0, errors.New("no space left")
	}
	return len(b), nil
}

func TestRecorderTellsOfAFullDisk(t *testing.T) {
	const want = "no space left"
	disk := &fullDisk{room: 1}
	w, err := NewWriter(disk, Header{})
	if err != nil {
		t.Fatal(err)
	}
	r := NewRecorder(w, "f")
	r.Begin(Op{Kind: Reserve})
	if _, err := NewWriter(disk, Header{}); err == nil || err.Error() != want {
		t.Errorf("want no header on a full disk, got %v", err)
	}
	if err := r.Flush(); err == nil || err.Error() != want {
		t.Errorf("want the error of the writer, got %v", err)
	}
	if len(r.Ops()) != 1 {
		t.Error("want the operation kept in memory")
	}
	if err := new(Recorder).Flush(); err != nil {
		t.Errorf("want nothing to flush, got %v", err)
	}
}

// cutWrites notes what reaches the disk and when.
type cutWrites struct{ writes [][]byte }

func (c *cutWrites) Write(b []byte) (int, error) {
	c.writes = append(c.writes, bytes.Clone(b))
	return len(b), nil
}

func TestWriterWritesWholeLines(t *testing.T) {
	var disk cutWrites
	w, err := NewWriter(&disk, Header{})
	if err != nil {
		t.Fatal(err)
	}
	op := full()
	for op.ID = 1; len(disk.writes) < 3; op.ID++ {
		if err := w.Append(&op); err != nil {
			t.Fatal(err)
		}
	}
	for i, b := range disk.writes {
		if b[len(b)-1] != '\n' {
			t.Errorf("write %d ends in the middle of a line: %s", i, b[len(b)-40:])
		}
	}
}
