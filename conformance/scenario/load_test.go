package scenario

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/sim/strictyaml"
	"go.yaml.in/yaml/v3"
)

// head is lines 1 to 5 of a file; what a test appends starts on line 6.
const head = `scenario: v1
summary: s
requirement: r
source: x
level: must
`

// ok is a step that asserts something.
const ok = "  - reserve: {attributes: {}}\n    expect: {status: 200}\n"

func problemsOf(text string) string {
	_, ps := Parse("f", []byte(text), testOptions())
	return ps.Error()
}

func testOptions() Options {
	return Options{
		CheckNames: []string{"no-double-lease", "no-cross-talk"},
		Formats:    []string{"e164", "e164-no-plus", "cc00", "011", "national", "last10", "last4", "tel", "user-phone", "percent-plus", "separators"},
		Given: func(file string, given *yaml.Node) strictyaml.Problems {
			if n := strictyaml.Lookup(given, "bad"); n != nil {
				return strictyaml.Problems{strictyaml.At(file, n, "given: bad")}
			}
			return nil
		},
		Fault: func(file string, faults *yaml.Node) strictyaml.Problems {
			if n := strictyaml.Lookup(faults, "bad"); n != nil {
				return strictyaml.Problems{strictyaml.At(file, n, "fault: bad")}
			}
			return nil
		},
	}
}

