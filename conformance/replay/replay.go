// Package replay plays one scenario on one target: it walks the steps, keeps every exchange, call and operation, holds
// the results against the expectations and the contract, and judges the history at the end. What it returns is a
// verdict.Result; it prints nothing and decides nothing about a whole run.
package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/dnispool/dnispool/conformance/contract"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets"
)

// Options is what holds for every scenario of a run.
type Options struct {
	Seed    uint64                 // of the run; a scenario's own seed follows from it and its id
	Strict  bool                   // a breach of the strict contract fails the scenario
	Again   func(id string) string // the command that plays a scenario again
	Checker *contract.Checker      // holds every exchange against the contract
	// Out is the directory for what is left of a scenario: its history, and a picture of what no order explains. It is
	// on disk before anything is judged, and removed when the scenario has passed, unless KeepAll says otherwise. Empty:
	// nothing is written.
	Out     string
	KeepAll bool
	// Redact hides secrets in what is written below Out; nil hides none.
	Redact func(string) string
	// Full hears that the disk below Out is full, which ends every scenario after this one as well. This one counts as
	// interrupted. nil: it is an error of each scenario.
	Full func(error)
}

// Seed returns the seed of one scenario of a run: filtering a run does not change a scenario's draws.
func Seed(run uint64, id string) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s", run, id)
	return h.Sum64()
}

// player plays one scenario.
type player struct {
	scenario *scenario.Scenario
	stage    targets.Stage
	options  Options
	seed     uint64
	limit    time.Duration // real time that the scenario may take
	recorder *recorder
	history  *history.Recorder
	files    files
	base     time.Time // the target's time at the start; the history counts from it

	mu       sync.Mutex
	calls    []*placed
	warnings []string
}

// play is Play without a watch.
func play(ctx context.Context, s *scenario.Scenario, t targets.Target, o Options) (r finding.Result) {
	started := time.Now()
	defer func() {
		if p := recover(); p != nil { // a defect of ours must not cost the other scenarios
			r.Status, r.Reason, r.Duration = finding.Error, fmt.Sprintf("the harness failed: %v", p), time.Since(started)
		}
	}()
	r = about(s, o, started)
	if status, reason := t.Refuses(s); status != "" {
		r.Status, r.Reason = status, reason
		if a, ok := t.(targets.Asker); ok {
			r.Ask = a.Ask(s)
		}
		return r
	}
	limit := t.Timeout(s)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	stage, err := t.Open(ctx, targets.World{File: s.File, Given: s.Given, Seed: r.Seed})
	if err != nil {
		r.Status, r.Reason, r.Duration = finding.Error, err.Error(), time.Since(started)
		if errors.Is(ctx.Err(), context.Canceled) {
			r.Reason = finding.Interrupted
		}
		return r
	}
	p := &player{scenario: s, stage: stage, options: o, limit: limit, seed: r.Seed, recorder: &recorder{stage: stage, checker: o.Checker}, base: stage.Now()}
	unwritten := p.open()
	if unwritten != nil {
		r.Status, r.Reason = finding.Error, unwritten.Error()
	} else {
		p.play(ctx, &r)
		unwritten = p.history.Flush()
	}
	if u, ok := stage.(targets.Untimed); ok && unwritten == nil && !r.Stopped() {
		undecide(&r, u.Untimed())
	}
	p.endCalls()
	if err := stage.Close(); err != nil {
		r.Warnings = append(r.Warnings, "the world did not close cleanly: "+err.Error())
	}
	for _, x := range p.recorder.all() {
		r.Exchanges = append(r.Exchanges, x.Exchange)
	}
	r.Warnings = append(r.Warnings, p.warnings...)
	for _, w := range s.Warnings {
		r.Warnings = append(r.Warnings, w.Error())
	}
	if r.Stopped() { // what it found is judged by nobody, but what it leaves behind is there
		r.Warnings = nil
	}
	if t, ok := stage.(targets.Troubled); ok {
		r.Warnings = append(r.Warnings, t.Troubles()...)
	}
	r.Ladder = stage.Ladder()
	p.tidy(&r)
	r.Duration = time.Since(started)
	if r.Status == finding.Error && o.Full != nil && errors.Is(unwritten, syscall.ENOSPC) {
		r.Reason, r.Failures, r.Warnings = finding.Interrupted, nil, nil
		o.Full(unwritten)
	}
	return r
}

