package history

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// sampleLines are operations as they may be written, and whether they are read without the help of encoding/json.
var sampleLines = map[string]bool{
	`{"id":1,"kind":"call","outcome":"ok","start_ns":2,"end_ns":3}`:                                               true,
	"\t{ \"id\" : 1 , \"kind\" : \"call\",\r\"outcome\": \"ok\" , \"ended\" : true, \"drain\" : false } \r ":      true,
	`{"end_ns":-0,"start_ns":-7,"bye_ns":999999999999999999,"status":-200}`:                                       true,
	`{"client":"ü \"\\\/\b\f\n\r\t\u00fc\ud83d\ude00\ud83d\u0041"}`:                                               true,
	"{\"client\":\"\xff\xed\xa0\x80\"}":                                                                           true,
	`{"client":"","generator":"` + strings.Repeat("g", 2*piece) + `"}`:                                            true,
	`{"attributes": {"a" : [1, -0.5e+3, 0, 10E2, true, false, null, "\u00fc\\", {}, [ ], {"a":{}}]} ,"data":"x"}`: true,
	"{\"data\":\"\xff\"}": true,
	`{"data":17}`:         true,
	`{"data":[{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}]}`:             true,
	`{"id":1,"id":2,"drain":true,"drain":false,"client":"a","client":"b"}`:                   true, // the last one counts
	`{"attributes":{"a":1},"attributes":{"b":2},"data":"longer than the next one","data":1}`: true,

	`{}`:                         false,
	`{"ID":1,"Kind":"call"}`:     false, // encoding/json does not mind the case
	`{"i\u0064":1}`:              false,
	`{"id":null,"client":null}`:  false,
	`{"attributes":null}`:        false,
	`{"id":9223372036854775807}`: false, // valid, and as large as can be
	`{"id":1} ]`:                 false,
	`{"attributes":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`: false,

	`{"id":9223372036854775808}`: false,
	`{"id":1.0}`:                 false,
	`{"id":1e3}`:                 false,
	`{"id":01}`:                  false,
	`{"id":-}`:                   false,
	`{"id":+1}`:                  false,
	`{"id":"1"}`:                 false,
	`{"id":}`:                    false,
	`{"id"}`:                     false,
	`{"id":1`:                    false,
	`{"id":1,}`:                  false,
	`{"id":1 "kind":"call"}`:     false,
	`{,}`:                        false,
	`{"id":1}{"id":2}`:           false,
	`{"id":1} x`:                 false,
	`[]`:                         false,
	`null`:                       false,
	``:                           false,
	`{"x":1}`:                    false,
	`{"client":1}`:               false,
	`{"client":{}}`:              false,
	`{"client":"a}`:              false,
	`{"client":"\x"}`:            false,
	`{"client":"\u12g4"}`:        false,
	`{"client":"\u12`:            false,
	`{"client":"\`:               false,
	"{\"client\":\"a\tb\"}":      false,
	`{"drain":1}`:                false,
	`{"drain":tru}`:              false,
	`{"drain":truefalse}`:        false,
	`{"data":}`:                  false,
	`{"data":[1,]}`:              false,
	`{"data":[1 2]}`:             false,
	`{"data":{"a"}}`:             false,
	`{"data":{"a":1,}}`:          false,
	`{"data":{a:1}}`:             false,
	`{"data":{"a":"\x"}}`:        false,
	`{"data":00}`:                false,
	`{"data":-}`:                 false,
	`{"data":1.}`:                false,
	`{"data":.5}`:                false,
	`{"data":1e}`:                false,
	`{"data":1e+}`:               false,
	`{"data":nul}`:               false,
	`{"data":[`:                  false,
	`{"data":{`:                  false,
	`{"data":]}`:                 false,
}

// byEncodingJSON reads a line as encoding/json does.
func byEncodingJSON(line []byte, o *Op) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	return d.Decode(o)
}

// TestDecode holds what is read of a line the fast way against encoding/json, and all else against strict.
func TestDecode(t *testing.T) {
	d := newDecoder()
	for line, usual := range sampleLines {
		var want, got Op
		_, wantErr := strict([]byte(line), &want)
		if ok := d.usual([]byte(line), new(Op)); ok != usual {
			t.Errorf("%s: usual is %v, want %v", line, ok, usual)
		}
		if usual {
			var same Op
			if err := byEncodingJSON([]byte(line), &same); err != nil || !reflect.DeepEqual(same, want) {
				t.Errorf("%s: got %+v, want %+v, %v", line, want, same, err)
			}
		}
		got.Client = "what was read before"
		err := d.decode([]byte(line), &got)
		if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
			t.Errorf("%s: got error %v, want %v", line, err, wantErr)
		}
		if err == nil && !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", line, got, want)
		}
	}
}

// What is not usual and yet in the schema is read as well; everything else is refused by the name of its key.
func TestStrict(t *testing.T) {
	for line, want := range map[string]string{
		`{"id":9223372036854775807}`:      "",
		`{"id":5.0,"start_ns":5e9}`:       "",
		`{"attributes":null,"data":null}`: "",
		`{"i\u0064":1}`:                   "",
		`{"end_ns":"5s"}`:                 `end_ns: want a whole number of nanoseconds, got "5s"`,
		`{"bye_ns":1.5}`:                  `bye_ns: want a whole number of nanoseconds, got 1.5`,
		`{"id":9223372036854775808}`:      `id: want a whole number, got 9223372036854775808`,
		`{"id":null}`:                     `id: want a whole number, got null`,
		`{"ended":1}`:                     `ended: want true or false, got 1`,
		`{"client":{"a":1}}`:              `client: want text, got {"a":1}`,
		`{"client":17,"nonce":18}`:        `client: want text, got 17`,
		`{"ID":1}`:                        `unknown key "ID" (did you mean "id"?)`,
		`{"strat_ns":1}`:                  `unknown key "strat_ns" (did you mean "start_ns"?)`,
		`{"something_else":1}`:            `unknown key "something_else"`,
		`{"File":"x","Line":1}`:           `unknown key "File"`,
		`{"-":1}`:                         `unknown key "-"`,
		`[1]`:                             `want an object, got [1]`,
		`{"id":1} {"id":2}`:               `want one object, got more behind it: {"id":2}`,
		`{"id":x}`:                        `want an object in JSON: invalid character 'x' looking for beginning of value`,
		`{"id":1`:                         `unexpected EOF`,
		`{"x":1,"data":[1,"`:              `unexpected EOF`, // that it is cut comes before what is in it
		``:                                `unexpected EOF`,
	} {
		if _, err := strict([]byte(line), new(Op)); err == nil && want != "" || err != nil && err.Error() != want {
			t.Errorf("%s: got %v, want %s", line, err, want)
		}
	}
}

// What Writer writes is read the fast way, whatever is in it, field by field.
func TestWhatIsWrittenIsUsual(t *testing.T) {
	op := full()
	op.File, op.Line = "", 0
	var got Op
	if !newDecoder().usual(appendOp(nil, &op), &got) || !reflect.DeepEqual(got, op) {
		t.Errorf("got  %+v\nwant %+v", got, op)
	}
}

// What was read does not change with the line it was read from, nor with what is appended to it.
func TestDecodeCopies(t *testing.T) {
	d := newDecoder()
	line := []byte(`{"id":1,"client":"alice","attributes":{"a":1},"data":{"b":2}}`)
	var got Op
	if err := d.decode(line, &got); err != nil {
		t.Fatal(err)
	}
	clear(line)
	_ = append(got.Attributes, "overwritten"...)
	if got.Client != "alice" || string(got.Attributes) != `{"a":1}` || string(got.Data) != `{"b":2}` {
		t.Errorf("got %+v", got)
	}
}

// More different texts than are remembered, of all lengths, some of them again and again.
func TestTextsAndRaws(t *testing.T) {
	texts, raws := newTexts(), newRaws()
	var wants, got []string
	var gotRaw []json.RawMessage
	for i := range 3 * remembered {
		want := strings.Repeat("x", i%7*(i%11)) + string(rune('a'+i%26)) + strings.Repeat("y", i/9%50)
		if i == 1000 {
			want = strings.Repeat("z", 2*piece)
		}
		wants, got, gotRaw = append(wants, want), append(got, texts.of([]byte(want))), append(gotRaw, raws.of([]byte(want)))
	}
	for i, want := range wants {
		if got[i] != want || string(gotRaw[i]) != want {
			t.Fatalf("%d: got %q and %q, want %q", i, got[i], gotRaw[i], want)
		}
	}
}

func TestDecodeAllocatesNothingForWhatItKnows(t *testing.T) {
	op := full()
	op.SharedID = "s" // what is escaped is left to encoding/json
	line := appendOp(nil, &op)
	d, got := newDecoder(), new(Op)
	if n := testing.AllocsPerRun(1000, func() { _ = d.decode(line, got) }); n > 0 {
		t.Errorf("got %v allocations, want none", n)
	}
}

// FuzzDecode: what is taken the fast way is what encoding/json makes of it.
func FuzzDecode(f *testing.F) {
	for line := range sampleLines {
		if len(line) < 1000 { // longer ones are slow to vary, and nothing else
			f.Add([]byte(line))
		}
	}
	op := full()
	f.Add(appendOp(nil, &op))
	d := newDecoder()
	f.Fuzz(func(t *testing.T, line []byte) {
		var got, want Op
		if before := bytes.Clone(line); !d.usual(line, &got) {
			if !bytes.Equal(before, line) {
				t.Fatalf("%q was changed", before)
			}
			return
		}
		if err := byEncodingJSON(line, &want); err != nil {
			t.Fatalf("%q: got %+v, want %v", line, got, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q:\ngot  %+v\nwant %+v", line, got, want)
		}
	})
}
