package load

import (
	"fmt"
	"math"
	"time"

	"github.com/dnispool/dnispool/conformance/load/measure"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/traffic"
)

// plan is what can be said before the run.
func (r *run) plan() measure.Plan {
	facts := r.Stage.Facts(r.project.Name)
	p := measure.Plan{Stages: r.stages(), Rules: rules(facts)}
	if r.profile.Arrivals.Pattern != traffic.Metronome {
		p.Peakedness = float64(max(r.profile.Arrivals.Batch, 1)+1) / 2
	}
	peak, _ := r.profile.Arrivals.Rates.Peak()
	p.Erlangs = float64(peak) * r.hold(p.Rules).Seconds()
	return p
}

// stages are the warm-up and the steps of the arrivals.
func (r *run) stages() (out []measure.Stage) {
	var at time.Duration
	length := r.profile.Length()
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
		if out = append(out, stage); stage.To == length || s.For == 0 {
			break
		}
		at = stage.To
	}
	return out
}

// rules are what the facts say of how long numbers are held.
func rules(f reading.Facts) measure.Rules {
	r := measure.Rules{Size: f.PoolSize(), Release: f.Release, WindowMin: f.WindowMin, WindowMax: f.WindowMax, Rest: f.ShortestRest(), RestMax: f.LongestRest(), ServerMax: f.ActsWithin()}
	if f.CoolDown == nil { // it is not known, and seldom there is one: what may be held is then said without it
		r.RestMax = 0
	}
	return r
}

// hold is how long a number is held in the mean, as the profile has it; the network's own time comes on top.
func (r *run) hold(rules measure.Rules) time.Duration {
	j := r.profile.Journey
	switch {
	case !r.calls:
		return rules.WindowMin
	case rules.Release == reading.OnHangup:
		return j.Think.Mean() + j.Talk.Mean() + rules.Rest
	}
	return j.Think.Mean() + rules.Rest
}
