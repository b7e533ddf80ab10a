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
