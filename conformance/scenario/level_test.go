package scenario

import (
	"os"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
)

// TestAMustHasASource: a bundled scenario of level must names who demands it, and one of level may names what the
// documents leave open.
func TestAMustHasASource(t *testing.T) {
	for _, file := range yamlFiles(t, "../../scenarios") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s, ps := Parse(file, data, Options{})
		if len(ps) > 0 {
			t.Fatal(ps)
		}
		if s.Level == finding.Must && strings.HasPrefix(s.Source, "unspecified") {
			t.Errorf("%s: want a must that a document or an invariant demands, got source %q", file, s.Source)
		}
		if s.Level == finding.May && !strings.Contains(s.Source, "unspecified") {
			t.Errorf("%s: want a may where the documents leave something open, got source %q", file, s.Source)
		}
	}
}
