package fault_test

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/fakes/fault"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// TestWordsAreThoseOfTheSchema: whoever reads specs/scenario.schema.json knows every word, and none that is not one.
func TestWordsAreThoseOfTheSchema(t *testing.T) {
	text, err := os.ReadFile("../../specs/scenario.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	type object struct {
		Properties map[string]any `json:"properties"`
	}
	var schema struct {
		Defs map[string]json.RawMessage `json:"$defs"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	var step struct {
		AnyOf []object `json:"anyOf"`
	}
	if err := json.Unmarshal(schema.Defs["fault"], &step); err != nil {
		t.Fatal(err)
	}
	wantSame(t, "fault", words(reflect.TypeFor[fault.Faults]()), step.AnyOf[1].Properties)
	for def, kind := range map[string]reflect.Type{
		"callFault": reflect.TypeFor[fault.Call](), "agentFault": reflect.TypeFor[fault.Agent](), "handoffFault": reflect.TypeFor[fault.Handoff](),
	} {
		var o object
		if err := json.Unmarshal(schema.Defs[def], &o); err != nil {
			t.Fatal(err)
		}
		wantSame(t, def, words(kind), o.Properties)
	}
}

func words(t reflect.Type) (out []string) {
	for _, f := range reflect.VisibleFields(t) {
		if tag := f.Tag.Get("yaml"); tag != "" {
			out = append(out, tag)
		}
	}
	slices.Sort(out)
	return out
}

func wantSame(t *testing.T, name string, words []string, properties map[string]any) {
	t.Helper()
	var described []string
	for p := range properties {
		described = append(described, p)
	}
	slices.Sort(described)
	if !slices.Equal(words, described) {
		t.Errorf("%s: want the words %v described, got %v", name, words, described)
	}
}

// TestRead: what a fault does is how it is called in journals.
func TestRead(t *testing.T) {
	for _, c := range []struct{ text, want, problem string }{
		{"calls: {refuse: 302, early_media: true}", "refuse: 302, early_media", ""},
		{"calls: {refuse: 486, late_bye: 2s}", "refuse: 486, late_bye: 2s", ""},
		{"calls: [{no_answer: true}, {lose_invites: true, times: 2}, {duplicate_invites: true}]", "no_answer|lose_invites|duplicate_invites", ""},
		{"agent: {function: end, crash: true, slow: 1s}", "crash, slow: 1s", ""},
		{"handoffs: [{late: {min: 1s, max: 2s}}, {never: true, probability: 0.5}, {null_data: true}, {flapping: true}]", "late: 1s to 2s|never|null_data|flapping", ""},
		{"calls: {times: 1}", "", "f:1:8: fault: want something to happen, got nothing"},
		{"calls: {refuse: 200}", "", "f:1:8: refuse: want a SIP status from 300 to 699, got 200"},
		{"calls: {lose_invites: true, duplicate_invites: true}", "", "f:1:8: fault: want lose_invites or duplicate_invites alone, got it with the other"},
		{"agent: {function: begin, crash: true}", "", `f:1:8: function: want start, turn or end, got "begin"`},
		{"handoffs: {never: true, probability: 2}", "", "f:1:11: probability: want 0 to 1, got 2"},
		{"handoffs: {never: true, after: -1}", "", "f:1:11: after, times: want 0 or more, got -1 and 0"},
		{"handofs: {never: true}", "", `f:1:1: unknown key "handofs" (did you mean "handoffs"?)`},
	} {
		root, problems := strictyaml.Parse("f", []byte(c.text))
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		f, problems := fault.Read("f", root)
		problem := ""
		if err := problems.Err(); err != nil {
			problem = err.Error()
		}
		var said []string
		for _, f := range f.Calls {
			said = append(said, f.String())
		}
		for _, f := range f.Agent {
			said = append(said, f.String())
		}
		for _, f := range f.Handoffs {
			said = append(said, f.String())
		}
		if got := strings.Join(said, "|"); problem != c.problem || problem == "" && (got != c.want || !f.Inside()) {
			t.Errorf("%s: want %q, %q, got %q, %q", c.text, c.want, c.problem, got, problem)
		}
	}
}
