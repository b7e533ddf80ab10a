package jsonvalue

import (
	"encoding/json"
	"testing"
)

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		a, b json.Number
		want int
	}{
		{"1", "1.0", 0}, {"150", "1.5e2", 0}, {"0", "-0.0e7", 0}, {"100", "1E+2", 0}, {"-0.001", "-1e-3", 0}, {"1e999999999999", "10e999999999998", 0},
		{"9007199254740993", "9007199254740993.00", 0},
		{"1", "-1", 1}, {"9007199254740993", "9007199254740992", 1}, {"1e2", "1e3", -1}, {"0.1", "1", -1}, {"1e99999999999999999999", "1", 1}, {"-2", "-1", -1}, {"0", "-1e-9", 1},
	} {
		if got, back := Compare(c.a, c.b), Compare(c.b, c.a); got != c.want || back != -c.want {
			t.Errorf("%s and %s: want %d, got %d and, turned round, %d", c.a, c.b, c.want, got, back)
		}
	}
}

func TestInteger(t *testing.T) {
	for text, want := range map[json.Number]bool{"2": true, "2.0": true, "2e3": true, "0": true, "-0.0": true, "-7": true, "1e99999999999": true, "2.5": false, "25e-1": false, "1e-999999999999": false} {
		if got := Integer(text); got != want {
			t.Errorf("%s: want %v, got %v", text, want, got)
		}
	}
}

func TestDifference(t *testing.T) {
	for _, c := range []struct{ a, b, where string }{
		{`{"a":1,"b":[1,2]}`, `{"b":[1.0,2e0],"a":1}`, ""},
		{`{"a":1}`, `{"a":2}`, "/a"},
		{`{"a":1}`, `{"a":"1"}`, "/a"},
		{`{"a":{"b":[0,{"c":null}]}}`, `{"a":{"b":[0,{"c":false}]}}`, "/a/b/1/c"},
		{`{"a":1}`, `{"a":1,"b":2}`, "/b"},
		{`{"a":1,"b":2}`, `{"a":1}`, "/b"},
		{`[1]`, `[1,2]`, "/"},
		{`1`, `[]`, "/"},
		{`{}`, `{`, "/"},
		{`null`, `null`, ""},
	} {
		if where, same := Difference(json.RawMessage(c.a), json.RawMessage(c.b)); where != c.where || same != (c.where == "") {
			t.Errorf("%s and %s: want %q, got %q, %v", c.a, c.b, c.where, where, same)
		}
	}
}
