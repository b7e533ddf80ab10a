package virtual

import (
	"context"
	"math"
	"time"

	"github.com/dnispool/dnispool/conformance/plan"
	"github.com/dnispool/dnispool/conformance/traffic"
	"github.com/dnispool/dnispool/sim/pool"
)

// Length is how much of a plan is simulated: a time, or a number of callers.
type Length struct {
	Time    time.Duration
	Callers uint64
}

// timeout is from a lost reply to the next try, backoff from a refusal to the next one. A client that is refused comes back
// when the pool has changed; one that came at once would only be refused again.
var (
	timeout = traffic.Constant(2 * time.Second)
	backoff = traffic.Exponential(time.Minute)
)

// warmUp is how many mean holding times pass before anything is counted. Talk has a long tail: after ten of them nearly one
// in a hundred of the calls that will be up on the average is still to come, which a large pool shows.
const warmUp = 20

// Plan simulates both cases of a plan with the numbers that are likely, and the numbers that the inputs name. The error is
// that of the context.
func Plan(ctx context.Context, p plan.Plan, length Length, seed uint64) ([]plan.Simulated, error) {
	var out []plan.Simulated
	type what struct {
		release plan.Release
		numbers int
	}
	done := map[what]bool{}
	for _, rule := range p.Rules {
		for _, loss := range rule.Loses {
			own := rule.Name == plan.ThisPlan && rule.Release == loss.Release
			w := what{loss.Release, rule.Numbers}
			if !own && rule.Name != plan.Yours || done[w] {
				continue
			}
			done[w] = true
			c := of(p, loss.Release, rule.Numbers-p.Spare)
			c.Length, c.Calls, c.Seed = length.Time, length.Callers, seed
			s, err := simulate(ctx, c)
			if err != nil {
				return out, err
			}
			s.Release, s.Numbers, s.Formula = loss.Release, rule.Numbers, loss.Refused
			out = append(out, s)
		}
	}
	return out, nil
}

// Projects simulates the projects of a plan in one run for each rule of release, each project with the numbers that are likely, and
// puts what became of them into the plan. The error is that of the context.
func Projects(ctx context.Context, p plan.Plan, length Length, seed uint64) error {
	for i, k := range p.Cases {
		c := of(p, k.Release, 1)
		c.Length, c.Calls, c.Seed = length.Time, length.Callers, seed
		var shares []Share
		for _, one := range p.Projects {
			shares = append(shares, Share{Of: one.Share, Numbers: max(one.Cases[i].Likely-one.Spare, 1)})
		}
		all, err := Several(ctx, c, shares)
		if err != nil {
			return err
		}
		for j, r := range all {
			s := simulated(c.Seed, r)
			p.Projects[j].Cases[i].Simulated = &plan.ProjectRun{
				Seed: s.Seed, Seconds: s.Seconds, Callers: s.Callers, Refused: s.Refused, HalfWidth: s.HalfWidth, Held: s.Held, Wrong: s.Wrong, Foreign: r.Foreign,
			}
		}
	}
	return nil
}

// of is the plan, everything as likely, as a simulation of one rule of release.
func of(p plan.Plan, release plan.Release, numbers int) Config {
	in := p.Inputs
	settings := pool.Default()
	settings.Numbers, settings.Release = pool.Count(max(numbers, 1)), pool.Release(release)
	settings.Window, settings.CoolDown = seconds(in.Window.Likely), seconds(in.CoolDown.Likely)
	hold := 0.0
	for _, c := range p.Cases {
		hold = max(hold, c.Hold)
	}
	return Config{
		Pool:     settings,
		Arrivals: traffic.Arrivals{Rates: traffic.Steady(in.Rate * traffic.Rate(1+in.Growth)), Batch: in.Batch},
		Think:    in.Think.Scaled(in.SetUp.Likely), PostDial: in.PostDial.Scaled(in.SetUp.Likely), Ring: in.Ring, Talk: in.Talk.Scaled(in.Talks.Likely),
		Abandoned: in.Abandoned.Likely, Lost: in.Lost, Retries: in.Retries, Timeout: timeout, Again: in.Again, Backoff: backoff,
		Strays: in.Strays / (24 * 3600), WarmUp: seconds(warmUp*hold + in.Window.Likely),
	}
}

// simulate runs it with the plan's callers, and with a metronome.
func simulate(ctx context.Context, c Config) (plan.Simulated, error) {
	r, err := Run(ctx, c)
	if err != nil {
		return plan.Simulated{}, err
	}
	c.Arrivals.Pattern, c.Arrivals.Batch = traffic.Metronome, 1
	even, err := Run(ctx, c)
	s := simulated(c.Seed, r)
	s.Even = even.Blocking.Share
	return s, err
}

// simulated says a result in the words of a plan.
func simulated(seed uint64, r Result) plan.Simulated {
	reserved := float64(max(r.Reserved, 1))
	s := plan.Simulated{
		Seed: seed, Seconds: r.Virtual.Seconds(), Callers: r.Callers, Refused: r.Blocking.Share, Held: r.Held,
		Late: float64(r.Late) / reserved, Wrong: float64(r.Wrong) / reserved, Stray: float64(r.StrayHits) / reserved, MostAtOnce: mostAtOnce(r.Busy),
	}
	if width := r.Blocking.HalfWidth; !math.IsInf(width, 1) {
		s.HalfWidth = &width
		if r.Refused > 0 {
			s.Enough = uint64(float64(r.Callers) * math.Pow(r.Blocking.Relative()/0.1, 2))
		}
	}
	return s
}

// mostAtOnce is how many calls on a number 999 of a thousand calls find there at most, themselves among them.
func mostAtOnce(busy []uint64) int {
	var all, sum uint64
	for _, n := range busy {
		all += n
	}
	for up, n := range busy {
		if sum += n; 1000*sum >= 999*all {
			return max(up, 1)
		}
	}
	return 1
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
