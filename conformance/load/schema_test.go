package load

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// TestSchemaAgrees: what a schema can say of a profile it says as the loader does.
func TestSchemaAgrees(t *testing.T) {
	t.Parallel()
	schema, err := jsonschema.NewCompiler().Compile("../../specs/load.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	const least = "load: v1\narrivals: 5/s\n"
	texts := map[string]bool{
		least: true,
		"load: v1\nclosed: {callers: 3, idle: {mean: 2s}}\nfor: 1m\n":                                               true,
		"load: v1\narrivals: {steps: [{rate: 1/s, for: 1s}, {from: 1/s, to: 5/s, for: 1m30s}], batch: 2}\n":         true,
		least + "journey: {think: 1s, patience: {mixture: [{share: 0.5, of: 0s}, {share: 0.5, of: {mean: 1s}}]}}\n": true,
		least + "journey: {retries: 5, backoff: {min: 100ms, max: 2s}}\n":                                           true,
		least + "journey: {attributes: {a: {b: [1]}}, storm: true, talk: {median: 1s, p99: 9s, max: 20s}}\n":        true,
		least + "thresholds: [blocked < 1%, {want: reserve.p99.9 < 1s, abort: true}]\n":                             true,
		least + "faults: [{at: 1s, for: 1s, carrier: {outage: true}}]\n":                                            true,
		least + "journey: {project: acme}\n":                                                                        true,
		least + "journey: {project: {mixture: [{share: 0.7, of: acme}, {share: 0.3, of: globex}]}}\n":               true,
		least + "journey: {project: {mixture: [{share: 0.7}]}}\n":                                                   false,
		least + "journey: {project: {mixture: []}}\n":                                                               false,
		"arrivals: 5/s\n":                             false,
		"load: v1\narrivals: 5\n":                     false,
		least + "nonsense: 1\n":                       false,
		least + "journey: {attributes: {nonce: x}}\n": false,
		least + "journey: {hangs_up: 2}\n":            false,
		least + "journey: {talk: {p95: 2s}}\n":        false,
		least + "thresholds: [blocked]\n":             false,
		least + "thresholds: [{abort: true}]\n":       false,
		least + "faults: [{at: 1s, for: 1s}]\n":       false,
		least + "in_flight: 0\n":                      false,
		least + "arrivals_: 5/s\n":                    false,
		least + "warm_up: 5\n":                        false,
	}
	for _, name := range Ready() {
		text, err := ReadyText(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[string(text)] = true
	}
	for text, want := range texts {
		_, problems := Parse("p.yaml", []byte(text))
		root, _ := strictyaml.Parse("p.yaml", []byte(text))
		raw, more := strictyaml.JSON("p.yaml", root)
		if len(more) > 0 {
			t.Fatal(more)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(document); (err == nil) != want || (len(problems) == 0) != want {
			t.Errorf("%s\nwant accepted to be %v; loader: %v; schema: %v", text, want, problems, err)
		}
	}
	properties := func(s *jsonschema.Schema) (names []string) {
		for name := range s.Properties {
			names = append(names, name)
		}
		slices.Sort(names)
		return names
	}
	tags := func(of reflect.Type, more ...string) []string {
		names := more
		for _, f := range reflect.VisibleFields(of) {
			if tag := f.Tag.Get("yaml"); tag != "" && tag != "-" {
				names = append(names, tag)
			}
		}
		slices.Sort(names)
		return names
	}
	if got, want := properties(schema), tags(reflect.TypeFor[Profile]()); !slices.Equal(got, want) {
		t.Errorf("profile: want the keys %s, got %s", strings.Join(want, " "), strings.Join(got, " "))
	}
	if got, want := properties(schema.Properties["journey"]), tags(reflect.TypeFor[Journey](), "attributes"); !slices.Equal(got, want) {
		t.Errorf("journey: want the keys %s, got %s", strings.Join(want, " "), strings.Join(got, " "))
	}
}

// TestOneVocabulary: a caller's journey has the same words in a profile and in a scenario, of the same forms. A profile refuses the
// attributes that each caller has of its own, and may have callers of several projects.
func TestOneVocabulary(t *testing.T) {
	t.Parallel()
	compiler := jsonschema.NewCompiler()
	profile, err := compiler.Compile("../../specs/load.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	journey, err := compiler.Compile("../../specs/scenario.schema.json#/$defs/journey")
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := profile.Properties["journey"].Properties, journey.Properties
	if len(ours) != len(theirs) || len(ours) == 0 {
		t.Errorf("want as many words, got %d and %d", len(ours), len(theirs))
	}
	for _, text := range []string{`"2s"`, `2`, `"x"`, `true`, `0.5`, `7`, `{"mean": "3s", "cv": 1}`, `{"median": "1s", "p95": "2s"}`, `{"mixture": [{"share": 1, "of": "1s"}]}`, `{"every": "1s", "for": "2s"}`, `{"every": 1}`, `[]`, `null`} {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		for name := range ours {
			if theirs[name] == nil {
				t.Errorf("%s: want it in a scenario as well, got none", name)
			} else if got, want := ours[name].Validate(value) == nil, theirs[name].Validate(value) == nil; got != want && name != "attributes" && name != "project" && name != "ani" && name != "fallback" {
				t.Errorf("%s: %s: want it accepted to be %v as in a scenario, got %v", name, text, want, got)
			}
		}
	}
}
