package explore

import (
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
)

// Shrunk is the smallest plan found that still breaks a check.
type Shrunk struct {
	Plan    Plan
	History History
	Finding finding.Finding
	Tries   int
	// Fits says that on the correct platform the same calls are placed, so that a scenario can be made of the plan.
	Fits bool

	drains bool // the check needs a drain
}

// maxTries bounds a shrinking: each try is a whole run.
const maxTries = 20_000

// Shrink makes a plan that breaks a check smaller as long as the same check is broken: fewer journeys, fewer things in
// each, a simpler platform, round times. right, which may be nil, is the platform as it should be: what breaks the
// check there too is not kept. Shrink stops early, with what it has, when ctx ends.
func Shrink(ctx context.Context, on, right Platform, p Plan, c check.Check) (Shrunk, bool) {
	s := &shrinker{ctx: ctx, on: on, right: right, checks: []check.Check{c}}
	if !s.try(p.clone()) {
		return Shrunk{}, false
	}
	s.pass()
	if !s.best.Fits && s.grow(p.Options.Size) {
		s.pass()
	}
	s.best.Tries = s.tries
	return s.best, true
}

type shrinker struct {
	ctx       context.Context
	on, right Platform
	checks    []check.Check // the one
	best      Shrunk
	cost      int // of the best plan
	tries     int
	kept      int // tries that became the best
}

// pass makes the best plan smaller until nothing more can be spared.
func (s *shrinker) pass() {
	for before := -1; before != s.kept; {
		before = s.kept
		s.fewer()
		s.simpler()
		s.plainer()
		s.rounder()
	}
}

// try runs a plan and keeps it when it still breaks the check, and is better than the best.
func (s *shrinker) try(p Plan) bool {
	cost := p.cost()
	return (s.kept == 0 || cost < s.cost) && s.keep(p, cost)
}

// keep runs a plan and keeps it when it still breaks the check.
func (s *shrinker) keep(p Plan, cost int) bool {
	if s.tries >= maxTries || s.ctx.Err() != nil {
		return false
	}
	s.tries++
	h, err := Run(s.on, p)
	if err != nil { // a combination of settings that nobody can have
		return false
	}
	findings := Judge(h, s.checks).Findings()
	if len(findings) == 0 {
		return false
	}
	fits, alike := s.compare(p, h)
	if alike || s.best.Fits && !fits {
		return false
	}
	s.kept++
	s.cost = cost
	s.best = Shrunk{Plan: p, History: h, Finding: findings[0], Fits: fits, drains: s.checks[0].Drains}
	return true
}

// compare runs a plan on the platform as it should be. alike says that the check is broken there too.
func (s *shrinker) compare(p Plan, h History) (fits, alike bool) {
	if s.right == nil {
		return true, false
	}
	should, err := Run(s.right, p)
	if err != nil {
		return false, true
	}
	return slices.Equal(h.callers(), should.callers()), Judge(should, s.checks).Violations() > 0
}

// callers are the journeys that came to a call, by their nonces.
func (h History) callers() (out []string) {
	for _, o := range h.Ops {
		if o.Kind == history.Call {
			out = append(out, o.Nonce)
		}
	}
	slices.Sort(out)
	return out
}

// grow makes the pool larger, up to what it was, until the plan fits.
func (s *shrinker) grow(most int) bool {
	for n := s.best.Plan.Options.Size + 1; n <= most; n++ {
		p := s.best.Plan.clone()
		p.Options.Size = n
		was := s.best
		if s.keep(p, p.cost()); s.best.Fits {
			return true
		}
		s.best, s.cost = was, was.Plan.cost()
	}
	return false
}

// change tries the best plan with one change.
func (s *shrinker) change(f func(*Plan)) bool {
	p := s.best.Plan.clone()
	f(&p)
	return s.try(p)
}

