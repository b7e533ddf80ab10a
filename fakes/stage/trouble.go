package stage

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/fakes/wire"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// When says what a fault hits; it is part of each.
type When struct {
	Project     string   `yaml:"project"`     // by its name; empty: any
	After       int      `yaml:"after"`       // so many that match pass first
	Times       int      `yaml:"times"`       // then so many are hit and the rest is clean; 0: no end
	Probability *float64 `yaml:"probability"` // of each being hit; nil: certain
}

func (w When) validate() error {
	var errs []error
	if w.After < 0 || w.Times < 0 {
		errs = append(errs, fmt.Errorf("after, times: want 0 or more, got %d and %d", w.After, w.Times))
	}
	if p := w.Probability; p != nil && !(*p >= 0 && *p <= 1) {
		errs = append(errs, fmt.Errorf("probability: want 0 to 1, got %v", *p))
	}
	return errors.Join(errs...)
}

// CallFault is what happens to calls that reach the platform, whoever places them.
type CallFault struct {
	When
	Number     string     `yaml:"number"`      // dialled, as the pool has it; empty: any
	Refuse     int        `yaml:"refuse"`      // with this SIP status; 486 is busy
	NoAnswer   bool       `yaml:"no_answer"`   // it rings until its caller gives up
	LateAnswer wire.Delay `yaml:"late_answer"` // it rings so much longer
	NoBye      bool       `yaml:"no_bye"`      // the platform's BYE is never sent
	LateBye    wire.Delay `yaml:"late_bye"`    // it is sent so much later
}

// String names what happens.
func (f CallFault) String() string {
	var out []string
	for _, part := range []struct {
		is   bool
		text string
	}{
		{f.Refuse != 0, fmt.Sprintf("refuse: %d", f.Refuse)}, {f.NoAnswer, "no_answer"}, {f.LateAnswer != (wire.Delay{}), "late_answer: " + f.LateAnswer.String()},
		{f.NoBye, "no_bye"}, {f.LateBye != (wire.Delay{}), "late_bye: " + f.LateBye.String()},
	} {
		if part.is {
			out = append(out, part.text)
		}
	}
	return strings.Join(out, ", ")
}

func (f CallFault) validate() error {
	err := f.When.validate()
	if f.Refuse != 0 && (f.Refuse < 400 || f.Refuse > 699) {
		err = errors.Join(err, fmt.Errorf("refuse: want a SIP status from 400 to 699, got %d", f.Refuse))
	}
	return errors.Join(err, something(f.String()), f.LateAnswer.Validate(), f.LateBye.Validate())
}

// AgentFault is what happens to the functions of an agent.
type AgentFault struct {
	When
	Function string     `yaml:"function"` // start, turn or end; empty: any
	Crash    bool       `yaml:"crash"`    // it raises
	Slow     wire.Delay `yaml:"slow"`     // it takes so much longer, in the call's time
}

// String names what happens.
func (f AgentFault) String() string {
	var out []string
	if f.Crash {
		out = append(out, "crash")
	}
	if f.Slow != (wire.Delay{}) {
		out = append(out, "slow: "+f.Slow.String())
	}
	return strings.Join(out, ", ")
}

func (f AgentFault) validate() error {
	err := f.When.validate()
	if !slices.Contains([]string{"", "start", "turn", "end"}, f.Function) {
		err = errors.Join(err, fmt.Errorf("function: want start, turn or end, got %q", f.Function))
	}
	return errors.Join(err, something(f.String()), f.Slow.Validate())
}

// HandoffFault is what happens to questions for a handoff state that is there.
type HandoffFault struct {
	When
	Late     wire.Delay `yaml:"late"`      // it is not found until so long after the call's end
	Never    bool       `yaml:"never"`     // it is not found
	Null     bool       `yaml:"null_data"` // its data is null
	Flapping bool       `yaml:"flapping"`  // it is found every second time
}

