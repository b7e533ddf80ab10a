package reading_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
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
			`f.json:1:21: "": cool_down_ns: want a whole number of nanoseconds, got null; leave out what is not known`, "f.json:1:31: want an object of facts, got null"}},
		{"no JSON", `{`, nil, []string{"f.json:1:1: want an object of each project's facts by its name: unexpected end of JSON input"}},
		{"bad JSON", "{\n \"a\": {\"size\": 0x3}}", nil, []string{"f.json:2:17: want an object of each project's facts by its name: invalid character 'x'"}},
		{"no object", `[]`, nil, []string{"f.json:1:1: want an object of each project's facts by its name, got []"}},
		{"more than one", `{} {}`, nil, []string{"f.json:1:4: want an object of each project's facts by its name: invalid character '{' after top-level value"}},
		{"facts of no project", `{"size":4}`, nil, []string{"f.json:1:9: want an object of facts, got 4"}},
		{"several problems", `{"acme":{"windo_min_ns":1,"size":"3"},"other":{"cool_down":"soon"}}`, nil,
			[]string{`f.json:1:10: acme: unknown fact "windo_min_ns" (did you mean "window_min_ns"?)`, `f.json:1:34: acme: size: want a whole number, got "3"`,
				`f.json:1:60: other: cool_down: want a duration like "120s", got "soon"`}},
		{"on several lines", "{\n  \"ä\": {\n    \"sise\": 3,\n    \"ttl\": \"2m\"\n  }\n}", nil,
			[]string{`f.json:3:5: ä: unknown fact "sise" (did you mean "size"?)`, `f.json:4:5: ä: unknown fact "ttl"; there is abandoned, arrival_min, bindings,`}},
		{"behind other letters", `{"ää":{"sise":3}}`, nil, []string{`f.json:1:8: ää: unknown fact "sise"`}},
		{"types", `{"a":{"window_min_ns":"2m","strays_per_s":"1","exclusive":1,"numbers":"1","sources":1,"release":1}}`, nil, []string{
			"f.json:1:23: a: window_min_ns: want a whole number of nanoseconds, got", "f.json:1:43: a: strays_per_s: want a number, got", "f.json:1:59: a: exclusive: want true or false, got 1",
			"f.json:1:71: a: numbers: want a list of texts, got", "f.json:1:85: a: sources: want an object of texts, got 1", "f.json:1:97: a: release: want text, got 1"}},
		{"words", `{"a":{"release":"hang-up","sources":{"window":"assumed","size":"guessed","release":"measure"}}}`, nil, []string{
			`f.json:1:17: a: release: want one of arrival, answer, hangup, got "hang-up" (did you mean "hangup"?)`, `f.json:1:38: a: sources: unknown fact "window"; there is`,
			`f.json:1:64: a: sources: size: want one of documented, measured, assumed, got "guessed"`,
			`f.json:1:84: a: sources: release: want one of documented, measured, assumed, got "measure" (did you mean "measured"?)`}},
		{"below zero", `{"a":{"size":-1,"window_min":"-1s","strays_per_s":-0.5}}`, nil, []string{
			"f.json:1:14: a: size: want 0 or more, got -1", "f.json:1:30: a: window_min: want 0 or more, got -1000000000", "f.json:1:51: a: strays_per_s: want 0 or more, got -0.5"}},
		{"contradictions", `{"a":{"window_min":"3s","window_max":"2s","cool_down_ns":3,"cool_down_max":"1ns"},"c":{"failures_max":1.5},"b":{"size":1,"numbers":["+441","+442"]}}`, nil, []string{
			"f.json:1:20: a: window_min is 3s, more than window_max, which is 2s", "f.json:1:58: a: cool_down is 3ns, more than cool_down_max, which is 1ns",
			"f.json:1:103: c: failures_max is 1.5, and a share is 1 at most", "f.json:1:120: b: size is 1, less than the 2 numbers that are listed"}},
		{"nanoseconds without saying so", `{"a":{"window_min":5,"cool_down":true}}`, nil, []string{
			`f.json:1:20: a: window_min: want a duration like "120s", got 5; nanoseconds are window_min_ns`, `f.json:1:34: a: cool_down: want a duration like "120s", got true`}},
		{"said in two ways", `{"a":{"window_min":"3s","window_min_ns":1}}`, nil, []string{"f.json:1:7: a: want window_min or window_min_ns, got both"}},
		{"said twice", `{"a":{"size":3,"size":4},"a":{}}`, nil, []string{`f.json:1:26: want "a" once, got it twice`, `f.json:1:16: want "size" once, got it twice`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := reading.ParseFacts(reading.FileText("f.json", []byte(c.text)))
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

// TestFactsWithinAFile has facts that begin in the middle of a file.
func TestFactsWithinAFile(t *testing.T) {
	text := reading.Text{File: "h.jsonl", Line: 3, Column: 100, JSON: []byte(`{"a":{"sise":1}}`)}
	want := `h.jsonl:3:106: a: unknown fact "sise" (did you mean "size"?)`
	if _, err := reading.ParseFacts(text); err == nil || err.Error() != want {
		t.Errorf("want %s, got %v", want, err)
	}
}

// TestFactsOfNobody has facts whose projects are not those of the history.
func TestFactsOfNobody(t *testing.T) {
	for _, c := range []struct{ name, text, projects, want string }{
		{"one that is written in another way", `{"Acme":{}}`, "acme", `f:1:2: want the name of a project in the history, got "Acme" (did you mean "acme"?)`},
		{"one of two that is mistaken", `{"north":{},"suoth":{}}`, "north south", `f:1:13: want the name of a project in the history, got "suoth" (did you mean "south"?)`},
		{"one that nobody can mean", `{"zebra":{}}`, "north south", `f:1:2: want the name of a project in the history, got "zebra"; there is north, south`},
		{"facts of every project", `{"zebra":{},"":{}}`, "acme", ""},
		{"a project that did nothing", `{"north":{},"south":{}}`, "north", ""},
		{"a project of which nothing is known", `{"north":{}}`, "north south", ""},
		{"operations of no project", `{"acme":{}}`, "", ""},
		{"nothing known", `{}`, "acme", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var ops []history.Op
			for _, p := range strings.Fields(c.projects) {
				ops = append(ops, history.Op{Project: p}, history.Op{Project: p}, history.Op{})
			}
			err := reading.FactsOfNobody(reading.FileText("f", []byte(c.text)), ops)
			if got := fmt.Sprint(err); got != c.want && (err != nil || c.want != "") {
				t.Errorf("want %q, got %s", c.want, got)
			}
		})
	}
}

func FuzzParseFacts(f *testing.F) {
	f.Add([]byte(`{"acme":{"size":3,"window_min":"2m","cool_down_ns":0,"sources":{"size":"measured"}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		facts, err := reading.ParseFacts(reading.FileText("f", text))
		if err != nil {
			return
		}
		written, err := json.Marshal(facts)
		if err != nil {
			t.Fatal(err)
		}
		again, err := reading.ParseFacts(reading.FileText("f", written))
		if err != nil {
			t.Fatalf("want %s to be read again, got %v", written, err)
		}
		if second, _ := json.Marshal(again); string(second) != string(written) {
			t.Errorf("want %s, got %s", written, second)
		}
	})
}

// TestSourceOfWhatAnotherFactSaysToo: handoffs says that a state can be read at once; who says so himself is taken at his word.
func TestSourceOfWhatAnotherFactSaysToo(t *testing.T) {
	t.Parallel()
	f := reading.Facts{Handoffs: true, Sources: map[string]reading.Source{"handoffs": reading.Assumed}}
	if got := f.SourceOf("visible"); got != reading.Assumed {
		t.Errorf("want that of handoffs, got %s", got)
	}
	f.Sources["visible"] = reading.Measured
	if got := f.SourceOf("visible"); got != reading.Measured {
		t.Errorf("want its own, got %s", got)
	}
}
