// Package suite turns scenarios into Ginkgo specs and their results into verdicts. Ginkgo selects, orders, times out
// and is interrupted; it prints nothing: what a user reads comes from package report. It is the only importer of
// Ginkgo in the binary.
package suite

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/extensions/globals"
	"github.com/onsi/ginkgo/v2/formatter"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/replay"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/target"
)

// grace is what Ginkgo, the backstop, gives a scenario beyond its own time.
const grace = 10 * time.Second

// Listener hears of each scenario as it starts and ends.
type Listener interface {
	Started(id string)
	Finished(finding.Result)
}

// Suite is a set of scenarios on one target.
type Suite struct {
	Scenarios []*scenario.Scenario
	Target    target.Target
	Options   replay.Options
	Listener  Listener // may be nil
}

// Run plays the suite and returns the results in the order of the scenarios. When ctx ends, the scenario at work is
// stopped and the rest is not played. Runs in one process must not overlap.
func Run(ctx context.Context, s Suite) ([]finding.Result, error) {
	globals.Reset() // Ginkgo keeps its suite in a global; a second run needs a fresh one
	out := formatter.ColorableStdOut
	formatter.ColorableStdOut = io.Discard
	defer func() { formatter.ColorableStdOut = out }()
	// Ginkgo catches the signals for good; the program's own handler must get them back.
	defer signal.Reset(os.Interrupt, syscall.SIGTERM)

	var results []finding.Result
	signalled := false
	register(s, func(spec ginkgo.SpecContext, sc *scenario.Scenario) finding.Result {
		play, cancel := context.WithCancel(spec)
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		r := s.play(play, sc)
		results = append(results, r)
		signalled = spec.Err() != nil
		return r
	}, func(r finding.Result) string { return headline(r) }, func() bool { return ctx.Err() != nil })

	// Not what flags say: those are for who registers. FailOnEmpty stays off: an empty selection is the caller's to refuse.
	config, reporter := types.NewDefaultSuiteConfig(), types.NewDefaultReporterConfig()
	config.Timeout = 0 // each scenario has its own
	reporter.Succinct, reporter.NoColor = true, true
	ginkgo.RunSpecs(failer{}, "dnispool", config, reporter)
	if missing := len(results) < len(s.Scenarios); signalled || missing { // Ginkgo may hear of a signal before ctx does
		select {
		case <-ctx.Done():
		case <-time.After(signalLag):
			if missing {
				return results, fmt.Errorf("suite: want %d scenarios played, got %d", len(s.Scenarios), len(results))
			}
		}
	}
	return results, nil
}

// signalLag is how long the program's own handler may take to end the context after a signal.
const signalLag = time.Second

// Register adds the suite to the specs of a test binary, for those who run `go test` or the ginkgo command with its own
// filters. explain gives the text of a failure. Call it while the tree is built.
func Register(s Suite, explain func(finding.Result) string) {
	register(s, func(spec ginkgo.SpecContext, sc *scenario.Scenario) finding.Result { return s.play(spec, sc) },
		explain, func() bool { return false })
}

// register builds the tree: one container, so that Ginkgo keeps the order of the files.
func register(s Suite, play func(ginkgo.SpecContext, *scenario.Scenario) finding.Result, explain func(finding.Result) string, stopped func() bool) {
	ginkgo.Describe("scenarios", func() {
		for _, sc := range s.Scenarios {
			ginkgo.It(sc.ID, decorations(sc), func(spec ginkgo.SpecContext) {
				if stopped() {
					ginkgo.Skip("interrupted")
				}
				r := play(spec, sc)
				switch v := r.Verdict(); {
				case v.Skipped():
					ginkgo.Skip(string(v) + ": " + r.Reason)
				case v != finding.Passed:
					ginkgo.Fail(explain(r))
				}
			})
		}
	})
}

// decorations put the scenario's file, line and labels where Ginkgo's filters look for them.
func decorations(sc *scenario.Scenario) []any {
	return []any{
		types.CodeLocation{FileName: sc.File, LineNumber: sc.Line},
		ginkgo.Label(append([]string{sc.Area(), string(sc.Level)}, sc.Labels...)...),
		ginkgo.NodeTimeout(sc.Timeout + grace),
	}
}

func (s Suite) play(ctx context.Context, sc *scenario.Scenario) finding.Result {
	if s.Listener != nil {
		s.Listener.Started(sc.ID)
	}
	r := replay.Play(ctx, sc, s.Target, s.Options)
	if s.Listener != nil {
		s.Listener.Finished(r)
	}
	return r
}

func headline(r finding.Result) string {
	if len(r.Failures) > 0 {
		return r.Failures[0].Headline()
	}
	return r.Reason
}

// failer takes Ginkgo's verdict; ours are in the results.
type failer struct{}

// Fail implements ginkgo.GinkgoTestingT.
func (failer) Fail() {}
