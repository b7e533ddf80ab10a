package targetfile_test

import (
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/targets/targetfile"
)

// TestDraft: what is written is a target file that says what was given, and what is commented out would be one, too.
func TestDraft(t *testing.T) {
	least := targetfile.Draft{Name: "staging", Where: "uk-1", Account: "acme-uk", Project: "acme-support", DNI: "DNI_KEY", Handoff: "HANDOFF_KEY"}
	with := func(change func(*targetfile.Draft)) targetfile.Draft {
		d := least
		change(&d)
		return d
	}
	for name, c := range map[string]struct {
		draft targetfile.Draft
		right func(targetfile.File) bool
	}{
		"least": {least, func(f targetfile.File) bool {
			return f.Name == "staging" && f.Region == "uk-1" && !f.Calls.Placed() && len(f.Facts.Stated) == 1 && f.Keys.DNI.Env == "DNI_KEY"
		}},
		"a trunk": {with(func(d *targetfile.Draft) { d.Calls = "sbc.example.net:5060" }), func(f targetfile.File) bool {
			return f.Calls.Trunk.Host == "sbc.example.net:5060"
		}},
		"a command": {with(func(d *targetfile.Draft) { d.Calls = `./dial.sh --to {dni}` }), func(f targetfile.File) bool { return len(f.Calls.Exec) == 3 }},
		"a pool":    {with(func(d *targetfile.Draft) { d.Size, d.Window = "20", "60s" }), func(f targetfile.File) bool { return f.Facts.Size == 20 && f.Facts.WindowMax == time.Minute }},
		"a URL":     {with(func(d *targetfile.Draft) { d.Where = "https://x.example" }), func(f targetfile.File) bool { return f.BaseURL == "https://x.example" }},
		"odd texts": {with(func(d *targetfile.Draft) { d.Name = "a: \"b\" # c" }), func(f targetfile.File) bool { return f.Name == "a: \"b\" # c" }},
	} {
		f, problems := targetfile.Parse("t.yaml", c.draft.YAML(), today)
		if err := problems.Err(); err != nil || !c.right(f) {
			t.Errorf("%s: got %+v, %v in\n%s", name, f, err, c.draft.YAML())
		}
	}
	// The facts that are commented out are facts.
	all := least.YAML()
	var lines []string
	for line := range strings.Lines(string(all)) {
		if fact, commented := strings.CutPrefix(line, "  # "); commented {
			line = "  " + fact
		}
		lines = append(lines, line)
	}
	f, problems := targetfile.Parse("t.yaml", []byte(strings.Join(lines, "")), today)
	if err := problems.Err(); err != nil || len(f.Facts.Stated) < 13 {
		t.Errorf("want every fact read, got %v, %v", f.Facts.Stated, err)
	}
	if _, problems := targetfile.Parse("t.yaml", targetfile.Draft{}.YAML(), today); len(problems) == 0 {
		t.Error("want an empty draft refused")
	}
}
