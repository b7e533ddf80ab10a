package reading_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/reading"
)

func TestParseFacts(t *testing.T) {
	rest := 5 * time.Second
	for _, c := range []struct {
		name, text string
		want       map[string]reading.Facts
		problems   []string
	}{
		{"nothing", `{}`, map[string]reading.Facts{}, nil},
		{"durations as text and as nanoseconds", `{"acme":{"size":3,"window_min":"2m","window_max_ns":130000000000,"cool_down":"5s","release":"hangup","sources":{"window_min":"assumed","size":"measured"}}}`,
			map[string]reading.Facts{"acme": {Size: 3, WindowMin: 2 * time.Minute, WindowMax: 130 * time.Second, CoolDown: &rest, Release: "hangup",
				Sources: map[string]reading.Source{"window_min": reading.Assumed, "size": reading.Measured}}}, nil},
		{"null", `{"":{"cool_down_ns":null},"a":null}`, nil, []string{
			`f.json: "": cool_down_ns: want a whole number of nanoseconds, got null; leave out what is not known`, "f.json: a: want an object of facts: got null"}},
		{"no JSON", `{`, nil, []string{"f.json: want an object of each project's facts by its name: unexpected end of JSON input"}},
		{"no object", `[]`, nil, []string{"f.json: want an object of each project's facts by its name: got array"}},
		{"facts of no project", `{"size":4}`, nil, []string{"f.json: size: want an object of facts: got number"}},
		{"several problems", `{"acme":{"windo_min_ns":1,"size":"3"},"other":{"cool_down":"soon"}}`, nil,
			[]string{`f.json: acme: size: want a whole number, got "3"`, `f.json: acme: unknown fact "windo_min_ns"; the facts are abandoned, arrival_min_ns,`, `f.json: other: cool_down: want a duration like "120s", got "soon"`}},
		{"types", `{"a":{"window_min_ns":"2m","strays_per_s":"1","exclusive":1,"numbers":"1","sources":1,"release":1}}`, nil, []string{
			"f.json: a: exclusive: want true or false, got 1", "f.json: a: numbers: want a list of texts, got", "f.json: a: release: want text, got 1",
			"f.json: a: sources: want an object of texts, got 1", "f.json: a: strays_per_s: want a number, got", "f.json: a: window_min_ns: want a whole number of nanoseconds, got"}},
		{"words", `{"a":{"release":"hang-up","sources":{"window":"assumed","size":"guessed"}}}`, nil, []string{
			`f.json: a: release: want one of arrival, answer, hangup, got "hang-up"`, `f.json: a: sources: size: want one of documented, measured, assumed, got "guessed"`, `f.json: a: sources: unknown fact "window"`}},
		{"below zero", `{"a":{"size":-1,"window_min":"-1s","strays_per_s":-0.5}}`, nil, []string{
			"f.json: a: size: want 0 or more, got -1", "f.json: a: strays_per_s: want 0 or more, got -0.5", "f.json: a: window_min: want 0 or more, got -1000000000"}},
		{"contradictions", `{"a":{"window_min":"3s","window_max":"2s","cool_down":"3s","cool_down_max":"1s"}}`, nil, []string{
			"f.json: a: window_min is 3s, more than window_max, which is 2s", "f.json: a: cool_down is 3s, more than cool_down_max, which is 1s"}},
		{"said twice", `{"a":{"window_min":"3s","window_min_ns":1}}`, nil, []string{"f.json: a: want window_min or window_min_ns, got both"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := reading.ParseFacts("f.json", []byte(c.text))
			if c.problems == nil && (err != nil || !reflect.DeepEqual(got, c.want)) {
				t.Fatalf("want %+v, got %+v %v", c.want, got, err)
			}
			if c.problems == nil {
				return
			}
			if err == nil {
				t.Fatal("want problems, got none")
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(c.problems) {
				t.Fatalf("want %d problems, got\n%v", len(c.problems), err)
			}
			for i, want := range c.problems {
				if !strings.HasPrefix(lines[i], want) {
					t.Errorf("want %s\ngot  %s", want, lines[i])
				}
			}
		})
	}
}

func FuzzParseFacts(f *testing.F) {
	f.Add([]byte(`{"acme":{"size":3,"window_min":"2m","cool_down_ns":0,"sources":{"size":"measured"}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		facts, err := reading.ParseFacts("f", text)
		if err != nil {
			return
		}
		written, err := json.Marshal(facts)
		if err != nil {
			t.Fatal(err)
		}
		again, err := reading.ParseFacts("f", written)
		if err != nil {
			t.Fatalf("want %s to be read again, got %v", written, err)
		}
		if second, _ := json.Marshal(again); string(second) != string(written) {
			t.Errorf("want %s, got %s", written, second)
		}
	})
}
