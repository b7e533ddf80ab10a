package virtual

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/plan"
	"github.com/dnispool/dnispool/conformance/traffic"
)

func TestPlan(t *testing.T) {
	t.Parallel()
	in := plan.Default()
	in.Rate, in.Release, in.Numbers, in.Lost, in.Out = 5, plan.OnArrival, 20, 0, 0
	in.Think, in.PostDial, in.Talk = traffic.Constant(0), traffic.Constant(4*time.Second), traffic.Constant(10*time.Second)
	in.Abandoned, in.Window, in.CoolDown = plan.Known(0), plan.Known(60), plan.Known(0)
	p, err := plan.Make(in)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Plan(context.Background(), p, Length{Callers: 20_000}, 7)
	if err != nil || len(got) != 4 {
		t.Fatalf("simulated: want both cases, and 20 numbers by both rules, got %+v (%v)", got, err)
	}
	for i, want := range []struct {
		release plan.Release
		numbers int
	}{{plan.OnArrival, p.Cases[0].Likely}, {plan.OnHangup, p.Cases[1].Likely}, {plan.OnArrival, 20}, {plan.OnHangup, 20}} {
		s := got[i]
		if s.Release != want.release || s.Numbers != want.numbers || s.Callers != 20_000 || s.Seed != 7 {
			t.Errorf("%d: want %+v, got %+v", i, want, s)
		}
		if near := max(0.002, 0.02*s.Formula); math.Abs(s.Refused-s.Formula) > near || (s.HalfWidth == nil) != (i == 1) {
			t.Errorf("%d: want what the formula says, got %+v", i, s)
		}
	}
	yours := got[2]
	if math.Abs(yours.Formula-0.159) > 0.001 || yours.Even != 0 || yours.MostAtOnce < 3 {
		t.Errorf("20 numbers: want 15.9 %% refused, none at even distances, and several calls at once, got %+v", yours)
	}
	short, err := Plan(context.Background(), p, Length{Time: time.Minute}, 1)
	if err != nil || short[0].HalfWidth != nil || short[0].Seconds != 60 {
		t.Errorf("a minute: want no interval, got %+v (%v)", short[0], err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Plan(ctx, p, Length{Callers: 20_000}, 1); err != context.Canceled {
		t.Errorf("interrupted: want %v, got %v", context.Canceled, err)
	}
}

// TestProjects: one run of all projects says of each what its pool refused, by both rules of release.
func TestProjects(t *testing.T) {
	t.Parallel()
	in := plan.Default()
	in.Rate, in.Projects, in.Batch, in.Grade = 2, plan.Projects{{Name: "acme", Share: 0.7}, {Name: "globex", Share: 0.3}}, 3, 0.05
	in.Think, in.PostDial, in.Talk = traffic.Constant(0), traffic.Constant(2*time.Second), traffic.LognormalMean(10*time.Second, 1)
	in.Abandoned, in.Window, in.CoolDown, in.Strays, in.Lost = plan.Known(0), plan.Known(60), plan.Known(0), 0, 0
	p, err := plan.Make(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := Projects(context.Background(), p, Length{Callers: 60_000}, 1); err != nil {
		t.Fatal(err)
	}
	for _, one := range p.Projects {
		for _, c := range one.Cases {
			s := c.Simulated
			if s == nil || s.HalfWidth == nil || math.Abs(s.Refused-c.Blocked) > 0.4*c.Blocked || s.Foreign > 0 || s.Wrong > 0 || s.Callers == 0 { // Hayward's formula is an approximation
				t.Errorf("%s, released on %s: want about %.4f refused, got %+v", one.Name, c.Release, c.Blocked, s)
			}
		}
	}
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Projects(over, p, Length{Callers: 60_000}, 1); err != context.Canceled {
		t.Errorf("interrupted: want %v, got %v", context.Canceled, err)
	}
}

// TestOneStrayBringsOnOthers: on a pool that is full, the number that a stray has freed is reserved again at once. The call
// that comes for it takes the attributes of the next, whose call takes those of a third, and so on.
func TestOneStrayBringsOnOthers(t *testing.T) {
	t.Parallel()
	c := held(20, 5, traffic.Constant(4*time.Second))
	c.Calls = 20_000
	if r := mustRun(t, c); r.Wrong != 0 || r.Unbound != 0 {
		t.Errorf("without strays: want each call with its own attributes, got %+v", r)
	}
	c.Strays = 1e-4
	if r := mustRun(t, c); r.StrayHits == 0 || r.Wrong < 3*r.StrayHits {
		t.Errorf("with strays: want many taken for others for each, got %d and %d", r.Wrong, r.StrayHits)
	}
}
