package explore_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/explore"
	"github.com/dnispool/dnispool/conformance/target"
)

func TestTmp(t *testing.T) {
	ops := 0
	byCheck := map[string]int{}
	first := map[string]string{}
	var tRun, tJudge time.Duration
	n := uint64(300)
	fmt.Sscan(os.Getenv("N"), &n)
	for seed := uint64(1); seed <= n; seed++ {
		p := explore.Draw(seed, explore.Limits{})
		t0 := time.Now()
		h, err := explore.Run(target.Offline{}, p)
		if err != nil {
			t.Fatal(seed, p.Options, err)
		}
		t1 := time.Now()
		f := explore.Judge(h, nil)
		tRun += t1.Sub(t0)
		tJudge += time.Since(t1)
		ops += len(h.Ops)
		for _, x := range f {
			byCheck[x.Check.Name]++
			if first[x.Check.Name] == "" && os.Getenv("SHRINK") != "" {
				t0 := time.Now()
				sh, _ := explore.Shrink(t.Context(), target.Offline{}, p, x.Check.Name)
				txt := fmt.Sprintf("seed %d %d tries %s %s\n%s\n", seed, sh.Tries, time.Since(t0), sh.Plan.Options.Given(), sh.Finding.Violation.Text)
				for _, o := range sh.History.Ops {
					txt += fmt.Sprintln("   ", o.String(), o.Nonce, o.SharedID,o.CallID, o.Status, string(o.Data))
				}
				first[x.Check.Name] = txt
			}
		}
	}
	fmt.Println(ops, "ops run", tRun, "judge", tJudge, byCheck)
	for n, s := range first {
		fmt.Println(n, s)
	}
}
