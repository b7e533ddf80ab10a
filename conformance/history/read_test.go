package history

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// written is a history of n operations, as a file: reservations with attributes, calls, and readings of their states.
func written(tb testing.TB, n int) []byte {
	tb.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, Header{})
	if err != nil {
		tb.Fatal(err)
	}
	for i := range n {
		of := i / 3
		start := time.Duration(i) * time.Millisecond
		op := Op{ID: i + 1, Generator: "g1", Client: fmt.Sprintf("client %d", of), Kind: Reserve, Outcome: OK, Start: start, End: start + 20*time.Millisecond, Project: "acme", Status: 200}
		attributes := fmt.Sprintf(`{"nonce":"n%d","shared_id":"s%d","caller":"+447700900123","intent":"change of address","language":"en-GB","tags":["vip","mobile"]}`, of, of)
		switch i % 3 {
		case 0:
			op.Nonce, op.SharedID, op.Attributes = fmt.Sprintf("n%d", of), fmt.Sprintf("s%d", of), []byte(attributes)
		case 1:
			op.Kind, op.Nonce, op.CallID, op.Ended, op.EndedBy, op.Bye = Call, fmt.Sprintf("n%d", of), fmt.Sprintf("call-%d@host", of), true, "platform", start+10*time.Second
		case 2:
			op.Kind, op.AskedSharedID, op.GotID, op.GotSharedID = Handoff, fmt.Sprintf("s%d", of), fmt.Sprintf("call-%d@host", of), fmt.Sprintf("s%d", of)
			op.Data = fmt.Appendf(nil, `{"echo_nonce":"n%d","echo_dnis":"+442079460000","echo_attributes":%s}`, of, attributes)
		}
		if op.Kind != Handoff {
			op.Number = fmt.Sprintf("+4420794%05d", of%1000)
		}
		if err := w.Append(&op); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// A history is read the same from a file, whose length is known, and from a pipe.
func TestReadFromAnywhere(t *testing.T) {
	const n = 12_000
	text := written(t, n)
	text = append(text, "\n \n"...)
	want, err := Read("f", bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Read("f", io.MultiReader(bytes.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	if len(want.Ops) != n || !reflect.DeepEqual(got, want) {
		t.Errorf("got %d operations from a pipe and %d from a file, want %d alike", len(got.Ops), len(want.Ops), n)
	}
	behind := bytes.NewReader(append([]byte("not of it\n"), text...))
	if _, err := behind.Seek(10, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if got, err := Read("f", behind); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("from where the reader stands: got %d operations, %v", len(got.Ops), err)
	}
	if _, err := Read("f", iotest.ErrReader(io.ErrClosedPipe)); err == nil || err.Error() != "f:1: history: want a header, got io: read/write on closed pipe" {
		t.Errorf("got %v", err)
	}
	if _, err := Read("f", stuck{strings.NewReader("")}); err == nil || err.Error() != "f: history: stuck" {
		t.Errorf("got %v", err)
	}
}

// stuck cannot be brought back to where it was.
type stuck struct{ io.Reader }

func (stuck) Seek(_ int64, whence int) (int64, error) {
	if whence == io.SeekStart {
		return 0, fmt.Errorf("stuck")
	}
	return 0, nil
}

// A file is decoded in parts. What is wrong with one is said with its line, after whatever is wrong before it, however the
// parts lie to the lines.
func TestReadInParts(t *testing.T) {
	const n = 2000
	text := written(t, n)
	lines := bytes.SplitAfter(text, []byte{'\n'})
	late, cut := lines[1000], lines[n][:40]
	upTo := func(line int, more ...[]byte) []byte {
		return slices.Concat(append(slices.Clone(lines[:line-1]), more...)...)
	}
	for name, c := range map[string]struct {
		text []byte
		then error // of the reader, behind the text
		want string
	}{
		"a wrong line in a later part":     {upTo(1800, []byte("{\"id\":0}\n"), lines[1800]), nil, "f:1800: history: id: want 1 or more, got 0"},
		"the first of two":                 {upTo(900, []byte("x\n"), late, []byte("y\n")), nil, "f:900: history: want an object in JSON: invalid character 'x' looking for beginning of value"},
		"a reader that fails":              {upTo(1800, cut), io.ErrClosedPipe, "f:1800: history: io: read/write on closed pipe"},
		"a reader that fails after a line": {upTo(1800), io.ErrClosedPipe, "f:1800: history: io: read/write on closed pipe"},
		"a wrong line before that":         {upTo(900, []byte("x\n"), late), io.ErrClosedPipe, "f:900: history: want an object in JSON: invalid character 'x' looking for beginning of value"},
		"a line that is too long":          {upTo(1800, bytes.Repeat([]byte{' '}, maxLine), late), nil, "f:1800: history: a line of more than 4 MiB"},
		"one that just fits":               {upTo(1800, bytes.Repeat([]byte{' '}, maxLine-1), []byte("\n"), []byte("x\n")), nil, "f:1801: history: want an object in JSON: invalid character 'x' looking for beginning of value"},
	} {
		r := io.MultiReader(iotest.HalfReader(bytes.NewReader(c.text)), iotest.ErrReader(cmp.Or(c.then, io.EOF)))
		if _, err := Read("f", r); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

// Room is made once for a file of a million operations, and never much for what has not been seen to be any.
func TestRoom(t *testing.T) {
	for _, c := range []struct {
		n            int
		read, length int64
		want         int
	}{
		{0, 1, 1 << 30, 1}, {4095, 4096, 1 << 30, 1}, {4096, 4097, 0, 1}, {5000, 5000, 4999, 1},
		{16_000, 16_000, 1_016_000, 1_066_596}, {16_000, 32_000, 1_032_000, 535_346}, {5000, 5000, 1 << 30, 1_284_096},
	} {
		if got := room(c.n, c.read, c.length); got != c.want {
			t.Errorf("%d operations in %d of %d bytes: got room for %d more, want %d", c.n, c.read, c.length, got, c.want)
		}
	}
}

// A million operations are read: what one costs besides its place and its bytes counts.
func TestReadAllocatesLittle(t *testing.T) {
	const n = 16_000
	text := written(t, n)
	if got := testing.AllocsPerRun(3, func() { _, _ = Read("f", bytes.NewReader(text)) }); got > n/20 {
		t.Errorf("%d operations: got %v allocations, want %d at most", n, got, n/20)
	}
}

func TestSortOps(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		got := make([]Op, r.IntN(50))
		for i := range got {
			got[i] = Op{ID: 1 + r.IntN(3), Generator: string(rune('a' + r.IntN(2))), Start: time.Duration(r.IntN(20)), Status: i}
		}
		want := slices.Clone(got)
		slices.SortStableFunc(want, func(a, b Op) int {
			return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Generator, b.Generator), cmp.Compare(a.ID, b.ID))
		})
		if sortOps(got); !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d:\ngot  %+v\nwant %+v", seed, got, want)
		}
	}
}

// The index finds what a map finds, however the ids are chosen.
func TestIndex(t *testing.T) {
	type key struct {
		generator string
		id        int
	}
	for name, id := range map[string]func(i int) int{
		"ascending": func(i int) int { return i + 1 }, "descending": func(i int) int { return 5000 - i }, "sparse": func(i int) int { return 1 + i*i*i },
		"huge":   func(i int) int { return 1<<62 - i },
		"random": func(int) int { return 1 + rand.IntN(20_000) },
	} {
		x, known, listed := make(index), make(map[key]int), 0
		for i := range 5000 {
			op := Op{ID: id(i), Generator: string(rune('a' + i%2))}
			k := key{op.Generator, op.ID}
			want, seen := known[k]
			if !seen {
				want = i
				known[k] = i
			}
			if got, again := x.place(&op, i); got != want || again != seen {
				t.Fatalf("%s: %+v: got %d, %v, want %d, %v", name, k, got, again, want, seen)
			}
			if i%7 == 0 { // and again
				if got, again := x.place(&op, -1); got != want || !again {
					t.Fatalf("%s: %+v again: got %d, %v, want %d", name, k, got, again, want)
				}
			}
		}
		for _, p := range x {
			listed += len(p.byID)
		}
		if listed > 20*5000 {
			t.Errorf("%s: the lists have room for %d ids, for 5000", name, listed)
		}
	}
}

// BenchmarkRead reads a history, and decodes its lines by encoding/json alone. The two take turns, so that both meet the
// same machine. Metrics: operations a second, and the time of encoding/json to that of all of Read.
func BenchmarkRead(b *testing.B) {
	const n = 20_000
	text := written(b, n)
	all := bytes.Split(bytes.TrimSpace(text), []byte{'\n'})[1:]
	read := func() time.Duration {
		start := time.Now()
		f, err := Read("f", bytes.NewReader(text))
		if err != nil || len(f.Ops) != n {
			b.Fatalf("%d operations, %v", len(f.Ops), err)
		}
		return time.Since(start)
	}
	decode := func() time.Duration {
		start := time.Now()
		for _, line := range all {
			var op Op
			if err := byEncodingJSON(line, &op); err != nil {
				b.Fatal(err)
			}
		}
		return time.Since(start)
	}
	var fast, slow time.Duration
	rounds := 0
	for ; b.Loop(); rounds++ {
		if rounds%2 == 0 {
			fast, slow = fast+read(), slow+decode()
		} else {
			slow, fast = slow+decode(), fast+read()
		}
	}
	b.ReportMetric(float64(rounds)*n/fast.Seconds(), "operations/s")
	b.ReportMetric(float64(slow)/float64(fast), "x-encoding/json")
}

// testdata/v1 holds a history as an earlier version of the tool wrote it. It is never written anew.
func TestReadOpensWhatEarlierVersionsWrote(t *testing.T) {
	const name = "testdata/v1/history.jsonl"
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	f, err := Read(name, file)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[Kind]int{}
	for _, o := range f.Ops {
		kinds[o.Kind]++
	}
	if kinds[Reserve] == 0 || kinds[Call] == 0 || kinds[Handoff] == 0 {
		t.Errorf("want reservations, calls and states, got %v", kinds)
	}
}
