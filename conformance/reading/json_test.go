package reading

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
