package replay

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets"
)

// hungAfter is how much longer than its limit, in real time, a scenario may take: its limit ends whatever it waits for, and what
// follows, hanging up and closing its world, takes seconds.
const hungAfter = 2 * time.Minute

// mostStacks bounds, in bytes, what is shown of the goroutines of a scenario that hangs.
const mostStacks = 256 << 10

// Play plays s on t. The result says what became of it; an error of the harness or an unreachable target is a result
// too, with status error. So is a defect of ours that keeps a scenario from its end: it is left behind, and the notes show where
// it hangs, since it must not cost the other scenarios.
func Play(ctx context.Context, s *scenario.Scenario, t targets.Target, o Options) finding.Result {
	started := time.Now()
	played := make(chan finding.Result, 1)
	go func() { played <- play(ctx, s, t, o) }()
	limit := t.Timeout(s)
	hung := time.NewTimer(limit + hungAfter)
	defer hung.Stop()
	select {
	case r := <-played:
		return r
	case <-hung.C:
	}
	stacks := make([]byte, mostStacks)
	r := about(s, o, started)
	r.Status, r.Duration = finding.Error, time.Since(started)
	r.Reason = fmt.Sprintf("the harness hangs: it has not come to an end %s after the scenario's limit of %s; please report it with the notes", hungAfter, limit)
	r.Notes = []string{string(stacks[:runtime.Stack(stacks, true)])}
	return r
}

// about is what is known of a scenario's result before it is played.
func about(s *scenario.Scenario, o Options, started time.Time) finding.Result {
	return finding.Result{
		ID: s.ID, File: s.File, Line: s.Line, Summary: s.Summary, Requirement: s.Requirement, Source: s.Source,
		Level: s.Level, Labels: s.Labels, Seed: Seed(o.Seed, s.ID), Started: started,
	}
}
