package specs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestReadmeLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)
	linked := map[string]bool{}
	for _, m := range link.FindAllStringSubmatch(read(t, "README.md"), -1) {
		linked[m[1]] = true
		if strings.Contains(m[1], "://") {
			t.Errorf("link %s: want a file of this repository, got an address", m[1])
			continue
		}
		if _, err := os.Stat(filepath.FromSlash(m[1])); err != nil {
			t.Errorf("link %s: want a file, got %v", m[1], err)
		}
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name := e.Name(); name != "README.md" && !strings.HasSuffix(name, ".go") && !linked[name] {
			t.Errorf("%s: want a line in README.md, got none", name)
		}
	}
}

// The tables of gaps name settings that exist, with all of their values, and leave none out.
func TestReadmeSettings(t *testing.T) {
	schema := load(t, "config")
	setting := regexp.MustCompile("`((?:http|sip|pool|conversation|handoff)\\.[a-z_]+)`(?:: ([^|;`]+))?")
	named := map[string]bool{}
	for _, row := range strings.Split(read(t, "README.md"), "\n") {
		cells := strings.Split(row, " | ")
		if len(cells) < 4 {
			continue
		}
		for _, m := range setting.FindAllStringSubmatch(cells[3], -1) {
			section, key, _ := strings.Cut(m[1], ".")
			property, ok := schema.section(section)[key]
			if !ok {
				t.Errorf("%s: want a setting, got one that config.schema.json does not have", m[1])
				continue
			}
			var got []string
			for value := range strings.SplitSeq(strings.TrimSuffix(strings.TrimSpace(m[2]), " |"), ", ") {
				if value != "" {
					got = append(got, value)
				}
			}
			var want []string
			for _, value := range property.list("enum") {
				want = append(want, fmt.Sprint(value))
			}
			slices.Sort(got)
			slices.Sort(want)
			named[m[1]] = named[m[1]] || len(want) == len(got) // a second row need not repeat the values
			if len(got) > 0 && !slices.Equal(got, want) {
				t.Errorf("%s: want its values %q, got %q", m[1], want, got)
			}
		}
	}
	for _, section := range []string{"http", "sip", "pool", "conversation", "handoff"} {
		for key := range schema.section(section) {
			if path := section + "." + key; key != "listen" && !named[path] {
				t.Errorf("%s: want a row in README.md that says which gap it fills, with its values, got none", path)
			}
		}
	}
}
