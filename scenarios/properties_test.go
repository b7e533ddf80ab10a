package scenarios_test

import (
	"io/fs"
	"path"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/scenarios"
)

// TestNoPropertyStandsTwice: no two of all scenarios and lessons hold the same, and a rule for the platform or for a journey's
// report is none for somebody's client.
func TestNoPropertyStandsTwice(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(scenarios.Files, "*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("want the bundled files, got %d (%v)", len(files), err)
	}
	summaries, requirements := make(map[string]string), make(map[string]string)
	for _, name := range files {
		text, err := scenarios.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var f struct{ Summary, Requirement string }
		if err := yaml.Unmarshal(text, &f); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if other, ok := summaries[f.Summary]; ok {
			t.Errorf("%s: want a summary of its own, got that of %s: %s", name, other, f.Summary)
		}
		summaries[f.Summary] = name
		if other, ok := requirements[f.Requirement]; ok && lesson(other) != lesson(name) {
			t.Errorf("%s: want a rule for scenarios or for lessons, got that of %s: %s", name, other, f.Requirement)
		}
		requirements[f.Requirement] = name
		if reports := strings.HasPrefix(f.Summary, "A journey "); reports != (path.Dir(name) == "journey") {
			t.Errorf(`%s: want "A journey ... reports" in journey/ and there alone, got %s`, name, f.Summary)
		}
	}
}

// lesson reports whether a file is about an integrator's client.
func lesson(name string) bool { return path.Dir(name) == "lessons" }
