package agent

import (
	"encoding/json"
	"testing"
)

func TestEqual(t *testing.T) {
	cases := []struct {
		a, b string
		want bool
	}{
		{`1`, `1`, true},
		{`2`, `2.0`, true},
		{`2`, `20e-1`, true},
		{`-0`, `0.00`, true},
		{`0.10`, `1E-1`, true},
		{`1200`, `1.2e+3`, true},
		{`-1`, `1`, false},
		{`9007199254740993`, `9007199254740992`, false},
		{`1e99999999999`, `1e99999999999`, true},
		{`1e99999999999`, `1e99999999998`, false},
		{`1`, `"1"`, false},
		{`1`, `true`, false},
		{`null`, `false`, false},
		{`null`, `null`, true},
		{`"a"`, `"\u0061"`, true},
		{`[1, 2]`, `[1,2.0]`, true},
		{`[1]`, `[1,1]`, false},
		{`[]`, `{}`, false},
		{`{"a":1,"b":null}`, `{"b":null,"a":1}`, true},
		{`{"a":1,"b":null}`, `{"a":1,"c":null}`, false},
		{`{"a":1}`, `{"a":1,"b":1}`, false},
		{`{"a":1}`, `{"a":2}`, false},
		{`{`, `{`, false},
	}
	for _, tc := range cases {
		if got := equal(json.RawMessage(tc.a), json.RawMessage(tc.b)); got != tc.want {
			t.Errorf("equal(%s, %s): got %t", tc.a, tc.b, got)
		}
		if got := equal(json.RawMessage(tc.b), json.RawMessage(tc.a)); got != tc.want {
			t.Errorf("equal(%s, %s): got %t", tc.b, tc.a, got)
		}
	}
}

func TestPythonType(t *testing.T) {
	cases := map[string]string{
		``: "NoneType", ` null `: "NoneType", `{}`: "dict", ` []`: "list", `"1.0"`: "str",
		`true`: "bool", `false`: "bool", `-1`: "int", `1.0`: "float", `1e3`: "float",
	}
	for text, want := range cases {
		if got := pythonType(json.RawMessage(text)); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func TestQuoteKeepsAngleBrackets(t *testing.T) {
	if got := string(quote("<a> & é\n")); got != `"<a> & é\n"` {
		t.Errorf("got %s", got)
	}
}
