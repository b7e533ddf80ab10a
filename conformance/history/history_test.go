package history

import (
	"bytes"
	"encoding/json"
	"fmt"
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
	want := File{FactsLine: 1, FactsColumn: 100, Header: Header{Format: Format, Base: base, Eps: 5, Source: "pool/x", Facts: json.RawMessage(`{"acme":{}}`)},
		Ops: []Op{early, {ID: 1, Kind: Call, Outcome: OK, Start: 5, End: 6, File: "f", Line: 4}}}
	if !reflect.DeepEqual(f, want) {
		t.Errorf("got  %+v\nwant %+v", f, want)
	}
}

// TestReadRefuses: what cannot be, or cannot be understood, is refused with its line and the name of the field.
//
// An end without its time, or before its call, is refused rather than warned of: whatever it was read as, a verdict would
// rest on it. So is a call_id of two calls, because states are joined to calls by it, and an id of two operations, because
// the second would take the first one's place.
func TestReadRefuses(t *testing.T) {
	head := `{"format":"dnispool.history/v1","base":"2026-01-01T00:00:00Z"}` + "\n"
	ok := `{"id":1,"kind":"call","outcome":"ok","start_ns":2,"end_ns":3,"call_id":"c"}` + "\n"
	for text, want := range map[string]string{
		"":                           "f:1: history: want a header, got an empty file",
		"\ufeff":                     "f:1: history: want a header: unexpected EOF",
		"\r\n\n":                     "f:3: history: want a header, got an empty file",
		head[:30]:                    "f:1: history: want a header: unexpected EOF",
		"{\"format\":\"other\"}":     `f:1: history: format: want dnispool.history/v1, got "other"`,
		"[]":                         "f:1: history: want a header: want an object, got []",
		head[:31] + "}":              "f:1: history: base: want the wall time of the operations' zero, got nothing",
		head[:31] + `,"base":"now"}`: `f:1: history: want a header: base: want a time like "2026-01-01T00:00:00Z", got "now"`,
		head[:31] + `,"bases":1}`:    `f:1: history: want a header: unknown key "bases" (did you mean "base"?)`,
		head[:61] + `,"eps_ns":-1}`:  `f:1: history: eps_ns: want 0 or more, got -1`,
		ok:                           `f:1: history: want a header before the operations, as {"format":"dnispool.history/v1","base":"2026-01-01T00:00:00Z"}`,
		head + `{"id":1,"kind":"reserve","outcome":"ok","start_ns":0,"end_ns":0,"x":1}`:                `f:2: history: unknown key "x"`,
		head + `{"id":0,"kind":"reserve","outcome":"ok","start_ns":0,"end_ns":0}`:                      "f:2: history: id: want 1 or more, got 0",
		head + `{"id":1,"kind":"reserve","outcome":"ok","end_ns":0}`:                                   "f:2: history: start_ns: want when it began, in nanoseconds since the base, got nothing",
		head + `{"id":1,"kind":"reserve","outcome":"ok","start_ns":0,"bye_ns":null}`:                   "f:2: history: bye_ns: want a whole number of nanoseconds, got null",
		head + `{"id":1,"kind":"reserve","outcome":"ok","start_ns":0}`:                                 "f:2: history: end_ns: want when it was over, in nanoseconds since the base, got nothing",
		head + `{"id":1,"kind":"sing","outcome":"ok","start_ns":0,"end_ns":0}`:                         `f:2: history: kind: want reserve, call, handoff or restart, got "sing"`,
		head + "\r\n" + `{"id":1,"kind":"call","outcome":"fine","start_ns":0,"end_ns":0}`:              `f:3: history: outcome: want ok, refused, rejected, indefinite or open, got "fine"`,
		head + `{"id":1,"kind":"call","outcome":"ok","start_ns":2,"end_ns":1}`:                         "f:2: history: end_ns: want start_ns (2ns) or later, got 1ns",
		head + `{"id":1,"kind":"call","outcome":"ok","start_ns":2,"sent_ns":9,"end_ns":3}`:             "f:2: history: sent_ns: want between start_ns and end_ns, got 9ns",
		head + `{"id":1,"kind":"call","outcome":"ok","start_ns":2,"end_ns":3} {"id":2}`:                `f:2: history: want one object, got more behind it: {"id":2}`,
		head + `{"id":1,"kind":"call","outcome":"ok","start_ns":2,"end_ns":3,"ended":true}`:            "f:2: history: ended: want bye_ns with it, the time of the end; leave ended out where that is not known",
		head + `{"id":1,"kind":"call","outcome":"ok","start_ns":2,"end_ns":3,"ended":true,"bye_ns":1}`: "f:2: history: bye_ns: want start_ns (2ns) or later, got 1ns",
		head + `{"id":1,"kind":"call","outcome":"ok","start_ns":2,"end_ns":3,"ended_by":"me"}`:         `f:2: history: ended_by: want platform, caller, carrier, network or desk, got "me"`,
		head + `{"id":1,"kind":"reserve","outcome":"ok","start_ns":2,"end_ns":3,"status":404}`:         `f:2: history: outcome: want one that goes with status 404, got "ok"`,
		head + `{"id":1,"kind":"call"` + "\n":                                                          "f:2: history: unexpected EOF", // its line is whole, so it was not cut
		head + `{"id":1,"kind":"call"` + "\n" + ok:                                                     "f:2: history: unexpected EOF",
		head + ok + strings.Replace(ok, `"id":1`, `"id":2`, 1):                                         `f:3: history: call_id: want one of its own for each call, got "c", which is also that of the call on line 2`,
		head + ok + `{"id":1,"kind":"reserve","outcome":"ok","start_ns":2,"end_ns":3}`:                 "f:3: history: id: want one of its own, got 1, which is a call at 2ns on line 2; where several recorded, give each a generator",
		head + ok + `{"id":1,"kind":"call","outcome":"ok","start_ns":1,"end_ns":3}`:                    "f:3: history: id: want one of its own, got 1, which is a call at 2ns on line 2; where several recorded, give each a generator",
		head + strings.Repeat(" ", maxLine) + ok:                                                       "f:2: history: a line of more than 4 MiB",
	} {
		if _, err := Read("f", strings.NewReader(text)); err == nil || err.Error() != want {
			t.Errorf("%.200q: got %v, want %s", text, err, want)
		}
	}
}

