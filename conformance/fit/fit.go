// Package fit decides which scenarios a deployment can be played, before anything is sent to it, and what that takes.
//
// What a scenario asks for in words (its given, its verbs) is held against what the target file says. What it supposes
// without a word is found by rehearsal: it is played on the reference, which is made like the deployment by its facts. A
// scenario that fails there would fail on a correct platform with these facts, and says nothing about this one; a scenario
// that fails as soon as an unknown fact is otherwise needs that fact to be known. The rehearsal, in virtual time, also counts
// requests, numbers, calls and waits.
package fit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dnispool/dnispool/conformance/contract"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/inorder"
	"github.com/dnispool/dnispool/conformance/replay"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets/deployment"
	"github.com/dnispool/dnispool/conformance/targets/targetfile"
)

// Options is what the fitting needs besides the target file.
type Options struct {
	Load   scenario.Options // by which the scenarios were read
	Seed   uint64
	Prefix string // before each shared_id and nonce: of this run alone
	// IDs are those of all scenarios that may be waived, played or not.
	IDs []string
}

// Fitted are the scenarios of a run as they are played on a deployment.
type Fitted struct {
	file      targetfile.File
	Scenarios []*scenario.Scenario // those that were given, in their order, with shared_ids and nonces of this run
	fits      map[string]deployment.Fit
	left      map[string]int // numbers that nobody calls, by file
}

