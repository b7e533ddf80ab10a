package virtual

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/plan"
	"github.com/dnispool/dnispool/conformance/traffic"
)

// TestDay: in each interval the pool refuses about what the formula says of it, most in the busiest.
func TestDay(t *testing.T) {
	t.Parallel()
	in := plan.Default()
	in.Release, in.Grade = plan.OnArrival, 0.05
	in.Talk, in.Lost, in.Strays, in.Abandoned = traffic.Constant(10*time.Second), 0, 0, plan.Known(0)
	for _, rate := range []traffic.Rate{1, 3, 2} {
		in.Day = append(in.Day, traffic.Segment{From: rate, To: rate, For: 15 * time.Minute})
	}
	in.Rate, _ = in.Day.Peak()
	p, err := plan.Make(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := Day(context.Background(), p, Length{Callers: 150_000}, 1); err != nil {
		t.Fatal(err)
	}
	for i, d := range p.Day {
		if d.Simulated == nil || math.Abs(*d.Simulated-d.Blocked) > 0.1*d.Blocked+0.001 {
			t.Errorf("interval %d: want about %.4f refused, got %v", i, d.Blocked, d.Simulated)
		}
	}
	again := append([]plan.Interval(nil), p.Day...)
	if err := Day(context.Background(), p, Length{Callers: 150_000}, 1); err != nil || *p.Day[1].Simulated != *again[1].Simulated {
		t.Errorf("the same seed: want the same, got %v and %v (%v)", *p.Day[1].Simulated, *again[1].Simulated, err)
	}
	if err := Day(context.Background(), p, Length{Time: time.Minute}, 1); err != nil {
		t.Errorf("less than a day: want one, got %v", err)
	}
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Day(over, p, Length{}, 1); err != context.Canceled {
		t.Errorf("interrupted: want it said, got %v", err)
	}
}
