package main

import (
	"strings"
	"testing"
)

func TestScenarios(t *testing.T) {
	dir := write(t, mine)
	for _, c := range []struct {
		args     string
		code     int
		out, err string
	}{
		{"list --scenarios mine pool/fine", 0, "pool/fine                                        must   A reservation gives a number.\n", ""},
		{"list --scenarios mine --label should", 0, "pool/lenient                                     should A reservation gives a number.\n", ""},
		{"lint --scenarios mine", 0, "5 scenarios, no problems\n", ""},
		{"lint --scenarios mine pool/*", 0, "3 scenarios, no problems\n", ""},
		{"show --scenarios mine pool/fine", 0, "# mine/pool/fine.yaml\n" + mine["mine/pool/fine.yaml"], ""},
		{"", 2, "", "dnispool scenarios: want list, lint or show; try dnispool scenarios --help\n"},
		{"lits --scenarios mine", 2, "", "dnispool scenarios: want list, lint or show, got \"lits\" (did you mean \"list\"?)\n"},
		{"show --scenarios mine pool/fien", 2, "", "scenario: want an id, a glob or file:line, got \"pool/fien\" (did you mean \"pool/fine\"?)\n"},
		{"list --scenarios mine --labl x", 2, "", "dnispool scenarios: no flag --labl (did you mean --label?); try dnispool scenarios --help\n"},
	} {
		t.Run(c.args, func(t *testing.T) {
			r := dnispool(t, dir, append([]string{"scenarios"}, strings.Fields(c.args)...)...)
			if want := (ran{c.code, c.out, c.err}); r != want {
				t.Errorf("want %+v, got %+v", want, r)
			}
		})
	}
}

// TestBundledScenariosAreListed each with its level and what it says.
func TestBundledScenariosAreListed(t *testing.T) {
	r := dnispool(t, t.TempDir(), "scenarios", "list")
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	if r.code != 0 || len(lines) < 60 {
		t.Errorf("want at least 60 scenarios, got %d and %d", r.code, len(lines))
	}
	for _, l := range lines {
		if f := strings.Fields(l); len(f) < 3 || !strings.Contains(f[0], "/") || !strings.Contains("must should may", f[1]) {
			t.Errorf("want an id, a level and a summary, got %q", l)
		}
	}
	if other := dnispool(t, t.TempDir(), "check", "--list"); other.out != r.out {
		t.Error("check --list: want the same list, got another")
	}
}