// Of returns the fitted scenarios. The error is the context's, or names waivers for what does not exist.
func Of(ctx context.Context, f targetfile.File, all []*scenario.Scenario, o Options) (*Fitted, error) {
	var unknown []error
	for _, w := range f.Waivers {
		unknown = append(unknown, w.Unknown(o.IDs))
	}
	if err := errors.Join(unknown...); err != nil {
		return nil, err
	}
	checker, err := contract.New()
	if err != nil {
		return nil, err
	}
	r := rehearsal{file: f, options: o, play: replay.Options{Seed: o.Seed, Checker: checker}}
	out := &Fitted{file: f, fits: make(map[string]deployment.Fit), left: make(map[string]int)}
	for d := range inorder.Map(ctx, 0, slices.Values(all), func(s *scenario.Scenario) decided { return r.decide(ctx, s) }) {
		out.Scenarios = append(out.Scenarios, d.scenario)
		d.fit.Ask = asks(d.fit.Lacks)
		out.fits[d.scenario.File], out.left[d.scenario.File] = d.fit, d.left
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

// Fit is that of the scenario in a file.
func (f *Fitted) Fit(file string) deployment.Fit { return f.fits[file] }

// decided is what was found of one scenario.
type decided struct {
	scenario *scenario.Scenario
	fit      deployment.Fit
	left     int
}

// rehearsal finds out what fits one deployment.
type rehearsal struct {
	file    targetfile.File
	options Options
	play    replay.Options
	late    func() // delays each request, as a busy machine does; nil outside of tests
}

func unsupported(format string, args ...any) deployment.Fit {
	return deployment.Fit{Status: finding.Unsupported, Reason: fmt.Sprintf(format, args...)}
}

func notApplicable(format string, args ...any) deployment.Fit {
	return deployment.Fit{Status: finding.NotApplicable, Reason: fmt.Sprintf(format, args...)}
}

func (r *rehearsal) decide(ctx context.Context, s *scenario.Scenario) decided {
	d := decided{scenario: s}
	for _, w := range r.file.Waivers {
		if w.Covers(s.ID) {
			d.fit = deployment.Fit{Status: finding.Waived, Reason: w.Says()}
			return d
		}
	}
	if d.fit = r.asked(s); d.fit.Status != "" {
		return d
	}
	unique, complete, problems := s.Unique(r.options.Prefix, r.options.Load)
	if len(problems) > 0 || !complete {
		d.fit = unsupported("needs shared_ids that can be made unlike those of earlier runs; one of its own is no text")
		return d
	}
	plays, failed := r.plays(ctx, unique)
	switch {
	case failed.endless():
		d.fit = unsupported("could not be rehearsed to its end within %s, so nobody knows what it takes", s.Timeout+atMost)
		return d
	case len(plays) == 0:
		d.fit = r.why(ctx, s, unique, failed)
		return d
	}
	if did := plays[0].did; r.file.Facts.IgnoresTalk && did.talks && did.calls > 0 {
		d.fit = unsupported("needs an agent that stays on the line as the attribute want_talk says; by the fact ignores_talk this one cannot")
		return d
	}
	if missing := r.needed(ctx, unique, plays); len(missing) > 0 {
		d.fit = unsupported("needs to know %s: state %s", inWords(names(missing)), strings.Join(keys(missing), ", "))
		d.fit.Lacks = keys(missing)
		return d
	}
	used, left := most(plays)
	d.scenario, d.left = unique, left
	d.fit = r.affordable(s, used)
	d.fit.Alone = needsWholePool(s)
	return d
}

// why says why a scenario does not hold on the reference that was made like the deployment: what has to be otherwise for it to hold.
func (r *rehearsal) why(ctx context.Context, s, unique *scenario.Scenario, base rehearsed) deployment.Fit {
	for _, w := range []struct {
		play *scenario.Scenario
		like likeness
		fit  deployment.Fit
	}{
		{unique, all &^ slowly, unsupported("needs time to the millisecond, and a request to a deployment takes longer")},
		{unique, all &^ foreignIDs, unsupported("asks by the id of a call of which it does not know the shared_id; only the platform knows that id")},
		{unique, all &^ ownNames, unsupported("writes an account, a project or a key of the reference itself; on a deployment they are others")},
		{unique, all &^ (ownNames | foreignIDs), unsupported("writes an account, a project or a key of the reference itself; on a deployment they are others")},
		{s, all, unsupported("needs shared_ids that can be made unlike those of earlier runs; its own cannot")},
		{unique, all &^ oneCaller, unsupported("needs calls from a number of its own: calls.from allows %s alone", r.file.Calls.From)},
		{s, all &^ (foreignIDs | oneCaller), unsupported("asks by the id of a call of which it does not know the shared_id; only the platform knows that id")},
	} {
		if w.play == unique && w.like == all&^oneCaller && r.file.Calls.From == "" {
			continue // no other than what has failed
		}
		if _, holds := r.holds(ctx, w.play, nil, w.like); holds {
			return w.fit
		}
	}
	return notApplicable("supposes another platform than the facts tell of: there, %s", failure(base.result))
}

// failure is what went wrong, in a line.
func failure(r finding.Result) string {
	if len(r.Failures) == 0 {
		return "no verdict: " + r.Reason
	}
	f := r.Failures[0]
	return strings.TrimSpace(f.Step + " " + f.Headline())
}

// affordable holds what a scenario takes against the limits.
func (r *rehearsal) affordable(s *scenario.Scenario, u deployment.Usage) deployment.Fit {
	l := r.file.Limits
	if u.Strays > 0 && !r.file.Facts.Exclusive { // they might take away what somebody else has reserved
		return unknown("that nobody else reserves from the pool", "exclusive")
	}
	switch n := atOnce(s.Steps, r.file.Facts.PoolSize()); {
	case float64(n) > l.Requests:
		return unsupported("sends %d requests a second: limits.requests_per_second allows %g", n, l.Requests)
	case u.Held > l.Reservations:
		return unsupported("holds %d numbers at one time: limits.reservations allows %d", u.Held, l.Reservations)
	case u.Up > l.Calls:
		return unsupported("has %d calls up at one time: limits.calls allows %d", u.Up, l.Calls)
	case u.Longest > l.Call:
		return unsupported("has a call of %s: limits.call allows %s", u.Longest, l.Call)
	case u.Waited > l.Duration:
		return unsupported("waits for %s: limits.duration allows %s", u.Waited, l.Duration)
	}
	return deployment.Fit{Usage: u}
}

// atOnce is how many requests a second the steps send at their busiest.
func atOnce(steps []scenario.Step, size int) (most int) {
	for _, st := range steps {
		c, many := st.Args.(*scenario.Concurrently)
		if !many {
			continue
		}
		n := cmp.Or(c.Clients, size)
		switch {
		case c.Start.Spread > 0:
			n = int(float64(n)/max(1, c.Start.Spread.Seconds())) + 1
		case c.Start.Every > 0:
			n = min(n, int(1/c.Start.Every.Seconds())+1)
		}
		most = max(most, n)
	}
	return most
}
