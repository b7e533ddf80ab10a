package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func nested(open, shut string, levels int) string {
	return `{"attributes":` + strings.Repeat(open, levels-1) + strings.Repeat(shut, levels-1) + `}`
}

func manyMembers(n int) string {
	var b strings.Builder
	b.WriteByte('{')
	for i := range n {
		fmt.Fprintf(&b, `"k%d":0,`, i)
	}
	return b.String()
}

func TestScanAccepts(t *testing.T) {
	for _, c := range []struct{ name, in, attributes string }{
		{"empty object", `{"attributes":{}}`, `{}`},
		{"without", `{}`, ``},
		{"space everywhere", " \t\r\n{ \"attributes\" : { \"a\" : [ 1 , { } ] } } \n", `{ "a" : [ 1 , { } ] }`},
		{"escaped key", `{"\u0061ttributes":1}`, `1`},
		{"every kind", `{"attributes":{"a":null,"b":true,"c":false,"d":-0.5e+10,"e":"","f":[],"g":{}}}`, `{"a":null,"b":true,"c":false,"d":-0.5e+10,"e":"","f":[],"g":{}}`},
		{"integers of any size", `{"attributes":{"n":123456789012345678901234567890,"m":1E400}}`, `{"n":123456789012345678901234567890,"m":1E400}`},
		{"Unicode and escapes", `{"attributes":{"é":"😀 \ud83d\ude00 \"\\\/\b\f\n\r\t\u0000"}}`, `{"é":"😀 \ud83d\ude00 \"\\\/\b\f\n\r\t\u0000"}`},
		{"same key in other objects", `{"attributes":{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}}`, `{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}`},
		{"keys differ in case", `{"attributes":{"a":1,"A":2},"Attributes":1}`, `{"a":1,"A":2}`},
		{"many keys", manyMembers(100) + `"attributes":{}}`, `{}`},
		{"as deep as allowed", nested("[", "]", 64), strings.Repeat("[", 63) + strings.Repeat("]", 63)},
	} {
		t.Run(c.name, func(t *testing.T) {
			members, err := scanObject([]byte(c.in), 64, Refuse, nil)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, m := range members {
				if string(m.key) == "attributes" {
					got = string(m.value)
				}
			}
			if got != c.attributes {
				t.Errorf("attributes: want %s, got %s", c.attributes, got)
			}
		})
	}
}

