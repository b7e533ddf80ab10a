package specs

import (
	"strings"
	"testing"
)

func TestOverlay(t *testing.T) {
	rules, err := Overlay()
	if err != nil {
		t.Fatalf("Overlay: %v", err)
	}
	if len(rules) < 30 {
		t.Errorf("want at least 30 rules, got %d", len(rules))
	}
	for i, r := range rules {
		if len(r.Set) != 1 {
			t.Errorf("rule %d: want one member, so that its reason is about it, got %v", i+1, r.Set)
		}
		if !strings.HasSuffix(r.Because, ".") || len(r.Because) > 140 {
			t.Errorf("rule %d: want a short sentence, got %q", i+1, r.Because)
		}
	}
}

func TestParseOverlay(t *testing.T) {
	const good = "{document: dni, at: /a, set: {b: 1}, because: c}"
	tests := []struct{ name, text, want string }{
		{"good", "rules: [" + good + "]", ""},
		{"whole document", `rules: [{document: handoff, at: "", set: {b: 1}, because: c}]`, ""},
		{"nothing", "", ""},
		{"unknown document", "rules: [{document: sip, at: /a, set: {b: 1}, because: c}]", `overlay: rule 1: document: want one of [dni handoff], got "sip"`},
		{"no pointer", "rules: [{document: dni, at: a, set: {b: 1}, because: c}]", `overlay: rule 1: at: want a JSON pointer, got "a"`},
		{"nothing set", "rules: [{document: dni, at: /a, because: c}]", "overlay: rule 1: set: want at least one member, got none"},
		{"no reason", "rules: [{document: dni, at: /a, set: {b: 1}}]", `overlay: rule 1: because: want one line, got ""`},
		{"two lines of reason", `rules: [{document: dni, at: /a, set: {b: 1}, because: "c\nd"}]`, `overlay: rule 1: because: want one line, got "c\nd"`},
		{"reason used twice", "rules: [" + good + "," + good + "]", "overlay: rule 2: because: want a reason of its own, got one used before"},
		{"all at once", "rules: [{document: dni, set: {b: 1}}, {document: dni, at: /a, because: c}]",
			`overlay: rule 1: because: want one line, got ""` + "\n" + "overlay: rule 2: set: want at least one member, got none"},
		{"unknown key", "rules: [{document: dni, att: /a}]", "overlay: yaml: unmarshal errors:\n  line 1: field att not found in type specs.Rule"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if _, err := ParseOverlay([]byte(tt.text)); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("want %q, got %q", tt.want, got)
			}
		})
	}
}
