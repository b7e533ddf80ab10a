package mutation_test

import (
	"cmp"
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/explore"
	"github.com/dnispool/dnispool/conformance/explore/offline"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/inorder"
	"github.com/dnispool/dnispool/fakes/mutants"
)

// make mutants goes through all mutants; make test, which takes twenty times as long for each, through a few.
var (
	knowledge = flag.Bool("knowledge", false, "every mutant with every way of knowing less; else a few mutants")
	update    = flag.Bool("update", false, "with -knowledge: write testdata/knowledge.md")
)

const (
	goldenKnowledge = "testdata/knowledge.md"
	most            = 40 // seeds until a mutant shows
	kept            = 3  // histories of each that are judged with less knowledge
)

const aboutKnowledge = `# What the judge must know to find each mutant

Of each mutant: the checks that find it in a few explored histories when everything is known, and what it is not found
without, with what the check that is meant for it, or the first of them, says then. It is found without anything else that
conformance/explore can take away. A line more than before means that the judge has become a coward: say why, or mend it.

Written by ` + "`go test ./conformance/mutation -run Knowledge -knowledge -update`" + `.
`

// TestKnowledge holds what each mutant is found without against the golden file.
func TestKnowledge(t *testing.T) {
	before := readKnowledge(t)
	var chosen []mutants.Mutant
	for i, m := range mutants.All() {
		if *knowledge || i%12 == 0 {
			chosen = append(chosen, m)
		}
	}
	var all strings.Builder
	all.WriteString(aboutKnowledge)
	for section := range inorder.Map(t.Context(), runtime.NumCPU(), slices.Values(chosen), sectionOf) {
		all.WriteString("\n" + section)
		title, _, _ := strings.Cut(section, "\n")
		if got, want := section, before[title]; !*update && got != want {
			t.Errorf("%s: want\n%s\ngot\n%s", goldenKnowledge, want, got)
		}
	}
	switch {
	case *update && *knowledge:
		if err := os.WriteFile(goldenKnowledge, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	case *knowledge && len(before) != len(chosen):
		t.Errorf("%s: want %d mutants, got %d", goldenKnowledge, len(chosen), len(before))
	}
}

// readKnowledge are the sections of the golden file by their first lines.
func readKnowledge(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(goldenKnowledge)
	if err != nil && !*update {
		t.Fatal(err)
	}
	out := make(map[string]string)
	_, rest, _ := strings.Cut(string(text), "\n## ")
	for part := range strings.SplitSeq(rest, "\n## ") {
		title, _, _ := strings.Cut(part, "\n")
		out["## "+title] = "## " + strings.TrimSuffix(part, "\n") + "\n"
	}
	return out
}

// sectionOf is what the golden file says of a mutant.
func sectionOf(m mutants.Mutant) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s %s\n", m.ID, m.Name)
	if m.ScenariosOnly {
		b.WriteString("\nShows in scenarios alone: no history has it.\n")
		return b.String()
	}
	histories, seeds := shown(m)
	by := foundIn(m, histories)
	if len(by) == 0 {
		fmt.Fprintf(&b, "\nNot found in %d seeds: scenarios find it.\n", most)
		return b.String()
	}
	fmt.Fprintf(&b, "\nFound by %s, in seeds %s.\n", strings.Join(by, ", "), strings.Trim(fmt.Sprint(seeds), "[]"))
	whys, without := []string(nil), make(map[string][]string)
	for _, l := range explore.Losses() {
		if why, found := foundWithout(l, histories, seeds, by[0]); !found {
			if without[why] == nil {
				whys = append(whys, why)
			}
			without[why] = append(without[why], l.Name)
		}
	}
	if len(whys) > 0 {
		b.WriteString("\n")
	}
	for _, why := range whys {
		fmt.Fprintf(&b, "- without %s: %s: %s\n", strings.Join(without[why], "; "), by[0], why)
	}
	return b.String()
}

// shown are the first histories in which a mutant is found with full knowledge.
func shown(m mutants.Mutant) (histories []explore.History, seeds []uint64) {
	on := offline.Platform{Break: m.Config, Parts: m.Parts}
	for seed := uint64(1); seed <= most && len(histories) < kept; seed++ {
		h, err := explore.Run(on, explore.Draw(seed, explore.Limits{}))
		if err == nil && len(provenBy(explore.Judge(h, check.Default()))) > 0 {
			histories, seeds = append(histories, h), append(seeds, seed)
		}
	}
	return histories, seeds
}

// foundIn are the checks that find a mutant in histories, the one that is meant for it first.
func foundIn(m mutants.Mutant, histories []explore.History) (by []string) {
	for _, h := range histories {
		by = append(by, provenBy(explore.Judge(h, check.Default()))...)
	}
	slices.SortStableFunc(by, func(a, b string) int {
		rank := func(name string) int {
			if name == m.Kill {
				return -1
			}
			return slices.Index(check.Names(), name)
		}
		return cmp.Compare(rank(a), rank(b))
	})
	return slices.Compact(by)
}

func provenBy(j finding.Judgement) (names []string) {
	for _, r := range j.Results {
		if slices.ContainsFunc(r.Violations, finding.Violation.Proven) {
			names = append(names, r.Name)
		}
	}
	return names
}

// foundWithout reports whether anything proves a mutant in one of the histories with less knowledge, and what the check of
// this name says if not: the most that it says of any.
func foundWithout(l explore.Loss, histories []explore.History, seeds []uint64, name string) (why string, found bool) {
	hash := fnv.New64a()
	hash.Write([]byte(l.Name))
	why, best := "nothing to see", 0
	for i, h := range histories {
		j := explore.Judge(l.Without(rand.New(rand.NewPCG(seeds[i], hash.Sum64())), h), check.Default())
		if len(provenBy(j)) > 0 {
			return "", true
		}
		for _, r := range j.Results {
			if text, weight := says(r); r.Name == name && weight > best {
				why, best = text, weight
			}
		}
	}
	return why, false
}

// says is what keeps a check from proving anything, and how near it comes.
func says(j finding.Judged) (why string, weight int) {
	switch {
	case len(j.Violations) > 0:
		return string(j.Violations[0].Certainty), 4
	case len(j.Hazards) > 0:
		rule := j.Hazards[0].Rule
		return "a hazard: " + strings.TrimSpace(rule[strings.LastIndex(rule, ";")+1:]), 3
	case j.Undecided > 0:
		return "undecided", 2
	case j.NotJudged != "":
		return "not judged: " + j.NotJudged, 1
	}
	return "", 0
}
