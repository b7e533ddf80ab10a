// Package check judges a history against the pool's invariants. It has its own small model of a pool and shares no
// code with the reference: a misunderstanding must not pass twice. A check reports only what is certain given the
// times at which a client sent and received; what could be legal is not reported.
package check

import (
	"fmt"
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// Forever is a time after everything.
const Forever = time.Duration(1<<63 - 1)

// Facts is what is known about the pool that produced the history. Zero means unknown, where a check says so.
type Facts struct {
	Size      int           // numbers in the pool
	WindowMin time.Duration // shortest life of a reservation that is never called
	WindowMax time.Duration // longest, the reaper's delay included
	CoolDown  time.Duration // rest of a number after its release
	Release   string        // what frees a number: arrival, answer or hangup
	Exclusive bool          // nobody else reserves from the pool
	Numbers   []string      // the pool's numbers; empty when unknown
}

// Outcome is what one check says about one history.
type Outcome struct {
	Violations []Violation
	NotJudged  string // why the check could not be applied; empty when it was
}

// Violation is one certain breach, with the operations that prove it.
type Violation struct {
	Text string
	Ops  []history.Op
}

// Check is one invariant.
type Check struct {
	Name      string
	Invariant string // its number in specs/invariants.md
	Says      string // in words
	// PerProject says that the check is about one pool: it judges the operations of one project at a time.
	PerProject bool
	judge      func(Facts, []history.Op) Outcome
}

// Judge applies the check. The history must be complete: every operation has ended.
func (c Check) Judge(f Facts, ops []history.Op) Outcome { return c.judge(f, ops) }

// All returns every check, cheap and decisive ones first.
func All() []Check {
	return []Check{
		dialableNumbers(), noDoubleLease(), capacityRespected(), exhaustionJustified(), noLostNumber(),
		noCrossTalk(), handoffMatchesCall(), noFailOpenDrop(),
	}
}

// Names returns the names of all checks.
func Names() []string {
	var names []string
	for _, c := range All() {
		names = append(names, c.Name)
	}
	return names
}

// Named returns the check of that name.
func Named(name string) (Check, bool) {
	i := slices.IndexFunc(All(), func(c Check) bool { return c.Name == name })
	if i < 0 {
		return Check{}, false
	}
	return All()[i], true
}

func notJudged(format string, args ...any) Outcome {
	return Outcome{NotJudged: fmt.Sprintf(format, args...)}
}

// filter returns the operations of one kind.
func filter(ops []history.Op, kind history.Kind, more ...func(history.Op) bool) []history.Op {
	var out []history.Op
	for _, o := range ops {
		if o.Kind == kind && !slices.ContainsFunc(more, func(f func(history.Op) bool) bool { return !f(o) }) {
			out = append(out, o)
		}
	}
	return out
}
