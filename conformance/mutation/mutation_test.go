package mutation_test

import (
	"context"
	"errors"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/mutation"
	"github.com/dnispool/dnispool/conformance/report"
	"github.com/dnispool/dnispool/fakes/mutants"
	"github.com/dnispool/dnispool/scenarios"
)

func run(t *testing.T, files fs.FS, seeds int, only ...string) finding.MutantTable {
	t.Helper()
	var told []string
	rows, err := mutation.Run(t.Context(), mutation.Plan{
		Tool: "dnispool", Files: files, Dir: "scenarios", Only: only, Seed: 1, Seeds: seeds, Workers: runtime.NumCPU(),
	}, func(r finding.MutantRow) { told = append(told, r.ID) })
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, r := range rows {
		order = append(order, r.ID)
	}
	if !slices.Equal(told, order) {
		t.Errorf("want to be told of %v, got %v", order, told)
	}
	return rows
}

// TestEveryMutantIsFound is the proof that the checks bite: each broken platform is found out by the bundled scenarios
// or by exploration, and where one check is meant for it, by that one. Without -knowledge these are one
// platform in six.
func TestEveryMutantIsFound(t *testing.T) {
	var only []string
	for i, m := range mutants.All() {
		if *knowledge || i%6 == 2 {
			only = append(only, m.ID)
		}
	}
	rows := run(t, scenarios.Files, 5, only...)
	if len(rows) != 1+len(only) {
		t.Fatalf("want the correct reference and %d mutants, got %d rows", len(only), len(rows))
	}
	for _, r := range rows {
		if !r.Good() {
			t.Errorf("not as it must be:\n%s", report.MutantRow(r, true))
			continue
		}
		if slices.Contains(check.Names(), r.Meant) && !slices.Contains(foundBy(r), r.Meant) {
			t.Errorf("want it found by %s too:\n%s", r.Meant, report.MutantRow(r, true))
		}
	}
}

func foundBy(r finding.MutantRow) (names []string) {
	for _, k := range []*finding.Kill{r.Scenario, r.Exploration} {
		if k != nil {
			names = append(append(names, k.By), k.Also...)
		}
	}
	return names
}

// harmless is a scenario that sees little.
func harmless(expect string) fstest.MapFS {
	return fstest.MapFS{"area/one.yaml": {Data: []byte(`scenario: v1
summary: s
requirement: r
source: x
level: must
steps:
  - reserve: {attributes: {}}
    expect: {status: ` + expect + `}
`)}}
}

func TestSurvivor(t *testing.T) {
	rows := run(t, harmless("200"), 0, "no-expiry", "M12")
	if got, want := report.MutantsLine(rows), "2 mutants: 0 found, survivors: M07, M12."; got != want || !rows.Conclusion().Violated {
		t.Errorf("got %q, and %+v, want %q", got, rows.Conclusion(), want)
	}
	if got, want := table(rows[:2], false), ""+
		"     the reference as it is                                     nothing, in 1 scenarios and 0 explored seeds\n"+
		"M07  a reservation that is never called holds its number for    NOTHING: it survived 1 scenarios and 0 seeds\n"+
		"     ever\n"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestCorrectReferenceIsBlamed(t *testing.T) {
	rows := run(t, harmless("404"), 0, "M07")
	if got, want := report.MutantsLine(rows), "1 mutants: 1 found; the correct reference was blamed without reason."; got != want || !rows.Conclusion().Violated {
		t.Errorf("got %q, and %+v, want %q", got, rows.Conclusion(), want)
	}
	if got, want := table(rows, true), ""+
		"     the reference as it is                                     expectation                   1  area/one\n"+
		"                                                                BLAMED WITHOUT REASON\n"+
		"     area/one: step 1 of 1 \"reserve\": status: want 404, got 200\n"+
		"M07  a reservation that is never called holds its number for    expectation                   1  area/one\n"+
		"     ever\n"+
		"     area/one: step 1 of 1 \"reserve\": status: want 404, got 200\n"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func table(rows finding.MutantTable, verbose bool) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(report.MutantRow(r, verbose))
	}
	return b.String()
}

func TestPlansThatCannotBePlayed(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	all := mutants.All()
	last := all[len(all)-1]
	for _, test := range []struct {
		name  string
		ctx   context.Context
		files fs.FS
		only  string
		want  string
	}{
		{"unknown mutant", t.Context(), harmless("200"), "M00", `mutant: want one of M01 to ` + last.ID + ` or its name, got "M00"`},
		{"unreadable scenario", t.Context(), fstest.MapFS{"a/b.yaml": {Data: []byte("x")}}, "M01", "scenarios/a/b.yaml:1:1: file: want a mapping, got \"x\""},
		{"interrupted", cancelled, harmless("200"), "M01", context.Canceled.Error()},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := mutation.Run(test.ctx, mutation.Plan{Files: test.files, Dir: "scenarios", Only: []string{test.only}}, func(finding.MutantRow) {})
			if err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if test.ctx == cancelled && !errors.Is(err, context.Canceled) {
				t.Errorf("want it to be context.Canceled, got %v", err)
			}
		})
	}
}