// play walks the steps up to the first that fails, then judges the history.
func (p *player) play(ctx context.Context, r *finding.Result) {
	scope, f := p.scenario.Scope(p.seed), p.stage.Facts("")
	scope.SetPool(f.PoolSize(), theWindow(f, p.stage.Patience()))
	projects := make(map[string]map[string]string)
	for _, name := range p.stage.Projects() {
		t, _ := p.stage.Project(name)
		projects[name] = map[string]string{"account": t.Account, "project": t.Project, "dni_key": t.DNIKey, "handoff_key": t.HandoffKey}
	}
	scope.SetProjects(projects)
	cl := p.newClient("", scope)
	for i := range p.scenario.Steps {
		st := &p.scenario.Steps[i]
		r.Steps++
		before := cl.before
		failures, err := cl.take(ctx, st)
		_ = p.history.Flush() // what a killed run has seen can still be read; judge returns the error
		if err != nil || len(failures) > 0 {
			p.conclude(ctx, r, cl.at(st, st.Pos, finding.Failure{}), failures, err)
			p.complete(r.Failures, before)
			p.suspect(ctx, r.Failures)
			return
		}
	}
	said, err := p.judge(ctx)
	r.Notes = append(r.Notes, said.notes...)
	switch {
	case err != nil || len(said.failures) > 0:
		place := p.scenario.Start()
		if len(p.scenario.Checks) > 0 {
			place = p.scenario.Checks[0].Pos
		}
		p.conclude(ctx, r, p.at(place.Line, place, finding.Failure{}), said.failures, err)
		p.complete(r.Failures, cl.before)
	case len(said.doubts) > 0: // a check that should have decided is not green
		r.Status, r.Reason = finding.Inconclusive, strings.Join(said.doubts, "; ")
	default:
		r.Status = finding.Passed
	}
}

// conclude gives the result of a scenario that stopped before its end, because of the failures found or of err. place
// is a failure that says where, and nothing else.
func (p *player) conclude(ctx context.Context, r *finding.Result, place finding.Failure, failures []finding.Failure, err error) {
	r.Failures = failures
	what := cmp.Or(place.Step, "check")
	switch {
	case err == nil:
		r.Status = finding.Failed
	case errors.Is(ctx.Err(), context.Canceled):
		r.Status, r.Reason = finding.Error, finding.Interrupted
	case proofless(err):
		r.Status, r.Reason = finding.Inconclusive, fmt.Sprintf("%s: %v", what, err)
	case errors.Is(err, context.DeadlineExceeded):
		place.Kind, place.Want, place.Got = finding.KindTimeout, "the scenario to end within "+p.limit.String(), err.Error()
		r.Status, r.Failures = finding.Failed, append(r.Failures, place)
	default:
		place.Kind, place.Got = finding.KindError, err.Error()
		r.Status, r.Reason, r.Failures = finding.Error, fmt.Sprintf("%s: %v", what, err), append(r.Failures, place)
	}
}

// undecide takes the verdict back of what could not be timed; what was found stays as a note. Without a reason nothing happens.
func undecide(r *finding.Result, why string) {
	if why == "" {
		return
	}
	for _, f := range r.Failures {
		r.Notes = append(r.Notes, "seen all the same: "+strings.TrimSpace(f.Step+" "+f.Headline()))
	}
	r.Status, r.Reason, r.Failures = finding.Inconclusive, why+"; times from before and after it cannot be compared", nil
}

// inconclusive marks what proves nothing: a reply that never came says neither yes nor no.
type inconclusive struct{ error }

func proofless(err error) bool {
	_, ok := errors.AsType[inconclusive](err)
	return ok
}

// since is the target's time on the history's scale.
func (p *player) since(t time.Time) time.Duration { return t.Sub(p.base) }

func (p *player) now() time.Duration { return p.since(p.stage.Now()) }

// endCalls hangs up what is still up, so that no call outlives its scenario.
func (p *player) endCalls() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for _, c := range p.placed() {
		if c.Answered() && !c.over() {
			_, _ = c.Hangup(ctx) // the world is about to be closed, which ends it in any case
		}
	}
}

func (p *player) placed() []*placed {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

func (p *player) warn(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w := fmt.Sprintf(format, args...); !slices.Contains(p.warnings, w) {
		p.warnings = append(p.warnings, w)
	}
}

// client is one client's walk through steps: the scenario's own, or one of those that concurrently starts.
type client struct {
	*player
	name   string // "" for the scenario's own
	number int    // of a concurrently, from 1; 0: the scenario's own
	parent *client
	scope  *scenario.Scope
	calls  map[string]*placed
	leases map[string]reservation // by step name
	before []finding.Step
	drawn  int      // callers of journeys
	misled []string // of each answer that was not the platform's, the scenario's own fault that made, cut or lost it
}

// reservation is what a client remembers of a number it was given.
type reservation struct{ project, number, nonce, sharedID string }

func (p *player) newClient(name string, scope *scenario.Scope) *client {
	return &client{player: p, name: name, scope: scope, calls: make(map[string]*placed), leases: make(map[string]reservation)}
}

func (cl *client) call(name string) (*placed, bool) {
	for ; cl != nil; cl = cl.parent {
		if c, ok := cl.calls[name]; ok {
			return c, true
		}
	}
	return nil, false
}

func (cl *client) lease(name string) (reservation, bool) {
	for ; cl != nil; cl = cl.parent {
		if r, ok := cl.leases[name]; ok {
			return r, true
		}
	}
	return reservation{}, false
}
