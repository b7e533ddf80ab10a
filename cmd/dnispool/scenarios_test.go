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

// TestLintWarns of what is likely a mistake and is legal, and does not refuse it; a run says so too.
func TestLintWarns(t *testing.T) {
	dir := write(t, map[string]string{"mine/pool/dollar.yaml": `scenario: v1
summary: A reservation gives a number.
requirement: A number is given.
source: a test
level: must
steps:
  - reserve: {attributes: {}}
    as: lease
    expect: {status: 200}
  - reserve: {attributes: {note: "{lease.body.dni}"}}
    expect: {status: 200}
`})
	const warning = `mine/pool/dollar.yaml:10:34: reference: want "${lease.body.dni}", got {lease.body.dni}, which is only text: its $ is forgotten`
	if r, want := dnispool(t, dir, "scenarios", "lint", "--scenarios", "mine"), (ran{0, "warning: " + warning + "\n1 scenarios, no problems, 1 warning\n", ""}); r != want {
		t.Errorf("want %+v, got %+v", want, r)
	}
	if r := dnispool(t, dir, "check", "--scenarios", "mine"); r.code != 0 || !strings.Contains(strings.Join(strings.Fields(r.out), " "), warning) {
		t.Errorf("want a run that passes and says so, got %+v", r)
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
