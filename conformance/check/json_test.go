package check

import (
	"encoding/json"
	"testing"
)

func TestMembers(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                                 "",
		` { "a" : 1 , "b":"x,}\"" } `:        `a=1 b="x,}\"" `,
		`{"a":{"b":[1,{"c":"}"}]},"d":null}`: `a={"b":[1,{"c":"}"}]} d=null `,
		`{"a":-1.5e3}`:                       "a=-1.5e3 ",
		`{"a":"\\"}`:                         `a="\\" `,
		`{"a":1,}`:                           "false", `{"a"}`: "false", `{"a":}`: "false", `[1]`: "false", ``: "false", `{"a":"`: "false", `{"a":[1}`: "false", `{"a":1`: "false", `{a:1}`: "false",
	} {
		got := ""
		if !members([]byte(text), func(k, v []byte) { got += string(k) + "=" + string(v) + " " }) {
			got = "false"
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func FuzzMembers(f *testing.F) {
	for _, s := range []string{`{"a":1}`, `{"a":{"b":[1,{"c":"}"}]},"d":null}`, `{"a":"\\\""}`, `{"a":[1}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := make(map[string]string)
		ok := members([]byte(text), func(k, v []byte) {
			var key string
			if json.Unmarshal(append(append([]byte{'"'}, k...), '"'), &key) == nil {
				got[key] = string(v)
			}
		})
		var want map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &want) != nil || want == nil { // it may be read or not, but not end in a panic
			return
		}
		if !ok || len(got) != len(want) {
			t.Fatalf("%q: got %v, %q, want %q", text, ok, got, want)
		}
		for k, v := range want {
			if got[k] != string(v) {
				t.Errorf("%q: got %q, want %q", text, got[k], v)
			}
		}
	})
}

func TestDecimal(t *testing.T) {
	for _, same := range [][2]string{
		{"1", "1.0"}, {"150", "1.5e2"}, {"0", "-0.0e7"}, {"100", "1E+2"}, {"-0.001", "-1e-3"}, {"1e999999999999", "10e999999999998"}, {"9007199254740993", "9007199254740993.00"},
	} {
		if decimal(same[0]) != decimal(same[1]) {
			t.Errorf("%s and %s: want one value, got %s and %s", same[0], same[1], decimal(same[0]), decimal(same[1]))
		}
	}
	for _, other := range [][2]string{{"1", "-1"}, {"9007199254740993", "9007199254740992"}, {"1e2", "1e3"}, {"0.1", "1"}, {"1e99999999999999999999", "1"}} {
		if decimal(other[0]) == decimal(other[1]) {
			t.Errorf("%s and %s: want two values, got %s", other[0], other[1], decimal(other[0]))
		}
	}
}

func TestAsDialled(t *testing.T) {
	for _, same := range []string{"+442079460000", "442079460000", "00442079460000", "02079460000", "011442079460000", "60000", "+44 20 7946 0000"} {
		if !SameNumber(same, "+442079460000") {
			t.Errorf("%s: want it taken for the number", same)
		}
	}
	for _, other := range []string{"+442079460001", "02079460001", "000", "", "a"} {
		if SameNumber(other, "+442079460000") {
			t.Errorf("%s: want it taken for another number", other)
		}
	}
}
