package explore

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/inorder"
)

// Search says what to explore.
type Search struct {
	Platform Platform
	From, To uint64        // the seeds, both included
	For      time.Duration // stops after so long; 0: when all seeds are done
	Limits   Limits
	Checks   []check.Check // those that count; nil: those that are applied when nobody names any
	Losses   []Loss        // what the judge may not know; nil: Losses()
	Workers  int           // 0: as many as there are processors
}

// Result is what became of one seed.
type Result struct {
	Plan     Plan
	History  History
	Findings []finding.Finding
	Unknown  string   // what the judge did not know when it found these; "" when it knew everything
	judged   []string // the checks that found something to look at
	Err      error    // the world could not be made
}

// Total is what became of all of them.
type Total struct {
	Seeds, Operations, Violations int
	Unjudged                      []string // the checks that no seed's history could be held against
	Duration                      time.Duration
	Stopped                       bool // before the last seed, because the time was up or the search was interrupted
}

// Conclusion is what the search comes to. named says that the checks were asked for by their names.
func (t Total) Conclusion(named bool) finding.Conclusion {
	return finding.Conclusion{NotJudged: t.Operations == 0, Violated: t.Violations > 0, Inconclusive: named && len(t.Unjudged) > 0}
}

// String is the total in one line.
func (t Total) String() string {
	perSecond := 0.0
	if s := t.Duration.Seconds(); s > 0 {
		perSecond = float64(t.Operations) / s
	}
	return fmt.Sprintf("%s, %s, %.0f operations/s, %s", count(t.Seeds, "seed"), count(t.Operations, "operation"), perSecond, count(t.Violations, "violation"))
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Run explores seed after seed and shows each result to see, in the order of the seeds. It stops when ctx ends, when
// the time is up, or when see returns an error, which it returns. A violation does not stop it.
func (s Search) Run(ctx context.Context, see func(Result) error) (Total, error) {
	started := time.Now()
	if s.Checks == nil {
		s.Checks = check.Default()
	}
	if s.Losses == nil {
		s.Losses = Losses()
	}
	if s.For > 0 {
		limited, cancel := context.WithTimeout(ctx, s.For)
		defer cancel()
		ctx = limited
	}
	var total Total
	for _, c := range s.Checks {
		total.Unjudged = append(total.Unjudged, c.Name)
	}
	for r := range s.results(ctx) {
		if r.Err != nil {
			return total, fmt.Errorf("seed %d: %w", r.Plan.Seed, r.Err)
		}
		total.Seeds++
		total.Operations += len(r.History.Ops)
		total.Violations += len(r.Findings)
		total.Unjudged = slices.DeleteFunc(total.Unjudged, func(name string) bool { return slices.Contains(r.judged, name) })
		total.Duration = time.Since(started)
		if err := see(r); err != nil {
			return total, err
		}
	}
	total.Duration = time.Since(started)
	total.Stopped = total.Seeds == 0 || uint64(total.Seeds) < s.To-s.From+1
	return total, nil
}

// results yields the results in the order of the seeds, made by several workers.
func (s Search) results(ctx context.Context) iter.Seq[Result] {
	seeds := func(yield func(uint64) bool) {
		for seed := s.From; seed <= s.To && seed >= s.From && yield(seed); seed++ {
		}
	}
	return inorder.Map(ctx, s.Workers, seeds, s.one)
}

func (s Search) one(seed uint64) (r Result) {
	r.Plan = Draw(seed, s.Limits)
	defer func() {
		if p := recover(); p != nil { // of the platform under test, most likely: the seed must not be lost
			r.Err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	if r.History, r.Err = Run(s.Platform, r.Plan); r.Err == nil {
		j := Judge(r.History, s.Checks)
		if r.Findings = j.Findings(); len(r.Findings) == 0 {
			s.knowingLess(&r)
		}
		for _, c := range j.Results {
			if c.Cases > 0 && c.GaveUp == "" {
				r.judged = append(r.judged, c.Name)
			}
		}
	}
	return r
}

// knowingLess judges a history that breaks no check once more, without one or two things that its seed draws. What is
// found then is the judge's own fault: what it does not know it has taken for something.
func (s Search) knowingLess(r *Result) {
	chance := rand.New(rand.NewPCG(r.Plan.Seed, 0x6c657373))
	less, names := r.History, []string(nil)
	for range 1 + chance.IntN(2) {
		l := s.Losses[chance.IntN(len(s.Losses))]
		less, names = l.Without(chance, less), append(names, l.Name)
	}
	found := Judge(less, s.Checks).Findings()
	if found = slices.DeleteFunc(found, func(f finding.Finding) bool { return !f.Violation.Proven() }); len(found) > 0 {
		r.History, r.Findings, r.Unknown = less, found, strings.Join(names, " and ")
	}
}
