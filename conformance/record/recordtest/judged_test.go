package recordtest

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/inorder"
	"github.com/dnispool/dnispool/conformance/judge"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/fakes/independent"
)

// make independent runs the long forms.
var (
	operations = flag.Int("operations", 0, "how many operations of correct platforms are judged, at least; 0: a sample of the platforms, for a few seconds")
	defects    = flag.Bool("defects", false, "every defect, with ids linked and not; else a few that need little traffic")
	update     = flag.Bool("update", false, "with -defects: write what was found to testdata/defects.md")
)

// played is a run and what the judge says of it.
type played struct {
	Named
	Result
	violations []finding.Finding // all of them
	warnings   []string
	err        error
}

// proven are the checks that hold something against the platform whose cause may be this failure mode.
func (p played) proven(code string) (names []string) {
	for _, f := range p.violations {
		if f.Violation.Proven() && strings.Contains(f.Violation.Cause, code) && !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	return names
}

// warned reports whether it is said that requests failed, or that keys were refused.
func (p played) warned() bool {
	return slices.ContainsFunc(p.warnings, func(w string) bool {
		return strings.Contains(w, " failed (") || strings.Contains(w, " was refused (")
	})
}

// play plays runs, several at a time: they wait most of the time. Each is judged with all files of its hosts.
func play(t *testing.T, runs []Named, see func(played)) {
	t.Helper()
	one := func(r Named) played {
		p := played{Named: r}
		dir := filepath.Join(t.TempDir(), r.Name)
		if *keep != "" {
			dir = filepath.Join(*keep, r.Name)
		}
		if p.err = os.MkdirAll(dir, 0o755); p.err != nil {
			return p
		}
		if p.Result, p.err = r.Play(t.Context(), dir); p.err != nil {
			return p
		}
		var facts map[string]reading.Facts // those in the files, unless nobody may be blamed for a machine that was late
		if len(r.Platform.Defects) == 0 {
			if facts, p.err = reading.ParseFacts(reading.FileText("facts", []byte(p.Facts))); p.err != nil {
				return p
			}
		}
		p.err = judge.Each(t.Context(), judge.Plan{Files: p.Files, Facts: facts, Checks: check.Default(), Budget: check.Budget}, func(r finding.HistoryReport) error {
			p.warnings = append(p.warnings, r.Warnings...)
			for _, j := range r.Results {
				for _, v := range j.Violations {
					p.violations = append(p.violations, finding.Finding{Rule: j.Rule, Project: j.Project, Violation: v})
				}
			}
			return nil
		})
		return p
	}
	for p := range inorder.Map(t.Context(), 4*runtime.NumCPU(), slices.Values(runs), one) {
		if p.err != nil {
			t.Fatalf("%s: %v", p.Name, p.err)
		}
		see(p)
	}
}

// A correct platform that shares nothing with the reference is not blamed: whatever releases numbers, ids linked or not,
// pool shared or not, one clock or three, and whoever writes the history.
func TestTheCorrectPlatformIsNotBlamed(t *testing.T) {
	runs := Correct(12)
	if *operations == 0 {
		var some []Named
		for i := range 8 { // each way of everything is among these
			some = append(some, runs[7*i%len(runs)])
		}
		runs = some
	}
	total := 0
	judged := func(p played) {
		total += p.Operations
		for _, f := range p.violations {
			t.Errorf("%s: %s of %s, %s: %s", p.Name, f.Name, f.Project, f.Violation.Certainty, f.Violation.Text)
		}
	}
	for seed := uint64(0); total == 0 || total < *operations; seed++ {
		if *operations > 0 {
			runs = Correct(250)
			for i := range runs {
				runs[i].Seed += 32 * seed
			}
		}
		play(t, runs, judged)
	}
	t.Logf("%d operations", total)
}

// found is what the golden file says of one defect: the check that names its cause, by linking of ids; "" is none.
type found struct {
	by  [2]string
	why string // none does
}

const golden = "testdata/defects.md"

// TestFewDefectsAreNotFound counts the rows of the golden file.
func TestFewDefectsAreNotFound(t *testing.T) {
	all, named := 0, 0
	for code, f := range readFound(t) {
		for _, by := range f.by {
			all++
			switch {
			case by != "":
				named++
			case f.why == "":
				t.Errorf("%s: %s: want it found, or why it is not", golden, code)
			}
		}
	}
	if want := 2 * len(independent.Defects()); all != want || 100*named < 95*all {
		t.Errorf("want a row of each of %d defects, and 95 of 100 found, got %d of %d", want/2, named, all)
	}
}

// TestDefectsAreFound holds what is found against the golden file, which says of each defect that is not why.
func TestDefectsAreFound(t *testing.T) {
	want := readFound(t)
	few := []string{"F19", "F57", "F03", "F09", "F10", "F14", "F25", "F45", "F48", "F53", "F55"}
	var runs []Named
	for _, d := range independent.Defects() {
		if !*defects && !slices.Contains(few, d.Code) {
			continue
		}
		for _, linked := range []bool{false, true} {
			if !*defects && linked == (len(runs)%2 == 0) {
				continue
			}
			r := Defective(d.Code, 60)
			if *defects {
				r = Defective(d.Code, 200)
			}
			if r.Linked = linked; linked {
				r.Name += "-linked"
			}
			runs = append(runs, r)
		}
	}
	got := make(map[string]found)
	play(t, runs, func(p played) {
		code, _, linked := strings.Cut(p.Name, "-")
		names := p.proven(code)
		at := 0
		if linked {
			at = 1
		}
		f := got[code]
		if len(names) > 0 {
			f.by[at] = names[0]
		}
		got[code] = f
		switch expected := want[code]; {
		case *update:
		case expected.by[at] == "" && expected.why == "":
			t.Errorf("%s: want a row in %s", p.Name, golden)
		case expected.by[at] == "" && !p.warned():
			t.Errorf("%s: want a warning at least, got %q", p.Name, p.warnings)
		case expected.by[at] == "" && len(names) > 0:
			t.Errorf("%s: %s names it, and %s says that nothing does", p.Name, names, golden)
		case expected.by[at] != "" && !slices.Contains(names, expected.by[at]):
			t.Errorf("%s: want it named by %s, got %v of %v; the history is that of %+v", p.Name, expected.by[at], names, checks(p), p.Result)
		}
	})
	if *update {
		writeFound(t, got, want)
	}
}

func checks(p played) (names []string) {
	for _, f := range p.violations {
		if !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	return names
}

// readFound reads the table: code, defect, check, check with ids linked, why.
func readFound(t *testing.T) map[string]found {
	t.Helper()
	text, err := os.ReadFile(golden)
	if err != nil && !*update {
		t.Fatal(err)
	}
	rows := make(map[string]found)
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) != 7 || !strings.HasPrefix(cells[1], " F") {
			continue
		}
		for i := range cells {
			if cells[i] = strings.TrimSpace(cells[i]); cells[i] == "-" {
				cells[i] = ""
			}
		}
		rows[cells[1]] = found{[2]string{cells[3], cells[4]}, cells[5]}
	}
	return rows
}

func writeFound(t *testing.T, got, before map[string]found) {
	t.Helper()
	var b strings.Builder
	b.WriteString("Which check names the cause of each defect of the independent platform, over sockets, from what its clients record.\n" +
		"Written by `go test ./conformance/record/recordtest -run DefectsAreFound -defects -update`; why nothing does is written by hand.\n\n" +
		"| code | defect | ids of its own | ids that callers know | why nothing finds it |\n| --- | --- | --- | --- | --- |\n")
	for _, d := range independent.Defects() {
		f := got[d.Code]
		for i, by := range before[d.Code].by { // several may name it
			if by != "" && f.by[i] != "" {
				f.by[i] = by
			}
		}
		cell := func(s string) string {
			if s == "" {
				return "-"
			}
			return s
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", d.Code, d.Name, cell(f.by[0]), cell(f.by[1]), before[d.Code].why)
	}
	if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
