package load

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/judge"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/traffic"
)

// Test is a whole load test: the calibration, the run, and its judgement.
type Test struct {
	Plan
	Name    string // of the profile
	Target  string
	File    string // of the history; "": nothing is recorded, and nothing judged
	Started func(Calibration)
	Judging func(operations int) // is told that the run is over and the checks begin

	lookEvery time.Duration // the least from one look of the checks to the next; 0: a second
}

// fastest is more callers a second than the generator begins: of more it would be busy with those that it drops.
const fastest = traffic.Rate(1_000_000)

// Run calibrates, offers the load, and judges what was recorded. The error says that there is no report.
func (t Test) Run(ctx context.Context) (r Report, err error) {
	facts, err := t.Profile.Journey.Project.Facts(t.Stage)
	if err != nil {
		return r, err
	}
	r = Report{Profile: t.Name, Summary: t.Profile.Summary, Arrivals: t.Profile.describe(), Target: t.Target, Seed: t.Seed, Size: Size(facts), Window: shortestWindow(facts), History: t.File}
	if peak, _ := t.Profile.Arrivals.Rates.Peak(); peak > fastest {
		return r, fmt.Errorf("arrivals: want at most %.0f callers a second, got %v", float64(fastest), peak)
	}
	if r.Calibration, err = Calibrate(ctx, t.Profile); err != nil {
		return r, err
	}
	if t.Started != nil {
		t.Started(r.Calibration)
	}
	if t.File == "" {
		r.NotJudged = "nothing was recorded"
		r.Outcome, err = Run(ctx, t.Plan)
		return r, err
	}
	if err := t.recorded(ctx, &r, facts); err != nil {
		return r, err
	}
	if err := t.judge(&r, facts); err != nil {
		return r, err
	}
	r.settle(t.Profile.Thresholds)
	return r, nil
}

// shortestWindow is that of all pools; 0: it is not known of each.
func shortestWindow(facts map[string]reading.Facts) time.Duration {
	shortest := time.Duration(math.MaxInt64)
	for _, f := range facts {
		shortest = min(shortest, f.WindowMin)
	}
	return shortest
}

// recorded runs the plan and writes its history to the file.
func (t Test) recorded(ctx context.Context, r *Report, facts map[string]reading.Facts) (err error) {
	if err := os.MkdirAll(filepath.Dir(t.File), 0o777); err != nil {
		return err
	}
	f, err := os.Create(t.File)
	if err != nil {
		return err
	}
	looking, over := context.WithCancel(context.Background()) // it looks until the last caller is done
	w := newWatch(t.File, t.Prefix, facts, t.Profile.Journey)
	w.every = cmp.Or(t.lookEvery, watchEvery)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		w.run(looking)
	}()
	defer func() {
		over()
		<-watched
		r.Watched = new(w.soFar())
	}()
	t.Plan.Record, t.Plan.watched = f, w.soFar
	t.Plan.Header.Source = fmt.Sprintf("load %s, seed %d", t.Name, t.Seed)
	if t.Plan.Header.Facts, err = json.Marshal(facts); err != nil {
		return errors.Join(err, f.Close())
	}
	r.Outcome, err = Run(ctx, t.Plan)
	return errors.Join(err, f.Close())
}

// judge holds what was recorded against all checks: whole, or in parts where it is long. A run that was interrupted is judged
// all the same.
func (t Test) judge(r *Report, facts map[string]reading.Facts) error {
	if t.Judging != nil {
		t.Judging(r.Recorded)
	}
	if r.Recorded > mostOperations {
		h, err := (&parts{file: t.File, prefix: t.Prefix, facts: facts, most: mostOperations}).judge(context.Background())
		if err != nil {
			r.NotJudged = err.Error()
			return nil
		}
		r.Judged = &h
		return nil
	}
	return judge.Each(context.Background(), judge.Plan{Files: []string{t.File}, Checks: check.Default(), Budget: check.Budget}, func(h finding.HistoryReport) error {
		r.Judged = &h
		return nil
	})
}

// describe says what is offered in words.
func (p *Profile) describe() string {
	a := p.Arrivals
	if n := p.Closed.Callers; n > 0 {
		return fmt.Sprintf("closed model: %d callers, each again after %v of idleness, for %v", n, p.Closed.Idle, p.For)
	}
	text := string(a.Pattern)
	if text == "" {
		text = "poisson"
	}
	if a.Batch > 1 {
		text += fmt.Sprintf(", %d at a time", a.Batch)
	}
	for i, s := range a.Rates {
		switch {
		case i > 3:
			return text + fmt.Sprintf(" and %d more stages", len(a.Rates)-i)
		case s.From == s.To:
			text += fmt.Sprintf(", %v", s.From)
		default:
			text += fmt.Sprintf(", %v to %v", s.From, s.To)
		}
		if s.For > 0 {
			text += fmt.Sprintf(" for %v", s.For)
		}
	}
	if length := p.Length(); length > 0 && p.Arrivals.Rates.Length() == 0 {
		text += fmt.Sprintf(" for %v", length-p.WarmUp)
	}
	if p.WarmUp > 0 {
		text += fmt.Sprintf(" after %v of warm-up", p.WarmUp)
	}
	if of := p.Journey.Project.String(); of != "" {
		text += ", " + of
	}
	return text
}

// Cost is what a run takes of a platform, about: in the mean, at the highest rate.
type Cost struct {
	Callers  float64       // all; 0: until it is stopped
	Requests float64       // a second
	Held     float64       // numbers at one time
	Calls    float64       // at one time
	Call     time.Duration // the longest, 99 of 100
	CallTime time.Duration // all calls together
}

// Cost is what the profile takes of a platform of which these facts are known.
func (p Profile) Cost(facts reading.Facts) Cost {
	peak, _ := p.Arrivals.Rates.Peak()
	r := run{Plan: Plan{Profile: p}, profile: &p, calls: p.Calls}
	c := Cost{Requests: float64(peak), Callers: p.rates().Calls(p.Length()), Held: float64(peak) * max(facts.WindowMax, facts.WindowMin).Seconds()}
	if !p.Calls {
		return c
	}
	talk := p.Journey.Talk
	c.Requests *= requests
	c.Held = float64(peak) * r.hold(rules(facts)).Mean().Seconds()
	c.Calls = float64(peak) * talk.Mean().Seconds()
	c.Call = talk.Quantile(0.99)
	c.CallTime = time.Duration(min(c.Callers*float64(talk.Mean()), math.MaxInt64/2))
	return c
}

// requests is how many a caller sends, about: a reservation, and two questions for the handoff.
const requests = 3

// String says the cost in a sentence.
func (c Cost) String() string {
	callers := "callers until it is stopped"
	if c.Callers > 0 {
		callers = fmt.Sprintf("about %.0f callers", c.Callers)
	}
	text := fmt.Sprintf("%s, %.3g requests a second and %.3g numbers held at one time", callers, c.Requests, c.Held)
	if c.Calls == 0 {
		return text + "; no calls"
	}
	return text + fmt.Sprintf(", %.3g calls up at one time and %.0f minutes of calls together", c.Calls, c.CallTime.Minutes())
}
