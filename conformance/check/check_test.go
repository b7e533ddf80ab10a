package check

import (
	"os"
	"strings"
	"testing"
)

// TestEveryInvariantIsWrittenDown: the numbers that checks go by are those of specs/invariants.md.
func TestEveryInvariantIsWrittenDown(t *testing.T) {
	text, err := os.ReadFile("../../specs/invariants.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range All() {
		for _, number := range strings.Split(c.Invariant, ", ") {
			if !strings.Contains(string(text), "\n## "+number+" ") {
				t.Errorf("%s: want %s in specs/invariants.md, got nothing", c.Name, number)
			}
		}
	}
}

// TestEveryCheckIsInTheFileOfItsName: whoever knows a check's name knows where to look.
func TestEveryCheckIsInTheFileOfItsName(t *testing.T) {
	for _, c := range All() {
		name := strings.ReplaceAll(c.Name, "-", "_") + ".go"
		text, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(text), `Name: "`+c.Name+`"`) {
			t.Errorf("%s: want the check in %s (%v)", c.Name, name, err)
		}
	}
}
