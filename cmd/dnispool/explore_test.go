package main

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
)

func TestExploreUsage(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--seeds", "9..1"}, `--seeds: want a range like 1..1000, got "9..1"`},
		{[]string{"--seeds", "some"}, `--seeds: want a range like 1..1000, got "some"`},
		{[]string{"--check", "no-double-leas"}, `--check: no "no-double-leas" (did you mean "no-double-lease"?)`},
		{[]string{"--profile", "publishd"}, `--profile: no "publishd" (did you mean "published"?)`},
		{[]string{"--mutant", "nobody"}, `mutant: want one that exists, got "nobody"`},
		{[]string{"--for", "-1s"}, "--for and --workers: want 0 or more"},
		{[]string{"more"}, `explore: want flags only, got "more"`},
		{[]string{"--sed", "1"}, "no flag --sed (did you mean --seed?)"},
	} {
		got := dnispool(t, t.TempDir(), append([]string{"explore"}, test.args...)...)
		if got.code != finding.ExitNotJudged || !strings.Contains(got.err, test.want) {
			t.Errorf("%v: want %d and %q, got %d and %q", test.args, finding.ExitNotJudged, test.want, got.code, got.err)
		}
	}
}

func TestExploreTheReference(t *testing.T) {
	got := dnispool(t, t.TempDir(), "explore", "--seeds", "1..20")
	last := regexp.MustCompile(`(?m)^20 seeds, [0-9]+ operations, [0-9]+ operations/s, 0 violations\n\z`)
	if got.code != 0 || !last.MatchString(got.out) {
		t.Errorf("want 0 and a clean total, got %d\n%s%s", got.code, got.out, got.err)
	}
}

