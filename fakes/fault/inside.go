package fault

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/journal"
)

// Inside puts faults on the calls, the agents and the handoff states of one platform. Each hit is in the platform's journal. It
// is safe for concurrent use.
type Inside struct {
	seed     uint64
	platform *sim.Sim

	mu       sync.Mutex
	rng      *rand.Rand
	calls    []*counted[Call]
	agents   []*counted[Agent]
	handoffs []*counted[Handoff]
}

// NewInside has no faults yet. The platform is made with its Parts, and it is told of the platform before that starts.
func NewInside(seed uint64) *Inside {
	return &Inside{seed: seed, rng: rand.New(rand.NewPCG(seed, 7))}
}

// Of says whose faults they are.
func (t *Inside) Of(platform *sim.Sim) { t.platform = platform }

// counted is a fault with its counters.
type counted[T timed] struct {
	fault      T
	seen, done int
}

// timed is a fault that says when it hits.
type timed interface{ when() When }

// Set replaces all faults, with fresh counters. The parts of f that are others' are left to them.
func (t *Inside) Set(f Faults) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls, t.agents, t.handoffs = nil, nil, nil
	t.keep(f)
}

// Keep is Set, but that a fault which is there already goes on with its counters.
func (t *Inside) Keep(f Faults) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keep(f)
}

// Change replaces, with fresh counters, the faults of those parts of which f has some.
func (t *Inside) Change(f Faults) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f.Calls != nil {
		t.calls = count(nil, f.Calls)
	}
	if f.Agent != nil {
		t.agents = count(nil, f.Agent)
	}
	if f.Handoffs != nil {
		t.handoffs = count(nil, f.Handoffs)
	}
}

func (t *Inside) keep(f Faults) {
	t.calls = count(t.calls, f.Calls)
	t.agents = count(t.agents, f.Agent)
	t.handoffs = count(t.handoffs, f.Handoffs)
}

// count gives each fault its counters: those of one before it that is the same, else new ones.
func count[T timed](before []*counted[T], faults []T) (out []*counted[T]) {
	for _, f := range faults {
		i := slices.IndexFunc(before, func(c *counted[T]) bool { return reflect.DeepEqual(c.fault, f) && !slices.Contains(out, c) })
		if i < 0 {
			out = append(out, &counted[T]{fault: f})
			continue
		}
		out = append(out, before[i])
	}
	return out
}

// Hits counts what each fault has hit, in the order in which they were set.
func (t *Inside) Hits() (calls, agents, handoffs []int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return done(t.calls), done(t.agents), done(t.handoffs)
}

func done[T timed](faults []*counted[T]) []int {
	out := make([]int, len(faults))
	for i, c := range faults {
		out[i] = c.done
	}
	return out
}

// pick is the first fault that matches and fires. The caller holds mu.
func pick[T timed](t *Inside, faults []*counted[T], project string, matches func(T) bool) (fault T, ok bool) {
	for _, c := range faults {
		w := c.fault.when()
		if w.Project != "" && w.Project != project || !matches(c.fault) {
			continue
		}
		c.seen++
		if c.seen <= w.After || w.Times > 0 && c.done >= w.Times || w.Probability != nil && t.rng.Float64() >= *w.Probability {
			continue
		}
		c.done++
		return c.fault, true
	}
	return fault, false
}

// hit writes in the journal what is put on a call, its agent or its handoff.
func (t *Inside) hit(e journal.Event) {
	e.At, e.Kind = t.platform.Now(), journal.FaultHit
	t.platform.Journal().Append(e)
}
