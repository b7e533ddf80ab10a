package rehearse

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/dnispool/dnispool/scenarios"
	"github.com/dnispool/dnispool/sim/strictyaml"
	"github.com/dnispool/dnispool/specs"
)

// head is lines 1 to 6 of a lesson; what a test appends starts on line 7.
const head = "lesson: v1\nsummary: s\nrequirement: r\nsource: x\nlevel: must\nadvice: a\n"

func TestParseSaysWhatIsWrongAndWhere(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"fine", "expect:\n  - dials: once\n", ""},
		{"all of it", "callers: 2\nbudget: 5s\nwants: known-queue\nworld: {pool: {numbers: 2}, carrier: {outage: true}, faults: {http: {reset: 3}}}\nexpect:\n  - reserves: {least: 1, most: 2}\n  - asks: 3\n  - routes: any\n", ""},
		{"nothing expected", "", "f:1:1: lesson: want the key expect, got none"},
		{"an empty list", "expect: []\n", "f:7:9: expect: want at least one, got none"},
		{"an unknown key", "expects:\n  - dials: once\nexpect:\n  - dials: once\n", `f:7:1: unknown key "expects" (did you mean "expect"?)`},
		{"an unknown expectation", "expect:\n  - dails: once\n", `f:8:5: expect: want reserves, dials, asks, routes, connects_within, dials_within, hangs_up_within, rests, heeds, leaves_numbers, dialled, shared_ids, asks_for, keys, trusts or attributes, got "dails" (did you mean "dials"?)`},
		{"two in one", "expect:\n  - dials: once\n    asks: once\n", "f:8:5: expect: want one name with its argument, as in `dials: once`, got a mapping"},
		{"no times", "expect:\n  - dials: twise\n", `f:8:12: times: want never, once, a number or {least, most}, got "twise"`},
		{"turned round", "expect:\n  - dials: {least: 3, most: 2}\n", "f:8:12: times: want least up to most, of 0 or more, got 3 and 2"},
		{"neither", "expect:\n  - dials: {}\n", "f:8:12: times: want least, most or both, got neither"},
		{"no time to do it in", "expect:\n  - connects_within: -3s\n  - dials_within: 0s\n  - hangs_up_within: 3\n", "f:8:22: within: want more than 0, got -3s\nf:9:19: within: want more than 0, got 0s\nf:10:22: within: want a duration"},
		{"an unknown place", "expect:\n  - routes: falback\n", `f:8:13: routes: want known-queue, fallback, default, any, nowhere or own, got "falback" (did you mean "fallback"?)`},
		{"a level", "expect:\n  - dials: once\nlesson: v1\n", `f:9:1: duplicate key "lesson", first on line 1`},
		{"no caller", "callers: 0\nexpect:\n  - dials: once\n", "f:7:10: callers: want 1 to 1000, got 0"},
		{"a million callers", "callers: 1000000\nexpect:\n  - dials: once\n", "f:7:10: callers: want 1 to 1000, got 1000000"},
		{"all that is wrong at once", "world: {pol: {}}\nexpect:\n  - dails: once\n", "f:7:9: unknown key \"pol\" (did you mean \"pool\"?)\nf:9:5: expect: want reserves"},
		{"no time", "budget: 0s\nexpect:\n  - dials: once\n", "f:7:9: budget: want more than 0, got 0s"},
		{"a world that is none", "world: {pol: {}}\nexpect:\n  - dials: once\n", `f:7:9: unknown key "pol" (did you mean "pool"?)`},
		{"a fault that is none", "world: {faults: {http: {reset: -1}}}\nexpect:\n  - dials: once\n", "f:7:24: reset: want 0 bytes or more, got -1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, problems := Parse("f", []byte(head+tc.in))
			if got := problems.Error(); got != tc.want && (tc.want == "" || !strings.HasPrefix(got, tc.want)) {
				t.Errorf("\ngot  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestLoadNamesEveryFile(t *testing.T) {
	files := fstest.MapFS{"Bad.yaml": {Data: []byte(head + "expect: [{dials: once}]\n")}, "b.yaml": {Data: []byte("lesson: v2\n")}}
	_, err := Load(files, "dir")
	for _, want := range []string{"dir/Bad.yaml:1:1: id: want lower-case letters", `dir/b.yaml:1:9: lesson: want v1, got "v2"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %s, got %v", want, err)
		}
	}
	if _, err := Load(fstest.MapFS{}, "dir"); err == nil || err.Error() != "dir: lessons: want at least one .yaml file, got none" {
		t.Errorf("got %v", err)
	}
}

// bundled are the lessons that come with the tool, and their texts.
func bundled(t *testing.T) ([]*Lesson, fs.FS) {
	t.Helper()
	files, err := fs.Sub(scenarios.Files, "lessons")
	if err != nil {
		t.Fatal(err)
	}
	all, err := Bundled()
	if err != nil {
		t.Fatal(err)
	}
	return all, files
}

// TestAMustHasASource: what no document says is at most a should, also in a lesson of somebody's own.
func TestAMustHasASource(t *testing.T) {
	for _, tc := range []struct{ source, level, want string }{
		{"unspecified", "must", "f:5:8: level: want should or may, as no document says it (source: unspecified); a must cites the published sentence, got must"},
		{"'Unspecified: how long'", "must", "f:5:8: level: want should or may"},
		{"unspecified", "should", ""},
		{"'our page; unspecified: how long'", "must", ""},
	} {
		text := strings.NewReplacer("source: x", "source: "+tc.source, "level: must", "level: "+tc.level).Replace(head) + "expect:\n  - dials: once\n"
		_, problems := Parse("f", []byte(text))
		if got := problems.Error(); !strings.HasPrefix(got, tc.want) || tc.want == "" && got != "" {
			t.Errorf("%s, %s: want %q, got %q", tc.source, tc.level, tc.want, got)
		}
	}
}

func TestSchemaAcceptsTheLessonsAndKnowsTheExpectations(t *testing.T) {
	c := jsonschema.NewCompiler()
	for _, name := range []string{"lesson", "rehearse", "config", "agent"} {
		text, err := specs.Schema(name)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource(name+".schema.json", doc); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := c.Compile("lesson.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	all, files := bundled(t)
	for _, l := range all {
		data, err := fs.ReadFile(files, l.ID+extension)
		if err != nil {
			t.Fatal(err)
		}
		root, _ := strictyaml.Parse(l.File, data)
		var value any
		if err := root.Decode(&value); err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%s: %v", l.File, err)
		}
	}

	text, _ := specs.Schema("lesson")
	var document struct {
		Defs struct {
			Expectation struct {
				Properties map[string]any `json:"properties"`
			} `json:"expectation"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	var known []string
	for name := range document.Defs.Expectation.Properties {
		known = append(known, name)
	}
	var defined []string
	for _, d := range definitions() {
		defined = append(defined, d.name)
	}
	slices.Sort(known)
	slices.Sort(defined)
	if !slices.Equal(known, defined) {
		t.Errorf("\nschema %v\nloader %v", known, defined)
	}
}

func TestSelect(t *testing.T) {
	all, _ := bundled(t)
	got, err := Select(all, []string{"handoff-*", "scenarios/lessons/happy-transfer.yaml"})
	if err != nil || len(got) < 3 || !slices.ContainsFunc(got, func(l *Lesson) bool { return l.ID == "happy-transfer" }) {
		t.Errorf("got %d, %v", len(got), err)
	}
	if _, err := Select(all, []string{"hapy-transfer"}); err == nil || err.Error() != `lesson: want an id, a glob or file:line, got "hapy-transfer" (did you mean "happy-transfer"?)` {
		t.Errorf("got %v", err)
	}
}

// TestALotIsLearntWithoutAHook: a client that knows a base URL and a SIP host, and nothing else, is judged on most lessons.
func TestALotIsLearntWithoutAHook(t *testing.T) {
	all, _ := bundled(t)
	r := &Rehearsal{}
	n := 0
	for _, l := range all {
		lacks := r.lacks(l, nil)
		if lacks == "" {
			n++
		}
		if listed := slices.ContainsFunc(l.Needs(), Need.Hook); listed != (lacks != "") {
			t.Errorf("%s: want the list to say what it lacks without a hook, %q, got %q", l.ID, lacks, l.Needs())
		}
	}
	if n < 20 {
		t.Errorf("want 20 lessons or more that need no hook, got %d of %d", n, len(all))
	}
}