func TestExploreWritesTheSameHistoryEachTime(t *testing.T) {
	dir := t.TempDir()
	var texts [2]string
	for i, sub := range []string{"a", "b"} {
		if got := dnispool(t, dir, "explore", "--seed", "7", "--keep", "--out", sub); got.code != 0 {
			t.Fatalf("want 0, got %d\n%s%s", got.code, got.out, got.err)
		}
		raw, err := os.ReadFile(filepath.Join(dir, sub, "seed-7.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(raw)
	}
	if texts[0] != texts[1] || !strings.HasPrefix(texts[0], `{"format":"dnispool.history/v1"`) {
		t.Errorf("want the same history twice, got %d and %d bytes", len(texts[0]), len(texts[1]))
	}
}

func TestExploreAMutant(t *testing.T) {
	dir := t.TempDir()
	got := dnispool(t, dir, "explore", "--seeds", "1..50", "--mutant", "check-then-act", "--check", "no-double-lease", "--out", "found")
	if got.code != finding.ExitNotConformant || !strings.Contains(got.out, "again     dnispool explore --seed ") {
		t.Fatalf("want %d and a counterexample, got %d\n%s%s", finding.ExitNotConformant, got.code, got.out, got.err)
	}
	lines := strings.Split(got.out, "\n") // the first, what the seed drew, what broke
	if len(lines) < 4 || !regexp.MustCompile(`^seed [0-9]+: (profile|pool): `).MatchString(lines[1]) || !strings.HasPrefix(lines[3], "VIOLATED  no-double-lease by seed ") {
		t.Errorf("want the options before what they led to, got %q", lines[:min(len(lines), 4)])
	}
	for _, want := range []string{"  likely    F01 check-then-act", "  because   rule A", "  ? may have been made  = was held"} {
		if !strings.Contains(got.out, want) {
			t.Errorf("want %q, got %s", want, got.out)
		}
	}
	kept, err := filepath.Glob(filepath.Join(dir, "found", "seed-*-no-double-lease.*"))
	if err != nil || len(kept) != 3 {
		t.Fatalf("want a picture, a history and a scenario, got %v, %v", kept, err)
	}
	if page, err := os.ReadFile(kept[0]); err != nil || !strings.Contains(string(page), "with nonce") {
		t.Errorf("want a picture of what no order explains, got %d bytes of %s, %v", len(page), kept[0], err)
	}
	if got := dnispool(t, dir, "judge", "--check", "no-double-lease", kept[1]); got.code != finding.ExitNotConformant || !strings.Contains(got.out, "VIOLATED  no-double-lease") {
		t.Errorf("want the same verdict from the history, got %d\n%s%s", got.code, got.out, got.err)
	}
	if got := dnispool(t, dir, "check", "--scenarios", "found"); got.code != 0 {
		t.Errorf("want the counterexample to pass on the reference, got %d\n%s%s", got.code, got.out, got.err)
	}
}

// TestPageShowsWhatExploreSays: the counterexample of the page is a real one.
func TestPageShowsWhatExploreSays(t *testing.T) {
	_, after, _ := strings.Cut(document(t, "specs/contention.md").text, "$ dnispool explore --mutant M04 --seeds 1..3\n")
	shown, _, found := strings.Cut(after, "```")
	if !found {
		t.Fatal("want the command and its output, got neither")
	}
	got := dnispool(t, t.TempDir(), "explore", "--mutant", "M04", "--seeds", "1..3")
	rate := regexp.MustCompile(`[0-9]+ operations/s`)
	if want, got := rate.ReplaceAllString(shown, "N"), rate.ReplaceAllString(got.out, "N"); want != got {
		t.Errorf("want the page to show\n%s\ngot\n%s", got, want)
	}
}

// TestExploreForALegalOrder asks for the search by its name, and plays what it finds.
func TestExploreForALegalOrder(t *testing.T) {
	dir := t.TempDir()
	if got := dnispool(t, dir, "explore", "--seeds", "1..20", "--check", "linearizable"); got.code != 0 {
		t.Errorf("want the reference not to be blamed, got %d\n%s%s", got.code, got.out, got.err)
	}
	got := dnispool(t, dir, "explore", "--seeds", "13", "--check", "linearizable", "--mutant", "unfenced-hangup", "--out", "found")
	if got.code != finding.ExitNotConformant || !strings.Contains(got.out, "VIOLATED  linearizable by seed 13: ") || !strings.Contains(got.out, "  picture: found/seed-13-linearizable.html\n") {
		t.Fatalf("want %d, a counterexample and its picture, got %d\n%s%s", finding.ExitNotConformant, got.code, got.out, got.err)
	}
	if got := dnispool(t, dir, "judge", "--check", "linearizable", "found/seed-13-linearizable.jsonl"); got.code != finding.ExitNotConformant || !strings.Contains(got.out, "VIOLATED  linearizable of acme") {
		t.Errorf("want the same verdict from the history, got %d\n%s%s", got.code, got.out, got.err)
	}
	if got := dnispool(t, dir, "check", "--scenarios", "found"); got.code != 0 {
		t.Errorf("want the counterexample to pass on the reference, got %d\n%s%s", got.code, got.out, got.err)
	}
}

// A check that was asked for by name and could be applied to no history is neither a pass nor a failure.
func TestExploreForWhatCannotBeJudged(t *testing.T) {
	got := dnispool(t, t.TempDir(), "explore", "--seed", "1", "--check", "rotation") // its numbers are drawn at random
	if got.code != finding.ExitInconclusive || !strings.Contains(got.err, "inconclusive: no history could be held against rotation") {
		t.Errorf("want %d and why, got %d\n%s%s", finding.ExitInconclusive, got.code, got.out, got.err)
	}
}

func TestExploreKeepsNothingOfWhatPasses(t *testing.T) {
	dir := t.TempDir()
	got := dnispool(t, dir, "explore", "--seed", "3")
	if lines := strings.Split(got.out, "\n"); got.code != 0 || !strings.HasPrefix(lines[1], "seed 3: ") {
		t.Errorf("want the options of the one seed first, got %d\n%s%s", got.code, got.out, got.err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("want nothing left, got %v, %v", left, err)
	}
}

func TestExploreIsInterrupted(t *testing.T) {
	c := command(t, t.TempDir(), "explore", "--seeds", "1..1000000000")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	if _, err := r.ReadString('\n'); err != nil { // it has begun
		t.Fatal(err)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // its code says it
	if got := c.ProcessState.ExitCode(); got != finding.ExitInterrupted || !strings.Contains(string(rest), "violations") {
		t.Errorf("want %d and a total, got %d\n%s", finding.ExitInterrupted, got, rest)
	}
}
