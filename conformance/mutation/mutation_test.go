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
	"github.com/dnispool/dnispool/conformance/mutation"
	"github.com/dnispool/dnispool/scenarios"
)

func run(t *testing.T, files fs.FS, seeds int, only ...string) []mutation.Row {
	t.Helper()
	var told []string
	rows, err := mutation.Run(t.Context(), mutation.Plan{
		Tool: "dnispool", Files: files, Dir: "scenarios", Only: only, Seed: 1, Seeds: seeds, Workers: runtime.NumCPU(),
	}, func(r mutation.Row) { told = append(told, r.ID) })
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
// or by exploration, and where one check is meant for it, by that one.
func TestEveryMutantIsFound(t *testing.T) {
	rows := run(t, scenarios.Files, 5)
	if len(rows) != 1+33 {
		t.Fatalf("want the correct reference and 33 mutants, got %d rows", len(rows))
	}
	for _, r := range rows {
		if !r.Good() {
			t.Errorf("not as it must be:\n%s", r.Text(true))
			continue
		}
		_, isCheck := check.Named(r.Meant)
		if isCheck && !slices.Contains(foundBy(r), r.Meant) {
			t.Errorf("want it found by %s too:\n%s", r.Meant, r.Text(true))
		}
	}
}

func foundBy(r mutation.Row) (names []string) {
	for _, k := range []*mutation.Kill{r.Scenario, r.Exploration} {
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
	tally := mutation.Summary(rows)
	if got, want := tally.String(), "2 mutants: 0 found, survivors: M07, M12."; got != want || tally.Good() {
		t.Errorf("got %q, good: %v, want %q", got, tally.Good(), want)
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
	tally := mutation.Summary(rows)
	if got, want := tally.String(), "1 mutants: 1 found; the correct reference was blamed without reason."; got != want || tally.Good() {
		t.Errorf("got %q, good: %v, want %q", got, tally.Good(), want)
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

func table(rows []mutation.Row, verbose bool) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(r.Text(verbose))
	}
	return b.String()
}

func TestPlansThatCannotBePlayed(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		name  string
		ctx   context.Context
		files fs.FS
		only  string
		want  string
	}{
		{"unknown mutant", t.Context(), harmless("200"), "M34", `mutant: want one of M01 to M33 or its name, got "M34"`},
		{"unreadable scenario", t.Context(), fstest.MapFS{"a/b.yaml": {Data: []byte("x")}}, "M01", "scenarios/a/b.yaml:1:1: file: want a mapping, got \"x\""},
		{"interrupted", cancelled, harmless("200"), "M01", context.Canceled.Error()},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := mutation.Run(test.ctx, mutation.Plan{Files: test.files, Dir: "scenarios", Only: []string{test.only}}, func(mutation.Row) {})
			if err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if test.ctx == cancelled && !errors.Is(err, context.Canceled) {
				t.Errorf("want it to be context.Canceled, got %v", err)
			}
		})
	}
}
