package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
)

func TestMutants(t *testing.T) {
	t.Parallel()
	r := dnispool(t, t.TempDir(), "mutants", "--only", "M07", "--only", "empty-number", "--seeds", "2", "-v")
	if r.code != finding.ExitConformant || r.err != "" {
		t.Errorf("want 0 and no complaint, got %d: %s", r.code, r.err)
	}
	for _, want := range []string{"the reference as it is", "M07  a reservation that is never called", "M13  when no number is free", "2 mutants: 2 found.\n"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("want %q in\n%s", want, r.out)
		}
	}
}

func TestMutantsThatAreRefused(t *testing.T) {
	last := regexp.MustCompile(`to M[0-9]+ or`) // how many there are is not this verb's affair
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--only", "M00"}, "mutant: want one of M01 to LAST or its name, got \"M00\"\n"},
		{[]string{"M07"}, "mutants: want flags only, got \"M07\"\n"},
		{[]string{"--sseds", "1"}, "dnispool mutants: no flag --sseds (did you mean --seeds?); try dnispool mutants --help\n"},
	} {
		r := dnispool(t, t.TempDir(), append([]string{"mutants"}, c.args...)...)
		got := last.ReplaceAllString(r.err, "to LAST or")
		if r.code != finding.ExitNotJudged || got != c.want {
			t.Errorf("%v: want 2 and %q, got %d and %q", c.args, c.want, r.code, got)
		}
	}
}
