// Package suite makes Ginkgo specs of scenarios, for `go test` and the ginkgo command with their filters, labels, parallel
// processes and reports, on any target. It is the only importer of Ginkgo.
package suite

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	"github.com/onsi/gomega"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/replay"
	"github.com/dnispool/dnispool/conformance/report"
	"github.com/dnispool/dnispool/conformance/run"
	"github.com/dnispool/dnispool/conformance/scenario"
)

// grace is what Ginkgo, the backstop, gives a scenario beyond its own time.
const grace = 10 * time.Second

// Register makes a spec of each selected scenario of the plan, on the plan's target. A spec has the scenario's id as its text, its file and line
// as its place, and its area, level and labels as its labels. What a target cannot do is skipped with the reason; a
// failure has the text that `dnispool check` prints. seen, which may be nil, is told of every result. The error lists every
// problem of every file. A target other than the reference is played on by one process, so it cannot be had with `ginkgo -p`.
// Register is called before the specs run:
//
//	func TestConformance(t *testing.T) {
//		if err := suite.Register(plan, nil); err != nil {
//			t.Fatal(err)
//		}
//		ginkgo.RunSpecs(t, "dnispool")
//	}
func Register(plan run.Plan, seen func(finding.Result)) error {
	if err := signs(ginkgo.GinkgoLabelFilter()); err != nil {
		return err
	}
	loaded, err := run.Load(plan)
	if err != nil {
		return err
	}
	if plan.Fit != nil {
		if err := plan.Fit(context.Background(), &loaded); err != nil {
			return err
		}
	}
	options, err := loaded.Options()
	if err != nil {
		return err
	}
	secrets := report.NewRedactor(plan.Target.Secrets()...)
	if plan.Shown != nil {
		secrets = secrets.OnlyNumbers(plan.Shown(loaded))
	}
	explain := explainer(loaded.Report(), secrets)
	ginkgo.Describe("scenarios", func() {
		for _, sc := range loaded.Selected {
			ginkgo.It(sc.ID, decorations(sc, plan.Target.Timeout(sc)), func(spec ginkgo.SpecContext) {
				r := replay.Play(spec, sc, plan.Target, options)
				if seen != nil {
					seen(r)
				}
				if v := r.Verdict(); v.Skipped() {
					ginkgo.Skip(string(v) + ": " + r.Reason)
				}
				gomega.NewGomega(ginkgo.Fail).Expect(r.Verdict()).To(gomega.Equal(finding.Passed), func() string { return explain(r) })
			})
		}
	})
	return nil
}

// words are the operators of dnispool check --label, which Ginkgo would take for parts of a label that nothing has.
var words = regexp.MustCompile(`(?:^|[ (])(?:and|or|not)[ (]`)

// signs refuses a label filter in words: Ginkgo would find nothing by it, and the suite would pass.
func signs(filter string) error {
	if !words.MatchString(filter) {
		return nil
	}
	return fmt.Errorf("label filter: want &&, || and ! between labels, as in 'pool && !may', got %q", filter)
}

// decorations put the scenario's file, line and labels where Ginkgo's filters look for them.
func decorations(sc *scenario.Scenario, within time.Duration) []any {
	return []any{
		types.CodeLocation{FileName: sc.File, LineNumber: sc.Line},
		ginkgo.Label(append([]string{sc.Area(), sc.Level}, sc.Labels...)...),
		ginkgo.NodeTimeout(within + grace),
	}
}

// explainer gives a failure as `dnispool check` would.
func explainer(run finding.Run, secrets *report.Redactor) func(finding.Result) string {
	return func(r finding.Result) string {
		var b strings.Builder
		text := report.NewText(&b, report.Options{Quiet: true, Redactor: secrets})
		text.Begin(run, 1)
		text.Finished(r)
		return "\n" + b.String()
	}
}