// fewer leaves out what it can.
func (s *shrinker) fewer() {
	if s.best.Plan.Drain {
		s.change(func(p *Plan) { p.Drain = false })
	}
	reduce(len(s.best.Plan.Journeys), func(from, to int) bool {
		return s.change(func(p *Plan) { p.Journeys = slices.Delete(p.Journeys, from, to) })
	})
	reduce(len(s.best.Plan.Probes), func(from, to int) bool {
		return s.change(func(p *Plan) { p.Probes = slices.Delete(p.Probes, from, to) })
	})
	reduce(len(s.best.Plan.Restarts), func(from, to int) bool {
		return s.change(func(p *Plan) { p.Restarts = slices.Delete(p.Restarts, from, to) })
	})
}

// reduce cuts ever smaller pieces out of n things; cut says whether they could be spared.
func reduce(n int, cut func(from, to int) bool) {
	for size := max(n/2, 1); n > 0; size /= 2 {
		for from := 0; from < n; {
			to := min(from+size, n)
			if cut(from, to) {
				n -= to - from
			} else {
				from = to
			}
		}
		if size <= 1 {
			return
		}
	}
}

// simplifications are what can be spared of a journey.
func simplifications() []func(*Journey) {
	return []func(*Journey){
		func(j *Journey) {
			*j = Journey{ID: j.ID, Client: j.Client, Project: j.Project, At: j.At, Shared: j.Shared, Large: j.Large}
		},
		func(j *Journey) { j.Lost, j.Cut, j.Retry = false, 0, 0 },
		func(j *Journey) { j.Retry = 0 },
		func(j *Journey) { j.Lost, j.Cut = j.Lost || j.Cut > 0, 0 },
		func(j *Journey) { j.Polls = nil },
		func(j *Journey) { j.Twice = 0 },
		func(j *Journey) { j.NoRoute = false },
		func(j *Journey) { j.HangUp = 0 },
		func(j *Journey) { j.Shared = 0 },
		func(j *Journey) { j.Large = 0 },
		func(j *Journey) { j.Format, j.Withheld = "e164", false },
		func(j *Journey) { j.Commit, j.Reply, j.Think, j.Delay = 0, 0, 0, 0 },
		func(j *Journey) { j.At, j.Commit = j.At+j.Commit, 0 },
		func(j *Journey) { j.Commit = 0 },
		func(j *Journey) { j.Think, j.Reply = j.Think+j.Reply, 0 },
		func(j *Journey) { j.Reply = 0 },
		func(j *Journey) { j.Think, j.Delay = j.Think+j.Delay, 0 },
		func(j *Journey) { j.Think, j.Delay = 0, j.Think+j.Delay },
		func(j *Journey) { j.Think = 0 },
		func(j *Journey) { j.Delay = 0 },
		func(j *Journey) { j.Project = 0 },
		func(j *Journey) { j.Client = j.ID },
	}
}

// simpler makes each journey simpler.
func (s *shrinker) simpler() {
	all := simplifications()
	for i := range s.best.Plan.Journeys {
		for _, simplify := range all {
			if changes(s.best.Plan.Journeys[i], simplify) {
				s.change(func(p *Plan) { simplify(&p.Journeys[i]) })
			}
		}
		reduce(len(s.best.Plan.Journeys[i].Polls), func(from, to int) bool {
			return s.change(func(p *Plan) { p.Journeys[i].Polls = slices.Delete(p.Journeys[i].Polls, from, to) })
		})
	}
}

// changes reports whether a simplification would do anything to j.
func changes(j Journey, simplify func(*Journey)) bool {
	after := j
	simplify(&after)
	return !reflect.DeepEqual(after, j)
}