// String names what happens.
func (f HandoffFault) String() string {
	var out []string
	for _, part := range []struct {
		is   bool
		text string
	}{{f.Late != (wire.Delay{}), "late: " + f.Late.String()}, {f.Never, "never"}, {f.Null, "null_data"}, {f.Flapping, "flapping"}} {
		if part.is {
			out = append(out, part.text)
		}
	}
	return strings.Join(out, ", ")
}

func (f HandoffFault) validate() error {
	return errors.Join(f.When.validate(), something(f.String()), f.Late.Validate())
}

func something(happens string) error {
	if happens == "" {
		return errors.New("fault: want something to happen, got nothing")
	}
	return nil
}

type (
	callFaults    []CallFault
	agentFaults   []AgentFault
	handoffFaults []HandoffFault
)

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (f *callFaults) UnmarshalStrict(file string, n *yaml.Node) (problems strictyaml.Problems) {
	*f, problems = strictyaml.DecodeSeveral(file, n, CallFault.validate)
	return problems
}

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (f *agentFaults) UnmarshalStrict(file string, n *yaml.Node) (problems strictyaml.Problems) {
	*f, problems = strictyaml.DecodeSeveral(file, n, AgentFault.validate)
	return problems
}

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (f *handoffFaults) UnmarshalStrict(file string, n *yaml.Node) (problems strictyaml.Problems) {
	*f, problems = strictyaml.DecodeSeveral(file, n, HandoffFault.validate)
	return problems
}

// hit is one fault that was put on a call.
type hit struct{ part, fault, project, number, call, callID, sharedID string }

// counted is a fault with its counters.
type counted[T any] struct {
	fault      T
	when       When
	seen, done int
}

// trouble decides what goes wrong with calls, agents and handoffs.
type trouble struct {
	told func(hit)

	mu       sync.Mutex
	rng      *rand.Rand
	calls    []*counted[CallFault]
	agents   []*counted[AgentFault]
	handoffs []*counted[HandoffFault]
}

func newTrouble(seed uint64, told func(hit)) *trouble {
	return &trouble{told: told, rng: rand.New(rand.NewPCG(seed, 7))}
}

// set replaces all faults, with fresh counters; with keep, those that are there already have the counters that they had.
func (t *trouble) set(calls []CallFault, agents []AgentFault, handoffs []HandoffFault, keep bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !keep {
		t.calls, t.agents, t.handoffs = nil, nil, nil
	}
	t.calls = count(t.calls, calls, func(f CallFault) When { return f.When })
	t.agents = count(t.agents, agents, func(f AgentFault) When { return f.When })
	t.handoffs = count(t.handoffs, handoffs, func(f HandoffFault) When { return f.When })
}

// count gives each fault its counters: those of one before it that is the same, else new ones.
func count[T any](before []*counted[T], faults []T, when func(T) When) (out []*counted[T]) {
	for _, f := range faults {
		i := slices.IndexFunc(before, func(c *counted[T]) bool { return reflect.DeepEqual(c.fault, f) && !slices.Contains(out, c) })
		if i < 0 {
			out = append(out, &counted[T]{fault: f, when: when(f)})
			continue
		}
		out = append(out, before[i])
	}
	return out
}

// hits counts what each has hit.
func (t *trouble) hits() (calls, agents, handoffs []int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return done(t.calls), done(t.agents), done(t.handoffs)
}

func done[T any](faults []*counted[T]) []int {
	out := make([]int, len(faults))
	for i, c := range faults {
		out[i] = c.done
	}
	return out
}

// pick is the first fault that matches and fires. The caller holds mu.
func pick[T any](t *trouble, faults []*counted[T], project string, matches func(T) bool) (fault T, ok bool) {
	for _, c := range faults {
		if c.when.Project != "" && c.when.Project != project || !matches(c.fault) {
			continue
		}
		c.seen++
		if c.seen <= c.when.After || c.when.Times > 0 && c.done >= c.when.Times ||
			c.when.Probability != nil && t.rng.Float64() >= *c.when.Probability {
			continue
		}
		c.done++
		return c.fault, true
	}
	return fault, false
}
