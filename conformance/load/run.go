// Package load offers a platform the traffic of many callers who do not wait for each other, and says what came of it. Callers
// come when they are due, however slow the platform is, and what they wait for is counted from that moment: so a platform that
// stalls shows. Each caller is a journey of the fake integrator. Everything is recorded as a history, which the checks judge.
package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/load/measure"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/sim/clock"
)

// Stage is a platform that load can be offered to. A targets.Stage is one, unless its time is virtual.
type Stage interface {
	Do(*http.Request) (*http.Response, error)
	BaseURL() string
	Project(name string) (targets.Project, bool)
	Facts(project string) reading.Facts
	Dial(ctx context.Context, d targets.Dial) (targets.Call, error)
}

// Plan is one run.
type Plan struct {
	Profile Profile
	Stage   Stage
	Seed    uint64
	Prefix  string    // of shared ids and nonces; one that no other run on the platform has
	NoCalls bool      // reserve alone, whatever the profile says
	Record  io.Writer // the history; nil: nothing is recorded
	Header  history.Header
	// See is shown what happened each second; nil: nobody looks.
	See func(Sample)

	watched func() SoFar                                     // what the checks have found in what was recorded; nil: they do not look
	pause   func(ctx context.Context, d time.Duration) error // tests starve the generator by it; nil: the machine's clock
}

// Sample is what happened in a second, and how the run stands.
type Sample struct {
	measure.Slice
	Of     time.Duration // how long the run is; 0: until it is stopped
	Result measure.Result
	SoFar  *SoFar // what the checks have found; nil: nothing is recorded for them
}

// Outcome is a run that is over.
type Outcome struct {
	Started     time.Time      `json:"started"`
	Took        time.Duration  `json:"took_ns"`
	Calls       bool           `json:"calls"`    // numbers were called
	Recorded    int            `json:"recorded"` // operations; 0: nothing was
	Interrupted bool           `json:"interrupted,omitempty"`
	Aborted     string         `json:"aborted,omitempty"` // the threshold that ended the run
	CutOff      int            `json:"cut_off,omitempty"` // callers who were not done when the grace was over
	Measured    measure.Result `json:"measured"`
	Thresholds  []Verdict      `json:"thresholds,omitempty"`
}

// run is one under way.
type run struct {
	Plan
	profile  *Profile
	calls    bool
	projects []*project
	base     time.Time
	measure  *measure.Runs
	record   *record

	callers  atomic.Int64 // drawn
	inFlight atomic.Int64
	journeys sync.WaitGroup
	watchers sync.WaitGroup
	closed   chan struct{}   // when all callers are done
	idle     *sync.WaitGroup // the callers of the closed model; nil: there are none
}

func (r *run) now() time.Duration { return time.Since(r.base) }

// Run offers the load. ctx ends the arrivals; callers who have begun are then given the profile's grace. The error says that
// nothing can be offered, or that the history cannot be written.
func Run(ctx context.Context, p Plan) (Outcome, error) {
	r, err := p.begin()
	if err != nil {
		return Outcome{}, err
	}
	callers, cutOff := context.WithCancel(context.Background()) // a run that is interrupted lets them end
	defer cutOff()
	arrivals, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var looking sync.WaitGroup
	ended := make(chan struct{})
	looking.Go(func() { r.look(ended, stop) })
	var wrong error
	if stage, can := p.Stage.(faulty); can && len(p.Profile.Faults) > 0 {
		looking.Go(func() { wrong = r.faults(arrivals, stage) })
	}
	r.offer(arrivals, callers)
	until := r.now()
	r.measure.End(until)
	stop(nil)
	left := r.drain(cutOff)
	close(ended)
	looking.Wait()
	close(r.closed)
	r.watchers.Wait()
	out := r.outcome(until)
	out.Interrupted, out.CutOff = ctx.Err() != nil, left
	if why, aborted := errors.AsType[aborted](context.Cause(arrivals)); aborted {
		out.Aborted = why.threshold
	}
	if err := r.record.flush(); err != nil {
		wrong = errors.Join(wrong, fmt.Errorf("history: %w", err))
	}
	return out, wrong
}

func (p Plan) begin() (*run, error) {
	r := &run{Plan: p, profile: &p.Profile, calls: p.Profile.Calls && !p.NoCalls, closed: make(chan struct{})}
	if _, can := p.Stage.(faulty); len(p.Profile.Faults) > 0 && !can {
		return nil, errors.New("faults: want a target that can be made to misbehave, got one that cannot")
	}
	err := r.open()
	if err != nil {
		return nil, err
	}
	if r.pause == nil {
		r.pause = clock.Real().Sleep
	}
	r.base = time.Now()
	if p.Record != nil {
		p.Header.Base = r.base
		if r.record, err = newRecord(p.Record, p.Header); err != nil {
			return nil, fmt.Errorf("history: %w", err)
		}
	}
	return r, nil
}

// aborted is why a run ends before its time.
type aborted struct{ threshold string }

func (a aborted) Error() string { return a.threshold }

// settled is how many callers a threshold that ends a run must have seen.
const settled = 100

// look takes a sample each second, and ends the arrivals when a threshold that may is broken.
func (r *run) look(ended <-chan struct{}, stop context.CancelCauseFunc) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			r.sample()
			return
		case <-tick.C:
		}
		s := r.sample()
		for _, t := range r.profile.Thresholds {
			if t.Abort && (s.Result.Whole.Begun >= settled || t.Metric == measure.Violations) && t.broken(s.Result) {
				stop(aborted{t.text})
			}
		}
	}
}

func (r *run) sample() Sample {
	_ = r.record.flush() // Run returns the error
	now := r.now()
	s := Sample{Slice: r.measure.Tick(now), Of: r.profile.Length(), Result: r.measure.Result(now)}
	if r.watched != nil {
		s.SoFar = new(r.watched())
		s.Result.Violations = new(s.SoFar.Violations)
	}
	if r.See != nil {
		r.See(s)
	}
	return s
}

func (r *run) outcome(until time.Duration) Outcome {
	out := Outcome{Started: r.base, Took: r.now(), Calls: r.calls, Recorded: r.record.operations(), Measured: r.measure.Final(until)}
	for _, t := range r.profile.Thresholds {
		if !r.calls && t.aboutCalls() {
			out.Thresholds = append(out.Thresholds, Verdict{Threshold: t.text, Status: NotApplied, Says: "no calls were placed"})
			continue
		}
		out.Thresholds = append(out.Thresholds, t.decideAll(out.Measured)...)
	}
	return out
}
