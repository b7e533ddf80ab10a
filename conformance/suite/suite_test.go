package suite_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/extensions/globals"

	"github.com/dnispool/dnispool/conformance/contract"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/replay"
	"github.com/dnispool/dnispool/conformance/report"
	"github.com/dnispool/dnispool/conformance/suite"
	"github.com/dnispool/dnispool/conformance/target"
	"github.com/dnispool/dnispool/scenarios"
)

// What the flags of `go test` and the ginkgo command say; a run in this process would overwrite it.
var suiteConfig, reporterConfig = ginkgo.GinkgoConfiguration()

func TestMain(m *testing.M) {
	flag.Parse()
	suiteConfig, reporterConfig = ginkgo.GinkgoConfiguration()
	os.Exit(m.Run())
}

// TestConformance registers the bundled scenarios, or those of the directory DNISPOOL_SCENARIOS, for those who live in
// `go test` and the ginkgo command:
//
//	go test ./conformance/suite -ginkgo.label-filter=pool
//	go test ./conformance/suite -ginkgo.focus-file='core/nine-steps.yaml'
//	ginkgo ./conformance/suite
func TestConformance(t *testing.T) {
	plan := suite.Plan{Tool: "dnispool", Files: scenarios.Files, Dir: "scenarios", Target: target.Reference{}, Seed: uint64(suiteConfig.RandomSeed)}
	if dir := os.Getenv("DNISPOOL_SCENARIOS"); dir != "" {
		plan.Files, plan.Dir = os.DirFS(dir), dir
	}
	loaded, err := suite.Load(plan)
	if err != nil {
		t.Fatal(err)
	}
	checker, err := contract.New()
	if err != nil {
		t.Fatal(err)
	}
	globals.Reset()
	suite.Register(suite.Suite{
		Scenarios: loaded.Selected, Target: plan.Target, Options: replay.Options{Seed: plan.Seed, Checker: checker, Again: loaded.Again},
	}, explain(loaded.Report(), report.NewRedactor(plan.Target.Secrets()...)))
	suiteConfig.FailOnEmpty = true // a filter that fits nothing is a mistake
	ginkgo.RunSpecs(t, "scenarios", suiteConfig, reporterConfig)
}

// explain gives a failure as `dnispool check` would.
func explain(run finding.Run, secrets *report.Redactor) func(finding.Result) string {
	return func(r finding.Result) string {
		var b strings.Builder
		text := report.NewText(&b, report.Options{Quiet: true, Redactor: secrets})
		text.Begin(run, 1)
		text.Finished(r)
		return "\n" + b.String()
	}
}
