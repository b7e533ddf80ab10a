package load

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/load/measure"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/traffic"
)

// plan is what can be said before the run of a project to which a share of the callers comes. A share of a Poisson process is
// one as well, and of a batch it is a smaller batch.
func (r *run) plan(share float64, facts reading.Facts) measure.Plan {
	p := measure.Plan{Stages: r.stages(), Rules: rules(facts)}
	closed := r.profile.Closed
	hold := r.hold(p.Rules)
	switch {
	case closed.Callers > 0:
		p.Formula, p.Sources, p.Idle = measure.Engset, closed.Callers, closed.Idle.Mean()
	case r.profile.Arrivals.Batch > 1:
		p.Formula = measure.Hayward
		p.Peakedness = traffic.Peakedness(1+share*float64(r.profile.Arrivals.Batch-1), hold.Mean().Seconds(), func(t float64) float64 {
			return hold.Exceeds(time.Duration(t * float64(time.Second)))
		})
	case r.profile.Arrivals.Pattern != traffic.Metronome:
		p.Formula = measure.ErlangB
	}
	peak, _ := r.profile.Arrivals.Rates.Peak()
	p.Erlangs = share * float64(peak) * hold.Mean().Seconds()
	return p
}

// stages are the warm-up and the steps of the arrivals.
func (r *run) stages() (out []measure.Stage) {
	var at time.Duration
	length := r.profile.Length()
	if n := r.profile.Closed.Callers; n > 0 {
		return r.closedStages(n, length)
	}
	for i, s := range r.profile.rates() {
		stage := measure.Stage{Name: fmt.Sprintf("%v", s.From), From: at, To: at + s.For, Steady: s.From == s.To, Warm: i == 0 && r.profile.WarmUp > 0}
		switch {
		case stage.Warm:
			stage.Name = "warm-up"
		case !stage.Steady:
			stage.Name = fmt.Sprintf("%v to %v", s.From, s.To)
		}
		if s.For == 0 {
			stage.To = time.Duration(math.MaxInt64)
		}
		if length > 0 {
			stage.To = min(stage.To, length)
		}
		stage.Steady = stage.Steady && !r.disturbed(stage)
		if out = append(out, stage); stage.To == length || s.For == 0 {
			break
		}
		at = stage.To
	}
	return out
}

// disturbed reports whether a fault comes in a stage, so that no formula applies.
func (r *run) disturbed(s measure.Stage) bool {
	return slices.ContainsFunc(r.profile.Faults, func(f Fault) bool {
		at := r.profile.WarmUp + f.At
		return at < s.To && at+f.For > s.From
	})
}

// closedStages are those of so many callers of the closed model.
func (r *run) closedStages(n int, length time.Duration) (out []measure.Stage) {
	if r.profile.WarmUp > 0 {
		out = append(out, measure.Stage{Name: "warm-up", To: r.profile.WarmUp, Warm: true, Steady: true})
	}
	if length == 0 {
		length = time.Duration(math.MaxInt64)
	}
	return append(out, measure.Stage{Name: fmt.Sprintf("closed, %d callers", n), From: r.profile.WarmUp, To: length, Steady: true})
}

// rules are what the facts say of how long numbers are held.
func rules(f reading.Facts) measure.Rules {
	r := measure.Rules{Size: f.PoolSize(), Release: f.Release, WindowMin: f.WindowMin, WindowMax: f.WindowMax, Rest: f.ShortestRest(), RestMax: f.LongestRest(), ServerMax: f.ActsWithin()}
	if f.CoolDown == nil { // it is not known, and seldom there is one: what may be held is then said without it
		r.RestMax = 0
	}
	return r
}

// hold is how long a number is held, as the profile has it; the network's own time comes on top.
func (r *run) hold(rules measure.Rules) traffic.Distribution {
	j := r.profile.Journey
	switch {
	case !r.calls:
		return traffic.Constant(rules.WindowMin + rules.Rest)
	case rules.Release == reading.OnHangup:
		return traffic.Sum(traffic.Constant(rules.Rest), j.Think, *j.Talk)
	}
	return traffic.Sum(traffic.Constant(rules.Rest), j.Think)
}