func TestScanRefuses(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", `body: want a JSON object, got nothing`},
		{" \n", `body: want a JSON object, got nothing`},
		{`[]`, `body: want a JSON object, got an array`},
		{`"a"`, `body: want a JSON object, got a string`},
		{`null`, `body: want a JSON object, got null`},
		{` true `, `body: want a JSON object, got a boolean`},
		{`-1`, `body: want a JSON object, got a number`},
		{`nul`, `body: invalid JSON at offset 0: want an object, got 'n'`},
		{"\ufeff{}", `body: invalid JSON at offset 0: want an object, got '\ufeff'`},
		{`{`, `body: invalid JSON at offset 1: want a key, got the end`},
		{`{"a"`, `body: invalid JSON at offset 4: want ':', got the end`},
		{`{"a":`, `body: invalid JSON at offset 5: want a value, got the end`},
		{`{"a":1`, `body: invalid JSON at offset 6: want ',' or '}', got the end`},
		{`{"a":1,}`, `body: invalid JSON at offset 7: want a key, got '}'`},
		{`{a:1}`, `body: invalid JSON at offset 1: want a key, got 'a'`},
		{`{'a':1}`, `body: invalid JSON at offset 1: want a key, got '\''`},
		{`{"a":1;"b":2}`, `body: invalid JSON at offset 6: want ',' or '}', got ';'`},
		{`{"a":[1,]}`, `body: invalid JSON at offset 8: want a value, got ']'`},
		{`{"a":[1 2]}`, `body: invalid JSON at offset 8: want ',' or ']', got '2'`},
		{`{} {}`, `body: invalid JSON at offset 3: want the end, got '{'`},
		{`{}gold`, `body: invalid JSON at offset 2: want the end, got 'g'`},
		{"{}\x00", `body: invalid JSON at offset 2: want the end, got '\x00'`},
		{`{"a":tru}`, `body: invalid JSON at offset 8: want true, got '}'`},
		{`{"a":nul`, `body: invalid JSON at offset 8: want null, got the end`},
		{`{"a":NaN}`, `body: invalid JSON at offset 5: want a value, got 'N'`},
		{`{"a":01}`, `body: invalid JSON at offset 6: want ',' or '}', got '1'`},
		{`{"a":+1}`, `body: invalid JSON at offset 5: want a value, got '+'`},
		{`{"a":-}`, `body: invalid JSON at offset 6: want a value, got '}'`},
		{`{"a":.5}`, `body: invalid JSON at offset 5: want a value, got '.'`},
		{`{"a":1.}`, `body: invalid JSON at offset 7: want a digit, got '}'`},
		{`{"a":1e+}`, `body: invalid JSON at offset 8: want a digit, got '}'`},
		{`{"a":"b`, `body: invalid JSON at offset 7: want '"', got the end`},
		{"{\"a\":\"\n\"}", `body: invalid JSON at offset 6: want no control character in a string, got '\n'`},
		{`{"a":"\x"}`, `body: invalid JSON at offset 7: want an escape: one of "\/bfnrtu, got 'x'`},
		{`{"a":"\`, `body: invalid JSON at offset 7: want an escape, got the end`},
		{`{"a":"\u12"}`, `body: invalid JSON at offset 10: want four hexadecimal digits, got '"'`},
		{`{"a":"\u12`, `body: invalid JSON at offset 10: want four hexadecimal digits, got the end`},
		{`{"a":"\ud83d"}`, `body: want Unicode text, got half of a surrogate pair at offset 6`},
		{`{"a":"\ude00\ud83d"}`, `body: want Unicode text, got half of a surrogate pair at offset 6`},
		{`{"a":"\ud83d\u0041"}`, `body: want Unicode text, got half of a surrogate pair at offset 6`},
		{`{"a":"\ud83d\u00"}`, `body: invalid JSON at offset 16: want four hexadecimal digits, got '"'`},
		{"{\"a\":\"\xff\"}", `body: want UTF-8, got other bytes at offset 6`},
		{"{\"é\":\"\xed\xa0\x80\"}", `body: want UTF-8, got other bytes at offset 7`},
		{`{"a":1,"a":1}`, `body: want each key once, got "a" again at offset 7`},
		{`{"a":1,"\u0061":1}`, `body: want each key once, got "\u0061" again at offset 7`},
		{`{"x":[{"b":1,"c":{},"b":2}]}`, `body: want each key once, got "b" again at offset 20`},
		{manyMembers(16) + `"k0":1}`, `body: want each key once, got "k0" again at offset 119`},
		{manyMembers(40) + `"k39":1}`, `body: want each key once, got "k39" again at offset 311`},
		{`{"` + strings.Repeat("é", 30) + `":1,"` + strings.Repeat("é", 30) + `":1}`,
			`body: want each key once, got "` + strings.Repeat("é", 19) + `… again at offset 66`},
		{nested("[", "]", 65), `body: want at most 64 levels of nesting, got more at offset 77`},
		{nested(`{"":`, "}", 65), `body: want at most 64 levels of nesting, got more at offset 266`},
	} {
		t.Run(shownAs(c.in), func(t *testing.T) {
			_, err := scanObject([]byte(c.in), 64, Refuse, nil)
			if err == nil || err.Error() != c.want {
				t.Errorf("%s:\nwant %s\ngot  %v", c.in, c.want, err)
			}
		})
	}
}

func shownAs(in string) string {
	if in == "" {
		return "nothing"
	}
	return in[:min(len(in), 30)]
}

// FuzzScan holds the scanner against encoding/json: what json refuses, it refuses, and what it takes apart is there.
func FuzzScan(f *testing.F) {
	for _, seed := range []string{
		`{"attributes":{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00",null,true,false]}}`, `{} x`, `{"a":1,"a":2}`, `{"\u0061":"\ud800"}`,
		"{\"a\":\"\xff\"}", nested("[", "]", 70), manyMembers(20) + `"k1":{}}`, `[{}]`, ` `, `{"a":01}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		members, err := scanObject(data, 64, Refuse, nil)
		if !bytes.Equal(before, data) {
			t.Fatal("the scan changed its input")
		}
		var want map[string]json.RawMessage
		refused := json.Unmarshal(data, &want)
		if err != nil {
			return // stricter is fine
		}
		if refused != nil {
			t.Fatalf("accepted %q, which encoding/json refuses: %v", data, refused)
		}
		if len(members) != len(want) {
			t.Fatalf("members of %q: want %d, got %d", data, len(want), len(members))
		}
		for _, m := range members {
			if value, ok := want[string(m.key)]; !ok || !bytes.Equal(value, m.value) {
				t.Fatalf("member %q of %q: want %q, got %q", m.key, data, value, m.value)
			}
		}
	})
}

func FuzzAppendString(f *testing.F) {
	for _, seed := range []string{"", "+441632960001", "\x00\n\r\t\"\\/<>&\u2028", "é😀", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		if err := json.Unmarshal(appendString(nil, s), &got); err != nil {
			t.Fatal(err)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); strings.ReplaceAll(got, "\ufffd", "") != strings.ReplaceAll(want, "\ufffd", "") {
			t.Errorf("string: want %q, got %q", want, got)
		}
	})
}
