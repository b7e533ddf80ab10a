//go:build linux

package load

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dnispool/dnispool/conformance/erlang"
	"github.com/dnispool/dnispool/conformance/load/measure"
)

// TestSeveralProjects: of the callers of one run each is of one project, as its share says, and meets its pool alone. What each
// pool refuses is what Erlang's formula says of its own load, which is not what it says of all the numbers together.
func TestSeveralProjects(t *testing.T) {
	t.Parallel()
	report := Report{}
	var of Test
	synctest.Test(t, func(t *testing.T) {
		stage := offlineStage(t, "projects: [{pool: {numbers: 20}}, {pool: {numbers: 4}}]")
		of = Test{File: filepath.Join(t.TempDir(), "h.jsonl"), lookEvery: 2 * time.Minute}
		of.Plan = Plan{Stage: stage, Seed: 1, Prefix: "t-", Profile: profile(t, `
load: v1
arrivals: 4/s
warm_up: 30s
for: 6m
journey: {think: 0s, talk: {mean: 4s}, project: {mixture: [{share: 0.75, of: acme}, {share: 0.25, of: globex}]}}
thresholds: [blocked < 5%, wrong_context == 0, violations == 0]
`)}
		facts, err := of.Profile.Journey.Project.Facts(stage)
		if err != nil {
			t.Fatal(err)
		}
		if err := of.recorded(t.Context(), &report, facts); err != nil {
			t.Fatal(err)
		}
		if err := of.judge(&report, facts); err != nil {
			t.Fatal(err)
		}
	})
	report.settle(of.Profile.Thresholds)
	m := report.Measured
	if len(m.Projects) != 2 || !measure.Balanced(m.Ledger) {
		t.Fatalf("want two projects whose sum is balanced, got %+v", m.Ledger)
	}
	sum := 0
	for i, want := range []struct {
		name  string
		share float64
		size  int
	}{{"acme", 0.75, 20}, {"globex", 0.25, 4}} {
		p := m.Projects[i]
		if p.Name != want.name || p.Size != want.size || !measure.Balanced(p.Ledger) || p.Counts.Own != p.Counts.Read || p.Counts.Own == 0 || p.Counts.Twice > 0 {
			t.Errorf("%s: want each of its callers accounted for with its own context, got %s of %d, %+v", want.name, p.Name, p.Size, p.Counts)
		}
		if got := float64(p.Counts.Begun) / float64(m.Counts.Begun); math.Abs(got-want.share) > 0.03 {
			t.Errorf("%s: want a share of %.2f, got %.3f", want.name, want.share, got)
		}
		b, erlangs := p.Whole.Blocked, 16*want.share
		if p.Whole.Predicted == nil || b.Tries == 0 {
			t.Fatalf("%s: want what is refused beside the formula, got %+v", want.name, p.Whole)
		}
		predicted := erlang.Blocking(want.size, *p.Whole.Offered)
		const clusters = 4 // the variance over that of refusals that do not depend on each other
		if math.Abs(b.Share-predicted) > 3*math.Sqrt(clusters*predicted/float64(b.Tries)) || *p.Whole.Predicted != predicted || math.Abs(*p.Whole.Offered-erlangs) > 0.15*erlangs {
			t.Errorf("%s: want %.3f refused of %.3g erlangs, got %.3f of %.3g", want.name, predicted, erlangs, b.Share, *p.Whole.Offered)
		}
		if p.Used != want.size {
			t.Errorf("%s: want its %d numbers used, got %d", want.name, want.size, p.Used)
		}
		sum += p.Counts.Begun
	}
	if sum != m.Counts.Begun || m.Used != 24 || m.Times[measure.TimeReserve].Count != m.Whole.Given || math.Abs(*m.Whole.Offered-16) > 1 {
		t.Errorf("want the sum of both, got %d of %d callers, %d numbers, %+v", m.Counts.Begun, sum, m.Used, m.Whole)
	}
	for _, u := range m.Projects[0].Numbers {
		for _, other := range m.Projects[1].Numbers {
			if u.Number == other.Number {
				t.Errorf("%s: want it of one project, got it of both", u.Number)
			}
		}
	}
	var said []string
	for _, v := range report.Thresholds {
		said = append(said, fmt.Sprintf("%s %s %s", v.Threshold, v.Project, v.Status))
	}
	if got, want := strings.Join(said, ", "), "blocked < 5% acme passed, blocked < 5% globex failed, wrong_context == 0 acme passed, wrong_context == 0 globex passed, violations == 0  passed"; got != want {
		t.Errorf("thresholds: want %s, got %s", want, got)
	}
	if report.Judged.Violations() > 0 || report.Judged.Operations == 0 || report.Watched.Violations > 0 {
		t.Errorf("want it judged and nothing found, got %d of %d, %+v", report.Judged.Violations(), report.Judged.Operations, report.Watched)
	}
}

func TestProjectsAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"[a, b]":                         "project: want a name, or a mixture like",
		"{mixture: []}":                  "project: want a name, or a mixture like",
		"{mixture: [{share: 0, of: a}]}": "share: want more than 0 and at most 1, got 0",
		"{mixture: [{share: 1, of: a}, {share: 1, of: a}]}":          `of: want another project for each share, got "a"`,
		"{mixture: [{share: 1, of: a}, {share: 1}]}":                 `of: want another project for each share, got ""`,
		"{mixture: [{share: 1, of: a}, {share: 1, of: b}], mean: 1}": `unknown key "mean"`,
	} {
		_, problems := Parse("p.yaml", []byte("load: v1\narrivals: 1/s\njourney: {project: "+text+"}"))
		if err := problems.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q, got %v", text, want, err)
		}
	}
	_, problems := Parse("p.yaml", []byte("load: v1\nclosed: {callers: 3, idle: 1s}\njourney: {project: {mixture: [{share: 1, of: a}, {share: 1, of: b}]}}"))
	if err := problems.Err(); err == nil || !strings.Contains(err.Error(), "closed: want one project, got 2") {
		t.Errorf("closed: want it refused, got %v", err)
	}
	p := profile(t, "load: v1\narrivals: 1/s\nfor: 1s\njourney: {project: {mixture: [{share: 1, of: acme}, {share: 1, of: nobody}]}}")
	if _, err := Run(t.Context(), Plan{Profile: p, Stage: offlineStage(t, "{}")}); err == nil || !strings.Contains(err.Error(), `journey.project: want a project of the target, got "nobody"`) {
		t.Errorf("a project that is not there: want it refused, got %v", err)
	}
}
