package main

import (
	"context"
	"fmt"
	"time"

	"github.com/dnispool/dnispool/conformance/aim"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/targets/deployment"
)

// wholeCall is the scenario of a call from its reservation to its handoff state, with the echo agent. It holds one number at a
// time.
const wholeCall = "core/nine-steps"

// callTarget plays a whole call on a target that can be reached, and says in a line what came of it.
func callTarget(ctx context.Context, e env, path string) int {
	f := newCheckFlags()
	f.out = "" // nothing is kept
	plan := f.plan([]string{wholeCall})
	aimed, err := aim.At(ctx, path, e.getenv, &plan)
	if err != nil {
		return refuse(e, err)
	}
	defer leave(ctx, e, aimed)
	if t, ok := plan.Target.(*deployment.Target); ok {
		t.File.Limits.Reservations = 1 // also where the file allows that the pool is filled to see that no number is lost
	}
	loaded, err := loadAndFit(ctx, plan)
	if err != nil {
		return refuse(e, err)
	}
	r, err := loaded.Play(ctx, nil)
	if err != nil {
		return refuse(e, err)
	}
	for _, res := range r.Results {
		if res.ID == wholeCall {
			fmt.Fprintf(e.out, "%-34s %s\n", "a whole call", came(res))
		}
	}
	if aimed.Deployment != nil {
		aimed.Conclude(&r)
	}
	if r.Audio != nil && r.Audio.Warning() == "" { // else the warning says it
		fmt.Fprintf(e.out, "%-34s %s: ok\n", "audio", r.Audio)
	}
	for _, w := range r.Warnings {
		fmt.Fprintln(e.out, w)
	}
	if code := r.Conclusion().ExitCode(); code != finding.ExitConformant {
		return finding.ExitNotJudged
	}
	return 0
}

// came says what came of a scenario, and what is to be done.
func came(res finding.Result) string {
	switch {
	case res.Verdict() == finding.Passed:
		return fmt.Sprintf("reserved, called and read back, twice in %s: ok", res.Duration.Round(100*time.Millisecond))
	case len(res.Failures) == 0:
		return fmt.Sprintf("%s: %s", res.Verdict(), res.Reason)
	case res.Failures[0].Likely != "":
		return res.Failures[0].Headline() + ": " + res.Failures[0].Likely
	}
	return res.Failures[0].Headline() + fmt.Sprintf(": %s check %s --target shows all of it", tool, wholeCall)
}
