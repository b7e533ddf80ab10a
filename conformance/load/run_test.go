package load

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/load/measure"
	"github.com/dnispool/dnispool/conformance/targets/live"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// started is a reference to offer load to, with a world of its own.
func started(t *testing.T, given string) *live.Stage {
	t.Helper()
	n, problems := strictyaml.Parse("given", []byte(given))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	l, err := live.Reference(t.Context(), "given", n, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// profile reads a profile.
func profile(t *testing.T, text string) Profile {
	t.Helper()
	p, problems := Parse("profile.yaml", []byte(text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return p
}

func TestCallersAreTakenThroughAndAccountedFor(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	out, err := Run(context.Background(), Plan{
		Profile: profile(t, `
load: v1
arrivals: 40/s
for: 1s
journey:
  think: {min: 0s, max: 20ms}
  talk: {mean: 20ms}
  patience: {mixture: [{share: 0.2, of: 0s}, {share: 0.8, of: 1h}]}
  hangs_up: 0.3
thresholds: [wrong_context == 0, blocked < 50%]
`),
		Stage: started(t, "pool: {numbers: 50}"), Seed: 1, Prefix: "t-", Record: &file,
	})
	if err != nil {
		t.Fatal(err)
	}
	c := out.Measured.Counts
	if !measure.Balanced(out.Measured.Ledger) || c.Begun < 20 || c.Left == 0 || c.ByCaller == 0 || c.ByPlatform == 0 || c.Own != c.ByPlatform {
		t.Errorf("counts: want every caller accounted for, some of whom left and some of whom hung up, and own contexts alone, got %+v", c)
	}
	for _, v := range out.Thresholds {
		if v.Status != Passed {
			t.Errorf("threshold: want it passed, got %+v", v)
		}
	}
	read, err := history.Read("history", &file)
	if err != nil {
		t.Fatal(err)
	}
	kinds := make(map[history.Kind]int)
	for _, o := range read.Ops {
		if o.Outcome == history.Indefinite {
			t.Errorf("operation: want all ended, got %s", o)
		}
		kinds[o.Kind]++
	}
	if len(read.Ops) != out.Recorded || kinds[history.Reserve] != c.Begun || kinds[history.Call] != c.Dialled || kinds[history.Handoff] != c.Polls {
		t.Errorf("history: want all of %+v, got %v", c, kinds)
	}
	if took := out.Measured.Whole.To; took < time.Second {
		t.Errorf("length: want 1s, got %v", took)
	}
}
