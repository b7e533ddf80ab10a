package history

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"
)

func full() Op {
	return Op{
		ID: 7, Generator: "g1", Client: "client 3", Step: "lease", Kind: Reserve, Outcome: OK, Start: 1, Sent: 2, End: 3, Project: "acme", Drain: true,
		Status: 200, Number: "+442079460000", Nonce: "n", SharedID: "a<b>&\"ü\u2028", Attributes: json.RawMessage(`{"a":1}`),
		CallID: "c@h", Ended: true, EndedBy: "caller", Bye: 9, AskedID: "i", AskedSharedID: "s", GotID: "gi", GotSharedID: "gs", Data: json.RawMessage(`{"b":null}`), File: "f", Line: 1,
	}
}

func TestAppendIsWhatEncodingJSONWrites(t *testing.T) {
	ops := map[string]Op{
		"full": full(), "small": {Kind: Call, Outcome: OK}, "negative": {Kind: Call, Outcome: OK, ID: 1, Start: -5, End: -1}, "control characters": {Kind: Call, Outcome: OK, Client: "a\x00\n\t\x7f"},
		"broken UTF-8": {Kind: Call, Outcome: OK, Client: "\xff"}, "spaced data": {Kind: Call, Outcome: OK, Data: json.RawMessage("{ \"a\" : [1, 2] }\n")},
	}
	for name, op := range ops {
		t.Run(name, func(t *testing.T) {
			want, err := json.Marshal(op)
			if err != nil {
				t.Fatal(err)
			}
			if got := appendOp(nil, &op); !bytes.Equal(got, want) {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
	// A new field must not be forgotten by appendOp.
	v := reflect.ValueOf(full())
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("full() leaves %s empty", v.Type().Field(i).Name)
		}
	}
}

func TestWriteAndRead(t *testing.T) {
	var b bytes.Buffer
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	w, err := NewWriter(&b, Header{Base: base, Eps: 5, Source: "pool/x", Facts: json.RawMessage(`{"acme":{}}`)})
	if err != nil {
		t.Fatal(err)
	}
	late, early := Op{ID: 1, Kind: Call, Outcome: Indefinite, Start: 5, End: 5}, full()
	for _, op := range []Op{late, early, {ID: 1, Kind: Call, Outcome: OK, Start: 5, End: 6}} { // the last line of an id counts
		if err := w.Append(&op); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	f, err := Read("f", &b)
	if err != nil {
		t.Fatal(err)
	}
	early.Line = 3
	want := File{Header: Header{Format: Format, Base: base, Eps: 5, Source: "pool/x", Facts: json.RawMessage(`{"acme":{}}`)},
		Ops: []Op{early, {ID: 1, Kind: Call, Outcome: OK, Start: 5, End: 6, File: "f", Line: 4}}}
	if !reflect.DeepEqual(f, want) {
		t.Errorf("got  %+v\nwant %+v", f, want)
	}
}

func TestReadRefuses(t *testing.T) {
	head := `{"format":"dnispool.history/v1","base":"2026-01-01T00:00:00Z"}` + "\n"
	for text, want := range map[string]string{
		"":                       "f:1: history: want a header, got an empty file",
		"{\"format\":\"other\"}": `f:1: history: want format dnispool.history/v1, got "other"`,
		"[]":                     "f:1: history: want a header: json: cannot unmarshal array into Go value of type history.Header",
		head + `{"id":1,"kind":"reserve","outcome":"ok","start_ns":0,"end_ns":0,"x":1}`:    `f:2: history: json: unknown field "x"`,
		head + `{"id":0,"kind":"reserve","outcome":"ok","start_ns":0,"end_ns":0}`:          "f:2: history: id: want 1 or more, got 0",
		head + `{"id":1,"kind":"sing","outcome":"ok","start_ns":0,"end_ns":0}`:             `f:2: history: kind: want reserve, call, handoff or restart, got "sing"`,
		head + "\n" + `{"id":1,"kind":"call","outcome":"fine","start_ns":0,"end_ns":0}`:    `f:3: history: outcome: want ok, refused, rejected, indefinite or open, got "fine"`,
		head + `{"id":1,"kind":"call","outcome":"ok","start_ns":2,"end_ns":1}`:             "f:2: history: end_ns: want start_ns (2ns) or later, got 1ns",
		head + `{"id":1,"kind":"call","outcome":"ok","start_ns":2,"sent_ns":9,"end_ns":3}`: "f:2: history: sent_ns: want between start_ns and end_ns, got 9ns",
		head + `{"id":1,"kind":"call","outcome":"ok","start_ns":2,"end_ns":3} {"id":2}`:    "f:2: history: want one object, got more behind it",
		head + `{"id":1,"kind":"call"`: "f:2: history: unexpected EOF",
	} {
		if _, err := Read("f", strings.NewReader(text)); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestMerge(t *testing.T) {
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	a := File{Header: Header{Base: base, Eps: 1}, Ops: []Op{{ID: 1, Generator: "a", Start: 10, End: 20}}}
	b := File{Header: Header{Base: base.Add(5)}, Ops: []Op{{ID: 1, Generator: "b", Start: 0, Sent: 1, End: 2, Ended: true, Bye: 3}}}
	got, err := Merge(7, a, b)
	if err != nil {
		t.Fatal(err)
	}
	want := []Op{{ID: 1, Generator: "b", Start: 5, Sent: 6, End: 7, Ended: true, Bye: 8}, {ID: 1, Generator: "a", Start: 10, End: 20}}
	if !reflect.DeepEqual(got.Ops, want) || got.Eps != 7 {
		t.Errorf("got %+v eps %v, want %+v eps 7ns", got.Ops, got.Eps, want)
	}
	if _, err := Merge(0, a, a); err == nil || err.Error() != `history: want a generator's name in one file only, got "a" in two` {
		t.Errorf("got %v", err)
	}
	if _, err := Merge(0); err == nil {
		t.Error("merged nothing")
	}
}

func TestAppendAllocatesAtMostOnce(t *testing.T) {
	w, err := NewWriter(io.Discard, Header{})
	if err != nil {
		t.Fatal(err)
	}
	op := Op{ID: 7, Client: "client 3", Kind: Reserve, Outcome: OK, Start: 1, End: 3, Project: "acme", Status: 200, Number: "+442079460000", Nonce: "n1", SharedID: "s1"}
	if n := testing.AllocsPerRun(1000, func() { _ = w.Append(&op) }); n > 1 {
		t.Errorf("got %v allocations, want at most 1", n)
	}
}

func BenchmarkAppend(b *testing.B) {
	w, err := NewWriter(io.Discard, Header{})
	if err != nil {
		b.Fatal(err)
	}
	op := Op{ID: 7, Client: "client 3", Kind: Reserve, Outcome: OK, Start: 1, End: 3, Project: "acme", Status: 200, Number: "+442079460000", Nonce: "n1", SharedID: "s1"}
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Append(&op); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"format":"dnispool.history/v1","base":"2026-01-01T00:00:00Z"}` + "\n" + `{"id":1,"kind":"call","outcome":"ok","start_ns":2,"end_ns":3}`)
	f.Fuzz(func(t *testing.T, text string) {
		h, err := Read("f", strings.NewReader(text))
		if err != nil {
			return
		}
		for _, op := range h.Ops { // what was read can be written and read again
			var again Op
			if err := strict(appendOp(nil, &op), &again); err != nil {
				t.Fatalf("%+v: %v", op, err)
			}
		}
	})
}