// plainer makes the platform a more usual one.
func (s *shrinker) plainer() {
	for o := s.best.Plan.Options; o.Size > 1; o = s.best.Plan.Options {
		if !s.size(1) && !s.size(2) && !s.size(o.Size/2) && !s.size(o.Size-1) {
			break
		}
	}
	for _, f := range []func(*Options){
		func(o *Options) { o.Projects = 1 },
		func(o *Options) { o.Profile, o.Release = "published", "" },
		func(o *Options) { o.Profile, o.Release = "release-on-arrival", "" },
		func(o *Options) { o.Profile = "published" },
		func(o *Options) { o.Alike = false },
		func(o *Options) { o.Skew = 0 },
		func(o *Options) { o.CoolDown = 0 },
		func(o *Options) { o.Reaper, o.Lag = "", 0 },
		func(o *Options) { o.Selection = "" },
		func(o *Options) { o.Bindings = "" },
		func(o *Options) { o.Match = "" },
		func(o *Options) { o.Visible = 0 },
		func(o *Options) { o.Retention = 0 },
		func(o *Options) { o.Duplicates = "" },
		func(o *Options) { o.Snapshot = "" },
		func(o *Options) { o.Abandoned = "" },
		func(o *Options) { o.Unreserved = "" },
		func(o *Options) { o.Ringing, o.Answering = 0, 0 },
		func(o *Options) { o.Talk = 0 },
		func(o *Options) { o.Talk = 10 * time.Second },
	} {
		after := s.best.Plan.Options
		if f(&after); after != s.best.Plan.Options {
			s.change(func(p *Plan) { p.Options = after })
		}
	}
}

func (s *shrinker) size(n int) bool {
	return n > 0 && n < s.best.Plan.Options.Size && s.change(func(p *Plan) { p.Options.Size = n })
}

// rounder begins at the beginning, closes gaps, and makes times easy to read.
func (s *shrinker) rounder() {
	if first := s.best.Plan.first(); first > 0 {
		s.change(func(p *Plan) { p.shift(0, -first) })
	}
	for _, at := range s.best.Plan.starts() {
		s.close(at)
	}
	for i := range s.best.Plan.Journeys {
		for _, field := range []func(*Journey) *time.Duration{
			func(j *Journey) *time.Duration { return &j.Think },
			func(j *Journey) *time.Duration { return &j.Delay },
			func(j *Journey) *time.Duration { return &j.Commit },
			func(j *Journey) *time.Duration { return &j.Reply },
			func(j *Journey) *time.Duration { return &j.HangUp },
			func(j *Journey) *time.Duration { return &j.Twice },
			func(j *Journey) *time.Duration { return &j.Retry },
		} {
			s.round(func(p *Plan) *time.Duration { return field(&p.Journeys[i]) })
		}
		for k := range s.best.Plan.Journeys[i].Polls {
			s.change(func(p *Plan) { p.Journeys[i].Polls[k].Both = false })
			s.round(func(p *Plan) *time.Duration { return &p.Journeys[i].Polls[k].After })
		}
	}
	for i := range s.best.Plan.Probes {
		s.change(func(p *Plan) { p.Probes[i].Asks = false })
		s.change(func(p *Plan) { p.Probes[i].Number = 0 })
		s.round(func(p *Plan) *time.Duration { return &p.Probes[i].HangUp })
	}
}

// steps are what times are rounded to, coarse ones first.
var steps = []time.Duration{time.Minute, 10 * time.Second, time.Second, 100 * time.Millisecond, 10 * time.Millisecond, time.Millisecond}

// round makes one time a multiple of the coarsest step that will do, rounding down or up.
func (s *shrinker) round(field func(*Plan) *time.Duration) {
	for _, step := range steps {
		now := *field(&s.best.Plan)
		if now%step == 0 {
			return
		}
		for _, to := range []time.Duration{now.Truncate(step), now.Truncate(step) + step} {
			if to > 0 && to <= 2*now && s.change(func(p *Plan) { *field(p) = to }) {
				return
			}
		}
	}
}

// close brings what starts at that time, and all that starts later, as near as it can to what starts before.
func (s *shrinker) close(at time.Duration) {
	before := time.Duration(0)
	for _, t := range s.best.Plan.starts() {
		if t < at {
			before = t
		}
	}
	if at == before {
		return
	}
	if s.change(func(p *Plan) { p.shift(at, before-at) }) {
		return
	}
	for _, step := range steps {
		gap := at - before
		if gap%step == 0 {
			return
		}
		for _, to := range []time.Duration{gap.Truncate(step), gap.Truncate(step) + step} {
			if to > 0 && s.change(func(p *Plan) { p.shift(at, to-gap) }) {
				return
			}
		}
	}
}
