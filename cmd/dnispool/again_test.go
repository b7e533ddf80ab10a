package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPlayedAgain plays what did not pass, and that alone, once more or several times.
func TestPlayedAgain(t *testing.T) {
	t.Parallel()
	dir := write(t, mine)
	first := dnispool(t, dir, "check", "--scenarios", "mine", "pool/*", "--json", "r.json", "--seed", "7")
	if first.code == 0 {
		t.Fatalf("want a failure, got %+v", first)
	}
	again := func(args ...string) ran {
		return dnispool(t, dir, append([]string{"check", "--again", "r.json"}, args...)...)
	}
	r := again("--scenarios", "mine", "--times", "2", "--json", "second.json")
	if r.code == 0 || r.err != "" || !strings.Contains(r.out, "Played again:\n") || !strings.Contains(r.out, "  failed         pool/wrong (was failed)\n") ||
		!strings.Contains(r.out, "seed 7") || strings.Contains(r.out, "pool/fine") {
		t.Errorf("want what failed to fail again, with the same seed, and nothing else played, got %+v", r)
	}
	if text := read(t, dir, "second.json"); !strings.Contains(text, `"times": 2`) {
		t.Errorf("want the times in the report, got %s", text)
	}
	repaired := strings.Replace(mine["mine/pool/wrong.yaml"], "status: 404", "status: 200", 1)
	if err := os.WriteFile(filepath.Join(dir, "mine", "pool", "wrong.yaml"), []byte(repaired), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := again("--scenarios", "mine"); !strings.Contains(r.out, "  fixed          pool/wrong (was failed)\n") {
		t.Errorf("want it fixed, got %+v", r)
	}
	for _, c := range []struct{ args, want string }{
		{"check --again r.json", "name their directory with --scenarios"},
		{"check --again nosuch.json", "report nosuch.json: no such file or directory"},
		{"check --again r.json pool/fine", "want --again, or scenarios by name or label, got both"},
		{"check --times 3 core/nine-steps", "--times: want it with --again run.json"},
		{"check --again r.json --times 0", "--times: want 1 or more, got 0"},
	} {
		if r := dnispool(t, dir, strings.Fields(c.args)...); r.code != 2 || !strings.Contains(r.err, c.want) {
			t.Errorf("%s: want 2 and %q, got %+v", c.args, c.want, r)
		}
	}
	fine := dnispool(t, dir, "check", "core/nine-steps", "--json", "fine.json", "-q")
	if r := dnispool(t, dir, "check", "--again", "fine.json"); fine.code != 0 || r.code != 2 || !strings.Contains(r.err, "want a scenario that did not pass, got none") {
		t.Errorf("want nothing to play again, got %+v", r)
	}
}