// TestReadAsItComes: what editors, spreadsheets and killed recorders make of a file does not change what it says.
func TestReadAsItComes(t *testing.T) {
	const head, one, two = `{"format":"dnispool.history/v1","base":"2026-01-01T00:00:00Z"}`, `{"id":1,"kind":"reserve","outcome":"open","start_ns":0,"end_ns":0}`, `{"id":1,"kind":"reserve","outcome":"ok","start_ns":0,"end_ns":7,"number":"+1"}`
	type row struct {
		text, outcome, warning string
	}
	rows := map[string]row{
		"as it should be":           {head + "\n" + one + "\n" + two + "\n", "ok", ""},
		"no end of the last line":   {head + "\n" + one + "\n" + two, "ok", ""},
		"BOM and CRLF":              {"\ufeff" + head + "\r\n" + one + "\r\n" + two + "\r\n", "ok", ""},
		"empty lines":               {"\n\r\n" + head + "\n\n \n" + one + "\n\t\n" + two + "\n\n", "ok", ""},
		"a header alone":            {head, "", ""},
		"a cut first operation":     {head + "\n" + one[:20], "", "f:2: the last line is cut: left out"},
		"the reply was never noted": {head + "\n" + one + "\n", "indefinite", ""},
	}
	for i := 1; i < len(two); i++ {
		rows[fmt.Sprintf("cut after %d bytes", i)] = row{head + "\n" + one + "\n" + two[:i], "indefinite", "f:3: the last line is cut: left out"}
	}
	for name, r := range rows {
		f, err := Read("f", strings.NewReader(r.text))
		outcome := ""
		if len(f.Ops) == 1 {
			outcome = string(f.Ops[0].Outcome)
		}
		if err != nil || outcome != r.outcome || strings.Join(f.Warnings, "\n") != r.warning {
			t.Errorf("%s: got %q, warnings %q, %v; want %q and %q", name, outcome, f.Warnings, err, r.outcome, r.warning)
		}
	}
}

// TestStatusDecides: recorders confuse refused and rejected, and the status is what was seen.
func TestStatusDecides(t *testing.T) {
	for _, c := range []struct {
		kind          Kind
		written, want Outcome
		status        int
	}{
		{Reserve, Refused, Rejected, 503}, {Reserve, Rejected, Refused, 404}, {Reserve, Refused, Refused, 404}, {Reserve, Refused, Refused, 0}, {Reserve, Rejected, Rejected, 0},
		{Reserve, Refused, Indefinite, 504}, {Handoff, Rejected, Refused, 404}, {Handoff, Refused, Rejected, 401}, {Reserve, OK, OK, 200}, {Call, OK, OK, 180},
		{Handoff, Indefinite, Indefinite, 404}, // whose recorder knows that a 404 may be about the key
		{Call, Refused, Refused, 503}, {Call, Rejected, Rejected, 404}, {Restart, Rejected, Rejected, 200}, {Reserve, Open, Indefinite, 404},
		{Reserve, OK, "", 404}, {Reserve, Refused, "", 200}, {Call, OK, "", 486}, {Call, Refused, "", 200},
	} {
		text := fmt.Sprintf(`{"format":"dnispool.history/v1","base":"2026-01-01T00:00:00Z"}`+"\n"+`{"id":1,"kind":%q,"outcome":%q,"start_ns":0,"end_ns":0,"status":%d}`, c.kind, c.written, c.status)
		f, err := Read("f", strings.NewReader(text))
		if c.want == "" && err != nil {
			continue
		}
		if err != nil || f.Ops[0].Outcome != c.want {
			t.Errorf("%s %s %d: got %+v, %v, want %q", c.kind, c.written, c.status, f.Ops, err, c.want)
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
	got, err = Merge(7, b, a) // whichever is named first, no time is before the base
	if err != nil || !reflect.DeepEqual(got.Ops, want) || !got.Base.Equal(base) {
		t.Errorf("got %+v since %v, %v, want %+v since %v", got.Ops, got.Base, err, want, base)
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
			if _, err := strict(appendOp(nil, &op), &again); err != nil {
				t.Fatalf("%+v: %v", op, err)
			}
		}
	})
}