// TestTopLevel appends to the head: the first line appended is line 6.
func TestTopLevel(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"fine", "steps:\n" + ok, ""},
		{"unknown key", "stpes: []\nsteps:\n" + ok, `f:6:1: unknown key "stpes" (did you mean "steps"?)`},
		{"duplicate key", "level: may\nsteps:\n" + ok, `f:6:1: duplicate key "level", first on line 5`},
		{"second document", "steps:\n" + ok + "---\nscenario: v1\n", "f:9:1: file: want one document, got a second one"},
		{"anchor", "steps: &a\n" + ok, "f:6:8: anchor &a: anchors are not allowed; write the value out"},
		{"no steps", "", "f:1:1: scenario: want the key steps, got none"},
		{"empty steps", "steps: []\n", "f:6:8: steps: want a list of at least one step, got an empty one"},
		{"null steps", "steps:\n", "f:6:7: steps: want a list of at least one step, got nothing"},
		{"steps as mapping", "steps: {reserve: 1}\n", "f:6:8: steps: want a list of at least one step, got a mapping"},
		{"step as text", "steps: [reserve]\n", `f:6:9: step: want a mapping, got "reserve"`},
		{"nothing asserted", "steps:\n  - reserve: {attributes: {}}\n", "f:1:1: scenario: want an expect or a check, got none: it would pass whatever happens"},
		{"a check asserts", "steps:\n  - reserve: {attributes: {}}\ncheck: [no-cross-talk]\n", ""},
		{"a tally asserts", "steps:\n  - concurrently: {clients: 2, steps: [{reserve: {attributes: {}}}]}\n    expect: {indefinite: 0}\n", ""},
		{"unknown check", "check: [no-cross-tlak, nothing]\nsteps:\n" + ok, `f:6:9: unknown check "no-cross-tlak" (did you mean "no-cross-talk"?)
f:6:24: unknown check "nothing"; want no-double-lease or no-cross-talk`},
		{"check twice", "check: [no-cross-talk, no-cross-talk]\nsteps:\n" + ok, `f:6:24: check: want each check once, got "no-cross-talk" again`},
		{"check of a reference", "check: ['${vars.x}']\nsteps:\n" + ok, `f:6:9: unknown check "${vars.x}"; want no-double-lease or no-cross-talk`},
		{"check as text", "check: no-cross-talk\nsteps:\n" + ok, `f:6:8: check: want a list, got "no-cross-talk"`},
		{"check of a number", "check: [5]\nsteps:\n" + ok, `f:6:9: check[0]: want text, got 5; quote it: "5"`},
		{"labels", "labels: [pool, Pool, and, pool, 5]\nsteps:\n" + ok, `f:6:16: labels: want a word of lower-case letters, digits and -, got "Pool"
f:6:22: labels: want a word of lower-case letters, digits and -, got "and"
f:6:27: labels: want each word once, got "pool" again
f:6:33: labels[4]: want text, got 5; quote it: "5"`},
		{"timeout without unit", "timeout: 10\nsteps:\n" + ok, "f:6:10: timeout: want a duration like 120s, got 10"},
		{"timeout of nothing", "timeout: 0s\nsteps:\n" + ok, "f:6:10: timeout: want more than 0, got 0s"},
		{"given", "given: {bad: 1}\nsteps:\n" + ok, "f:6:14: given: bad"},
		{"given as list", "given: []\nsteps:\n" + ok, "f:6:8: given: want a mapping, got a list"},
		{"vars as list", "vars: []\nsteps:\n" + ok, "f:6:7: vars: want a mapping, got a list"},
		{"unused var", "vars: {a: 1}\nsteps:\n" + ok, `f:6:8: vars: want every var used, got "a" unused`},
		{"var of a var", "vars: {a: 1, b: \"${vars.a}\"}\nsteps:\n  - reserve: {attributes: [\"${vars.b}\", \"${vars.a}\"]}\n    expect: {status: 200}\n", "f:6:18: vars: want a literal, got ${vars.a}"},
		{"var with an odd name", "vars: {A-b: 1}\nsteps:\n" + ok, `f:6:8: vars: want a name of lower-case letters, digits and _, got "A-b"
f:6:8: vars: want every var used, got "A-b" unused`},
		{"unquoted phone number in a var", "vars: {ani: +442071838750}\nsteps:\n  - reserve: {attributes: \"${vars.ani}\"}\n    expect: {status: 200}\n", `f:6:13: value: want a number as JSON writes it, got +442071838750; quote it: "+442071838750" if it is text`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := problemsOf(head + test.in); got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestHeader(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"all missing", "steps:\n" + ok, `f:1:1: scenario: want the key scenario, got none
f:1:1: scenario: want the key summary, got none
f:1:1: scenario: want the key requirement, got none
f:1:1: scenario: want the key source, got none
f:1:1: scenario: want the key level, got none`},
		{"version", strings.Replace(head, "v1", "v2", 1) + "steps:\n" + ok, `f:1:11: scenario: want v1, got "v2"`},
		{"level", strings.Replace(head, "must", "Must", 1) + "steps:\n" + ok, `f:5:8: level: want must, should or may, got "Must" (did you mean "must"?)`},
		{"level of null", strings.Replace(head, "must", "", 1) + "steps:\n" + ok, `f:5:7: level: want text, got nothing`},
		{"empty texts", strings.NewReplacer(": s\n", ": ''\n", ": r\n", ": ' '\n", ": x\n", ":\n").Replace(head) + "steps:\n" + ok, `f:2:10: summary: want text, got ""
f:3:14: requirement: want text, got " "
f:4:8: source: want text, got nothing`},
		{"summary of a number", strings.Replace(head, ": s\n", ": 5\n", 1) + "steps:\n" + ok, `f:2:10: summary: want text, got 5; quote it: "5"`},
		{"syntax", head + "steps: [\n", "f:6:1: yaml: did not find expected node content"},
		{"empty", "", "f:1:1: file: want a mapping, got nothing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := problemsOf(test.in); got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestParsedScenario(t *testing.T) {
	data, err := os.ReadFile("testdata/valid/core/happy-path.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, ps := Parse("f", data, Options{})
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	if s.Line != 2 || s.Level != finding.Must || s.Timeout != 5*time.Second || s.Given == nil || len(s.Checks) != 2 {
		t.Errorf("scenario: got %+v", s)
	}
	if want := "Attributes sent with a reservation are available to the agent at call start, and the handoff state stored by the agent is returned unchanged."; s.Requirement != want {
		t.Errorf("requirement: got %q", s.Requirement)
	}
	if got := s.Checks[1]; got != (Check{Name: "handoff-matches-call", Pos: Pos{48, 24, 20}}) {
		t.Errorf("check: got %+v", got)
	}
	var steps []string
	for _, step := range s.Steps {
		steps = append(steps, fmt.Sprintf("%d %s %s %v %v", step.Index, step.Verb, step.Name, step.Within, step.Pos))
	}
	want := `1 reserve lease 0s {25 5 7}
2 dial call 0s {32 5 4}
3 await  0s {36 5 5}
4 handoff  5s {39 5 7}`
	if got := strings.Join(steps, "\n"); got != want {
		t.Errorf("steps:\n got %s\nwant %s", got, want)
	}
	var expectations []string
	for _, step := range s.Steps {
		for _, e := range step.Expect {
			bound, err := e.Matcher.Bind(NewScope())
			if err != nil {
				bound.arg = err.Error()
			}
			expectations = append(expectations, fmt.Sprintf("%s %s %v", e.Name(), bound.want(), e.Pos))
		}
	}
	want = `status 200 {28 15 3}
headers.content-type a value that contains "json" {29 42 4}
body.dni text in the form e164 {30 29 4}
answered true {34 24 4}
ended_by "platform" {37 24 8}
how "bye" {37 39 3}
status 200 {42 15 3}
body.id "reference: want ${call.id}, got no result of that name" {44 13 12}
body.shared_id "reference: want ${vars.shared}, got no result of that name" {45 20 16}
body.data.handoff_to "billing" {46 28 7}
body.data.handoff_reason null {46 53 4}`
	if got := strings.Join(expectations, "\n"); got != want {
		t.Errorf("expectations:\n got %s\nwant %s", got, want)
	}
}

func TestLoad(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	good := head + "steps:\n" + ok
	fsys := fstest.MapFS{
		"s/pool/b.yaml":                       file(good),
		"s/core/a.yaml":                       file(good),
		"s/top.yaml":                          file(good),
		"s/core/README.md":                    file("not yaml: ["),
		"s/.git/x.yaml":                       file("broken: ["),
		"s/agent/flows/f.yaml":                file("an ADK project's: ["),
		"s/agent/functions/start_function.py": file(""),
		"other/y.yaml":                        file("broken: ["),
		"bad/x/one.yaml":                      file("steps: 5\n"),
		"bad/x/two.yml":                       file(good),
		"bad/x/Not Good.yaml":                 file(good),
		"bad/a.yaml":                          file(""),
		"empty/x.txt":                         file(""),
	}
	scenarios, ps := Load(fsys, "s", Options{Dir: "my/dir"})
	var got []string
	for _, s := range scenarios {
		got = append(got, s.ID+" "+s.File+" "+s.Area())
	}
	want := "core/a my/dir/s/core/a.yaml core\npool/b my/dir/s/pool/b.yaml pool\ntop my/dir/s/top.yaml top"
	if strings.Join(got, "\n") != want || len(ps) > 0 {
		t.Errorf("got %v and %v\nwant %s", got, ps, want)
	}

	scenarios, ps = Load(fsys, "bad", Options{})
	wantProblems := `bad/a.yaml:1:1: file: want a mapping, got nothing
bad/x/Not Good.yaml:1:1: id: want lower-case letters, digits, - and _ in the file's path, got "x/Not Good"
bad/x/one.yaml:1:1: scenario: want the key scenario, got none
bad/x/one.yaml:1:1: scenario: want the key summary, got none
bad/x/one.yaml:1:1: scenario: want the key requirement, got none
bad/x/one.yaml:1:1: scenario: want the key source, got none
bad/x/one.yaml:1:1: scenario: want the key level, got none
bad/x/one.yaml:1:8: steps: want a list of at least one step, got 5
bad/x/two.yml:1:1: file: want the extension .yaml, got .yml`
	if got := ps.Error(); got != wantProblems || len(scenarios) != 2 {
		t.Errorf("%d scenarios and problems\n got %s\nwant %s", len(scenarios), got, wantProblems)
	}

	for root, want := range map[string]string{
		"empty":   "empty:1:1: scenarios: want at least one .yaml file, got none",
		"nowhere": "nowhere:1:1: file: file does not exist",
	} {
		if _, ps := Load(fsys, root, Options{}); ps.Error() != want {
			t.Errorf("%s: got %s, want %s", root, ps, want)
		}
	}

	sub, err := fsys.Sub("s")
	if err != nil {
		t.Fatal(err)
	}
	scenarios, ps = Load(sub, ".", Options{Dir: "scenarios"})
	if len(ps) > 0 || len(scenarios) != 3 || scenarios[0].ID != "core/a" || scenarios[0].File != "scenarios/core/a.yaml" {
		t.Errorf("embedded: got %v and %v", scenarios, ps)
	}
	if s, ps := loadFile(sub, ".", "core/zzz.yaml", Options{}); s != nil || ps.Error() != "core/zzz.yaml:1:1: file: file does not exist" {
		t.Errorf("missing file: got %v and %v", s, ps)
	}
}

func FuzzParse(f *testing.F) {
	for _, file := range []string{"core/happy-path", "core/every-verb", "pool/contention"} {
		data, err := os.ReadFile("testdata/valid/" + file + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, ps := Parse("f", data, testOptions())
		if s == nil && len(ps) == 0 {
			t.Fatal("no scenario and no problem")
		}
		for _, p := range ps {
			if p.Line < 1 || p.Column < 1 || p.Message == "" {
				t.Fatalf("a problem without a place or text: %+v", p)
			}
		}
		if s == nil {
			return
		}
		scope := s.Scope(1)
		for _, step := range s.Steps {
			for _, v := range step.Args.values() {
				_, _ = v.JSON(scope)
			}
			_, _ = step.Expect.Check(scope, map[string]any{"status": 200, "body": "x"})
		}
	})
}
