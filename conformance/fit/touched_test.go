package fit

import (
	"flag"
	"slices"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/contract"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/inorder"
	"github.com/dnispool/dnispool/conformance/replay"
	"github.com/dnispool/dnispool/conformance/run"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets/reference"
	"github.com/dnispool/dnispool/conformance/targets/targetfile"
	"github.com/dnispool/dnispool/scenarios"
)

var everything = flag.Bool("everything", false, "play each scenario with each fact that does not matter to it, instead of one in five")

// TestWhatDoesNotMatter: a scenario that holds goes on to hold whatever a fact is of which touched says that it does not matter.
func TestWhatDoesNotMatter(t *testing.T) {
	t.Parallel()
	file, problems := targetfile.Parse("t.yaml", []byte("target: v1\nbase_url: http://127.0.0.1:1\naccount: a\nproject: p\nkeys: {dni: {env: D}, handoff: {env: H}}\ncalls: {trunk: {host: '127.0.0.1:1'}}\n"), time.Now())
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	loaded, err := run.Load(run.Plan{Files: scenarios.Files, Dir: "scenarios", Target: reference.Target{}})
	if err != nil {
		t.Fatal(err)
	}
	checker, err := contract.New()
	if err != nil {
		t.Fatal(err)
	}
	r := rehearsal{file: file, options: Options{Load: loaded.Reading(), Seed: 1, Prefix: "r0-"}, play: replay.Options{Seed: 1, Checker: checker}}
	type tried struct {
		matter, not int
		wrong       []string
	}
	var sum tried
	for got := range inorder.Map(t.Context(), 0, slices.Values(loaded.Selected), func(s *scenario.Scenario) (out tried) {
		unique, complete, problems := s.Unique(r.options.Prefix, r.options.Load)
		if r.asked(s).Status != "" || len(problems) > 0 || !complete {
			return out
		}
		base := r.rehearse(t.Context(), unique, nil, all)
		if base.result.Verdict() != finding.Passed {
			return out
		}
		for i, a := range alternatives() {
			if base.did.matters(a.keys[0]) {
				out.matter++
				continue
			}
			out.not++
			if !*everything && (len(s.ID)+i)%5 != 0 {
				continue
			}
			if _, holds := r.holds(t.Context(), unique, &a, all); !holds {
				out.wrong = append(out.wrong, s.ID+" "+a.setting)
			}
		}
		return out
	}) {
		sum.matter, sum.not = sum.matter+got.matter, sum.not+got.not
		for _, what := range got.wrong {
			t.Errorf("%s: want it to hold whatever that is, got it failed", what)
		}
	}
	if sum.not < 3*sum.matter { // else there is nothing to gain
		t.Errorf("want most facts not to matter to most scenarios, got %d that do and %d that do not", sum.matter, sum.not)
	}
}
